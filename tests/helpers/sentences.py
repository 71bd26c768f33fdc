"""The sentences of docstrings, comments and Markdown, each with the line on which it begins."""

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator

Line = tuple[int, str]
Block = list[Line]

FENCE = re.compile(r"^\s*(```|~~~|\$\$)")
ITEM = re.compile(r"^\s*(?:[-*+]|\d+\.|\.\. \[\w+\]|\[\d+\]:?)\s+")
NO_PROSE = re.compile(r"^\s*(?:\||<|!\[|[-=]{3,}\s*$|\.\. |\[\w+\]: )")
FIELD = re.compile(r"^\s*\*{0,2}\w+(?:, \*{0,2}\w+)* : ")
MARKUP = re.compile(r"^\s*#+\s")
# "e.g. The" does not end a sentence.
SENTENCE_END = re.compile(r"(?<!\be\.g)(?<!\bi\.e)([.!?][\"'`)*_]*)\s+(?=[A-Z`\"'(*\[])")
CODE = re.compile(r"``[^`]*``|`[^`]*`|\$[^$]*\$|:\w+:`[^`]*`")
LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")


def blocks(lines: Iterable[Line]) -> Iterator[Block]:
    """Split text into paragraphs, headings and items of lists; code, tables and formulas go."""
    block: Block = []
    fenced, example, indent = False, False, 0
    for number, text in lines:
        fence = bool(FENCE.match(text)) and text.count("$$") != 2
        blank = not text.strip()
        example = (example and not blank) or text.lstrip().startswith(">>> ")
        skipped = fenced or fence or example or blank or bool(NO_PROSE.match(text))
        fenced ^= fence
        depth = len(text) - len(text.lstrip())
        begins = any(kind.match(text) for kind in (ITEM, FIELD, MARKUP)) or depth != indent
        if block and (skipped or begins):
            yield block
            block = []
        if not skipped:
            item = ITEM.match(text)
            block.append((number, text))
            indent = len(item[0]) if item else depth
            if MARKUP.match(text):
                yield block
                block = []
    if block:
        yield block


def sentences(lines: Iterable[Line]) -> Iterator[Line]:
    """Return each sentence with the number of its first line."""
    for block in blocks(lines):
        text, starts = "", []
        for number, line in block:
            starts.append((len(text), number))
            text += ITEM.sub("", MARKUP.sub("", line)).strip() + " "
        position = 0
        for part in SENTENCE_END.sub("\\1\0", text).split("\0"):
            begin = text.index(part.split(" ")[0], position) if part.strip() else position
            position = begin + len(part.rstrip())
            if part.strip():
                yield max(number for start, number in starts if start <= begin), part.strip()


def words(sentence: str) -> int:
    """Count the words of a sentence; a piece of code or a formula is one."""
    plain = CODE.sub("code", LINK.sub(r"\1", sentence))
    return sum(any(letter.isalnum() for letter in word) for word in plain.split())


def prose_of_python(source: str) -> Iterator[Line]:
    """Yield the lines of the docstrings and comments of a module, a blank one between two."""
    lines = source.splitlines()
    for node in ast.walk(ast.parse(source)):
        value = getattr(node, "value", None) if isinstance(node, ast.Expr) else None
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            for number in range(node.lineno, node.end_lineno + 1):
                yield number, lines[number - 1].replace('"""', "")
            yield node.end_lineno, ""
    last = -1
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            after_code = token.line[: token.start[1]].strip()
            if after_code or token.start[0] != last + 1:
                yield token.start[0], ""
            last = token.start[0]
            yield last, token.string.lstrip("#: ")
    yield last, ""


def prose_of_markdown(text: str) -> Iterator[Line]:
    """Yield the numbered lines of a Markdown text."""
    yield from enumerate(text.splitlines(), 1)
