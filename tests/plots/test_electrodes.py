"""Electrodes lie where they belong, and both leads show the beat of the record."""

import numpy as np
import pytest
from matplotlib.colors import same_color

from ecgutils import database
from ecgutils.errors import EcgError
from ecgutils.plots import electrodes as draw


@pytest.fixture
def figure():
    record = database.read("119")
    return draw.lead_positions(record, 1000), record


def test_chest_electrodes_run_from_the_breastbone_to_the_patients_left_side():
    x, y = np.transpose(list(draw.CHEST_ELECTRODES.values()))
    assert list(draw.CHEST_ELECTRODES) == ["V1", "V2", "V3", "V4", "V5", "V6"]
    assert np.all(np.diff(x) > 0)
    assert x[0] == -x[1]
    # V4, V5 and V6 lie on one level, below V1 and V2.
    assert y[0] == y[1] > y[2] > y[3] == y[4] == y[5]


def test_leads_show_the_record_in_seconds_and_millivolts(figure):
    figure, record = figure
    first, last = (round(seconds * record.fs) for seconds in draw.SECONDS_SHOWN)
    for axes, lead in zip(figure.axes[1:], record.sig_name, strict=True):
        (line,) = axes.lines
        np.testing.assert_array_equal(
            line.get_ydata(), record.lead(lead)[1000 + first : 1000 + last]
        )
        assert line.get_xdata()[-first] == 0
        assert axes.get_ylabel() == f"{lead} (mV)"
    assert "(s)" in axes.get_xlabel()


def test_an_electrode_has_the_colour_of_its_lead(figure):
    trunk, *leads = figure[0].axes
    names = {text.get_text(): text.get_color() for text in trunk.texts}
    for lead, electrodes in zip(leads, (["RA", "LL"], ["V1"]), strict=True):
        colour = lead.lines[0].get_color()
        assert all(same_color(names[name], colour) for name in electrodes)
    assert len({names[name] for name in ("LA", "V2", "V6", "RL")}) == 1


def test_a_record_of_other_leads_is_refused():
    with pytest.raises(EcgError, match="114: has the leads V5 and MLII; take"):
        draw.lead_positions(database.read("114"), 1000)
