"""A file that a person has written, and one that no person has."""

from pathlib import Path

import pytest

from steps.project import text_file


def test_a_text_is_read_with_its_lines(tmp_path: Path) -> None:
    """Whatever ends them."""
    (tmp_path / "a").write_bytes("é\r\nb\n".encode())
    assert text_file.read(tmp_path / "a") == "é\nb\n"


def test_what_is_no_such_text_is_a_problem(tmp_path: Path) -> None:
    """No UTF-8, or more than people write."""
    (tmp_path / "a").write_bytes(b"\xff")
    (tmp_path / "b").write_bytes(b"x" * (text_file.MOST_BYTES + 1))
    for name, problem in (("a", "utf-8"), ("b", "more than 1,000,000 bytes")):
        with pytest.raises(ValueError, match=problem):
            text_file.read(tmp_path / name)
