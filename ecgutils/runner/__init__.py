"""The notebooks through papermill, and their pages."""

from ecgutils.contents import contents_page

__getattr__, __dir__, __all__ = contents_page(
    __name__,
    execution=["NotebookError", "execute", "run"],
    pages=["Exhibit", "write_report"],
)
