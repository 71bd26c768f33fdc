"""Age and sex of the patient, as headers of several kinds state them."""

import re
from collections.abc import Sequence
from datetime import date, datetime, time

OLDEST = 120
"""Years beyond which a number is no age: some headers write an unknown one as 999."""

_SEXES = {"m": "male", "f": "female", "w": "female"}
# The first comment of MIT-BIH: age, sex, and the numbers of the tape.
_MIT_BIH = re.compile(r"(-?\d{1,3})\s+([MF])\s+\S+\s+\S+\s+x\d+")
# "Age: 63", "<age>: 69 <sex>: M", "Gender: female".
_AGE = re.compile(r"\bage\b>?\s*[:=]\s*(\d{1,3})(?![\d.]*\d)", re.IGNORECASE)
_SEX = re.compile(r"\b(?:sex|gender)\b>?\s*[:=]\s*(m|f|w|male|female)\b", re.IGNORECASE)
# The patient of EDF+: a code, the sex, the date of birth and a name.
_EDF = re.compile(r"\S+ ([MFX]) (\d\d-[A-Z]{3}-\d{4}|X) \S.*", re.IGNORECASE)
_EDF_START = re.compile(r"Startdate (\d\d-[A-Z]{3}-\d{4})\b.*", re.IGNORECASE)
_MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]


def patient(comments: Sequence[str], start: datetime | time | None = None) -> str:
    """Say how old a patient was and of which sex, as far as a header says it; else nothing.

    Examples
    --------
    >>> patient(["69 M 1085 1629 x1", "Aldomet, Inderal"])
    '69 years, male'
    >>> patient(["<age>: 69 <sex>: F"])
    '69 years, female'
    >>> patient(["X F 02-MAY-1951 X", "Startdate 02-MAR-2002 X X X"])
    '50 years, female'
    """
    age, sex = _from_edf(comments, start)
    for comment in comments:
        mit_bih = _MIT_BIH.fullmatch(comment)
        found = (mit_bih, mit_bih) if mit_bih else (_AGE.search(comment), _SEX.search(comment))
        age = int(found[0][1]) if age is None and found[0] else age
        sex = found[1][2 if mit_bih else 1] if sex is None and found[1] else sex
    years = f"{age} year{'s' * (age != 1)}" if age is not None and 0 <= age <= OLDEST else ""
    return ", ".join(filter(None, (years, _SEXES.get((sex or "")[:1].lower(), ""))))


def _from_edf(
    comments: Sequence[str], start: datetime | time | None
) -> tuple[int | None, str | None]:
    """Return age and sex as the patient's field of EDF+ has them."""
    found = next(filter(None, map(_EDF.fullmatch, comments)), None)
    if not found:
        return None, None
    begun = next(filter(None, map(_EDF_START.fullmatch, comments)), None)
    recorded = _date(begun[1]) if begun else start.date() if isinstance(start, datetime) else None
    born = _date(found[2])
    if not born or not recorded:
        return None, found[1]
    birthday_to_come = (recorded.month, recorded.day) < (born.month, born.day)
    return recorded.year - born.year - birthday_to_come, found[1]


def _date(text: str) -> date | None:
    """Read a date such as 02-MAY-1951, if it is one."""
    day, _, rest = text.upper().partition("-")
    month, _, year = rest.partition("-")
    try:
        return date(int(year), _MONTHS.index(month) + 1, int(day))
    except ValueError:
        return None
