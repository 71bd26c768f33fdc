"""What a network sees of a beat: each lead, and how it differs from the patient's usual beat."""

import numpy as np

from ecgutils.beats.aligned import GRID_S, QRS_S, TINY, PatientBeats, part, template_beats

SHAPE_S = (-0.26, 0.50)
"""Seconds from the R peak that are shown."""

LEADS = 2
"""Leads that are shown; a single one is shown twice."""

HIGHEST = 8.0
"""Heights of the usual QRS complex at which a beat is cut off."""

POINTS = int(((SHAPE_S[0] - TINY <= GRID_S) & (SHAPE_S[1] + TINY >= GRID_S)).sum())
"""Points of a beat on the grid of :mod:`ecgutils.beats.aligned`."""


def beat_shapes(beats: PatientBeats) -> np.ndarray:
    """Draw beats in units of their patient's usual QRS complex.

    Parameters
    ----------
    beats : PatientBeats
        With one or two leads.

    Returns
    -------
    array of float32, shape (beats, :data:`LEADS`, :data:`POINTS`, 2)
        The beat, and its difference from the patient's template.
    """
    template = np.median(beats.windows[template_beats(beats.rr)], axis=0)
    size = np.sqrt(np.square(part(template, *QRS_S)).mean(axis=0)) + TINY
    shown = (SHAPE_S[0] - TINY <= GRID_S) & (SHAPE_S[1] + TINY >= GRID_S)
    windows, usual = beats.windows[:, shown] / size, template[shown] / size
    shapes = np.stack([windows, windows - usual], axis=-1).transpose(0, 2, 1, 3)
    shapes = np.clip(shapes, -HIGHEST, HIGHEST).astype(np.float32)
    return np.repeat(shapes, LEADS, axis=1) if shapes.shape[1] == 1 else shapes
