"""nbval compares tables as text, so that its message shows two tables and not their HTML."""


def pytest_collectstart(collector):
    """Leave HTML out of what is compared in the outputs of a notebook."""
    if hasattr(collector, "skip_compare"):
        collector.skip_compare += ("text/html",)
