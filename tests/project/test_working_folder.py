"""Working folders: each trial finds the project as it was, whatever the one before has done there."""

import mmap
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from steps.project import working_folder
from steps.project.snapshot import Snapshot
from steps.project.working_folder import WorkingFolder


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project; the temporary folder is elsewhere."""
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path / "temporary"))
    root = tmp_path / "above" / "project"
    (root / "conf" / "inner").mkdir(parents=True)
    (root / "empty").mkdir()
    for name in ("fit.py", "conf/one.yaml", "conf/two.yaml", "conf/inner/three.yaml"):
        (root / name).write_text(f"of {name}\n")
    (root / "run.sh").write_text("#!/bin/sh\n")
    (root / "run.sh").chmod(0o755)
    (root / "large.bin").write_bytes(bytes(1_100_000))
    (root / "latest").symlink_to("conf")
    (tmp_path / "above" / "beside.csv").write_text("beside\n")
    return root


@pytest.fixture
def working(project: Path, tmp_path: Path) -> WorkingFolder:
    """A working folder of it, ready for its first trial."""
    working = WorkingFolder(Snapshot(project), tmp_path / "working")
    working.restore()
    return working


def all_of(folder: Path) -> dict[str, tuple[object, ...]]:
    """What stands in a folder: kind, permissions, content, and time of the content, by the paths."""
    found: dict[str, tuple[object, ...]] = {}
    for path in sorted(folder.rglob("*")):
        facts, is_link = path.lstat(), path.is_symlink()
        is_file = path.is_file() and not is_link
        content = path.readlink() if is_link else path.read_bytes() if is_file else None
        found[str(path.relative_to(folder))] = (facts.st_mode, content, facts.st_mtime_ns if is_file else 0)
    return found


def by_memory(folder: Path) -> None:
    """Change a file through a mapping of it into memory, as numpy does."""
    with (folder / "fit.py").open("r+b") as file, mmap.mmap(file.fileno(), 0) as mapped:
        mapped[:2] = b"OF"


IN_PLACE = (
    "touch -r conf/one.yaml ../t; tr o O < conf/one.yaml > ../o; cat ../o > conf/one.yaml; touch -r ../t conf/one.yaml"
)
CHANGES: dict[str, str | Callable[[Path], None]] = {
    "nothing": ":",
    "new files and folders": "cp -r conf empty/new; touch new; mkdir other",
    "in place, and the time set back": f"{IN_PLACE}; touch -r ../t conf/one.yaml",
    "by memory": by_memory,
    "longer": "echo more >> conf/two.yaml",
    "removed": "rm fit.py",
    "written anew": "cp fit.py new; mv new fit.py",
    "folder removed": "rm -r conf",
    "file for folder": "rmdir empty; touch empty",
    "folder for file": "rm fit.py; mkdir fit.py; touch fit.py/inner",
    "link for folder": "rm -r conf; ln -s empty conf",
    "link elsewhere": "ln -sfn empty latest",
    "file for link": "rm large.bin; echo small > large.bin",
    "folder for link": "rm latest; mkdir latest; touch latest/new",
    "permissions": "chmod 600 run.sh; chmod 500 empty",
    "second name": "mkdir -p ../../kept; ln fit.py ../../kept/$$",
    "pipe": "mkfifo pipe",
    "beside": "touch ../new; rm ../beside.csv",
    "folders moved": "mv conf aside; mv empty conf; mv aside empty",
    "folders closed": "mkdir -p new/inner; ln -s .. new/link; chmod 0 new/inner new conf/inner conf",
    "the project's folder is a link": "mv ../project ../else; ln -s else ../project",
    "all removed": "cd ../..; rm -r working",
    "a file for all": "cd ../..; rm -r working; touch working",
    "a link for all": "cd ../..; mv working else; ln -s else working; touch else/kept",
}


def change(folder: Path, how: str) -> None:
    """Do what a trial may do in its folder."""
    what = CHANGES[how]
    if isinstance(what, str):
        subprocess.run(["sh", "-ec", what], cwd=folder, check=True)
    else:
        what(folder)


@pytest.mark.parametrize("how", CHANGES)
def test_what_a_trial_does_is_gone_for_the_next(how, project, working, tmp_path):
    """Whatever it is, each time; and the project itself is as it was."""
    before, own = all_of(working.path), all_of(project.parent)
    for _ in range(3):
        change(working.project, how)
        assert all_of(project.parent) == own
        working.restore()
        assert all_of(working.path) == before
        shutil.rmtree(tmp_path / "else", ignore_errors=True)
    (working.project / "fit.py").write_text("of this trial alone")
    assert {path.read_text() for path in tmp_path.glob("kept/*")} <= {"of fit.py\n"}


def test_what_is_as_it_was_is_not_written_again(working):
    """The folder costs a trial little more than a look at each entry."""
    inodes = {path: path.lstat().st_ino for path in working.path.rglob("*")}
    (working.project / "conf" / "one.yaml").write_text("other")
    working.restore()
    assert {path.name for path, inode in inodes.items() if path.lstat().st_ino != inode} <= {"one.yaml"}


@pytest.mark.parametrize("resolution_ns", [1_000_000, 1_000_000_000])
def test_on_a_disk_that_dates_changes_coarsely_all_is_written_again(working, monkeypatch, resolution_ns):
    """A change within the same second would not show."""
    read = working_folder.state_of

    def coarse(facts: os.stat_result) -> tuple[int, ...]:
        return tuple(number // resolution_ns * resolution_ns for number in read(facts))

    monkeypatch.setattr(working_folder, "state_of", coarse)
    working.restore()
    for _ in range(2):
        change(working.project, "in place, and the time set back")
        working.restore()
        assert (working.project / "conf" / "one.yaml").read_text() == "of conf/one.yaml\n"


def test_it_moves_with_all_that_is_in_it(working, tmp_path):
    """Nothing is written again for that; if it is gone, it is made anew there."""
    before, inode = all_of(working.path), (working.project / "fit.py").stat().st_ino
    working.move(tmp_path / "moved")
    working.restore()
    assert working.project == tmp_path / "moved" / "project"
    assert (all_of(working.path), (working.project / "fit.py").stat().st_ino) == (before, inode)
    shutil.rmtree(working.path)
    working.move(tmp_path / "again")
    working.restore()
    assert all_of(tmp_path / "again") == before
    assert not (tmp_path / "moved").exists()


def test_a_folder_can_be_removed_twice(working, project):
    """Whatever a trial has made of it; what links lead to stays."""
    change(working.project, "folders closed")
    working.remove()
    assert not working.path.exists()
    working.remove()
    assert (project / "fit.py").exists()


def test_a_large_project_is_put_in_order_fast(project, tmp_path):
    """In some microseconds an entry, where it would take a disk a millisecond each to make it."""
    for number in range(40):
        (project / f"package{number}").mkdir()
        for inner in range(40):
            (project / f"package{number}" / f"{inner}.py").write_text("")
    working = WorkingFolder(Snapshot(project), tmp_path / "working")
    working.restore()
    working.restore()
    began = time.process_time()
    for _ in range(10):
        working.restore()
    assert time.process_time() - began < 1.0
