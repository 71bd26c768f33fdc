"""What is told of a file before anything is classified."""

import numpy as np
import pytest

from ecgutils import cli, database
from ecgutils.paths import PROJECT_ROOT
from ecgutils.recordings.inspection import inspect_recording
from tests.helpers.ishne_files import ishne_bytes

# Ten seconds of record 208, laid out as a watch that is set to German exports them.
WATCH = PROJECT_ROOT / "tests" / "io" / "files" / "watch_export_de.csv"


@pytest.fixture(scope="module")
def steps():
    """Twenty seconds of record 208 in steps of 5 µV."""
    return np.round(database.read("208").between(0, 20).p_signal * 200).astype(int)


def told(text):
    """Return what is told, as a dictionary of lists."""
    facts = {}
    for line in text.splitlines():
        name, _, value = line.partition(" ")
        facts.setdefault(name, []).append(value.strip())
    return facts


def test_what_a_file_declares_is_told(tmp_path, steps):
    off = steps.copy()
    off[360 * 5 : 360 * 10, 1] = -32768
    (tmp_path / "x.ecg").write_bytes(ishne_bytes(off))
    facts = told(inspect_recording(tmp_path / "x.ecg"))
    assert facts["kind"] == ["ISHNE Holter"]
    assert facts["rate"] == ["360 Hz, declared by the file"]
    assert facts["duration"] == ["0:00:20 (7200 samples)"]
    assert facts["start"] == ["2002-05-01 23:59:58"]
    assert facts["patient"] == ["50 years, male"]
    first, second = facts["lead"]
    # The median over seconds of the distance from the lowest to the highest sample.
    height = np.median(np.ptp(steps.reshape(20, 360, 2), axis=1), axis=0) / 200
    assert first == f"II: mV, {height[0]:.2g} in a typical second; a signal throughout"
    assert second.startswith("V5: mV, ")
    assert second.endswith("; 25.0% missing")


def test_where_a_rate_comes_from_and_what_is_left_out_is_told(tmp_path, steps):
    rows = "".join(f"{i / 360:.4f},{a},20\n" for i, a in enumerate(steps[:, 0]))
    (tmp_path / "x.csv").write_text("time,ECG,Resp\n" + rows)
    facts = told(inspect_recording(tmp_path / "x.csv"))
    assert facts["kind"] == ["text"]
    assert facts["rate"] == ["360 Hz, see below"]
    assert "start" not in facts
    assert facts["lead"][0].startswith("ECG: no unit, ")
    assert "The sampling frequency, 360 Hz, is that of the column 'time'." in facts["remark"]
    left_out = "Left out, because their names are not those of ECG leads: Resp."
    assert left_out in facts["remark"]
    given = told(inspect_recording(tmp_path / "x.csv", fs=250, leads=["Resp"]))
    assert given["rate"] == ["250 Hz, given"]
    assert len(given["lead"]) == 2


def test_an_export_of_a_watch_is_understood_as_it_is():
    facts = told(inspect_recording(WATCH))
    lead = "Ableitung I: mV, 2.4 in a typical second; a signal throughout"
    assert (facts["rate"], facts["lead"]) == (["512 Hz, see below"], [lead])
    assert facts["remark"][:2] == [
        "The sampling frequency, 512 Hz, is that of line 8.",
        "The unit is that of the header: µV.",
    ]


def test_what_would_be_refused_is_told(tmp_path):
    (tmp_path / "x.csv").write_text("ECG\n" + "0.0\n0.1\n" * 3000)
    facts = told(inspect_recording(tmp_path / "x.csv", fs=250))
    assert facts["remark"][-1].startswith("It would be refused: x: no heartbeats found")


def test_the_command_tells_of_each_file(tmp_path, steps, capsys):
    (tmp_path / "x.ecg").write_bytes(ishne_bytes(steps))
    (tmp_path / "y.ecg").write_bytes(b"ISHNE1.0")
    paths = [str(tmp_path / name) for name in ("y.ecg", "x.ecg")]
    assert cli.main(["inspect", *paths, "--fs", "250"]) == 1
    shown = capsys.readouterr()
    assert (
        shown.err == f"ecgutils: error: {paths[0]}: ends within its header: the file is truncated\n"
    )
    first, kind, rate, *_ = shown.out.splitlines()
    assert (first, kind.split()) == (paths[1], ["kind", "ISHNE", "Holter"])
    assert rate.split()[:2] == ["rate", "250"]
