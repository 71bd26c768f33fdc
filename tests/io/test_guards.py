"""What keeps a hostile file from doing harm, and says what is wrong with it."""

import numpy as np
import pytest

from ecgutils.errors import EcgError
from ecgutils.io import guards

# Names and places --------------------------------------------------------------------------------


def test_a_file_inside_its_folder_is_absolute(tmp_path, monkeypatch):
    (tmp_path / "x.dat").touch()
    monkeypatch.chdir(tmp_path)
    assert guards.own_file(".", "x.dat") == tmp_path / "x.dat"


@pytest.mark.parametrize("name", ["../x", "/x", "a/x", "a\\x", "c:x", ".x", "..", ".", "a\0x"])
def test_what_is_no_bare_name_is_refused(tmp_path, name):
    with pytest.raises(EcgError, match="is not a name inside"):
        guards.own_file(tmp_path, name)


def test_a_link_is_followed_within_its_folder_only(tmp_path):
    folder = tmp_path / "own"
    folder.mkdir()
    for target in (folder / "x.dat", tmp_path / "x.dat"):
        target.touch()
    (folder / "inside").symlink_to("x.dat")
    (folder / "outside").symlink_to(tmp_path / "x.dat")
    assert guards.file_inside(folder / "inside") == folder / "inside"
    with pytest.raises(EcgError, match="links to a file outside its folder"):
        guards.file_inside(folder / "outside")


def test_a_missing_file_lists_a_few_records(tmp_path):
    for i in range(10):
        (tmp_path / f"r{i}.hea").touch()
    with pytest.raises(EcgError, match=r"no such file; records there: r0, .*, r7, \.\.\.$"):
        guards.file_inside(tmp_path / "x.hea")
    with pytest.raises(EcgError, match=rf"no such file; {tmp_path} holds none that ends in .atr$"):
        guards.file_inside(tmp_path / "x.atr")


# Messages ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (EcgError("too short"), "x.dat: too short"),
        (PermissionError(13, "Permission denied"), "x.dat: cannot be read (Permission denied)"),
    ],
)
def test_errors_name_the_file(tmp_path, error, message):
    with pytest.raises(EcgError) as caught, guards.errors_name(tmp_path / "x.dat"):
        raise error
    assert str(caught.value) == f"{tmp_path}/{message}"


def test_other_errors_stay_what_they_are(tmp_path):
    with pytest.raises(ZeroDivisionError), guards.errors_name(tmp_path):
        raise ZeroDivisionError


def test_remarks_are_on_the_leads_that_there_are():
    found = guards.remarks(("Left out: {}.", ["a{0}", "b"]), ("Not declared: {}.", []))
    assert found == ("Left out: a{0}, b.",)


# Texts and units ---------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_texts_are_utf8_or_latin1(encoding):
    assert guards.decoded("Größe 5 µV".encode(encoding)) == "Größe 5 µV"


def test_what_a_terminal_obeys_is_left_out_and_html_stays():
    assert guards.printable(" \x1b[31mII\u202e\n <b>\t") == "[31mII <b>"


@pytest.mark.parametrize(
    ("unit", "factor"),
    [
        *[("mV", 1), (" MV ", 1), ("V", 1e-3), ("uV", 1e3), ("\N{MICRO SIGN}V", 1e3), ("nv", 1e6)],
        *[("\N{GREEK SMALL LETTER MU}V", 1e3), ("", None), ("AU", None), ("mmHg", None)],
        *[("microV", 1e3), ("uVolt", 1e3), ("Volt", 1e-3), ("millivolts", 1), ("micro volt", 1e3)],
        *[("\N{LATIN CAPITAL LETTER A WITH CIRCUMFLEX}\N{MICRO SIGN}V", 1e3), ("[uV]", 1e3)],
        *[("v", 1e-3), ("kV", None), ("Vmax", None), ("mV2", None), ("pm", None)],
    ],
)
def test_units_of_voltage_are_known_however_they_are_spelt(unit, factor):
    assert guards.per_millivolt(unit) == factor


@pytest.mark.parametrize(
    ("unit", "may_be"), [("mV", True), ("", True), ("AU", True), (" mmHg", False), ("%", False)]
)
def test_what_is_known_to_be_something_else_is_no_voltage(unit, may_be):
    assert guards.may_be_voltage(unit) == may_be


def test_names_that_are_shared_are_numbered():
    names = ["II", "V1", "II", "II", "II (2)"]
    assert guards.unique_names(names) == ("II", "V1", "II (2)", "II (3)", "II (2) (2)")


# Memory ------------------------------------------------------------------------------------------


def test_each_lead_is_contiguous():
    signals = guards.empty_signals(10, 3, np.float32)
    assert (signals.shape, signals.dtype) == ((10, 3), np.float32)
    assert signals[:, 1].flags.c_contiguous


def test_more_than_fits_into_memory_is_refused_before_anything_is_allocated(monkeypatch):
    monkeypatch.setattr("ecgutils.io.guards.np.empty", lambda *_: pytest.fail("allocated"))
    with pytest.raises(EcgError, match="more than fits into memory; cut the recording"):
        guards.empty_signals(2**30, 3, np.float32)
