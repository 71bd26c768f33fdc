"""Age and sex, as headers state them."""

from datetime import datetime, time

import pytest

from ecgutils import database
from ecgutils.database.embedded import record_names
from ecgutils.database.patients import parse_comments
from ecgutils.recordings.report.patient import patient

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("comments", "text"),
    [
        (["69 M 1085 1629 x1", "Aldomet, Inderal"], "69 years, male"),
        (["-1 M 2037 1960 x1"], "male"),
        (["Age: 63", "Sex: Female"], "63 years, female"),
        (["age=1 gender=m"], "1 year, male"),
        (["<age>: 69 <sex>: M <diagnoses> (none)"], "69 years, male"),
        (["Age: 300", "Sex: Unknown"], ""),
        (["Age: NaN", "dosage: 12", "Sex: Male"], "male"),
        (["Page: 12", "stage: 3"], ""),
        ([], ""),
        (["X F 02-MAY-1951 Haagse", "Startdate 02-MAR-2002 X X X"], "50 years, female"),
        (["X M 02-MAY-1951 X"], "male"),
        (["X X X X"], ""),
        (["X M 31-FEB-1951 X", "Startdate 02-MAR-2002 X X X"], "male"),
    ],
)
def test_age_and_sex_are_read_where_they_are_stated(comments, text):
    assert patient(comments) == text


def test_the_start_of_the_recording_tells_the_age_where_only_the_birthday_is_known():
    comments = ["X M 02-MAY-1951 X"]
    assert patient(comments, datetime(2002, 5, 1, 8)) == "50 years, male"
    assert patient(comments, datetime(2002, 5, 2, 8)) == "51 years, male"
    assert patient(comments, time(8)) == "male"


def test_patients_of_the_database_are_those_that_its_own_reader_finds():
    names = {"M": "male", "F": "female"}
    for name in record_names():
        comments = database.read(name).comments
        own = parse_comments(comments)
        age = "" if own.age is None else f"{own.age} years, "
        assert patient(comments) == f"{age}{names[own.sex]}"
