"""Files of DICOM waveforms, put together with pydicom."""

import io
import zlib

from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

TWELVE_LEADS = "1.2.840.10008.5.1.4.1.1.9.1.1"
SIZES = {"SB": 8, "UB": 8, "SS": 16, "US": 16, "SL": 32, "UL": 32}


def dataset(**attributes):
    made = Dataset()
    for name, value in attributes.items():
        setattr(made, name, value)
    return made


def channel(name, unit="uV", sensitivity=5, **attributes):
    """Return the definition of a channel; without a unit, it has no sensitivity either."""
    source = dataset(CodeValue="x", CodingSchemeDesignator="MDC", CodeMeaning=name)
    made = dataset(ChannelSourceSequence=[source], WaveformBitsStored=16)
    if unit is not None:
        made.ChannelSensitivity = sensitivity
        code = dataset(CodeValue=unit, CodingSchemeDesignator="UCUM", CodeMeaning=unit)
        made.ChannelSensitivityUnitsSequence = [code]
        made.ChannelSensitivityCorrectionFactor = 1
        made.ChannelBaseline = 0
    for attribute, value in attributes.items():
        setattr(made, attribute, value)
    return made


def waveform(digital, channels, kind="SS", fs=360, originality="ORIGINAL", **attributes):
    """Return a multiplex group of these steps of the converter, shape (samples, channels)."""
    bits = SIZES[kind]
    made = dataset(
        WaveformOriginality=originality,
        NumberOfWaveformChannels=len(channels),
        NumberOfWaveformSamples=len(digital),
        SamplingFrequency=fs,
        ChannelDefinitionSequence=channels,
        WaveformBitsAllocated=bits,
        WaveformSampleInterpretation=kind,
    )
    order = "i" if kind.startswith("S") else "u"
    data = digital.astype(f"<{order}{bits // 8}").tobytes()
    made.add_new("WaveformData", "OB" if bits == 8 else "OW", data)
    for attribute, value in attributes.items():
        setattr(made, attribute, value)
    return made


def dicom_bytes(*waveforms, **attributes):
    """Return a file that holds these groups."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = TWELVE_LEADS
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=["one"])
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made = FileDataset(None, {}, file_meta=meta, preamble=bytes(128))
    made.SOPClassUID = TWELVE_LEADS
    made.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    made.PatientName = "Name^Of"
    made.WaveformSequence = list(waveforms)
    for attribute, value in attributes.items():
        setattr(made, attribute, value)
    stream = io.BytesIO()
    made.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def deflated(content):
    """Return a file packed but for its first elements, as its transfer syntax says then."""
    start = 144 + int.from_bytes(content[140:144], "little")
    old, new = b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.1.99"
    head = content[132:start].replace(bytes([len(old), 0]) + old, bytes([len(new), 0]) + new)
    head = head[:8] + (len(head) - 12).to_bytes(4, "little") + head[12:]
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return content[:132] + head + packer.compress(content[start:]) + packer.flush()
