"""The tables in the README are written between their marks, or not at all."""

import pytest

from ecgutils.errors import EcgError
from ecgutils.studies import readme


@pytest.mark.parametrize("name", ["results in short", "study table", "unseen patients"])
def test_readme_without_marks_is_left_alone(name, tmp_path):
    path = tmp_path / "README.md"
    path.write_text(readme.README.read_text("utf-8").replace(f"<!-- end of {name} -->", ""))
    before = path.read_text()
    with pytest.raises(EcgError, match=f"the marks around the table .*{name}.* are gone"):
        readme.write_tables(path)
    assert path.read_text() == before


def test_only_what_is_between_the_marks_changes(tmp_path):
    path = tmp_path / "README.md"
    marks = "<!-- {}: written by `make study`, do not edit by hand -->old<!-- end of {} -->"
    names = ("results in short", "study table", "unseen patients")
    path.write_text("before " + " between ".join(marks.format(n, n) for n in names) + " after")
    readme.write_tables(path)
    text = path.read_text()
    assert text.startswith("before <!-- results in short")
    assert text.endswith("<!-- end of unseen patients --> after")
    assert "old" not in text.replace("threshold", "")
    assert "\n| --- |" in text
    assert "| overall accuracy | 98.50 (implied) |" in text
    assert "(#the-result), as in the paper | overall accuracy 9" in text
