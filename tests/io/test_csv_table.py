"""Tables of text: one column a lead, however it is separated, named and timed."""

from functools import partial

import numpy as np
import pytest

from ecgutils.errors import EcgError
from ecgutils.io.csv_table import read_csv
from ecgutils.io.recording import read_recording
from ecgutils.io.wfdb_signals import read_record
from ecgutils.paths import MITDB_DIR
from tests.helpers import refusals

SAMPLES = 3600
FS = 360


@pytest.fixture(scope="module")
def signal():
    """Ten seconds of record 208, in mV, which have three decimals."""
    return read_record("208", MITDB_DIR, annotations=None).p_signal[:SAMPLES]


@pytest.fixture
def table(tmp_path, signal):
    """A function that writes a table of the two leads and returns its path.

    Each row is `row` with the time `t` in seconds, the row `i` and the leads `a` and `b`.
    """

    def write(row, header="", name="x.csv", encoding="utf-8", end="\n", decimal=".", times=None):
        times = np.arange(SAMPLES) / FS if times is None else times
        rows = [
            row.format(i=i, t=t, ms=1000 * t, clock=clock(t), a=a, b=b, ua=1000 * a, ub=1000 * b)
            for i, (t, (a, b)) in enumerate(zip(times, signal, strict=True))
        ]
        text = end.join([*rows, ""])
        if decimal == ",":
            text = text.replace(".", ",")
        (tmp_path / name).write_bytes((header + text).encode(encoding))
        return tmp_path / name

    return write


def clock(seconds):
    return f"{int(seconds // 3600)}:{int(seconds // 60 % 60):02d}:{seconds % 60:06.3f}"


refused = partial(refusals.refused, fs=FS)


def refused_text(tmp_path, text, pattern, fs=FS):
    path = tmp_path / "x.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    refused(path, pattern, fs=fs)


# Layouts -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "header"),
    [
        ("{a:.3f},{b:.3f}", ""),
        ("{a:.3f},{b:.3f}", "MLII,V1\n"),
        ("{a:.3f},{b:.3f}", "# of a patient\n\n# more\nMLII,V1\n"),
        ("{a:.3f}, {b:.3f} ", "MLII, V1\n"),
        ("{a:.3f},{b:.3f},", "MLII,V1,\n"),
        ("{a:.3e},{b:+.3f}", "MLII,V1\n"),
        ('"{a:.3f}","{b:.3f}"', '"MLII","V1"\n'),
        ("{a:.3f}\t{b:.3f}", "MLII\tV1\n"),
        ("{a:.3f};{b:.3f}", "MLII;V1\n"),
        ("{a:.3f} {b:.3f}", "MLII V1\n"),
        ("   {a:.3f}   {b:.3f}  ", ""),
        ("{i},{a:.3f},{b:.3f}", ",MLII,V1\n"),
        ("{i},{a:.3f},{b:.3f}", "sample,MLII,V1\n"),
        ("{i},{a:.3f},{b:.3f}", "'sample #','MLII','V1'\n"),
        ("{a:.3f},{b:.3f},{i}", "MLII,V1,index\n"),
    ],
)
def test_every_layout_gives_the_same_signals(table, signal, row, header):
    record = read_csv(table(row, header), FS)
    assert np.array_equal(record.p_signal, signal.astype(np.float32))
    assert record.p_signal.dtype == np.float32
    assert record.lead(1).flags.c_contiguous
    assert record.fs == FS
    names = ("MLII", "V1") if "MLII" in header else ("lead 1", "lead 2")
    assert record.sig_name == names
    assert record.comments == (("of a patient", "more") if "#" in header[:1] else ())
    assert record.remarks == (f"The units of {', '.join(names)} are not declared: taken as mV.",)


@pytest.mark.parametrize("row", ["{a:.3f};{b:.3f}", "{a:.3f}\t{b:.3f}", '"{a:.3f}","{b:.3f}"'])
def test_numbers_may_have_a_decimal_comma(table, signal, row):
    record = read_csv(table(row, decimal=","), FS)
    assert np.array_equal(record.p_signal, signal.astype(np.float32))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_encoding_and_line_end_is_read(table, signal, encoding, end):
    path = table("{a:.3f};{ub:.0f}", f"Größe <b> [mV];V1 µV{end}", encoding=encoding, end=end)
    record = read_csv(path, FS)
    assert np.allclose(record.p_signal, signal, atol=1e-6)
    assert record.sig_name == ("Größe <b>", "V1")


def test_one_column_is_one_lead(table, signal):
    record = read_csv(table("{a:.3f}"), FS)
    assert np.array_equal(record.p_signal, signal[:, :1].astype(np.float32))


@pytest.mark.slow
def test_a_table_that_is_parsed_in_blocks_is_the_same(table, signal, monkeypatch):
    monkeypatch.setattr("ecgutils.io.csv_table._BLOCK", 1000)
    for row in ("{t:.4f},{a:.3f},{b:.3f}", "{clock} {a:.3f} {b:.3f}"):
        record = read_csv(table(row))
        assert record.fs == FS
        assert np.array_equal(record.p_signal, signal.astype(np.float32))


