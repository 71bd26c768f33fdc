"""Files that people take for recordings and that are not read: what they are, and what to do."""

import re

_EXPORT = "export it as EDF, DICOM, HL7 aECG or CSV"
_PICTURE = "a picture of an ECG holds no samples; export the numbers as EDF or CSV"
_COLUMNS = "write its samples as CSV, a column a lead"
_PACKED = "unpack it, and name a recording in it"

# How files begin, what they are, and what to do.
_KINDS = tuple(
    (re.compile(start, re.DOTALL), name, advice)
    for start, name, advice in (
        (rb"%PDF", "a PDF", _PICTURE),
        (rb"\x89PNG|\xff\xd8\xff|GIF8|II\*\0|MM\0\*", "a picture", _PICTURE),
        (rb".{16}SCPECG", "SCP-ECG", _EXPORT),
        (rb"PK\x03\x04", "a ZIP archive or a workbook", "unpack it, or save the sheet as CSV"),
        (rb"\x1f\x8b|BZh\d|\xfd7zXZ|7z\xbc\xaf|Rar!|\x28\xb5\x2f\xfd", "packed", _PACKED),
        (rb"\xd0\xcf\x11\xe0", "an old workbook", "save the sheet as CSV"),
        (rb"ALIVE\0", "AliveCor's own format", _EXPORT),
        (rb".{8}\.FIT", "Garmin's FIT", _EXPORT),
        (rb"\x93NUMPY", "an array of NumPy", "save it as CSV, or with its rate fs as .mat"),
        (rb"RIFF", "a sound", _EXPORT),
        (rb"CFWB", "LabChart's own binary format", "export it as text or as .mat"),
        (
            rb"(\xef\xbb\xbf)?\s*[{\[]\s*[\[{\"]",
            "JSON",
            _COLUMNS,
        ),
        (
            rb".*[\"';,\t]\[\s*-?[\d.]+(\s*[,;]\s*-?[\d.]+){7}",
            "a list of samples in one cell",
            "write them below each other, one a line",
        ),
        (rb".*<RestingECG\b", "the XML of GE MUSE", _EXPORT),
        (rb".*<restingecgdata\b", "the XML of Philips", _EXPORT),
        (
            rb".*<HealthData\b",
            "the export of Apple Health",
            "name one of its electrocardiograms",
        ),
        (rb".*<(html|!DOCTYPE html)\b", "a web page", "download the file itself"),
    )
)


def foreign_kind(start: bytes) -> str:
    """Say what a file is that begins so, and what to do with it; nothing if that is not known."""
    found = ((name, advice) for begins, name, advice in _KINDS if begins.match(start))
    return next((f"{name}, which is not read; {advice}" for name, advice in found), "")
