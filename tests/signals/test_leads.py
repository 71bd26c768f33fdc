"""Leads are chosen by name where that is known, else by how clear they are, with a reason."""

from dataclasses import replace

import numpy as np
import pytest

from ecgutils import database
from ecgutils.errors import EcgError
from ecgutils.signals.leads import choose_leads
from ecgutils.studies.bad_leads import beside
from ecgutils.studies.channels import CHANNELS, coloured
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
    """Twelve leads of one heart, which see two real ones from all around."""
    names = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
    angles = np.linspace(0.3, 0.3 + np.pi, len(names), endpoint=False)
    first, second = records["114"].p_signal.T
    leads = [np.cos(angle) * first + np.sin(angle) * second for angle in angles]
    return of_leads(records["114"], leads, names)


def with_noise(signal, sigma):
    return signal + sigma * np.random.default_rng(1).standard_normal(len(signal))


# By name -----------------------------------------------------------------------------------------


def test_mlii_comes_first_also_where_it_is_second(records):
    assert records["114"].sig_name == ("V5", "MLII")
    chosen = choose_leads(records["114"])
    assert chosen.names == ("MLII", "V5")
    assert "MLII and V5" in chosen.why


def test_mlii_comes_before_ii(twelve):
    three = of_leads(twelve, twelve.p_signal.T[:3], ("x", "II", "MLII"))
    assert choose_leads(three).names[0] == "MLII"


def test_twelve_leads_give_ii_and_v1(twelve):
    chosen = choose_leads(twelve)
    assert chosen.names == ("II", "V1")
    assert chosen.why == "Looked at leads II and V1 of 12, known by name."


@pytest.mark.parametrize(
    "names", [("ECG I", "ECG II", "ECG V1"), ("lead v6", "Lead ii", "lead v1"), ("A", "-II", "V1.")]
)
def test_names_are_known_in_other_spellings(twelve, names):
    three = of_leads(twelve, twelve.p_signal.T[:3], names)
    assert choose_leads(three).names == names[1:]


def test_a_lead_known_by_name_gets_the_clearest_beside_it(records):
    clean = records["100"].p_signal.T
    record = of_leads(
        records["100"], [with_noise(clean[1], 0.3), clean[1], clean[0]], ("x", "y", "II")
    )
    chosen = choose_leads(record)
    assert chosen.names == ("II", "y")
    assert "one known by its name, one the clearest" in chosen.why


# By quality --------------------------------------------------------------------------------------


def test_leads_without_names_are_chosen_by_how_clear_they_are(records):
    clean = records["119"].p_signal.T
    signals = [with_noise(clean[0], 0.5), clean[1], with_noise(clean[0], 0.2), clean[0]]
    chosen = choose_leads(of_leads(records["119"], signals, ("a", "b", "c", "d")))
    assert set(chosen.names) == {"b", "d"}
    assert "the clearest" in chosen.why


def dead(kind, signal):
    lost = signal.copy()
    lost[len(lost) // 3 :] = {"flat": 0.2, "missing": np.nan}[kind]
    return lost


@pytest.mark.parametrize("kind", ["flat", "missing"])
def test_a_dead_mlii_is_not_chosen(records, kind):
    first, second = records["100"].p_signal.T
    signals = [dead(kind, first), second, -first]
    chosen = choose_leads(of_leads(records["100"], signals, ("MLII", "x", "y")))
    assert set(chosen.names) == {"x", "y"}
    assert "(MLII left out)" in chosen.why
    assert chosen.doubts == (
        "Lead MLII has no signal for most of the time and was left out: check its electrode.",
    )


def test_of_two_leads_one_dead_the_other_is_looked_at_alone(records):
    first, second = records["100"].p_signal.T
    chosen = choose_leads(of_leads(records["100"], [dead("flat", first), second], ("II", "V5")))
    assert chosen.names == ("V5",)
    assert chosen.why == "Looked at lead V5 of 2 (II left out)."


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
    assert choose_leads(noisy_later).names[0] == "y"


# By what they show --------------------------------------------------------------------------------

BESIDE = [(kind, name) for kind, channels in CHANNELS.items() for name in channels]
# Some others can only be told from an ECG beside one, or when their beats are classified.
REFUSED = {
    "open electrode": ("one step", "two steps", "fine", "hum"),
    "respiration": ("quick", "heart in it"),
    "pulse": ("finger", "clean finger", "ear"),
    "EDA": ("without noise",),
    "acceleration": ("still",),
    "EEG, EOG, EMG": ("EEG", "EMG"),
    "others": tuple(CHANNELS["others"]),
}


@pytest.fixture(scope="module")
def annotated():
    return database.read("119").between(0, SECONDS)


def channel(record, kind, name):
    return CHANNELS[kind][name](record, np.random.default_rng(1))


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "name"), BESIDE)
def test_a_channel_that_shows_no_heart_is_left_out(annotated, kind, name):
    chosen = choose_leads(beside(annotated, channel(annotated, kind, name)))
    assert chosen.names == ("MLII",)
    assert len(chosen.doubts) == 1
    assert chosen.doubts[0].startswith("Lead CH2 ")
    assert chosen.doubts[0].endswith("and was left out: check its electrode.")


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, x) for kind, own in REFUSED.items() for x in own]
)
def test_a_recording_of_anything_else_has_no_heartbeats(annotated, kind, name):
    record = of_leads(annotated, [channel(annotated, kind, name)], ["ECG"])
    with pytest.raises(EcgError, match=r"^119: no heartbeats found: no lead (shows|has)"):
        choose_leads(record)