def test_lead_names_lose_what_a_terminal_obeys(table):
    record = read_csv(table("{a:.3f},{b:.3f}", "a\x85b\u202e, \n"), FS)
    assert record.sig_name == ("ab", "lead 2")


# Times -------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("row", "header", "name"),
    [
        ("{t:.6f},{a},{b}", "", "first column"),
        ("{t:.3f},{a},{b}", "", "first column"),
        ("{t:.6f},{a},{b}", ",MLII,V1\n", "first column"),
        ("{t:.6f},{a},{b}", "time,MLII,V1\n", "column 'time'"),
        ("{t:.3f},{a},{b}", "t,MLII,V1\n", "column 't'"),
        ("{t:.6f},{a},{b}", "Time (s),MLII,V1\n", "column 'Time'"),
        ("{t:.6f},{a},{b}", "s,MLII,V1\n", "column 's'"),
        ("{a},{t:.6f},{b}", "MLII,seconds,V1\n", "column 'seconds'"),
        ("{i},{a},{b},{t:.6f}", "index,MLII,V1,time_s\n", "column 'time'"),
        ("{ms:.3f},{a},{b}", "time,MLII,V1\n", "column 'time'"),
        ("{ms:.0f},{a},{b}", "ms,MLII,V1\n", "column 'ms'"),
        ("{ms:.0f},{a},{b}", "time_ms,MLII,V1\n", "column 'time'"),
        ("{ms:.3f}e3,{a},{b}", "Time [µs],MLII,V1\n", "column 'Time'"),
        ("160000{t:07.3f},{a},{b}", "timestamp,MLII,V1\n", "column 'timestamp'"),
        ("{clock},{a},{b}", "", "first column"),
        ("{clock},{a},{b}", "zeit,MLII,V1\n", "column 'zeit'"),
        ("2020-02-29T{clock}Z,{a},{b}", "date,MLII,V1\n", "column 'date'"),
        ("2020-02-29 {clock},{a},{b}", "date,MLII,V1\n", "column 'date'"),
        ("'[{clock} 29/02/2020]',{a},{b}", "'Elapsed time','MLII','V1'\n", "'Elapsed time'"),
    ],
)
def test_the_times_give_the_frequency(table, signal, row, header, name):
    record = read_csv(table(row, header))
    assert record.fs == FS
    assert np.array_equal(record.p_signal, signal.astype(np.float32))
    assert record.sig_name == (("MLII", "V1") if header else ("lead 1", "lead 2"))
    assert record.remarks[0].startswith("The sampling frequency, 360 Hz, is that of the ")
    assert record.remarks[0].endswith(f"{name}.")


@pytest.mark.slow
@pytest.mark.parametrize("fs", [100, 128, 250, 333.25, 500, 1000])
@pytest.mark.parametrize("row", ["{t:.3f},{a},{b}", "{t:.6f},{a},{b}", "{clock},{a},{b}"])
def test_other_frequencies_are_found_from_rounded_times(table, fs, row):
    record = read_csv(table(row, times=np.arange(SAMPLES) / fs))
    assert record.fs == pytest.approx(fs, rel=1e-3 if fs % 1 else 1e-9)


@pytest.mark.parametrize("row", ["{i},{a},{b}", "{t:.6f},{a},{b}"])
def test_a_given_frequency_wins_over_times_that_nearly_agree(table, row):
    record = read_csv(table(row, "time,MLII,V1\n"), 361)
    assert record.fs == 361
    assert record.sig_name == ("MLII", "V1")


@pytest.mark.parametrize("row", ["{t:.6f},{a},{b}", "{clock},{a},{b}"])
def test_a_given_frequency_wins_over_times_that_say_another_and_that_is_told(table, row):
    record = read_csv(table(row, "time,MLII,V1\n"), 250)
    assert record.fs == 250
    assert len(record.p_signal) == SAMPLES
    said = "was given; that of the column 'time', 360 Hz, does not count."
    assert record.remarks[0] == f"The sampling frequency, 250 Hz, {said}"


def test_midnight_is_no_gap(table, signal):
    times = 86_395 + np.arange(SAMPLES) / FS
    path = table("{clock},{a},{b}", times=times)
    path.write_text(path.read_text().replace("24:00", "0:00"))
    record = read_csv(path)
    assert record.fs == FS
    assert np.array_equal(record.p_signal, signal.astype(np.float32))


def test_physionets_own_table_is_read(table, signal):
    header = "'Elapsed time','MLII','V1'\n'hh:mm:ss.mmm','mV','mV'\n"
    record = read_csv(table("'{clock}',{a:.3f},{b:.3f}", header))
    assert (record.fs, record.sig_name) == (FS, ("MLII", "V1"))
    assert np.array_equal(record.p_signal, signal.astype(np.float32))
    assert len(record.remarks) == 1


def test_physionets_text_is_read(table, signal):
    header = "   Elapsed time      MLII        V1\n   hh:mm:ss.mmm      (mV)      (uV)\n"
    record = read_csv(table("   {clock}   {a:.3f}   {ub:.0f}", header, "x.txt"))
    assert (record.fs, record.sig_name) == (FS, ("MLII", "V1"))
    assert np.allclose(record.p_signal, signal, atol=1e-6)


