"""Fixtures that several tests share; a finished study costs seconds, so there is one of each kind.

Pytest reads this file in the process that only hands the tests out, too: so what takes seconds to import, as MLflow
does, is imported where it is used.
"""

import fcntl
import http.server
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

from steps.process import collector
from tests.host import Host

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

    from tests.e2e.tools import Place


# A busy machine takes any time for an example.
hypothesis.settings.register_profile("all", deadline=None)
# Whoever runs the fast tests alone, again and again, gets half of the examples of each property.
hypothesis.settings.register_profile("quick", max_examples=50, deadline=None)


def pytest_configure(config: pytest.Config) -> None:
    """Take fewer examples for the fast tests alone."""
    hypothesis.settings.load_profile("quick" if config.getoption("markexpr") == "not e2e" else "all")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`scripts/test --all` runs those too that the suite has no time for."""
    parser.addoption("--all", action="store_true", help="run the tests marked `slow` too")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Take a worker more than there are cores: those that run real commands wait for a quarter of their time.

    The fast tests alone wait for nothing.
    """
    cores = len(os.sched_getaffinity(0))
    return cores if config.getoption("markexpr") == "not e2e" else cores + 1


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Each worker imports all that it collects: for the fast tests alone, tests/e2e is left out, which has none."""
    asked_for = config.getoption("markexpr") != "not e2e" or any("e2e" in argument for argument in config.args)
    return True if collection_path.name == "e2e" and not asked_for else None


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """A collection imports all that is tested."""
    with collector.paused():
        collected = yield
    if "sklearn" in sys.modules:  # a core for each worker: OpenMP's threads would spin for each other's
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped] # it has none

        threadpool_limits(1)
    return collected


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The long ones come first: the fast ones fill the gaps at the end. The slow ones are left out unless asked for.

    Of the fast ones, the files with a database take longest; but the second file has none, since a second worker would
    only wait for the first to make that.
    """
    if not config.getoption("--all"):
        slow = [item for item in items if item.get_closest_marker("slow")]
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if item not in slow]
    long = {item.path for item in items if "client" in getattr(item, "fixturenames", ())}
    second = Counter(item.path for item in items if item.path not in long).most_common(1)
    ranks = {path: 1 for path, _ in second} | dict.fromkeys(sorted(long)[:1], 0) | dict.fromkeys(sorted(long)[1:], 2)
    items.sort(key=lambda item: (item.get_closest_marker("e2e") is None, ranks.get(item.path, 3)))


# The variables that are as they were before each test.
_FORGOTTEN = ("MLFLOW_", "TUNING_")


@pytest.fixture(autouse=True)
def own_server() -> Iterator[None]:
    """What a test says to MLflow of its server and experiment is forgotten with it: MLflow keeps it for the process."""
    standing = {name: value for name, value in os.environ.items() if name.startswith(_FORGOTTEN)}
    yield
    if "mlflow" in sys.modules:
        from mlflow.tracking import fluent
        from mlflow.tracking._tracking_service import utils

        utils._tracking_uri = fluent._active_experiment_id = None
    for name in [name for name in os.environ if name.startswith(_FORGOTTEN)]:
        del os.environ[name]
    os.environ.update(standing)


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty tracking database with its tables made, which takes MLflow a second: to be copied.

    The first worker that needs it makes it for all.
    """
    from mlflow.store.tracking import DEFAULT_LOCAL_FILE_AND_ARTIFACT_PATH
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # it is the workers' own, of this call of pytest
    path = folder / "empty.db"
    with (folder / "empty.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            made = folder / "made.db"
            SqlAlchemyStore(f"sqlite:///{made}", DEFAULT_LOCAL_FILE_AND_ARTIFACT_PATH).engine.dispose()
            made.rename(path)
    return path


@pytest.fixture(scope="session")
def quick_databases() -> Iterator[None]:
    """What this process writes to a database need not outlive a power cut, and MLflow's migrations are listed once."""
    import functools

    from mlflow.store.db import utils
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    def do_not_sync(connection: object, _record: object) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.execute("PRAGMA synchronous = OFF")

    event.listen(Engine, "connect", do_not_sync)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(utils, "_get_latest_schema_revision", functools.cache(utils._get_latest_schema_revision))
        yield
    event.remove(Engine, "connect", do_not_sync)


