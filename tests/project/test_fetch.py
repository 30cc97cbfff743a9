"""A project from a Git repository, on this machine or another."""

import os
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from steps.errors import Interrupted, WrongValue
from steps.process import proc
from steps.project import fetch
from steps.project.location import Location, locate
from tests import needs
from tests.e2e.tools import free_port, git
from tests.waits import until


@pytest.fixture
def repository(tmp_path) -> Path:
    """A repository with a project in a subfolder, a branch, a tag, and changes that are not committed."""
    folder = Path(tmp_path) / "served" / "it's a repository"
    (folder / "inner").mkdir(parents=True)
    git(folder, "init", "--quiet", "--initial-branch=main")
    (folder / "inner" / "MLproject").write_text("name: old\n")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "old")
    git(folder, "tag", "v1")
    (folder / "inner" / "MLproject").write_text("name: new\n")
    git(folder, "commit", "--quiet", "--all", "--message", "new")
    (folder / "inner" / "MLproject").write_text("name: changed\n")
    return folder


@pytest.fixture
def url(repository) -> Iterator[str]:
    """Its Git URL, on loopback."""
    port, base = free_port(), repository.parent
    shutil.copytree(repository / ".git", base / "served.git")
    words = ["git", "daemon", "--export-all", "--listen=127.0.0.1", f"--port={port}", f"--base-path={base}", str(base)]
    daemon = subprocess.Popen(words, stderr=subprocess.DEVNULL, start_new_session=True)
    url = f"git://127.0.0.1:{port}/served.git"
    until(lambda: subprocess.run(["git", "ls-remote", url], capture_output=True).returncode == 0, 60, url)
    yield url
    os.killpg(daemon.pid, 9)
    daemon.wait()


def name(folder: Path) -> str:
    return (folder / "MLproject").read_text().removeprefix("name: ").strip()


def commit(repository: Path, version: str) -> str:
    return git(repository, "rev-parse", version)


def problem(location: Location, version: str | None, folder: Path) -> str:
    before = dict(os.environ)
    with pytest.raises(WrongValue) as caught:
        fetch.fetch(location, version, folder)
    assert dict(os.environ) == before
    (line,) = caught.value.problems
    assert "\n" not in line
    return line


def test_a_url_is_cloned_to_its_full_commit(repository, url, tmp_path):
    """The default branch, or what `version` names; the subfolder is the project, and the clone lies where it is to."""
    target = tmp_path / "target"
    target.mkdir()
    for version, wanted in ((None, "main"), ("main", "main"), ("v1", "v1"), (commit(repository, "v1"), "v1")):
        found = fetch.fetch(locate(f"{url}#inner"), version, target)
        assert (name(found.folder), found.commit) == ("old" if wanted == "v1" else "new", commit(repository, wanted))
        assert found.folder.is_relative_to(target)


def test_what_cannot_be_fetched_is_one_line(url, tmp_path):
    """No repository, no server, no version, no subfolder: what git says of it, without a password, and no question."""
    assert problem(locate(f"{url}x"), None, tmp_path).startswith(f"--project '{url}x': can't be fetched: ")
    refused = problem(Location(f"git://127.0.0.1:{free_port()}/x"), None, tmp_path)
    assert "can't be fetched: fatal: unable to connect to 127.0.0.1: " in refused
    nobody = Location(f"http://me:secret@127.0.0.1:{free_port()}/x")
    line = problem(nobody, None, tmp_path)
    assert "secret" not in line
    assert "can't be fetched: fatal: " in line
    line = problem(locate(url), "v11", tmp_path)
    assert line.startswith("--version 'v11': ")
    assert "(did you mean 'v1'?); must be a branch, a tag or a full commit" in line
    assert problem(locate(f"{url}#none"), None, tmp_path) == f"--project '{url}#none': has no such subfolder"
    assert "'.' is not allowed in project subdirectory paths" in problem(locate(f"{url}#in.ner"), None, tmp_path)


@needs.PROC
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # GitPython drops its process
def test_no_git_waits_on_if_the_fetch_is_interrupted(tmp_path):
    """As it would for a server that takes the connection, and is silent."""
    with socket.create_server(("127.0.0.1", 0)) as silent:

        def interrupt() -> None:
            until(lambda: proc.with_variable(f"TMPDIR={tmp_path}"), 120, "a git that waits")
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)

        def raise_interrupted(*_: object) -> None:
            raise Interrupted(signal.SIGTERM)

        before = signal.signal(signal.SIGUSR1, raise_interrupted)
        thread = threading.Thread(target=interrupt)
        thread.start()
        try:
            with pytest.raises((Interrupted, WrongValue)):
                fetch.fetch(locate(f"git://127.0.0.1:{silent.getsockname()[1]}/x"), None, tmp_path)
        finally:
            thread.join()
            signal.signal(signal.SIGUSR1, before)
        until(lambda: not proc.with_variable(f"TMPDIR={tmp_path}"), 20, "its end")


def test_a_server_that_is_silent_is_given_up(tmp_path, monkeypatch):
    """By git itself, after a minute; a user's own variables say how long that is."""
    monkeypatch.setenv("GIT_HTTP_LOW_SPEED_TIME", "1")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        location = locate(f"http://127.0.0.1:{silent.getsockname()[1]}/x.git")
        assert "can't be fetched" in problem(location, None, tmp_path)


def test_a_version_of_a_local_folder_is_cloned_and_the_folder_left_alone(repository, tmp_path):
    """By any name that git has for it, with the remote that the folder has; its own tree stays as it is."""
    before = git(repository, "status", "--porcelain", "--branch")
    for version in ("v1", "main~1", commit(repository, "v1")[:9]):
        found = fetch.fetch(locate(f"{repository}#inner"), version, tmp_path)
        assert (name(found.folder), found.commit) == ("old", commit(repository, "v1"))
        assert git(found.folder, "remote") == ""
    git(repository, "remote", "add", "origin", "https://host/somebody/it")
    found = fetch.fetch(locate(str(repository)), "main", tmp_path)
    assert git(found.folder, "remote", "get-url", "origin") == "https://host/somebody/it"
    assert git(repository, "status", "--porcelain", "--branch") == before
    assert name(repository / "inner") == "changed"


def test_without_git_nothing_is_fetched(repository, tmp_path, monkeypatch):
    """In one line, of a folder as of a URL."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert problem(locate(str(repository)), "v1", tmp_path).endswith("git is needed to fetch it, and is not installed")


def test_a_version_that_a_local_folder_has_not_is_one_line(repository, tmp_path):
    """The nearest is named; a folder outside of git has none."""
    line = problem(locate(str(repository)), "mian", tmp_path)
    assert line.startswith("--version 'mian': ")
    assert "(did you mean 'main'?)" in line
    (tmp_path / "plain").mkdir()
    assert "is in no git repository" in problem(locate(str(tmp_path / "plain")), "main", tmp_path)
    git(repository, "rm", "-r", "--cached", "--quiet", "inner")
    git(repository, "commit", "--quiet", "--message", "gone")
    assert "has no folder inner" in problem(locate(f"{repository}#inner"), "main", tmp_path)