@pytest.mark.parametrize("row", ["{a:.3f},{b:.3f}", "{i},{a:.3f},{b:.3f}", "{i},{a:.3f}"])
def test_without_times_the_frequency_must_be_given(table, row):
    refused(table(row), "no column gives the time in seconds or ms; .* with --fs", fs=None)


def shifted(by, start=2000):
    times = np.arange(SAMPLES) / FS
    times[start:] += by
    return times


ROWS = ["{t:.3f},{a},{b}", "{clock},{a},{b}"]


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("start", [30, 2000, 3595])
@pytest.mark.parametrize("gap", [0.02, 3, 90])
def test_missing_rows_are_a_gap_of_the_right_length(table, signal, row, start, gap):
    record = read_csv(table(row, "time,MLII,V1\n", times=shifted(gap, start)))
    missing = np.flatnonzero(np.isnan(record.p_signal[:, 0]))
    assert record.fs == FS
    assert missing[0] == start
    assert np.all(np.diff(missing) == 1)
    assert len(missing) == pytest.approx(gap * FS, abs=1)
    kept = record.p_signal[~np.isnan(record.p_signal[:, 0])]
    assert np.array_equal(kept, signal.astype(np.float32))
    said = f"are missing at 1 place, first before line {start + 2}: left as gaps."
    assert record.remarks[1].endswith(said)


def test_positions_of_beats_do_not_fit_a_table_with_gaps(table):
    path = table("{t:.3f},{a},{b}", "time,MLII,V1\n", times=shifted(3))
    with pytest.raises(EcgError, match="missing before line 2002, and positions of beats count"):
        read_csv(path, is_whole=True)


def test_several_gaps_are_filled(table):
    times = shifted(3) + (np.arange(SAMPLES) >= 3000) * 2.0
    for row in ROWS:
        record = read_csv(table(row, "time,MLII,V1\n", times=times))
        assert len(record.p_signal) == pytest.approx(SAMPLES + 5 * FS, abs=1)
        assert "missing at 2 places, first before line 2002" in record.remarks[1]


def test_a_missing_day_is_no_memory(table):
    path = table("{t:.3f},{a},{b}", times=shifted(86_400))
    refused(path, "86400 s are missing before line 2001; cut the recording there", fs=None)


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("start", [30, 2000])
def test_times_that_go_back_are_refused_by_their_line_unless_the_frequency_is_given(
    table, row, start
):
    path = table(row, "time,MLII,V1\n", times=10 + shifted(-1, start))
    refused(path, f"up to line {start + 2}, the column 'time' goes back from .* to .* s", fs=None)
    record = read_csv(path, FS)
    assert len(record.p_signal) == SAMPLES
    assert record.remarks[0].startswith(f"Not heeded: up to line {start + 2}, the column 'time'")


def test_times_that_come_late_are_no_gaps(table, signal):
    times = np.arange(SAMPLES) / FS
    # As a telephone has them whose program paused.
    for start in (500, 2000):
        times[start : start + 30] = times[start + 30] + np.arange(30) * 1e-6
    record = read_csv(table("{t:.6f},{a},{b}", "time,MLII,V1\n", times=times))
    assert record.fs == FS
    assert np.array_equal(record.p_signal, signal.astype(np.float32))


@pytest.mark.parametrize("hour", [-3600, 3600])
def test_an_hour_to_summer_time_or_back_is_no_gap(table, signal, hour):
    times = 7195 + shifted(hour, 1800)
    record = read_csv(table("{clock},{a},{b}", "time,MLII,V1\n", times=times))
    assert record.fs == FS
    assert np.array_equal(record.p_signal, signal.astype(np.float32))
    assert "The clock was changed by an hour, which is no gap." in record.remarks


# Times that several rows share ------------------------------------------------------------------


@pytest.mark.parametrize("fs", [128, 180, 250, 360, 500])
@pytest.mark.parametrize("start", [0.0, 0.3])
def test_whole_seconds_give_the_frequency(table, fs, start):
    times = np.floor(start + np.arange(SAMPLES) / fs)
    path = table("{clock},{a},{b}", "Time,MLII,V1\n", times=times)
    path.write_text(path.read_text().replace(".000", ""))
    record = read_csv(path)
    assert (record.fs, len(record.p_signal)) == (fs, SAMPLES)
    assert read_csv(path, 200).fs == 200


def test_whole_seconds_of_many_columns_give_the_frequency(table):
    times = np.floor(np.arange(SAMPLES) / FS)
    path = table("{clock},{a},{b}" + ",0.123456789" * 12, times=times)
    assert read_csv(path).fs == FS


@pytest.mark.parametrize(("fs", "rows"), [(130, 73), (250, 10), (360, 36), (125, 50)])
@pytest.mark.parametrize("jitter", [0, 0.02])
def test_one_time_a_packet_gives_the_frequency(table, signal, fs, rows, jitter):
    rng = np.random.default_rng(1)
    packets = np.arange(SAMPLES) // rows
    late = jitter * rng.random(packets[-1] + 1)
    times = 36_000 + rows * packets / fs + late[packets]
    path = table("2023-02-07T{clock},{ua:.0f},{ub:.0f}", "timestamp,II_uV,V1_uV\n", times=times)
    record = read_csv(path)
    assert record.fs == fs
    assert np.allclose(record.p_signal, signal, atol=1e-3)


