"""YAML as people write it, and as nobody does."""

from pathlib import Path

import pytest

from steps.project import yaml_file

BOMB = "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n" for before, name in zip("abcdef", "bcdefg", strict=True)
)


def _load(folder: Path, text: str) -> object:
    (folder / "a.yaml").write_text(text)
    return yaml_file.load(folder / "a.yaml")


def test_values_are_read_with_what_their_aliases_name(tmp_path: Path) -> None:
    """Merged keys too; an empty file holds nothing, and a list may be within itself."""
    assert _load(tmp_path, "a: &a {x: 1}\nb: {<<: *a, y: [*a]}") == {"a": {"x": 1}, "b": {"x": 1, "y": [{"x": 1}]}}
    assert _load(tmp_path, "") is None
    assert isinstance(_load(tmp_path, "&a [*a]"), list)


@pytest.mark.parametrize("text", [BOMB, BOMB + "h: {<<: *g}", "[" * 5000, "a: [", "a: 2026-99-99", "!x 1", "\0"])
def test_what_is_too_much_or_no_yaml_is_a_problem(text: str, tmp_path: Path) -> None:
    """A million values behind six aliases, brackets without end, a date that is none, a tag that would run code."""
    with pytest.raises(yaml_file.UNREADABLE):
        _load(tmp_path, text)
