"""Contents pages: names come from their modules, when they are used and not before."""

import subprocess
import sys

import pytest

import ecgutils
from ecgutils import studies
from ecgutils.contents import contents_page
from ecgutils.errors import EcgError
from ecgutils.studies import store
from tests.helpers.rooms import ROOMS


def test_a_name_is_that_of_its_module():
    assert studies.read_study is store.read_study
    assert ecgutils.read_recording.__module__ == "ecgutils.io.recording"


def test_names_are_listed_once_and_in_order():
    get, names, listed = contents_page("json", {"encoder": ["JSONEncoder"], "decoder": ["Abc"]})
    assert names() == listed == ["Abc", "JSONEncoder"]
    assert get("JSONEncoder").__name__ == "JSONEncoder"


def test_a_module_without_names_is_public_itself():
    get, names, _ = contents_page("json", encoder=[], decoder=["JSONDecoder"])
    assert names() == ["JSONDecoder", "encoder"]
    assert get("encoder").__name__ == "json.encoder"


def test_the_package_shows_its_rooms_and_what_is_called_most():
    assert {"classify_recording", "read_recording", *ROOMS} <= set(dir(ecgutils))
    assert all(getattr(ecgutils, name) for name in dir(ecgutils))


def test_a_package_that_is_not_installed_is_one_line_with_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "json.encoder", None)
    get, _, _ = contents_page("json", encoder=["JSONEncoder"])
    with pytest.raises(EcgError, match=r"package json is not.*'ecgutils\[notebooks\]'"):
        get("JSONEncoder")


def test_other_names_are_no_attributes():
    with pytest.raises(
        AttributeError, match=r"^module 'ecgutils\.studies' has no attribute 'seed'$"
    ):
        studies.seed  # noqa: B018
    assert not hasattr(ecgutils, "classify")


def test_a_page_that_promises_too_much_says_so():
    get, _, _ = contents_page("json", {"decoder": ["Abc"]})
    with pytest.raises(AttributeError, match="Abc"):
        get("Abc")


def test_a_page_imports_no_module_before_a_name_is_used():
    code = (
        "import sys, ecgutils.studies as page; before = set(sys.modules); page.read_study; "
        "print('ecgutils.studies.store' in before, 'ecgutils.studies.store' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False True\n"
