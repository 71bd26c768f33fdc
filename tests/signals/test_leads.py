"""Leads are chosen by name where that is known, else by how clear they are, with a reason."""

from dataclasses import replace

import numpy as np
import pytest

from ecgutils.errors import EcgError
from ecgutils.signals.leads import choose_leads
from tests.helpers.classified_records import first_seconds

SECONDS = 60


@pytest.fixture(scope="module")
def records():
    return {name: first_seconds(name, SECONDS) for name in ("100", "114", "119")}


def of_leads(record, signals, names):
    p_signal = np.stack(signals, axis=1)
    return replace(record, p_signal=p_signal, sig_name=tuple(names), unit_declared=None)


@pytest.fixture(scope="module")
def twelve(records):
    """Twelve leads, real ones from three patients, named as in the clinic."""
    names = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
    leads = np.concatenate([record.p_signal.T for record in records.values()])
    return of_leads(records["100"], [*leads, *-leads], names)


def with_noise(signal, sigma):
    return signal + sigma * np.random.default_rng(1).standard_normal(len(signal))


# By name -----------------------------------------------------------------------------------------


def test_mlii_comes_first_also_where_it_is_second(records):
    assert records["114"].sig_name == ("V5", "MLII")
    leads, why = choose_leads(records["114"])
    assert leads == ("MLII", "V5")
    assert "MLII and V5" in why


def test_mlii_comes_before_ii(twelve):
    three = of_leads(twelve, twelve.p_signal.T[:3], ("x", "II", "MLII"))
    assert choose_leads(three)[0][0] == "MLII"


def test_twelve_leads_give_ii_and_v1(twelve):
    leads, why = choose_leads(twelve)
    assert leads == ("II", "V1")
    assert why == "Looked at leads II and V1 of 12, known by name."


@pytest.mark.parametrize(
    "names", [("ECG I", "ECG II", "ECG V1"), ("lead v6", "Lead ii", "lead v1"), ("A", "-II", "V1.")]
)
def test_names_are_known_in_other_spellings(twelve, names):
    three = of_leads(twelve, twelve.p_signal.T[:3], names)
    assert choose_leads(three)[0] == names[1:]


def test_a_lead_known_by_name_gets_the_clearest_beside_it(records):
    clean = records["100"].p_signal.T
    record = of_leads(
        records["100"], [with_noise(clean[1], 0.3), clean[1], clean[0]], ("x", "y", "II")
    )
    leads, why = choose_leads(record)
    assert leads == ("II", "y")
    assert "one known by its name, one the clearest" in why


# By quality --------------------------------------------------------------------------------------


def test_leads_without_names_are_chosen_by_how_clear_they_are(records):
    clean = records["119"].p_signal.T
    signals = [with_noise(clean[0], 0.5), clean[1], with_noise(clean[0], 0.2), clean[0]]
    leads, why = choose_leads(of_leads(records["119"], signals, ("a", "b", "c", "d")))
    assert set(leads) == {"b", "d"}
    assert "the clearest" in why


def dead(kind, signal):
    lost = signal.copy()
    lost[len(lost) // 3 :] = {"flat": 0.2, "missing": np.nan}[kind]
    return lost


@pytest.mark.parametrize("kind", ["flat", "missing"])
def test_a_dead_mlii_is_not_chosen(records, kind):
    first, second = records["100"].p_signal.T
    signals = [dead(kind, first), second, -first]
    leads, why = choose_leads(of_leads(records["100"], signals, ("MLII", "x", "y")))
    assert set(leads) == {"x", "y"}
    assert "1 without a signal left out" in why


def test_of_two_leads_one_dead_the_other_is_looked_at_alone(records):
    first, second = records["100"].p_signal.T
    leads, why = choose_leads(of_leads(records["100"], [dead("flat", first), second], ("II", "V5")))
    assert leads == ("V5",)
    assert why == "Looked at lead V5 of 2 (1 without a signal left out)."


def test_a_recording_without_any_signal_has_no_heartbeats(records):
    nothing = replace(records["100"], p_signal=np.full((7200, 2), np.nan))
    with pytest.raises(EcgError, match=r"^100: no heartbeats found: no lead has a signal"):
        choose_leads(nothing)


def test_leads_of_a_long_recording_are_compared_all_over_it():
    """The first lead is the better one in the first minute only."""
    record = first_seconds("119", 420)
    signal = record.p_signal.copy()
    signal[60 * 360 :, 0] = with_noise(signal[60 * 360 :, 0], 0.5)
    noisy_later = of_leads(record, [signal[:, 0], signal[:, 1]], ("x", "y"))
    assert choose_leads(noisy_later)[0][0] == "y"


# As wanted ---------------------------------------------------------------------------------------


def test_a_lead_that_is_wanted_is_taken_whatever_it_is_like(twelve):
    leads, why = choose_leads(twelve, ["V6"])
    assert leads == ("V6",)
    assert why == "Looked at lead V6, as asked."


def test_case_does_not_matter_and_a_lead_counts_once(twelve):
    assert choose_leads(twelve, ["avr", "AVR", "v1"])[0] == ("aVR", "V1")


def test_a_lead_that_is_not_there_is_an_error_that_names_those_that_are(records):
    with pytest.raises(EcgError, match=r"^100: no lead 'V9'; its leads are MLII, V5$"):
        choose_leads(records["100"], ["V9"])


def test_more_than_two_leads_are_refused(twelve):
    with pytest.raises(EcgError, match="3 leads asked for, at most two"):
        choose_leads(twelve, ["I", "II", "III"])
