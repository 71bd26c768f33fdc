"""The two ways in which this project meets the samples of a WFDB signal file as bytes."""

import io
from pathlib import Path

import numpy as np

from ecgutils.errors import EcgError

# FLAC knows only the sampling frequencies of sound; WFDB writes this one and ignores it.
_FLAC_SAMPLE_RATE = 96000


def encode_212(digital: np.ndarray) -> bytes:
    """Return signals as the bytes of a WFDB format 212 file.

    Two samples of 12 bits share three bytes: the low byte of the first, the high four bits of both
    (the first's in the lower half), the low byte of the second (WFDB's signal(5)).

    Parameters
    ----------
    digital : ndarray of int16, shape (samples, leads)
        Values from -2048 to 2047; samples times leads must be even.

    Returns
    -------
    bytes
        Three for every two values.
    """
    first, second = digital.astype(np.uint16).reshape(-1, 2).T & 0xFFF
    triplets = np.empty((len(first), 3), np.uint8)
    triplets[:, 0] = first & 0xFF
    triplets[:, 1] = (first >> 8) | (second >> 8 << 4)
    triplets[:, 2] = second & 0xFF
    return triplets.tobytes()


def encode_flac(digital: np.ndarray) -> bytes:
    """Return signals as the bytes of a WFDB format 516 file, which is FLAC of 16 bits.

    The same signals give the same bytes, as long as libFLAC is of the same version.

    Parameters
    ----------
    digital : ndarray of int16, shape (samples, leads)
        At most eight leads.

    Returns
    -------
    bytes
        The file's content.
    """
    import soundfile

    content = io.BytesIO()
    # The strongest compression takes no longer to read.
    soundfile.write(
        content, digital, _FLAC_SAMPLE_RATE, "PCM_16", format="FLAC", compression_level=1.0
    )
    return content.getvalue()


def decode_flac(path: str | Path) -> np.ndarray:
    """Return the signals in a WFDB format 516 file.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    ndarray of int16, shape (samples, leads)
        The signals as the converter gave them.

    Raises
    ------
    EcgError
        If the file is not FLAC, or damaged.
    """
    import soundfile

    try:
        digital, _ = soundfile.read(path, dtype="int16", always_2d=True)
    except (soundfile.SoundFileError, OSError) as error:
        raise EcgError(f"{path}: cannot be decoded: not a FLAC file, or a damaged one") from error
    return digital
