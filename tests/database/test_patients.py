"""What the headers say about the patients."""

import pytest

from ecgutils import database
from ecgutils.database.patients import Patient, parse_comments


def test_age_sex_medication_and_remarks():
    patient = parse_comments(
        ("69 M 1456 653 x2", "Digoxin, Norpace", "The PVCs are", "  multiform.  Rare.")
    )
    assert patient == Patient(69, "M", ("Digoxin", "Norpace"), "The PVCs are multiform. Rare.")


def test_no_medication():
    assert parse_comments(("23 F 2546 N/A x1", "None")) == Patient(23, "F", (), "")


def test_an_unknown_age_is_none_and_not_minus_one():
    patient = parse_comments(database.read("103", annotations=None).comments)
    assert patient == Patient(None, "M", ("Diapres", "Xyloprim"), "")


@pytest.mark.parametrize("comments", [(), ("made at home",), ("Male, 69", "Digoxin")])
def test_comments_of_another_database_are_remarks(comments):
    assert parse_comments(comments) == Patient(None, None, (), " ".join(comments))


def test_an_age_without_further_lines():
    assert parse_comments(("50 F",)) == Patient(50, "F", (), "")
