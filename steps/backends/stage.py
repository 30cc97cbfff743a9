"""What child runs find around them: their environment, and the address that they log to."""

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import mlflow
from mlflow.utils.mlflow_tags import MLFLOW_PROJECT_ENV

from steps.backends.warm.launch import Launcher
from steps.backends.warm.program import Program
from steps.names import Tag
from steps.process.signals import Interrupts
from steps.project import ready_environment
from steps.project.declared_environment import LOCAL, DeclaredEnvironment
from steps.project.ready_environment import ReadyEnvironment, nothing
from steps.tracking import served_store
from steps.tracking.served_store import ServedStore

# Variables that say which hosts are not behind a proxy.
_NO_PROXY = ("NO_PROXY", "no_proxy")


@dataclass(frozen=True)
class Stage:
    """The environment of children, None if they are of this project, and its manager.

    `server` is a tracking server of their own, None if they log where this process does.
    """

    manager: str = LOCAL
    environment: ReadyEnvironment | None = None
    server: ServedStore | None = None

    def wait(self, interrupts: Interrupts, meanwhile: Callable[[], None] = nothing) -> None:
        """Wait for the server, if there is one, which starts meanwhile. Raises StepError, Interrupted."""
        if self.server is not None:
            self.server.wait(interrupts, meanwhile)

    @property
    def variables(self) -> Mapping[str, str]:
        """Return what is added to a child's environment variables."""
        if self.server is None:
            return {}
        hosts = {name: ",".join(filter(None, [os.environ.get(name), served_store.HOST])) for name in _NO_PROXY}
        return {"MLFLOW_TRACKING_URI": self.server.address, **hosts}

    @property
    def tags(self) -> dict[str, str]:
        """Return what is recorded of it on a child's run."""
        if self.environment is None:
            return {}
        digest = hashlib.sha256(self.environment.description.encode()).hexdigest()
        manager = {} if self.manager == LOCAL else {MLFLOW_PROJECT_ENV: self.manager}
        return {Tag.ENVIRONMENT_SHA256: digest, **manager}

    @contextmanager
    def handed_on(self) -> Iterator[None]:
        """Have `mlflow.run` hand on the children's address, where the backend is not ours."""
        if self.server is None:
            yield
            return
        own = mlflow.get_tracking_uri()
        mlflow.set_tracking_uri(self.server.address)
        try:
            yield
        finally:
            mlflow.set_tracking_uri(own)


# Of children of this project.
THIS_STAGE = Stage()
# What a launcher for children of another project imports: what they import for certain. The second is for an
# environment that has MLflow without what it needs for a database.
_LIBRARIES = ("mlflow", "mlflow.store.tracking.sqlalchemy_store", "mlflow.store.tracking.rest_store")
_FEWER_LIBRARIES = ("mlflow", "mlflow.store.tracking.rest_store")


def launcher_program(environment: ReadyEnvironment) -> tuple[Program, Sequence[str]]:
    """Return what starts a launcher in the environment of another project's children, and what it imports.

    That is nothing of this project.
    """
    if environment.manager == LOCAL:
        return Program(), _LIBRARIES
    return Program("python", environment.activation), _FEWER_LIBRARIES


@contextmanager
def launcher_of(stage: Stage) -> Iterator[Launcher]:
    """Start a launcher for another project's children."""
    assert stage.environment is not None
    program, modules = launcher_program(stage.environment)
    launcher = Launcher(program).start(modules)
    try:
        yield launcher
    finally:
        launcher.stop()


@contextmanager
def get_ready(
    environment: DeclaredEnvironment | None,
    project: str,
    folder: Path,
    interrupts: Interrupts,
    meanwhile: Callable[[], None] = nothing,
) -> Iterator[Stage]:
    """Get an environment ready for children of another project, None: this process's own, and what they log to.

    `project` names it in messages; `folder` takes the output of what is started. To make one can take many minutes, in
    which `meanwhile` is called again and again. Raises WrongValue if the environment can't be made, Interrupted.
    """
    if environment is None:
        yield Stage(environment=ready_environment.own())
        return
    log = folder / "environment.log"
    ready = ready_environment.get_ready(environment, project, log, interrupts, meanwhile)
    with ExitStack() as stack:
        server = None
        if served_store.is_needed(ready.packages.get("mlflow")):
            server = stack.enter_context(served_store.served(folder / "server.log"))
        yield Stage(environment.manager, ready, server)
