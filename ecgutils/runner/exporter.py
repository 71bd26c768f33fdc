"""Notebooks as HTML that needs no script: formulae are MathML, links between notebooks hold."""

import logging
import re
from html import escape

from jinja2 import BaseLoader
from jinja2.runtime import Context
from jinja2.utils import pass_context
from latex2mathml.converter import convert
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from traitlets.config import Config

# What a page may show of an output, best first: nothing that needs a script to be seen.
SHOWN = ["text/html", "text/markdown", "image/svg+xml", "image/png", "image/jpeg", "text/plain"]


def page_exporter(templates: BaseLoader) -> HTMLExporter:
    """Return what turns a notebook into a page by the template `notebook.html.j2`."""
    return _PageExporter(
        extra_loaders=[templates],
        template_file="notebook.html.j2",
        config=Config(NbConvertBase={"display_data_priority": SHOWN}),
        # It warns of pictures without a description, which they get before.
        log=logging.getLogger("nbconvert.silent"),
    )


class _Renderer(IPythonRenderer):
    """Markdown as HTML."""

    def inline_math(self, body: str) -> str:
        return _mathml(body, "inline")

    def block_math(self, body: str) -> str:
        return _mathml(body, "block")

    def link(self, text: str, url: str, title: str | None = None) -> str:
        return super().link(text, page_of(url), title)


class _PageExporter(HTMLExporter):
    """nbconvert's exporter with the renderer above."""

    @pass_context
    def markdown2html(self, context: Context, source: str) -> str:
        attachments = context.get("cell", {}).get("attachments", {})
        renderer = _Renderer(escape=False, attachments=attachments)
        return MarkdownWithMath(renderer=renderer).render(source)


def page_of(url: str) -> str:
    """Return the page for a link to a notebook of the same folder, or the link as it is.

    Examples
    --------
    >>> page_of("00_start_here.ipynb#lead")
    '00_start_here.html#lead'
    >>> page_of("https://example.org/a.ipynb")
    'https://example.org/a.ipynb'
    """
    return re.sub(r"^([\w-]+)\.ipynb(?=#|$)", r"\1.html", url)


def _mathml(latex: str, display: str) -> str:
    """Return a formula as MathML; one that cannot be read is shown as it is written."""
    try:
        return convert(latex, display=display)
    except Exception:  # it has more kinds of errors than its own
        return f"<code>{escape(latex)}</code>"
