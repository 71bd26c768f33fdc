"""The bytes of WFDB annotation files (annot(5) of the WFDB manual): decoded and encoded."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ecgutils.errors import EcgError
from ecgutils.io.guards import printable

# The symbol of each code; a full stop stands for a code that has none.
_SYMBOLS = ' NLRaVFJASEj/Q~.|.sT*D"=pB^t+u?![]en@xf()r' + "." * 22
_HAS_SYMBOL = np.array([symbol != "." for symbol in _SYMBOLS])
_ONE_LETTER = np.array(list(_SYMBOLS))
# As WFDB writes them.
_ANY_CODE = np.where(_HAS_SYMBOL, _ONE_LETTER, [f"[{code}]" for code in range(64)])

_NOT_ANNOTATED, _NOTE, _SKIP, _SUBTYPE, _AUX = 0, 22, 59, 61, 63
_LONGEST_STEP = 1023
_RESOLUTION = "## time resolution:"


@dataclass(frozen=True, eq=False)
class Marks:
    """What an annotation file holds."""

    # In order of the file; positions count at `fs`, which is None where the file does not say it.
    sample: np.ndarray
    symbol: np.ndarray
    subtype: np.ndarray
    aux: np.ndarray
    fs: float | None


def decode(content: bytes) -> Marks:
    """Decode a whole annotation file; refuse what is damaged."""
    # Two bytes are the code in the upper six bits, and how many samples later in the lower ten.
    words = np.frombuffer(content, "<u2")
    start, length = _payloads(words)
    payload = _covered(start, length, len(words))
    place = np.flatnonzero(~payload)[:-1]
    code = words[place] >> 10
    _check_order(code)
    step = np.where(code < _SKIP, words[place] & 1023, 0).astype(np.int64)
    step[code == _SKIP] = _long_steps(words, place[code == _SKIP])
    annotated = code < _SKIP
    owner = np.cumsum(annotated) - 1
    sample, code_of = np.cumsum(step)[annotated], code[annotated]
    subtype = np.zeros(len(sample), dtype=int)
    # A signed byte.
    subtype[_owners(owner, code == _SUBTYPE)] = words[place[code == _SUBTYPE]].astype(np.int8)
    aux = np.full(len(sample), "", dtype=object)
    notes = zip(_owners(owner, code == _AUX), place[code == _AUX], strict=True)
    for annotation, at in notes:
        first = 2 * int(at) + 2
        aux[annotation] = printable(content[first : first + content[first - 2]].decode("latin-1"))
    return _without_definitions(sample, code_of, subtype, aux)


def encode(marks: Iterable[tuple[int, str, str]], fs: float) -> bytes:
    """Return an annotation file, the same as `wfdb.wrann` writes, which takes ten times as long.

    Given are samples in ascending order, none of them negative; symbols; and notes, mostly empty.
    """
    resolution = f"{_RESOLUTION} {int(fs) if float(fs).is_integer() else fs}"
    # A step back by one, and a word that is no annotation, end what is told of the file.
    words = [_NOTE << 10, *_note(resolution), _SKIP << 10, 0xFFFF, 0xFFFF, _NOT_ANNOTATED << 10 | 1]
    codes = {symbol: code for code, symbol in enumerate(_SYMBOLS)}
    before = 0
    for sample, symbol, note in marks:
        step, before = sample - before, sample
        if step > _LONGEST_STEP:
            words += [_SKIP << 10, step >> 16, step & 0xFFFF]
            step = 0
        words.append(codes[symbol] << 10 | step)
        if note:
            words += _note(note)
    return np.array([*words, 0], dtype="<u2").tobytes()


def _note(text: str) -> list[int]:
    """Return a note as words."""
    letters = text.encode("ascii")
    padded = letters + bytes(len(letters) % 2)
    return [_AUX << 10 | len(letters), *np.frombuffer(padded, "<u2").tolist()]


def _payloads(words: np.ndarray) -> tuple[list[int], list[int]]:
    """Return where words lie that are no annotations but belong to one, and how many there are."""
    start, length, free = [], [], 0
    candidates = np.flatnonzero((words >> 10 == _SKIP) | (words >> 10 == _AUX))
    sizes = np.where(words[candidates] >> 10 == _SKIP, 2, ((words[candidates] & 255) + 1) >> 1)
    for at, size in zip(candidates.tolist(), sizes.tolist(), strict=True):
        if at >= free:
            free = at + 1 + size
            start.append(at + 1)
            length.append(size)
    # The last word ends the file.
    if free >= len(words):
        raise EcgError("ends within an annotation: it is damaged")
    return start, length


def _covered(start: list[int], length: list[int], words: int) -> np.ndarray:
    """Tell which words lie in stretches that do not overlap."""
    change = np.zeros(words + 1, dtype=np.int8)
    begin, size = np.array(start, dtype=int), np.array(length, dtype=int)
    begin, size = begin[size > 0], size[size > 0]
    # One may begin where another one ends.
    np.add.at(change, begin, 1)
    np.add.at(change, begin + size, -1)
    return np.cumsum(change[:-1], dtype=np.int8) > 0


def _check_order(code: np.ndarray) -> None:
    """Refuse what belongs to an annotation where there is none."""
    skip, belongs = code == _SKIP, code > _SKIP
    orphan = belongs & np.append(True, skip[:-1])
    if orphan.any() or skip[-1:].any():
        raise EcgError("not an annotation file, or a damaged one")


def _long_steps(words: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Return the steps of 32 bits, the upper half of which comes first."""
    return (words[place + 1].astype(np.int16).astype(np.int64) << 16) + words[place + 2]


def _owners(owner: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Return to which annotations some words belong, at most one to each."""
    owners = owner[chosen]
    if np.any(np.diff(owners) == 0):
        raise EcgError("more notes or subtypes than annotations: the file is damaged")
    return owners


def _without_definitions(
    sample: np.ndarray, code: np.ndarray, subtype: np.ndarray, aux: np.ndarray
) -> Marks:
    """Take out what is no annotation: notes at sample 0 define how the others are meant."""
    definition = (code == _NOTE) & (sample == 0)
    fs = _resolution(aux[: int(definition.sum())])
    kept = (code != _NOT_ANNOTATED) & ~definition
    if not kept.all():
        sample, code, subtype, aux = (values[kept] for values in (sample, code, subtype, aux))
    table = _ONE_LETTER if _HAS_SYMBOL[code].all() else _ANY_CODE
    return Marks(sample, table[code], subtype, aux, fs)


def _resolution(notes: np.ndarray) -> float | None:
    """Return at how many Hz positions count, if the first notes say so."""
    # What types of annotation are called is defined there as well, which changes no code.
    found = [note.removeprefix(_RESOLUTION) for note in notes if note.startswith(_RESOLUTION)]
    if not found:
        return None
    number = re.match(r" *(\d+\.?\d*)", found[0], re.ASCII)
    if len(found) > 1 or not number or not 1e-3 <= float(number[1]) <= 1e9:
        raise EcgError("does not define one time resolution: the file is damaged")
    return float(number[1])
