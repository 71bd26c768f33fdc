"""What the label of a channel says: a lead, something else, or neither."""

import pytest

from ecgutils.io.channels import bare_name, is_ecg_name

LEADS = {
    "I": (
        "I",
        "i",
        "Lead I",
        "LI",
        "L1",
        "DI",
        "D1",
        "ECG I",
        "ECG LA-RA",
        "I (left arm)",
        "LeadI",
    ),
    "II": ("II", "Lead II", "LII", "DII", "D2", "ECG II-Ref", "ECG_II", "EKG II", "II [mV]"),
    "III": ("III", "lead iii", "DIII", "ECG LL-LA"),
    "AVR": ("aVR", "AVR", "ECG aVR", "Lead aVR", "-aVR"),
    "V1": ("V1", "v1", "ECG V1", "V1-Ref", "Ableitung V1", "ECGV1", "V1_mV", "V1 uV"),
    "MLII": ("MLII", "ML2", "ECG MLII"),
    "ECG": ("ECG", "EKG", "ecg", "EEG EKG-REF", "ecg_uV", "ECG (mV)", "ECG raw"),
    "1": ("ECG 1", "ECG1", "EKG1", "ekg_1", "POL EKG1"),
    "1-2": ("EKG1-EKG2", "ECG 1-2"),
    "V1-V2": ("V1-V2",),
    "CM5": ("CM5",),
}
LABELS = [(label, bare) for bare, labels in LEADS.items() for label in labels]


@pytest.mark.parametrize(("label", "bare"), LABELS)
def test_a_lead_is_known_whatever_stands_around_its_name(label, bare):
    assert bare_name(label) == bare
    assert is_ecg_name(label) is True


@pytest.mark.parametrize(
    "label",
    [
        *(
            "EEG C3-A2",
            "C4-M1",
            "Fp1",
            "F3",
            "EOG(L)",
            "E1-M2",
            "EMG chin",
            "Chin1-Chin2",
            "EOG LOC",
        ),
        *("Resp", "respiration_raw", "Thor", "ABDO RES", "Airflow", "SpO2", "SaO2", "CO2", "Pleth"),
        *(
            "PPG",
            "pulse",
            "BVP",
            "EDA",
            "GSR",
            "acc_x",
            "accX",
            "Accel Channel 0",
            "Gyro Y",
            "Temp",
        ),
        *("heartRate", "HR", "ECG rate", "ECG HR", "RR", "battery", "Batt_V", "counter", "nSeq"),
        *(
            "Sample Index",
            "Timestamp",
            "Time (s)",
            "marker",
            "Trigger",
            "STATUS",
            "EDF Annotations",
        ),
        *("ABP", "ART", "CVP", "Light", "Body position", "Leg/L", "Temperature"),
    ],
)
def test_what_is_no_electrocardiogram_by_its_name_is_none(label):
    assert is_ecg_name(label) is False


@pytest.mark.parametrize(
    "label",
    ["", "CH1", "lead 1", "Lead 2", "x", "signal 0", "A2", "C2", "I1", "EXG Channel 0", "mV"],
)
def test_other_names_say_nothing(label):
    assert is_ecg_name(label) is None


def test_an_unknown_name_stays_in_capitals():
    assert bare_name("Channel 3") == "CHANNEL-3"
    assert bare_name("mV") == "MV"
    assert bare_name("") == ""
