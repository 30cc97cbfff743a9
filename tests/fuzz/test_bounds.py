"""What would take the machine with it is refused within seconds: bombs of aliases, lines and files without end."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from steps import spaces
from steps.errors import WrongValue
from steps.parameters.tune_settings import TuneSettings
from steps.project import mlproject
from steps.training.data import csv_file, table_file
from steps.tuning import space
from steps.tuning.checks import backend, places_file

# In seconds of this process's own time, however busy the machine is.
MOST_CPU_S = 20.0
HUGE = 100_000_000
KEYS = ", ".join(f"k{n}: 1" for n in range(500))
# Ten lines, each of nine times the one before.
NINES = [
    f"&{letter} [{', '.join([f'*{before}'] * 9)}]" for before, letter in zip("abcdefghi", "bcdefghij", strict=True)
]
ALIASES = "\n".join(["a: &a [1]", *(f"{line[1]}: {line}" for line in NINES)])
MERGES = "\n".join(["a: &a {x: 1}", *(f"{line[1]}: {line[:3]}{{<<: {line[3:]}}}" for line in NINES)])
BOMBS = {
    "aliases": ALIASES,
    "merges": MERGES,
    "the same estimator again and again": f"estimator:\n  a.b0: &x {{{KEYS}}}\n"
    + "".join(f"  a.b{n}: *x\n" for n in range(1, 500)),
    "lists within lists": "[" * 20_000,
    "mappings within mappings": "{a: " * 20_000,
    "problems": "".join(f"x{n}: {{type: it, lo: 1}}\n" for n in range(2000)),
}


@contextmanager
def _soon() -> Iterator[None]:
    began = time.process_time()
    yield
    assert time.process_time() - began < MOST_CPU_S


def _huge(folder: Path) -> Path:
    """A file of 100 MB that is one line, without a byte on the disk."""
    path = folder / "huge.yaml"
    with path.open("wb") as file:
        file.truncate(HUGE)
    return path


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused(name: str, tmp_path: Path) -> None:
    """As a search space, and as the MLproject of somebody."""
    for file in ("space.yaml", "MLproject"):
        (tmp_path / file).write_text(BOMBS[name])
    with _soon():
        with pytest.raises(WrongValue) as caught:
            space.load(str(tmp_path / "space.yaml"))
        assert len(caught.value.problems) <= 101
        assert max(map(len, caught.value.problems)) < 5000
    with _soon():
        spaces.estimators(str(tmp_path / "space.yaml"))
        try:
            mlproject.commands(tmp_path)
        except Exception as error:  # as its caller does, which names the file
            assert isinstance(error, ValueError | AttributeError)


def test_a_cell_of_blanks_is_read_at_once(tmp_path: Path) -> None:
    """A sign, 100,000 blanks and a letter: whether that is a number with a unit is told in one go."""
    (tmp_path / "a.csv").write_text("a,b\n" + f"+{' ' * 100_000}x!,1\n" * 20)
    with _soon():
        assert len(csv_file.read(table_file.find(tmp_path / "a.csv", "here")).frame) == 20


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    """Files that people write by hand have a bound; a table has none, but its first line has."""
    path = _huge(tmp_path)
    with _soon():
        for read in (
            lambda: space.load(str(path)),
            lambda: places_file.read(str(path)),
            lambda: backend.read_backend_config(TuneSettings(backend_config=str(path))),
            lambda: csv_file.read(table_file.find(path, "here")),
        ):
            with pytest.raises(WrongValue, match="has more than"):
                read()
        path.rename(tmp_path / "MLproject")
        with pytest.raises(ValueError, match="1,000,000 bytes"):
            mlproject.commands(tmp_path)
