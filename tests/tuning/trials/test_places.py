"""The places of a study: what a child has to itself."""

import shutil
import socket
from contextlib import closing
from pathlib import Path

import pytest

from steps.project.snapshot import Snapshot
from steps.tuning.trials.places import Place, Places


def test_the_free_place_of_the_lowest_number_is_taken():
    """So a study takes few places where few trials run at a time."""
    places = Places([Place(number) for number in range(3)])
    taken = [places.take() for _ in range(4)]
    assert [place.number if place else None for place in taken] == [0, 1, 2, None]
    for number in (2, 0):
        places.give_back(taken[number])  # type: ignore[arg-type]
    assert [place.number if (place := places.take()) else None for _ in range(2)] == [0, 2]


def test_each_place_has_a_port_and_keeps_it():
    """From one child to the next, and beside what the place was given."""
    with closing(Places([Place(0, {"LICENCE": "a"}), Place(1)])) as places:
        one, two = places.take(), places.take()
        for place in (one, two, one):
            assert place is not None
            place.prepare()
        assert one is not None
        assert two is not None
        assert one.variables["TUNING_PORT"] != two.variables["TUNING_PORT"]
        assert {**one.variables, "TUNING_PORT": ""} == {"LICENCE": "a", "TUNING_PORT": ""}


def test_a_port_that_somebody_has_taken_meanwhile_is_exchanged():
    """The next child gets one that is free at its launch."""
    with closing(Place(0)) as place:
        place.prepare()
        before = place.variables["TUNING_PORT"]
        with socket.create_server(("", int(before))):
            place.prepare()
            assert place.variables["TUNING_PORT"] != before
        after = place.variables["TUNING_PORT"]
        place.prepare()
        assert place.variables["TUNING_PORT"] == after


def test_a_place_on_another_machine_has_no_port_of_this_one():
    """A cluster's node gives the child one of its own."""
    place = Place(0, {"LICENCE": "a"}, has_port=False)
    place.prepare()
    assert place.variables == {"LICENCE": "a"}


@pytest.fixture
def copied(tmp_path: Path) -> Place:
    """A place with folders of a project of one file, below `area`."""
    (tmp_path / "above" / "project").mkdir(parents=True)
    (tmp_path / "above" / "project" / "fit.py").write_text("fit")
    return Place(0, snapshot=Snapshot(tmp_path / "above" / "project"), area=tmp_path / "area")


def test_no_child_finds_what_another_has_written(copied: Place) -> None:
    """And no two have the same path, so that nobody takes one's files for another's."""
    folders = []
    with closing(copied):
        for _ in range(3):
            copied.prepare()
            assert copied.folder is not None
            assert [path.name for path in copied.folder.iterdir()] == ["fit.py"]
            assert (copied.folder / "fit.py").read_text() == "fit"
            (copied.folder / "fit.py").write_text("own")
            (copied.folder / "best.ckpt").write_text("own")
            folders.append(copied.folder)
            copied.clear()
            assert [path.name for path in copied.folder.iterdir()] == ["fit.py"]
    assert len(set(folders)) == 3
    assert not any(folder.exists() for folder in folders)
    copied.close()


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("gone", ["area", "area/place-0/1", "area/place-0/1/project/fit.py"])
def test_a_folder_that_a_cleaner_has_emptied_is_made_again(
    copied: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gone: str, at_once: bool
) -> None:
    """Between two children; what is gone in the very seconds after one has ended is noticed if it is all."""
    with closing(copied):
        copied.prepare()
        copied.clear()
        path = tmp_path / gone
        path.unlink() if path.is_file() else shutil.rmtree(path)
        if not at_once:
            monkeypatch.setattr("steps.tuning.trials.places._SURE_S", -1.0)
        elif path.suffix:
            return
        copied.prepare()
        assert copied.folder is not None
        assert (copied.folder / "fit.py").read_text() == "fit"