def test_a_lost_packet_is_a_gap(table):
    rows, fs = 50, 250
    packets = np.arange(SAMPLES) // rows
    packets[packets >= 20] += 2
    record = read_csv(table("{t:.3f},{a},{b}", "time,MLII,V1\n", times=rows * packets / fs))
    assert record.fs == fs
    assert np.flatnonzero(np.isnan(record.p_signal[:, 0])).tolist() == [*range(1000, 1100)]


def test_of_several_times_the_finest_counts(table):
    times = np.floor(np.arange(SAMPLES) / FS)
    path = table("{clock},{i}", "", times=times)
    lines = path.read_text().splitlines()
    rows = [f"{line},{1e9 * i / FS:.0f},0.1" for i, line in enumerate(lines)]
    path.write_text("\n".join(["Phone timestamp,no,sensor timestamp [ns],ECG", *rows]))
    record = read_csv(path)
    assert (record.fs, record.sig_name) == (FS, ("ECG",))
    assert record.remarks[0].endswith("is that of the column 'sensor timestamp'.")
    assert "Left out, because they count: no." in record.remarks


# Units of time ----------------------------------------------------------------------------------

UNITS = {"min": 60, "h": 3600, "us": 1e-6, "ns": 1e-9}


@pytest.mark.slow
@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("title", ["Time ({})", "time_{}", "Elapsed time [{}]"])
def test_units_of_time_are_known_by_name(table, unit, title):
    times = np.arange(SAMPLES) / FS / UNITS[unit]
    path = table("{t:.9f},{a},{b}", title.format(unit) + ",MLII,V1\n", times=times)
    record = read_csv(path)
    assert (record.fs, record.sig_name) == (FS, ("MLII", "V1"))
    assert read_csv(path, 500).sig_name == ("MLII", "V1")


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("start", [0, 1.6e9])
def test_units_of_time_are_known_by_value(table, unit, start):
    times = (start + np.arange(SAMPLES) / FS) / UNITS[unit]
    record = read_csv(table("{t:.10f},{a},{b}", "timestamp,MLII,V1\n", times=times))
    assert record.fs == FS
    assert record.sig_name == ("MLII", "V1")


@pytest.mark.parametrize("name", ["min", "czas", "x", "T(s)"])
def test_a_first_column_that_only_rises_is_none_of_leads(table, name):
    times = np.arange(SAMPLES) / FS / (60 if name == "min" else 1)
    record = read_csv(table("{t:.7f},{a},{b}", f"{name},MLII,V1\n", times=times))
    assert (record.fs, record.sig_name) == (FS, ("MLII", "V1"))


def test_a_time_may_stand_in_the_first_row_of_each_packet_only(table, signal):
    rows = table("{t:.3f},{a},{b}").read_text().splitlines()
    path = table("{a}")
    path.write_text("\n".join(r if i % 18 == 0 else r[r.index(",") :] for i, r in enumerate(rows)))
    record = read_csv(path)
    assert record.fs == FS
    assert np.array_equal(record.p_signal, signal.astype(np.float32))


def test_days_of_a_spreadsheet_and_clocks_of_twelve_hours_are_times(table):
    days = 45_382.1 + np.arange(SAMPLES) / FS / 86_400
    assert read_csv(table("{t:.10f},{a},{b}", "Time,MLII,V1\n", times=days)).fs == FS
    assert read_csv(table("{clock} PM,{a},{b}", "Time,MLII,V1\n")).fs == FS


def test_nanoseconds_since_1970_may_be_written_as_a_float(table):
    times = (1.7e9 + np.arange(SAMPLES) / 130) * 1e9
    record = read_csv(table("{t:.15e},{a},{b}", "time,ecg,resp\n", times=times))
    assert (record.fs, record.sig_name) == (130, ("ecg",))


@pytest.mark.slow
@pytest.mark.parametrize("step", [2, 3, 4, 8])
@pytest.mark.parametrize("header", ["", ",MLII,V1\n", "index,MLII,V1\n", "sample,MLII,V1\n"])
def test_an_index_in_equal_steps_is_no_time(table, signal, step, header):
    rows = table("{i},{a},{b}").read_text().splitlines()
    path = table("{i}")
    text = "\n".join(f"{step * i},{row.split(',', 1)[1]}" for i, row in enumerate(rows))
    path.write_text(header + text)
    refused(path, f"counts 0, {step}, {2 * step}, .*; give the sampling .* with --fs", fs=None)
    record = read_csv(path, 180)
    assert record.fs == 180
    assert np.array_equal(record.p_signal, signal.astype(np.float32))


def test_milliseconds_by_name_are_times_whatever_their_steps(table):
    times = np.arange(SAMPLES) * 4.0
    for name in ("time", "ms", "Time (ms)"):
        assert read_csv(table("{t:.0f},{a},{b}", f"{name},MLII,V1\n", times=times)).fs == 250


