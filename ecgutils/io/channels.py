"""What the name of a channel says: which lead it is, or that it is no electrocardiogram."""

import re
from collections.abc import Sequence

from ecgutils.errors import EcgError
from ecgutils.io.guards import may_be_voltage, per_millivolt

_LEAD = re.compile(
    r"I{1,3}|AV[RLF]|V[1-9XYZ]R?|ML(I{1,3}|V?[1-6])|MV[1-9]|MCL[1-6]|CM[1-6]|C[BCS]5|[AE]-S|A-I|"
    r"(LA|LL|RA|RL)-(LA|LL|RA|RL)"
)
# Names by numbers, by other letters, by languages other than English, and by electrodes.
_SYNONYMS = {
    **{
        f"{letter}{number}": lead
        for letter in "DL"
        for position, lead in enumerate(("I", "II", "III"), 1)
        for number in (position, lead)
    },
    **{"ML1": "MLI", "ML2": "MLII", "ML3": "MLIII"},
    **{"LA-RA": "I", "LL-RA": "II", "LL-LA": "III"},
}
# What recorders put around a lead's name.
_ECG_WORDS = ("ECG", "EKG", "ELECTROCARDIOGRAM")
_AROUND = {
    *(
        *_ECG_WORDS,
        "EEG",
        "LEAD",
        "POL",
        "REF",
        "RAW",
        "FILTERED",
        "SIGNAL",
        "MOD",
        "MODIFIED",
        "BIT",
    ),
    *("ABLEITUNG", "DERIVATION", "DÉRIVATION", "DERIVACIÓN", "DERIVACION", "DERIVAÇÃO"),
    *("V", "MV", "UV", "NV", "MICROV", "UVOLT", "VOLT", "VOLTS", "MILLIVOLT", "MICROVOLT"),
}
_GLUED = re.compile(r"(E[CK]G|LEAD)(?=[IVA\d])|(E[CKMEO]G|EDA|ACC|PZT)(?=BIT)")

# Words of channels beside an ECG, without numbers at their ends.
_OTHERS = {
    *("EEG", "EOG", "EMG", "ERG", "MEG", "MCG", "EDA", "GSR", "SCR", "SCL", "EGG", "LOC", "ROC"),
    *("RESP", "RESPIRATION", "RSP", "RIP", "BREATH", "BREATHING", "FLOW", "AIRFLOW", "NASAL"),
    *("THORAX", "THOR", "ABDOMEN", "ABDO", "ABD", "EFFORT", "SNORE", "CANNULA", "THERMISTOR"),
    *("PULSE", "PLETH", "PLETHYSMOGRAM", "PPG", "BVP", "SPO", "SAO", "CO", "ETCO", "OSAT"),
    *("ABP", "ART", "BP", "CVP", "PAP", "ICP", "NIBP", "PRESSURE", "PRESS", "CPAP", "IBP"),
    *("ACC", "ACCEL", "ACCELERATION", "ACCELEROMETER", "ACCX", "ACCY", "ACCZ", "GYRO", "GYR"),
    *("MAG", "MAGNETOMETER", "MOTION", "ACTIVITY", "POSITION", "POS", "BODY", "CHIN", "LEG"),
    *("TIBIALIS", "TEMP", "TEMPERATURE", "LIGHT", "SOUND", "MIC", "AUDIO", "HUMIDITY", "PH"),
    *("HR", "RATE", "HEARTRATE", "RR", "RRI", "BPM", "STEPS", "SPEED", "CADENCE", "ALTITUDE"),
    *("LATITUDE", "LONGITUDE", "BATTERY", "BATT", "BAT", "STATUS", "QUALITY", "FLAG", "FLAGS"),
    *("EVENT", "EVENTS", "MARKER", "MARKERS", "MARK", "TRIGGER", "TRIG", "ANNOTATION", "LABEL"),
    *("ANNOTATIONS", "TIME", "TIMESTAMP", "DATE", "CLOCK", "COUNTER", "COUNT", "INDEX", "NSEQ"),
    *("SEQ", "SEQUENCE", "PEAK", "PEAKS", "PHASE", "IMPEDANCE", "IMP", "LEADOFF", "OTHER"),
    *("DIGITAL", "PACER", "STIM"),
    *("ZEIT", "ATMUNG", "PULS", "TEMPERATUR", "BATTERIE", "MARQUEUR", "RESPIRACION"),
}
# Electrodes of the scalp, alone or against a reference; C1 to C6 alone may be those of the chest.
_SCALP = re.compile(r"FP[12Z]|AF[3478Z]|F[1-9Z]|F10|FC[1-6Z]|T[3-9]|T10|[PO][1-9Z]|CZ|[CT]P[1-8Z]")
_SCALP_OR_REFERENCE = re.compile(rf"{_SCALP.pattern}|C[1-6]|[AME][12]|AVG|REF|(LO|RO)C")


