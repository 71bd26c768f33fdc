"""Files of ISHNE's Holter format and of its annotations, written field by field."""

import binascii
import struct

CODES = {"lead 1": 0, "X": 2, "I": 5, "II": 6, "aVR": 8, "V1": 11, "V5": 15, "AI": 19}


def header_bytes(
    magic,
    leads=("II", "V5"),
    samples=3600,
    fs=360,
    resolution=(5000, 5000),
    born=(2, 5, 1951),
    day=(1, 5, 2002),
    clock=(23, 59, 58),
    sex=1,
    variable=b"",
    checksum=None,
):
    """Return a header; its checksum is its own unless another is given."""

    def words(values, count):
        return struct.pack(f"<{count}h", *values, *[-9] * (count - len(values)))

    rest = struct.pack("<4ih", len(variable), samples, 522, 522 + len(variable), 1)
    rest += b"First".ljust(40, b"\0") + b"Last".ljust(40, b"\0") + b"17".ljust(20, b"\0")
    rest += words([sex, 0, *born, *day, *day, *clock, len(leads)], 15)
    rest += words([CODES[lead] for lead in leads], 12) + words([0] * len(leads), 12)
    rest += struct.pack("<12H", *resolution, *[0] * (12 - len(resolution)))
    rest += words([0], 1) + b"digital".ljust(40, b"\0") + struct.pack("<H", fs)
    rest += bytes(80 + 80 + 88) + variable
    if checksum is None:
        checksum = binascii.crc_hqx(rest, 0xFFFF)
    return magic + struct.pack("<H", checksum) + rest


def ishne_bytes(digital, **fields):
    """Return a recording of these steps of the converter, shape (samples, leads)."""
    fields.setdefault("samples", len(digital))
    return header_bytes(b"ISHNE1.0", **fields) + digital.astype("<i2").tobytes()


def annotation_bytes(first, labels_and_intervals, **fields):
    """Return the annotations of a recording."""
    marks = b"".join(
        struct.pack("<ccH", label.encode(), b" ", interval)
        for label, interval in labels_and_intervals
    )
    return header_bytes(b"ANN  1.0", **fields) + struct.pack("<I", first) + marks
