"""What the headers say about the patients, and how long each rhythm lasted."""

from dataclasses import replace

import numpy as np
import pytest

from ecgutils import database
from ecgutils.database.patients import Patient, parse_comments, rhythm_seconds
from ecgutils.io.record import Record


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


def annotated(sample, symbol, aux):
    """A record of ten seconds at 100 Hz with annotations by hand."""
    record = Record("x", np.zeros((1000, 1)), 100.0, ("MLII",)).with_beats(sample, symbol)
    annotations = replace(record.annotations, aux=np.array(aux, dtype=object))
    return replace(record, annotations=annotations)


def test_a_rhythm_lasts_until_the_next_one_or_the_end():
    record = annotated([100, 150, 400, 600], ["+", "N", "+", "+"], ["(N", "", "(AFIB", "(N"])
    assert rhythm_seconds(record) == {"(N": 3.0 + 4.0, "(AFIB": 2.0}


def test_notes_that_are_no_rhythms_do_not_end_one():
    record = annotated([0, 500, 700], ["+", '"', "+"], ["(N", "(odd", "MISSB"])
    assert rhythm_seconds(record) == {"(N": 10.0}


def test_a_record_without_annotations_is_in_no_rhythm():
    assert rhythm_seconds(annotated([], [], [])) == {}