def bare_name(label: str) -> str:
    """Strip a channel's label of what recorders put around the name of a lead.

    Parameters
    ----------
    label : str
        Such as ``"Lead II"``, ``"DII"``, ``"ECG II-Ref"`` or ``"ecg_II (mV)"``.

    Returns
    -------
    str
        In capitals: ``"II"``, ``"AVR"``, ``"MLII"``; ``"ECG"`` where nothing but that is left.

    Examples
    --------
    >>> [bare_name(label) for label in ("Lead II", "DII", "ECG II-Ref", "aVR", "EKG", "ECG 1")]
    ['II', 'II', 'II', 'AVR', 'ECG', '1']
    """
    words = _words(label)
    own = [word for word in words if word not in _AROUND]
    if not own:
        return "ECG" if set(words) & set(_ECG_WORDS) else label.strip().upper()
    name = "-".join(own)
    name = _SYNONYMS.get(name, name)
    first = _SYNONYMS.get(own[0], own[0])
    is_pair = len(own) == 2 and _is_lead(own[1])
    return first if _is_lead(first) and not is_pair else name


def is_ecg_name(label: str) -> bool | None:
    """Say whether a channel is an electrocardiogram, as far as its label tells.

    Parameters
    ----------
    label : str
        As the file has it.

    Returns
    -------
    bool or None
        True for a lead, False for something else, such as respiration; None if it says neither.

    Examples
    --------
    >>> [is_ecg_name(label) for label in ("ECG 1", "V5", "Resp", "EEG C3-A2", "ECG rate", "CH1")]
    [True, True, False, False, False, None]
    """
    words = _words(label)
    says_ecg = bool(set(words) & set(_ECG_WORDS))
    others = {word for text in (label, _apart(label)) for word in _plain_words(text)} & _OTHERS
    # Recorders of sleep write "EEG" before each channel, that of the ECG, too.
    if others - ({"EEG"} if says_ecg else set()):
        return False
    if says_ecg:
        return True
    if all(map(_is_lead, bare_name(label).split("-"))) or _is_lead(bare_name(label)):
        # Recorders name nameless channels "lead 1".
        return True
    return False if _is_scalp([word for word in words if word not in _AROUND]) else None


def choose_leads(channels: Sequence[tuple[str, str]], wanted: Sequence[str]) -> list[int]:
    """Choose the ECG leads among channels of many kinds.

    Parameters
    ----------
    channels : sequence of (str, str)
        Of each, its label and its unit, as the file has them.
    wanted : sequence of str
        Labels that are chosen whatever they say, if there are any such.

    Returns
    -------
    list of int
        Positions of the channels that are asked for, or else of leads by their labels, or else of
        channels that are voltages, or else of those that may be leads.

    Raises
    ------
    EcgError
        If no channel may be a lead.

    Examples
    --------
    >>> choose_leads([("Resp", "mV"), ("II", "mV"), ("CH3", "mV")], [])
    [1]
    >>> choose_leads([("Resp", "mV"), ("II", "mV"), ("CH3", "mV")], ["resp"])
    [0]
    """
    names = {name.casefold() for name in wanted}
    asked = [i for i, (label, _) in enumerate(channels) if label.casefold() in names]
    possible = [i for i, (_, unit) in enumerate(channels) if may_be_voltage(unit)]
    named = [i for i in possible if is_ecg_name(channels[i][0])]
    unknown = [i for i in possible if is_ecg_name(channels[i][0]) is None]
    voltages = [i for i in unknown if per_millivolt(channels[i][1]) is not None]
    chosen = asked or named or voltages or unknown
    if not chosen:
        there = ", ".join(f"{label} in {unit or 'no unit'}" for label, unit in channels)
        raise EcgError(
            f"no channel is an ECG lead or a voltage (there are: {there}); "
            "if one is, name it with --lead"
        )
    return chosen


def _words(label: str) -> list[str]:
    """Return the words of a label in capitals, without what stands in brackets."""
    text = re.sub(r"[(\[{].*?[)\]}]", " ", label) or label
    words = re.findall(r"\w+", re.sub("_", " ", text).upper())
    return re.findall(r"\w+", " ".join(_GLUED.sub(r"\g<0> ", word) for word in words))


def _apart(label: str) -> str:
    """Put a blank where a small letter is followed by a capital, as in "heartRate"."""
    return re.sub(r"(?<=[a-zà-ü])(?=[A-Z])", " ", label)


def _plain_words(text: str) -> list[str]:
    """Return words without the numbers at their ends."""
    return [word.rstrip("0123456789") for word in _words(text)]


def _is_lead(name: str) -> bool:
    return _LEAD.fullmatch(_SYNONYMS.get(name, name)) is not None


def _is_scalp(words: list[str]) -> bool:
    """Whether all words are electrodes of an EEG, and not only its references."""
    is_pair = len(words) > 1 and all(map(_SCALP_OR_REFERENCE.fullmatch, words))
    return is_pair or (len(words) == 1 and _SCALP.fullmatch(words[0]) is not None)