@pytest.mark.parametrize("period", [100, 256])
def test_a_counter_that_wraps_is_no_lead(table, signal, period):
    rows = table("{a},{b}").read_text().splitlines()
    for header, name in (("", ""), ("n,MLII,V1\n", ""), ("packet,MLII,V1\n", "packet")):
        path = table("{a}")
        path.write_text(header + "\n".join(f"{i % period},{row}" for i, row in enumerate(rows)))
        record = read_csv(path, FS)
        assert np.array_equal(record.p_signal, signal.astype(np.float32))
        assert (f"Left out, because they count: {name}." in record.remarks) == bool(name)


@pytest.mark.parametrize("date", ["2023-02-07", "7.2.2023", "02/07/2023"])
@pytest.mark.parametrize("first", ["Date,Time", "Time,Date"])
def test_date_and_time_may_have_a_column_each(table, signal, date, first):
    row = "{clock}," if first == "Time,Date" else ""
    row += date + ("" if row else ",{clock}") + ",{a},{b}"
    record = read_csv(table(row, f"{first},MLII,V1\n"))
    assert (record.fs, record.sig_name) == (FS, ("MLII", "V1"))
    assert np.array_equal(record.p_signal, signal.astype(np.float32))


def test_dates_tell_a_day_from_midnight(table):
    rows = table("2023-02-0{{d}},{clock},{a},{b}").read_text().splitlines()
    text = "\n".join(row.format(d=7 if i < 2000 else 8) for i, row in enumerate(rows))
    path = table("{a}")
    path.write_text(text)
    refused(path, "86400 s are missing before line 2001; cut the recording there", fs=None)


# Columns that are no leads ----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Resp", "PPG", "acc_x", "EDA", "marker", "heartRate", "SpO2"])
def test_a_column_that_is_no_ecg_by_its_name_is_left_out_unless_it_is_asked_for(table, name):
    path = table("{a},{b}", f"ECG,{name}\n")
    record = read_csv(path, FS)
    assert record.sig_name == ("ECG",)
    assert f"Left out, because their names are not those of ECG leads: {name}." in record.remarks
    assert read_csv(path, FS, [name.lower()]).sig_name == ("ECG", name)


@pytest.mark.parametrize("header", ["", "MLII,note,V1\n"])
def test_a_column_of_text_is_left_out(table, signal, header):
    record = read_csv(table("{a},sitting,{b}", header), FS)
    assert np.array_equal(record.p_signal, signal.astype(np.float32))
    assert "Left out, because they hold text: " in " ".join(record.remarks)


@pytest.mark.parametrize("row", ["{a:.3f},{b:.3f}", "{a:.3e},{b:.3e}"])
def test_the_sign_may_be_a_minus(table, signal, row):
    path = table(row)
    exponents = path.read_text().replace("e-", "e~").replace("-", "\N{MINUS SIGN}")
    path.write_text(exponents.replace("e~", "e-"), encoding="utf-8")
    assert np.array_equal(read_csv(path, FS).p_signal, signal.astype(np.float32))


@pytest.mark.parametrize("step", ["1e-9", "60", "1e300"])
def test_times_that_no_ecg_has_are_refused(tmp_path, step):
    table = "".join(f"{i * float(step):g},1\n" for i in range(20))
    refused_text(tmp_path, "time (s),MLII\n" + table, "s apart: no ECG", fs=None)


def test_times_that_stand_still_give_no_frequency(table):
    path = table("{t},{a},{b}", "time,MLII,V1\n", times=np.zeros(SAMPLES))
    refused(path, "no column gives the time .*; give the sampling .* --fs", fs=None)


# Units -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "unit"),
    [
        ("MLII (mV)", 1),
        ("MLII [mV]", 1),
        ("MLII_mV", 1),
        ("MLII mV", 1),
        ("MLII/mV", 1),
        ("MLII (V)", 1e-3),
        ("MLII (uV)", 1e3),
        ("MLII [µV]", 1e3),
        ("MLII_uV", 1e3),
        ("MLII_UV", 1e3),
        ("MLII (nV)", 1e6),
    ],
)
def test_units_in_the_header_are_heeded(tmp_path, signal, title, unit):
    path = tmp_path / "x.csv"
    path.write_text("\n".join([title, *(f"{value:.9g}" for value in unit * signal[:, 0])]))
    record = read_csv(path, FS)
    assert np.allclose(record.p_signal[:, 0], signal[:, 0], atol=1e-6)
    assert record.sig_name == ("MLII",)
    assert record.remarks == ()


@pytest.mark.parametrize("title", ["ecg (lead II)", "V1", "aVF", "ecg_V", "mV", "I (left arm)"])
def test_a_name_that_is_no_unit_stays_whole(table, title):
    record = read_csv(table("{a:.3f},{b:.3f}", f"x,{title}\n"), FS)
    assert record.sig_name == ("x", title)


@pytest.mark.parametrize("header", ["MLII (mV),Resp (%)\n", "MLII,Resp\nmV,%\n"])
def test_what_is_no_voltage_is_left_out(table, header):
    record = read_csv(table("{a:.3f},{b:.3f}", header), FS)
    assert record.sig_name == ("MLII",)
    assert record.remarks == ("Left out, because they are no voltages: Resp.",)


