"""The figures of the notebooks and of the report: one function each."""
