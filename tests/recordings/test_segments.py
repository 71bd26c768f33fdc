"""How a long recording is divided."""

import numpy as np
import pytest

from ecgutils.io.record import Record
from ecgutils.recordings.segments import into_segments
from ecgutils.signals import settings

pytestmark = pytest.mark.slow

FS = 100


@pytest.mark.parametrize("hours", [0.2, 1.2, 2.7])
def test_segments_hold_every_sample_once_and_margins_of_a_minute(hours):
    samples = round(hours * 3600 * FS) + 7
    record = Record("long", np.arange(samples, dtype=float)[:, None], FS, ("II",))
    faulty = np.arange(-(-samples // FS))[:, None]
    segments = list(into_segments(record, faulty))
    own = [segment.record.p_signal[segment.first : segment.stop, 0] for segment in segments]
    assert np.concatenate(own).tolist() == list(range(samples))
    assert max(map(len, own)) <= 1.5 * 1800 * FS
    for segment in segments:
        assert segment.record.p_signal[0, 0] == segment.offset
        assert segment.offset % (settings.DETECTOR.block_s * FS) == 0
        assert segment.faulty[0, 0] == segment.offset // FS
        assert segment.faulty[-1, 0] == int(segment.record.p_signal[-1, 0]) // FS
    assert [segment.first for segment in segments[1:]] == [60 * FS] * (len(segments) - 1)


def test_beats_of_a_segment_lie_where_they_lie_in_the_recording():
    samples = 3600 * FS
    record = Record("long", np.zeros((samples, 1)), FS, ("II",))
    marked = np.arange(0, samples, 90)
    segments = list(into_segments(record.with_beats(marked), np.zeros((3600, 1), dtype=bool)))
    assert len(segments) == 2
    found = []
    for segment in segments:
        sample = segment.record.annotations.sample
        own = sample[(sample >= segment.first) & (sample < segment.stop)]
        found += (own + segment.offset).tolist()
    assert found == marked.tolist()
