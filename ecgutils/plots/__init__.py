"""Every figure of the notebooks: one function each, which draws and computes nothing."""