@pytest.mark.parametrize("row", ["{ua:.0f},{ub:.0f}", "{ua:.0f},{b:.3f}"])
def test_amplitudes_that_no_ecg_has_are_remarked_and_not_rescaled(table, signal, row):
    record = read_csv(table(row, "MLII,V1\n"), FS)
    assert np.allclose(record.p_signal[:, 0], 1000 * signal[:, 0], atol=1e-3)
    assert record.remarks[0] == "The units of MLII, V1 are not declared: taken as mV."
    assert "the numbers look like µV or the raw steps of a converter" in record.remarks[1]


def test_only_undeclared_units_are_remarked(table):
    record = read_csv(table("{ua:.0f},{b:.3f}", "MLII (uV),V1\n"), FS)
    assert record.remarks == ("The units of V1 are not declared: taken as mV.",)


@pytest.mark.parametrize(
    ("header", "declared"),
    [
        ("MLII,V1\n", (False, False)),
        ("MLII (mV),V1\n", (True, False)),
        ("MLII,V1 (uV)\n", (False, True)),
        ("MLII_mV,V1 (steps)\n", (True, False)),
        ("MLII,V1\nmV,uV\n", (True, True)),
        ("", (False, False)),
    ],
)
def test_each_lead_has_its_own_declared_unit(table, header, declared):
    assert read_csv(table("{a:.3f},{b:.3f}", header), FS).unit_declared == declared


# Missing samples ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cell",
    [
        *("", " ", "nan", "NaN", "NAN", "NA", "N/A", "null", "NULL", "None", "-", "--", "?"),
        *("inf", "-inf", "Infinity", "1e400", "1e39"),
    ],
)
@pytest.mark.parametrize("column", [0, 1])
@pytest.mark.parametrize("quote", ["", '"'])
def test_missing_samples_are_nan(tmp_path, cell, column, quote):
    cells = ["1", "2"]
    cells[column] = quote + cell + quote
    path = tmp_path / "x.csv"
    path.write_text("\n".join(["a,b", "1,2", ",".join(cells), "1,2"]))
    expected = np.array([[1, 2]] * 3, float)
    expected[1, column] = np.nan
    assert np.array_equal(read_csv(path, FS).p_signal, expected, equal_nan=True)


def test_missing_samples_between_blanks_are_nan(tmp_path):
    (tmp_path / "x.txt").write_text("a b\n1 nan\n- 2\n")
    expected = [[1, np.nan], [np.nan, 2]]
    assert np.array_equal(read_csv(tmp_path / "x.txt", FS).p_signal, expected, equal_nan=True)


