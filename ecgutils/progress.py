"""How far long work has come, for whoever waits for it in a notebook; nothing of it is stored."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


def has_reader() -> bool:
    """Tell whether a cell of a notebook is executed for a reader, not for a file."""
    ipython = sys.modules.get("IPython")
    kernel = getattr(ipython.get_ipython(), "kernel", None) if ipython else None
    request = kernel.get_parent("shell") if kernel else {}
    # Whoever can be asked a question can move a slider, and see a bar grow.
    return bool(request.get("content", {}).get("allow_stdin"))


@contextmanager
def progress_shown(total: int, unit: str) -> Iterator[Callable[[int, str], None]]:
    """Show a bar below a cell that a reader waits for; yield what moves it.

    That takes how many are done, and words on the last one. In the end the cell's outputs so far
    are cleared, so that the notebook keeps none of them.
    """
    if not has_reader():
        yield lambda _done, _words: None
        return
    from IPython.display import HTML, clear_output, display

    def bar(done: int, words: str = "") -> HTML:
        text = f"{unit} {done} of {total}{words and ', '}{words}"
        return HTML(f'<progress value="{done}" max="{total}"></progress> {text}')

    shown = display(bar(0), display_id=True)
    try:
        yield lambda done, words: shown.update(bar(done, words))
    finally:
        clear_output()
