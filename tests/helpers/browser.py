"""The browser that tests open pages in."""

import os
import shutil

import pytest


def find_browser():
    """Return the browser's path; without one, skip, or fail where a skipped test is a failure."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        missing = "neither chromium nor google-chrome is installed"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    return browser
