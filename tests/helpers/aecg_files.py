"""Annotated ECGs of HL7, written as the implementation guide has them."""

PERSON = """<componentOf><timepointEvent><componentOf><subjectAssignment><subject><trialSubject>
<subjectDemographicPerson><name>A Name</name><administrativeGenderCode code="F"/>
<birthTime value="19510502"/></subjectDemographicPerson></trialSubject></subject>
</subjectAssignment></componentOf></timepointEvent></componentOf>"""


def sequence(name, digits, scale=5, unit="uV", origin=0):
    """Return one lead; without a unit, it has no scale either."""
    factors = f'<origin value="{origin}" unit="{unit}"/><scale value="{scale}" unit="{unit}"/>'
    return f"""<component><sequence><code code="MDC_ECG_LEAD_{name}"
    codeSystem="2.16.840.1.113883.6.24"/><value xsi:type="SLIST_PQ">{factors if unit else ""}
    <digits>{" ".join(map(str, digits))}</digits></value></sequence></component>"""


def times(increment="0.0027777778", unit="s", head="20020501235958.250"):
    """Return the times of a set."""
    return f"""<component><sequence><code code="TIME_ABSOLUTE"/><value xsi:type="GLIST_TS">
    <head value="{head}"/><increment value="{increment}" unit="{unit}"/></value>
    </sequence></component>"""


def sequence_set(sequences, clock=None):
    clock = times() if clock is None else clock
    return f"<component><sequenceSet>{clock}{''.join(sequences)}</sequenceSet></component>"


def series(sequences, code="RHYTHM", clock=None, derived=""):
    """Return a recording, with what was derived from it."""
    derivation = f"""<derivation><derivedSeries><code code="REPRESENTATIVE_BEAT"/>{derived}
    </derivedSeries></derivation>"""
    return f"""<component><series><code code="{code}"/>{sequence_set(sequences, clock)}
    {derivation if derived else ""}</series></component>"""


def aecg_bytes(*content, start='<?xml version="1.0" encoding="UTF-8"?>'):
    """Return a file."""
    text = f"""{start}<AnnotatedECG xmlns="urn:hl7-org:v3" type="Observation"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">{PERSON}{"".join(content)}
    </AnnotatedECG>"""
    return text.encode()