def test_an_empty_line_is_a_missing_sample_of_one_lead_and_nothing_among_several(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("1\n\n3\n\n\n")
    assert np.array_equal(read_csv(path, FS).p_signal, [[1], [np.nan], [3]], equal_nan=True)
    path.write_text("1,2\n\n3,4\n,\n\n")
    expected = [[1, 2], [3, 4], [np.nan, np.nan]]
    assert np.array_equal(read_csv(path, FS).p_signal, expected, equal_nan=True)


@pytest.mark.parametrize("cell", ["", "1e400"])
def test_a_lead_without_any_sample_is_kept(tmp_path, cell):
    (tmp_path / "x.csv").write_text(f"{cell},1\n{cell},2\n")
    record = read_csv(tmp_path / "x.csv", FS)
    assert record.sig_name == ("lead 1", "lead 2")
    assert np.isnan(record.p_signal[:, 0]).all()


# Packets -----------------------------------------------------------------------------------------


def packets(path, samples, count, header, fs=None):
    """Write samples, so many a row, after the time in ms where a rate is given."""
    rows = samples[: len(samples) // count * count].reshape(-1, count)
    times = [f"{1.7e12 + 1000 * k * count / fs:.0f}," if fs else "" for k in range(len(rows))]
    lines = [
        time + ",".join(f"{x:.0f}" for x in row) for time, row in zip(times, rows, strict=True)
    ]
    names = ",".join(header.format(k) for k in range(count))
    path.write_text("\n".join(["timestamp," * bool(fs) + names, *lines, ""]))


@pytest.mark.parametrize(("count", "rate"), [(16, 128), (10, 250), (4, 200), (8, 512)])
def test_rows_of_several_samples_are_one_lead(tmp_path, signal, count, rate):
    microvolts = np.rint(1000 * signal[:, 0])
    path = tmp_path / "x.csv"
    packets(path, microvolts, count, "s{}", rate)
    record = read_recording(path)
    assert (record.fs, record.sig_name) == (rate, ("lead 1",))
    assert np.allclose(record.p_signal[:, 0], microvolts[: 3600 // count * count])
    assert f"A row holds {count} samples, since the signal goes on in the next." in record.remarks
    # What is given counts before the times.
    assert len(read_recording(path, fs=250).p_signal) == len(record.p_signal)
    packets(path, microvolts, count, "ECG {} (uV)")
    record = read_recording(path, fs=rate)
    assert record.sig_name == ("ECG",)
    assert np.allclose(1000 * record.p_signal[:, 0], microvolts[: 3600 // count * count], atol=1e-3)


def test_packets_that_lack_are_gaps(tmp_path, signal):
    path = tmp_path / "x.csv"
    packets(path, np.rint(1000 * signal[:, 0]), 16, "s{}", 128)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:50] + lines[58:]))
    record = read_recording(path)
    missing = np.flatnonzero(np.isnan(record.p_signal[:, 0]))
    assert missing.tolist() == list(range(49 * 16, 57 * 16))


def test_numbered_leads_are_no_packets(tmp_path, signal):
    leads = np.column_stack([signal, signal[:, :1] - signal[:, 1:], -signal]) * 1000
    path = tmp_path / "x.csv"
    packets(path, leads.ravel(), 5, "ch{}")
    assert read_recording(path, fs=360).p_signal.shape == (3600, 5)
    packets(path, np.tile([1.7e308, -1.7e308, 0], 1200), 4, "s{}")
    assert len(read_recording(path, fs=360).sig_name) == 4
    packets(path, np.rint(1000 * signal[:, 0]), 16, "s{}", 128)
    record = read_recording(path, fs=128, leads=["s3"])
    assert len(record.sig_name) == 16


# Thousands, blocks and Spike2 --------------------------------------------------------------------


def thousands(sign, decimal):
    """Return how a number is written."""
    return lambda x: f"{x:,.1f}".replace(",", "x").replace(".", decimal).replace("x", sign)


@pytest.mark.parametrize(
    ("sign", "decimal", "row"),
    [
        (",", ".", '"{}","{}"'),
        (".", ",", "{};{}"),
        ("'", ".", "{};{}"),
        ("\N{NARROW NO-BREAK SPACE}", ",", "{}\t{}"),
    ],
)
def test_signs_that_part_thousands_are_left_out(tmp_path, signal, sign, decimal, row):
    write = thousands(sign, decimal)
    header = row.format("Time (ms)", "ECG (uV)")
    rows = [row.format(write(4 * k), write(1000 * x)) for k, x in enumerate(signal[:, 0])]
    path = tmp_path / "x.csv"
    path.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    record = read_recording(path)
    assert record.fs == 250
    assert np.allclose(record.p_signal[:, 0], signal[:, 0], atol=1e-3)
    # One that parts other than thousands is none of a number.
    path.write_text("\n".join([header, *rows, row.format(f"1{sign}2", "0")]), encoding="utf-8")
    refused(path, "line [0-9]+ holds .*, which is not a number")


def test_decimal_commas_of_three_digits_part_no_thousands(tmp_path, signal):
    rows = [f'{100 + 4 * k};"{x:.3f}"'.replace(".", ",") for k, x in enumerate(signal[:, 0] + 20)]
    (tmp_path / "x.csv").write_text("\n".join(["time (ms);ECG (mV)", *rows, ""]))
    assert np.allclose(read_recording(tmp_path / "x.csv").p_signal[:, 0], signal[:, 0] + 20)


@pytest.mark.parametrize(
    "header", ["Interval=\t0.004 s\nChannelTitle=\tII\tV5\n", "Interval=\t0.004 s\n", "II\tV5\n"]
)
def test_another_block_is_refused(table, header):
    path = table("{a:.3f}\t{b:.3f}", header)
    path.write_text(2 * path.read_text())
    line = 3601 + header.count("\n")
    refused(path, f"line {line} begins another block as line 1 does; cut the file there", fs=250)


def test_samples_in_one_cell_are_refused(tmp_path, signal):
    samples = ",".join(f"{1000 * x:.0f}" for x in signal[:, 0])
    refused_text(tmp_path, f'date,signal\n2024-01-05,"[{samples}]"\n', "a list of samples in one")


def test_spike2_tells_channel_unit_and_rate(table, signal):
    header = """"INFORMATION"
"x.smr"

"SUMMARY"
"1"\t"Waveform"\t"ECG"\t"uV"\t250\t250.00\t0.001\t0

"CHANNEL"\t"1"
"Waveform"
""
"ECG"
"uV"\t250\t250

"START"\t0.00000\t0.00400
"""
    record = read_recording(table("{ua:.3f}", header, name="x.txt"))
    assert (record.fs, record.sig_name, record.unit_declared) == (250, ("ECG",), (True,))
    assert np.allclose(record.p_signal[:, 0], signal[:, 0])


# When it begins ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "started"),
    [
        ("Recorded Date,2024-01-05 18:54:04 +0100", "2024-01-05 18:54:04"),
        ("Data di registrazione,2024-01-05 18:54:04", "2024-01-05 18:54:04"),
        ("# Start: 05.01.2024 18:54", "2024-01-05 18:54:00"),
        ("Start time: 1/25/2024 6:54:04 PM", "2024-01-25 18:54:04"),
        # The day is not sure.
        ("Start time: 5/1/2024 18:54:04", "18:54:04"),
        (
            '# {"x": {"time": "18:54:4.125", "date": "2024-1-5", "label": []}}',
            "2024-01-05 18:54:04",
        ),
        ("ExcelDateTime=,4.5296787546e+04,5/1/2024 18:54:04", "2024-01-05 18:54:04"),
        ("Export time: 2024-01-05 18:54:04", ""),
        ("Date of Birth,1984-01-05", ""),
        ("Start time: 2024-13-05 18:54:04", ""),
    ],
)
def test_the_header_tells_the_start(table, line, started):
    record = read_csv(table("{a:.3f}", f"{line}\nSample rate,360 Hz\n"))
    assert record.started == started


@pytest.mark.parametrize(
    ("first", "started"),
    [
        ("2024-01-05T18:54:04.000Z", "2024-01-05 18:54:04"),
        ("05.01.2024;18:54:04.000", "2024-01-05 18:54:04"),
        ("18:54:04.000", "18:54:04"),
        ("0:54:04.000", ""),
    ],
)
def test_clocks_tell_the_start(tmp_path, first, started):
    rows = [f"{first.replace('.000', f'.{4 * k:03d}')};{k % 7}" for k in range(200)]
    titles = ";".join(["date", "time", "ECG"][-1 - rows[0].count(";") :])
    (tmp_path / "x.csv").write_text("\n".join([titles, *rows, ""]))
    assert read_csv(tmp_path / "x.csv").started == started


# What is refused ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("", "an empty file"),
        ("\n\n", "holds no data"),
        ("# a comment\n", "holds no data"),
        ("MLII,V1\n", "a header without data"),
        ("MLII,V1\nmV,mV\n", "a header without data"),
        ("1,2\n3,x\n", "line 2 holds 'x', which is not a number"),
        ("# a\na,b\n\n1,2\n3,x\n", "line 5 holds 'x', which is not a number"),
        ("a,b\n1,2\n1.2.3,4\n", "line 3 holds '1.2.3', which is not a number"),
        ("a,b\n1,2\n1_000,4\n", "line 3 holds '1_000', which is not a number"),
        ("a,b\n1,2\n0x10,4\n", "line 3 holds '0x10', which is not a number"),
        ("a,b\n1,2\nTrue,4\n", "line 3 holds 'True', which is not a number"),
        ("a;b\n1,0;2,5\n1,0;2.5\n", "line 3 holds '2.5', which is not a number"),
        ('a,b\n1,2\n3,"4\n', "line 3 holds '\"4', which is not a number"),
        ("a,b\n1,2\n3\n4,5\n", "line 3 has 1 columns and those before have 2"),
        ("a,b\n1,2\n3,4,5\n", "line 3 has 3 columns and those before have 2"),
        ("a,b\n1,2\n3,4,5\n6\n", "line 3 has 3 columns and those before have 2"),
        ("a,b\n1,2\n3\n4,5,6\n", "line 3 has 1 columns and those before have 2"),
        ("a b\n1 2\n3\n4 5\n", "line 3 has 1 columns and those before have 2"),
        ("a,b,c\n1,2\n", "line 1 has 3 columns and line 2 has 2"),
        ("mV,mV\nmV,mV\n1,x\n", "line 3 holds 'x', which is not a number"),
        ("a,b\nmV\n1,2\n", "line 2 has 1 columns and line 3 has 2"),
        (",".join(["1"] * 188), "188 columns, and each should be a lead; if each row is one"),
        ("time\n0.001\n0.002\n", "no column holds a lead"),
        ("time,Resp (%)\n0.001,5\n0.002,5\n", "no column holds a lead: a column of numbers in mV"),
        ("time,EDA\n0.001,5\n0.002,5\n", "if EDA is one, name it with --lead"),
        ("<html>\n<body>hello</body>", "a web page, which is not read; download the file itself"),
        (bytes(range(256)), "not a table of text; is it a file of another kind"),
        (b"PK\x03\x04" + bytes(100), "a ZIP archive or a workbook, which is not read; unpack it"),
        ("a,b\n1,2\n".encode("utf-16-le"), "not a table of text"),
        ("1" * 200_000, "a line of more than 131072 bytes: not a table of numbers"),
        ("1,2\n" * 40_000 + "1" * 10**6, "line 40001 (does not end|has 1 columns)"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path, text, pattern):
    refused_text(tmp_path, text, pattern)


@pytest.mark.slow
def test_a_line_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("ecgutils.io.csv_table._BLOCK", 1000)
    refused_text(tmp_path, "1,2\n" * 40_000 + "1" * 100_000, "line 40001 does not end: not a table")


def test_lines_that_make_up_for_each_other_are_refused(tmp_path, monkeypatch):
    # Two lines at a time.
    monkeypatch.setattr("ecgutils.io.csv_table._BLOCK", 6)
    refused_text(tmp_path, "1,2\n1,2\n3,4,5\n6\n", "line 3 has 3 columns and those before have 2")


def test_text_after_what_is_looked_at_first_is_named_by_its_line(tmp_path):
    refused_text(tmp_path, "1,2\n" * 50_000 + "1,ä\n", "line 50001 holds 'ä', which is not a num")


def test_what_fits_into_no_memory_is_refused(table, monkeypatch):
    monkeypatch.setattr("ecgutils.io.guards._MAX_VALUES", 7199)
    refused(table("{a},{b}"), "samples of 2 signals, more than fits into memory")


def test_a_file_that_grows_while_it_is_read_is_refused(table, monkeypatch):
    path = table("{a},{b}")

    def grow(*_):
        return SAMPLES // 2

    monkeypatch.setattr("ecgutils.io.csv_table._most_rows", grow)
    refused(path, "grows while it is read; wait until it is complete")


def test_a_missing_file_is_named(tmp_path):
    refused(tmp_path / "x.csv", "x.csv: no such file")