@pytest.mark.parametrize(("kind", "name"), [("muscle artefact", "ma 0"), ("respiration", "calm")])
def test_a_recording_without_clear_heartbeats_is_doubted(annotated, kind, name):
    chosen = choose_leads(of_leads(annotated, [channel(annotated, kind, name)], ["ECG"]))
    assert chosen.doubts == (
        "No clear heartbeats were seen in lead ECG: check the electrodes and the file.",
    )


@pytest.mark.parametrize("power", [-2, -1, 0, 1, 1.5, 3])
def test_noise_of_any_colour_is_refused(annotated, power):
    noise = coloured(annotated, np.random.default_rng(2), power)
    with pytest.raises(EcgError, match="no lead shows a heart"):
        choose_leads(of_leads(annotated, [noise, 2 * noise], ["I", "II"]))


def test_with_an_open_lead_ii_the_next_best_is_taken(twelve):
    signals = [*twelve.p_signal.T]
    signals[1] = 0.005 * np.round(np.random.default_rng(1).standard_normal(len(signals[1])))
    chosen = choose_leads(of_leads(twelve, signals, twelve.sig_name))
    assert "II" not in chosen.names
    assert "V1" in chosen.names
    assert chosen.doubts == ("Lead II shows no heart and was left out: check its electrode.",)


def test_three_channels_that_agree_do_not_outvote_a_heart(annotated):
    motion = channel(annotated, "acceleration", "strong recoil")
    signals = [motion, -2 * motion, annotated.p_signal[:, 0], motion + 1]
    assert choose_leads(of_leads(annotated, signals, "abcd")).names == ("c",)


def test_a_pulse_that_is_there_with_the_next_beat_is_left_out():
    record = database.read("209").between(0, 10 * SECONDS)
    late = channel(record, "pulse", "clean finger")
    assert choose_leads(beside(record, late)).names == ("MLII",)


@pytest.mark.parametrize("height_mv", [2, 10])
def test_the_spikes_of_a_pacemaker_are_no_steps(annotated, height_mv):
    signal = annotated.p_signal.copy()
    signal[annotated.annotations.beats.sample[1:] - 60] += height_mv
    chosen = choose_leads(replace(annotated, p_signal=signal))
    assert chosen.names == annotated.sig_name
    assert not chosen.doubts


@pytest.mark.parametrize("name", ["106", "200", "207", "217", "232"])
def test_the_leads_of_patients_with_wide_paced_or_slow_beats_show_a_heart(name):
    record = database.read(name).between(0, 600)
    chosen = choose_leads(record)
    assert set(chosen.names) == set(record.sig_name)
    assert not chosen.doubts


def test_channels_named_otherwise_are_left_out_without_a_doubt(annotated):
    clear = annotated.p_signal[:, 0]
    chosen = choose_leads(of_leads(annotated, [clear, clear, clear], ["Resp", "Pleth", "ECG"]))
    assert chosen.names == ("ECG",)
    assert chosen.why == "Looked at lead ECG of 3 (Resp, Pleth left out)."
    assert not chosen.doubts


def test_a_recording_without_an_electrocardiogram_by_name_is_refused(annotated):
    with pytest.raises(
        EcgError, match=r"no channel is an electrocardiogram by its name \(Resp, EDA"
    ):
        choose_leads(of_leads(annotated, annotated.p_signal.T, ["Resp", "EDA"]))


# As wanted ---------------------------------------------------------------------------------------


def test_a_lead_that_is_wanted_is_taken_whatever_it_is_like(twelve):
    chosen = choose_leads(twelve, ["V6"])
    assert chosen.names == ("V6",)
    assert chosen.why == "Looked at lead V6, as asked."


@pytest.mark.parametrize(("label", "wanted"), [("Lead II", "ii"), ("ECG II-Ref", "Lead II")])
def test_a_lead_is_found_whatever_is_around_its_name(annotated, label, wanted):
    record = of_leads(annotated, annotated.p_signal.T, [label, "x"])
    assert choose_leads(record, [wanted]).names == (label,)


@pytest.mark.parametrize("name", ["CH2", "Resp"])
def test_a_lead_without_a_heart_that_is_wanted_is_taken_but_doubted(annotated, name):
    record = beside(annotated, channel(annotated, "respiration", "calm"), name)
    chosen = choose_leads(record, [name, "MLII"])
    assert chosen.names == (name, "MLII")
    assert chosen.doubts == (f"Lead {name} shows no heart: is it an electrocardiogram?",)


def test_case_does_not_matter_and_a_lead_counts_once(twelve):
    assert choose_leads(twelve, ["avr", "AVR", "v1"]).names == ("aVR", "V1")


def test_a_lead_that_is_not_there_is_an_error_that_names_those_that_are(records):
    with pytest.raises(EcgError, match=r"^100: no lead 'V9'; its leads are MLII, V5$"):
        choose_leads(records["100"], ["V9"])


def test_more_than_two_leads_are_refused(twelve):
    with pytest.raises(EcgError, match="3 leads asked for, at most two"):
        choose_leads(twelve, ["I", "II", "III"])