@pytest.fixture(scope="session")
def tracking(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of one test after the other: SQLAlchemy would compile each statement anew for one at another path.

    That is half of what a test costs.
    """
    return tmp_path_factory.mktemp("tracking") / "mlflow.db"


@pytest.fixture
def client(database: Path, tracking: Path, own_server: None, quick_databases: None) -> "MlflowClient":
    """A client of an empty tracking database, which is MLflow's own for the test."""
    import mlflow
    from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore as Registry
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
    from mlflow.tracking import MlflowClient

    uri = f"sqlite:///{tracking}"
    for store in (SqlAlchemyStore, Registry):
        if uri in store._engine_map:
            store._engine_map[uri].dispose()  # closes what the test before has opened
    for file in tracking.parent.iterdir():
        file.unlink()
    shutil.copy(database, tracking)
    mlflow.set_tracking_uri(uri)  # and its variable, for processes that are started
    return MlflowClient()


@pytest.fixture(scope="session")
def host(database: Path) -> Iterator[Host]:
    """A process with the imports done, whose forks the steps of this worker's tests are."""
    process = Host(database)
    yield process
    process.close()


@pytest.fixture(scope="session")
def new_place(database: Path, host: Host, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., "Place"]]:
    """Make places for studies; whatever is still running in them at the end is killed."""
    from tests.e2e.tools import Place

    places: list[Place] = []

    def make(*, fresh: bool = False, **fields: object) -> Place:
        place = Place(tmp_path_factory.mktemp("place"), **{"host": host, **fields})  # type: ignore[arg-type]
        if not fresh:
            shutil.copy(database, place.folder / "mlflow.db")
        places.append(place)
        return place

    yield make
    for place in places:
        for pid in place.processes():
            os.kill(pid, signal.SIGKILL)


@pytest.fixture
def place(new_place: Callable[..., "Place"]) -> "Place":
    """A place with an empty tracking database."""
    return new_place()


@pytest.fixture(scope="session")
def iris(new_place: Callable[..., "Place"]) -> "Place":
    """The default study, but for its 12 trials, run by `mlflow run`; `stdout` and `stderr` are in `extra`."""
    place = new_place()
    done = place.mlflow_run("tune", n_trials=12, jobs=2)
    (place.folder / "stdout").write_text(done.stdout)
    (place.folder / "stderr").write_text(done.stderr)
    return place


@pytest.fixture(scope="session")
def git_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve this project's tree by a real Git URL, on loopback."""
    from tests.e2e.tools import copy_project, free_port, git, processes_with, until

    base = tmp_path_factory.mktemp("served")
    project = copy_project(base / "project")
    git(project, "init", "--quiet", "--initial-branch=main")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "as it stands")
    port = free_port()
    mark = f"TEST_MARK=git-{port}"
    words = ["git", "daemon", "--export-all", "--listen=127.0.0.1", f"--port={port}", f"--base-path={base}", str(base)]
    daemon = subprocess.Popen(words, env={**os.environ, "TEST_MARK": f"git-{port}"}, stderr=subprocess.DEVNULL)
    url = f"git://127.0.0.1:{port}/project"
    until(lambda: subprocess.run(["git", "ls-remote", url], capture_output=True).returncode == 0, 120, url)
    yield url
    daemon.kill()
    daemon.wait()
    for pid in processes_with(mark):
        os.kill(pid, signal.SIGKILL)


@pytest.fixture(scope="session")
def environments(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The variables for other projects' environments, which are made once for all workers of this call of pytest."""
    from tests.e2e.packages import for_projects

    folder = tmp_path_factory.getbasetemp()
    return for_projects(folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder)


@dataclass
class Web:
    """A plain web server on loopback: what it serves, by path, and the paths that it was asked for, in order."""

    url: str
    files: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def web() -> Iterator[Web]:
    """A web server that counts."""
    served = Web("")

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.asked.append(self.path)
            content = served.files.get(self.path.partition("?")[0])
            self.send_response(404 if content is None else 200)
            self.end_headers()
            self.wfile.write(b"<html>\nnothing\n</html>" if content is None else content)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        served.url = f"http://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, args=(0.02,)).start()
        yield served
        server.shutdown()
