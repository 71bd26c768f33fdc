"""The long comparison on patients the model knows: the paper against ours, and what buys what."""

from collections.abc import Iterable
from pathlib import Path

from ecgutils.beats.cache import load_beats
from ecgutils.learning.experiments import figures_of, intra_patient
from ecgutils.learning.recipes import ABLATIONS, MODELS
from ecgutils.paths import FIGURES_DIR
from ecgutils.studies.store import Rows, figure_rows, known_only, run_jobs

SEEDS = {"paper": (1, 2, 3), "paper_fast": (1, 2, 3), "ours": (1, 2, 3, 4, 5)}
"""Seeds of each model; each is a split, an initialisation and an order of the beats."""

ABLATION_SEEDS = (1, 2, 3)
"""Seeds of our method with one ingredient changed."""

MADE_BY_JSON = "intra_patient_study.json"
"""The command, machine and versions that made the files."""


def run_study(
    models: Iterable[str] | None = None,
    seeds: Iterable[int] | None = None,
    folder: Path = FIGURES_DIR,
) -> None:
    """Train each of the models with each of its seeds, or with these, and store the figures."""
    models = known_only(models, MODELS | ABLATIONS, "model")
    chosen = None if seeds is None else list(seeds)
    jobs = [
        (train_model, model, seed)
        for model in models
        for seed in chosen or SEEDS.get(model, ABLATION_SEEDS)
    ]
    run_jobs(jobs, folder, MADE_BY_JSON, "ecgutils study known")


def train_model(model: str, seed: int) -> Rows:
    """Run one training; return its figures and, but for an ablation, its learning curve."""
    recipe = (MODELS | ABLATIONS)[model]
    experiment = intra_patient(load_beats(cut=recipe.cut), recipe, seed)
    figures = figure_rows(figures_of(experiment), model, seed)
    if model in ABLATIONS:
        return {"ablations": figures}
    curve = experiment.history.reset_index()
    curve.insert(0, "model", model)
    curve.insert(1, "seed", seed)
    return {"known": figures, "curves": curve}
