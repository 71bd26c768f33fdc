"""Every feature of the waveform: how a beat differs from its patient's other beats.

No feature has a unit of voltage, and none depends on the recorder's rate.
"""

import numpy as np
import pandas as pd

from ecgutils.beats.aligned import AlignedBeats, part, rms
from ecgutils.beats.rhythm import beats_around, mean_nearby
from ecgutils.beats.settings import BEATS
from ecgutils.signals import rolling

OF_LEADS = {"mean": np.mean, "smallest": np.min, "largest": np.max}
"""How what each lead shows is summed up: the leads have no order."""


def wave_features(beats: AlignedBeats) -> dict[str, np.ndarray]:
    """Correlation of each wave with the template's, and logarithm of its distance; (beats,)."""
    columns = {}
    for name, limits in (("P", BEATS.p_s), ("QRS", BEATS.qrs_s), ("T", BEATS.t_s)):
        wave, usual = part(beats.windows, limits), part(beats.template, limits)
        norms = np.linalg.norm(wave, axis=1) * np.linalg.norm(usual, axis=0)
        values = {
            "correlation": (wave * usual).sum(axis=1) / (norms + BEATS.tiny),
            "distance": np.log(rms(wave - usual) / beats.qrs_size + BEATS.least_distance),
        }
        for measure, of_leads in values.items():
            for kind, summary in OF_LEADS.items():
                columns[f"{name}_{measure}_{kind}"] = summary(of_leads, axis=1)
    return columns


def qrs_features(beats: AlignedBeats) -> dict[str, np.ndarray]:
    """Width, steepness and size of each QRS complex against the template's; (beats,)."""
    own, usual = _qrs_measures(beats.windows), _qrs_measures(beats.template[None])
    return {f"QRS_{name}": np.log(own[name] / usual[name]).mean(axis=1) for name in own}


def p_wave_features(beats: AlignedBeats, correlation: np.ndarray) -> dict[str, np.ndarray]:
    """Whether the beats nearby have one and the same P wave; shapes (beats,).

    The coherence is the energy of their mean over their mean energy, near zero in fibrillation.
    """
    wave = part(beats.windows, BEATS.p_s)
    energy = np.square(wave).sum(axis=1)
    of_mean = np.square(mean_nearby(wave)).sum(axis=1)
    mean_energy = mean_nearby(energy)
    return {
        "P_coherence": (of_mean / (mean_energy + BEATS.tiny)).mean(axis=1),
        "P_local_correlation": rolling.median(beats_around(correlation)),
    }


def distance_to_normal(beats: AlignedBeats) -> dict[str, np.ndarray]:
    """How far each QRS complex is from the nearest ones of the template's beats; (beats,).

    A patient can have more than one kind of normal beat; the nearest ones count, not the mean.
    """
    points, rows = beats.scaled_qrs, beats.template_rows
    normal = points[rows[:: max(1, len(rows) // BEATS.most_normal_beats)]]
    square = np.square(points).sum(axis=1)[:, None] + np.square(normal).sum(axis=1)
    apart = np.maximum(square - 2 * points @ normal.T, 0) / points.shape[1]
    nearest = max(1, len(normal) // BEATS.nearest_of)
    # A beat of the template itself is at distance zero from itself, like its neighbours nearly.
    distance = np.sort(apart, axis=1)[:, : nearest + 1].mean(axis=1)
    usual, least = np.median(distance[rows]), BEATS.least_square_distance
    return {
        "normal_distance": np.log(np.sqrt(distance) + BEATS.least_distance),
        "normal_distance_to_usual": np.log((distance + least) / (usual + least)),
    }


def looks_normal(features: pd.DataFrame) -> np.ndarray:
    """Tell which QRS complexes look normal; bool, shape (beats,)."""
    near = features["normal_distance_to_usual"] < BEATS.near_normal
    return (near | (features["QRS_correlation_mean"] > BEATS.like_normal)).to_numpy()


def _qrs_measures(windows: np.ndarray) -> dict[str, np.ndarray]:
    """Width, duration (s), slope (1/s) and size of the QRS complex; positive, (beats, leads)."""
    whole = part(windows, BEATS.qrs_s)
    first, last = whole[:, :1], whole[:, -1:]
    complexes = whole - first
    complexes -= (last - first) * np.linspace(0, 1, whole.shape[1], dtype=whole.dtype)[:, None]
    height = np.abs(complexes).max(axis=1) + BEATS.tiny
    energy = np.square(complexes)
    energy = energy / (energy.sum(axis=1, keepdims=True) + BEATS.tiny)
    time = (np.arange(complexes.shape[1]) / BEATS.grid_hz)[:, None]
    centre = (energy * time).sum(axis=1)
    variance = (energy * np.square(time)).sum(axis=1) - np.square(centre)
    width = np.abs(complexes).sum(axis=1) / height / BEATS.grid_hz
    return {
        "width": np.maximum(width, BEATS.tiny),
        "duration": np.sqrt(np.maximum(variance, BEATS.tiny)),
        "slope": np.abs(np.diff(complexes, axis=1)).max(axis=1) / height * BEATS.grid_hz + 1,
        "size": rms(whole),
    }
