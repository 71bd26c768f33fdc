"""The README keeps its promises: it says of the model what its card says, and its example runs."""

import ast
import re
import warnings

import pytest

from ecgutils import database
from ecgutils.paths import PROJECT_ROOT
from ecgutils.unseen.trained_model import read_card
from tests.helpers.excerpts import SECONDS

README = (PROJECT_ROOT / "README.md").read_text(encoding="utf-8")


def test_the_readme_quotes_the_scores_of_the_model_in_the_package():
    text = " ".join(README.split())
    scores = read_card().scores
    assert (
        f"its accuracy is {scores['accuracy']:.1f} %, F1 of V {scores['f1_V']:.1f} % and of S "
        f"{scores['f1_S']:.1f} %; averaged over patients, F1 of S is "
        f"{scores['patients_f1_S']:.0f} %. Its probabilities come true within "
        f"{scores['calibration_error']:.1f} percentage points"
    ) in text


@pytest.mark.slow
def test_the_three_lines_of_python_classify_a_recording(tmp_path, monkeypatch):
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len(ast.parse(example).body) == 3
    (columns,) = re.findall(r"a DataFrame with the columns (.*)\.\n", README)
    record = database.read("100", annotations=None)
    with warnings.catch_warnings():
        # edfio tells of every digit that EDF has no room for.
        warnings.simplefilter("ignore")
        import edfio

        leads = record.p_signal[: SECONDS * 360].T
        signals = [edfio.EdfSignal(lead, 360, physical_dimension="mV") for lead in leads]
        edfio.Edf(signals).write(tmp_path / "my_recording.edf")
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(example, names)
    assert len(names["beats"]) > SECONDS
    assert list(names["beats"]) == re.findall(r"`(\w+)`", columns)
