"""The map of the course shows the notebooks that there are, and says what it shows."""

import base64

import pytest
from matplotlib.colors import same_color

from ecgutils.paths import NOTEBOOKS_DIR, PACKAGE_DIR
from ecgutils.plots import course_map
from ecgutils.plots.course import HERE_COLOUR, STATIONS

PNG = b"\x89PNG\r\n\x1a\n"


def filled(course):
    boxes = [patch for patch in course.figure.axes[0].patches if hasattr(patch, "get_boxstyle")]
    return sum(same_color(box.get_facecolor(), HERE_COLOUR) for box in boxes)


def test_stations_are_notebooks_and_rooms():
    numbers = {int(path.name[:2]) for path in NOTEBOOKS_DIR.glob("[0-9][0-9]_*.ipynb")}
    assert {*STATIONS["notebook"], 0} == numbers
    assert all((PACKAGE_DIR / room).is_dir() for room in STATIONS["room"])


@pytest.mark.parametrize(("here", "names"), [(0, []), (4, ["split", "SMOTE"]), (8, ["yours"])])
def test_the_stations_of_a_notebook_are_filled_and_named(here, names):
    course = course_map(here)
    assert list(course.stations["station"][course.stations["here"]]) == names
    assert filled(course) == len(names)
    bold = [t.get_text() for t in course.figure.axes[0].texts if t.get_weight() == "bold"]
    assert [text for text in bold if text != "?"] == names
    assert course.description.endswith("yours." if not names else f"Here: {' and '.join(names)}.")


def test_a_notebook_is_given_a_picture_with_its_description():
    course = course_map(2)
    pictures, about = course._repr_mimebundle_()
    assert base64.b64decode(pictures["image/png"]).startswith(PNG)
    assert pictures["text/plain"] == about["image/png"]["alt"] == course.description
    assert set(pictures) == {"image/png", "text/plain"}
