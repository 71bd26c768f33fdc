"""How long each stage takes for half an hour of two leads.

``python -m pytest --benchmark-enable tests/benchmarks`` prints it. ``long_recording`` beside this
file measures a day, and ``throughput`` many recordings.
"""

import pytest

from ecgutils import database
from ecgutils.beats.aligned import aligned_beats
from ecgutils.beats.description import model_features
from ecgutils.io.recording import read_recording
from ecgutils.paths import MITDB_DIR
from ecgutils.recordings.classified import classify
from ecgutils.recordings.outputs import annotation_bytes, table_bytes
from ecgutils.recordings.report.page import report_html
from ecgutils.signals.leads import choose_leads
from ecgutils.signals.r_peaks import detect_r_peaks, leads_together
from ecgutils.unseen.alike_beats import agree_on_ventricular
from ecgutils.unseen.trained_model import load_model

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def record():
    return database.read("208").without_annotations()


@pytest.fixture(scope="module")
def beats():
    return aligned_beats(database.read("208"))


@pytest.fixture(scope="module")
def classified(record):
    return classify(record)


def test_reading(benchmark):
    assert len(benchmark(read_recording, MITDB_DIR / "208").p_signal) == 650_000


def test_choice_of_leads(benchmark, record):
    assert benchmark(choose_leads, record).names == ("MLII", "V1")


def test_steepness_and_noise(benchmark, record):
    assert len(benchmark(leads_together, record).weight) == 2


def test_detection(benchmark, record):
    assert len(benchmark(detect_r_peaks, record)) > 2900


def test_cutting(benchmark):
    assert len(benchmark(aligned_beats, database.read("208"))) == 2955


def test_description(benchmark, beats):
    assert len(benchmark(model_features, beats)) == len(beats)


def test_agreement_of_like_beats(benchmark, beats):
    probabilities = load_model().predict_proba(beats)[:, :-1]
    assert benchmark(agree_on_ventricular, probabilities, beats).shape == probabilities.shape


def test_all_that_the_model_does(benchmark, beats):
    assert len(benchmark(load_model().predict_proba, beats)) == len(beats)


def test_from_recording_to_classes(benchmark, record):
    assert len(benchmark(classify, record).beats) > 2900


def test_annotations(benchmark, classified):
    assert len(benchmark(annotation_bytes, classified)) > 5000


def test_table(benchmark, classified):
    assert benchmark(table_bytes, classified).count(b"\n") > 2900


def test_report(benchmark, classified):
    assert benchmark(report_html, classified).endswith("</html>")
