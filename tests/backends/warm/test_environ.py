"""What is heard of the variables that code reads and changes."""

import os
from collections.abc import Iterator

import pytest

from steps.backends.warm import environ


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[object]]:
    """What was heard of variables that the tests set, until the end of a test."""
    monkeypatch.setenv("TEST_ONE", "1")
    calls: list[object] = []
    before = type(os.environ)

    def note(name: str, *value: object) -> None:
        if name.startswith("TEST_"):
            calls.append((name, *value) if value else name)

    environ.hear(note, note)
    yield calls
    environ.hear()
    assert type(os.environ) is before


def test_what_is_read_by_its_name_is_heard(heard: list[object]) -> None:
    """By each way to ask for one, be it there or not."""
    assert os.environ["TEST_ONE"] == os.environ.get("TEST_ONE") == os.getenv("TEST_ONE") == "1"
    assert "TEST_TWO" not in os.environ
    assert heard == ["TEST_ONE"] * 3 + ["TEST_TWO"]


def test_who_goes_through_all_reads_none(heard: list[object]) -> None:
    """By each way to do that."""
    assert dict(os.environ) == os.environ.copy() == {**os.environ} == dict(os.environ.items())
    assert {name: os.environ[name] for name in os.environ}["TEST_ONE"] == "1"
    assert heard == []
    assert any(name == "TEST_ONE" for name in os.environ)
    assert os.environ.get("TEST_ONE") == "1"  # for itself
    assert heard == ["TEST_ONE"]


def test_what_changes_is_heard(heard: list[object]) -> None:
    """A value that stands already is no change."""
    os.environ["TEST_ONE"] = "1"
    os.environ["TEST_ONE"] = "2"
    os.environ.update(TEST_TWO="3")
    assert os.environ.pop("TEST_TWO") == "3"
    with pytest.raises(KeyError):
        del os.environ["TEST_TWO"]
    assert [call for call in heard if isinstance(call, tuple)] == [
        ("TEST_ONE", "2"), ("TEST_TWO", "3"), ("TEST_TWO", None),
    ]  # fmt: skip
