"""Tables of unseen patients: ours beside the published results, and what each part is worth."""

import pandas as pd

from ecgutils.scoring.metrics import seed_intervals
from ecgutils.studies.seed_means import means_table
from ecgutils.studies.unseen_patients import ALL_PATIENTS, MANY_ECTOPIC, WITHOUT_202, WITHOUT_F
from ecgutils.unseen.patient_leak import KNOWN_PATIENTS, LEAK_MODELS, LEAK_PROTOCOLS, NEAREST_BEAT

UNSEEN_MODEL_TITLES = {
    NEAREST_BEAT: "the most similar training beat",
    "paper_fast": "paper's beats and network, our schedule",
    KNOWN_PATIENTS: "our beats and network for known patients",
    "ours": "our method for unseen patients",
    f"ours{WITHOUT_F}": "the same without fusion beats in the test",
    f"ours{WITHOUT_202}": "the same without record 202",
    ALL_PATIENTS: "the same, each of all 44 records unseen",
}
"""What tables call each model of the study, in their order."""

CANDIDATE_TITLES = {
    "ours": "our method, whole",
    "real_rhythms_only": "without synthetic rhythms",
    "no_fibrillation": "without synthetic fibrillation",
    "no_tachycardia": "without synthetic tachycardias",
    "no_supraventricular": "without synthetic S beats",
    "beat_alone": "without what the beats around it tell",
    "no_agreement": "without the agreement of alike beats",
}
"""What tables call our method without one of its parts."""

UNSEEN_METRICS = {"accuracy": "accuracy", "f1_S": "F1 S", "f1_V": "F1 V", "j_kappa": "j-kappa"}
"""Figures of these tables and their headings."""

PUBLISHED = pd.DataFrame(
    [
        ("de Chazal 2004", "86.2", "51.1", "79.7", "0.612"),
        ("Llamedo and Martínez 2011, three classes", "93", "52", "84", ""),
        ("Zhang 2014", "86.7", "49.5", "89.0", ""),
        ("Huang 2014", "", "57.7", "92.4", ""),
        ("Garcia 2017", "92.4", "57", "70.7", ""),
        ("Mondéjar-Guerra 2019 (second hand)", "94.5", "60.7", "94.3", "0.773"),
        ("Niu 2020", "96.4", "76.6", "89.7", ""),
        ("Saenz-Cogollo 2020", "96.14", "73.06", "90.85", ""),
        ("Zahid 2022, F and Q not tested", "98.2", "83.4", "94.3", ""),
        ("Teijeiro 2018, rules, not trained on DS1", "", "85.4", "95.7", ""),
    ],
    columns=["from DS1 to DS2, in %", *UNSEEN_METRICS.values()],
).set_index("from DS1 to DS2, in %")
"""Published results on DS2 without help from the test patient, as their authors give them.

Left out are those whose test beats were sorted by their true class, and one-vs-rest accuracies.
"""


def inter_patient_table(study: pd.DataFrame) -> pd.DataFrame:
    """Put the models of the study beside the published results.

    Parameters
    ----------
    study : pandas.DataFrame
        ``read_study("unseen")``.

    Returns
    -------
    pandas.DataFrame of str
        One row per model: mean ± half of the 95 % interval over its seeds.
    """
    rows = means_table(study, UNSEEN_MODEL_TITLES, UNSEEN_METRICS, 1)
    return pd.concat([rows.rename_axis(PUBLISHED.index.name), PUBLISHED])


def leak_intervals(study: pd.DataFrame) -> pd.DataFrame:
    """Average over seeds what each model reaches on patients it knows and on others.

    Parameters
    ----------
    study : pandas.DataFrame
        ``read_study("leak")``.

    Returns
    -------
    pandas.DataFrame
        Columns ``model``, ``protocol``, ``metric``, ``mean``, and ``half_width`` (95 %).
    """
    intervals = study.groupby("protocol").apply(seed_intervals)
    table = intervals.loc[(list(LEAK_PROTOCOLS), list(LEAK_MODELS)), :].reset_index()
    return table[["model", "protocol", "metric", "mean", "half_width"]]


def leak_table(intervals: pd.DataFrame) -> pd.DataFrame:
    """Show accuracy and F1 of each model and way of dividing the beats.

    Parameters
    ----------
    intervals : pandas.DataFrame
        See :func:`leak_intervals`.

    Returns
    -------
    pandas.DataFrame of float
        Indexed by model and protocol; means over seeds in %.
    """
    columns = {"accuracy": "accuracy", "f1_V": "F1 V", "f1_S": "F1 S", "f1_F": "F1 F"}
    titled = intervals.assign(model=intervals["model"].map(UNSEEN_MODEL_TITLES))
    table = titled.pivot_table("mean", ["model", "protocol"], "metric", sort=False)
    table = table[list(columns)].rename(columns=columns)
    return table.sort_index(level=0, sort_remaining=False).round(1)


def choice_table(study: pd.DataFrame) -> pd.DataFrame:
    """Show what the method is on held-out patients of DS1, whole and without each part.

    Parameters
    ----------
    study : pandas.DataFrame
        ``read_study("choice")``.

    Returns
    -------
    pandas.DataFrame of str
        One row per candidate: mean ± half of the 95 % interval over its seeds.
    """
    patients = {"patients_f1_S": "F1 S by patient", "patients_f1_V": "F1 V by patient"}
    patients[MANY_ECTOPIC] = "F1 S, many synthetic S"
    return means_table(study, CANDIDATE_TITLES, UNSEEN_METRICS | patients, 1)
