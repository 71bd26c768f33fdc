"""Where things are written: never beside a package that pip has installed."""

import pytest

from ecgutils import paths


@pytest.fixture(autouse=True)
def without_a_named_folder(monkeypatch):
    monkeypatch.delenv("ECGUTILS_BUILD", raising=False)


def test_a_checkout_has_its_own_build_folder():
    assert paths._build_dir() == paths.PROJECT_ROOT / "build"


def test_without_a_checkout_the_users_cache_is_written_to(monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "in_checkout", lambda: False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert not paths._build_dir().is_relative_to(paths.PROJECT_ROOT)


def test_a_named_folder_counts_first(monkeypatch, tmp_path):
    monkeypatch.setenv("ECGUTILS_BUILD", str(tmp_path / "named"))
    assert paths._build_dir() == tmp_path / "named"
