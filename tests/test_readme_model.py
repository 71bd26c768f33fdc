"""The README says of the trained model what its card says."""

from ecgutils.paths import PROJECT_ROOT
from ecgutils.trained_model import read_card


def test_the_readme_quotes_the_scores_of_the_model_in_the_package():
    text = " ".join((PROJECT_ROOT / "README.md").read_text(encoding="utf-8").split())
    scores = read_card().scores
    assert (
        f"its accuracy is {scores['accuracy']:.1f} %, F1 of V {scores['f1_V']:.1f} % and of S "
        f"{scores['f1_S']:.1f} %; averaged over patients, F1 of S is "
        f"{scores['patients_f1_S']:.0f} %"
    ) in text
    assert scores["calibration_error"] < 0.5
