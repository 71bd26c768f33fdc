"""The long comparison on patients the model knows: the paper against ours, and what buys what."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from ecgutils.beats.cache import load_beats
from ecgutils.learning.experiments import figures_of, intra_patient
from ecgutils.learning.recipes import ABLATIONS, MODELS
from ecgutils.studies.store import Rows, figure_rows, known_only, run_jobs

SEEDS = {"paper": (1, 2, 3), "paper_fast": (1, 2, 3), "ours": (1, 2, 3, 4, 5)}
"""Seeds of each model; each is a split, an initialisation and an order of the beats."""

ABLATION_SEEDS = (1, 2, 3)
"""Seeds of our method with one ingredient changed."""


def run_study(models: Sequence[str] | None, seeds: Sequence[int] | None, folder: Path) -> None:
    """Train each of the models with each of its seeds, or with these, and store the figures."""
    jobs = [
        (train_model, model, seed)
        for model in known_only(models, MODELS | ABLATIONS, "model")
        for seed in seeds or SEEDS.get(model, ABLATION_SEEDS)
    ]
    run_jobs("known", jobs, folder)


def train_model(model: str, seed: int) -> Rows:
    """Run one training; return its figures and, but for an ablation, its learning curve."""
    recipe = (MODELS | ABLATIONS)[model]
    experiment = intra_patient(load_beats(cut=recipe.cut), recipe, seed)
    figures = figure_rows(figures_of(experiment), model, seed)
    if model in ABLATIONS:
        return {"ablations": figures}
    curve = pd.concat({(model, seed): experiment.history}, names=["model", "seed"]).reset_index()
    return {"known": figures, "curves": curve}
