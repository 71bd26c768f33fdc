"""How long it takes from the files of the database to what a network is trained on.

``python -m pytest --benchmark-enable tests/benchmarks`` prints it. It should take at most 6 s on
two cores, without a cache.
"""

import pytest

from ecgutils import database
from ecgutils.beats.beats import join
from ecgutils.beats.t_to_t import cut_t_to_t
from ecgutils.database.embedded import record_names
from ecgutils.learning.recipes import PAPER_RECIPE

pytestmark = pytest.mark.slow


def model_ready_beats():
    beats = join(cut_t_to_t(database.read(name)) for name in record_names())
    return PAPER_RECIPE.features(beats)


def test_from_flac_to_model_ready_beats(benchmark):
    coefficients = benchmark.pedantic(model_ready_beats, rounds=3)
    assert coefficients.shape == (109_494, 141)
