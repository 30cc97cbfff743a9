"""Get a project's environment ready before its first trial, and look what is installed in it."""

import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from steps.errors import WrongValue
from steps.parameters.option import option
from steps.process.signals import Interrupts
from steps.project import environment, installed
from steps.project.declared_environment import LOCAL, DeclaredEnvironment, search_path
from steps.project.environment import PROJECT

_BUILDER = "steps.project.build_environment"
_POLL_S = 0.1
_GRACE_S = 2.0
# How many of the last lines of an installer are shown.
_LINES = 12


@dataclass(frozen=True)
class ReadyEnvironment:
    """An environment that children run in, and how it is activated (by nothing, if it is this process's own).

    `packages` has the version of each package by its name; `declared` is the text of the file that it was made of.
    """

    manager: str
    activation: Sequence[str]
    python: str
    packages: dict[str, str]
    declared: tuple[str, str] | None = None  # the file's name and text

    @property
    def description(self) -> str:
        """Return what is recorded of it, as JSON."""
        if self.manager == LOCAL:
            return environment.description()
        machine = {**json.loads(environment.description())["machine"], "python": self.python}
        return json.dumps({"machine": machine, "packages": self.packages}, indent=1)


def own() -> ReadyEnvironment:
    """Return the environment of this process."""
    machine = json.loads(environment.description())["machine"]
    return ReadyEnvironment(LOCAL, (), machine["python"], installed.packages())


def nothing() -> None:
    """Do nothing meanwhile."""


def get_ready(
    declared: DeclaredEnvironment,
    shown: str,
    log: Path,
    interrupts: Interrupts,
    meanwhile: Callable[[], None] = nothing,
) -> ReadyEnvironment:
    """Make an environment, unless it is there, and look into it; `shown` names the project, `log` gets the output.

    To make one can take many minutes, in which `meanwhile` is called again and again.
    Raises WrongValue with the last lines of what failed, or if MLflow is not in it; Interrupted.
    """
    if not declared.is_ready():
        _build(declared, shown, log, interrupts, meanwhile)
    found = _look(declared, shown)
    if not {"mlflow", "mlflow-skinny"} & found.packages.keys():
        file = declared.file.name if declared.file else "no file"
        raise WrongValue(
            f"{option('project', shown)}: mlflow is not in its environment ({file}, made by {declared.manager}), so "
            f"its trials could not log anything; add it there, or give {option('env_manager', LOCAL)}"
        )
    return found


def _build(
    declared: DeclaredEnvironment, shown: str, log: Path, interrupts: Interrupts, meanwhile: Callable[[], None]
) -> None:
    print(f"tune: making the environment of {shown} by {declared.manager}, once", file=sys.stderr, flush=True)
    began = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", _BUILDER, declared.manager, str(declared.folder)],
            cwd=PROJECT,
            env={**os.environ, "PATH": search_path()},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # a Ctrl-C is for the tuner
        )
        try:
            while process.poll() is None:
                interrupts.check()
                meanwhile()
                time.sleep(_POLL_S)
        except BaseException:
            _end(process)
            interrupts.answered()
            raise
    if process.returncode != 0:
        lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()][-_LINES:]
        last = "".join(f"\n    {line}" for line in lines)
        raise WrongValue(f"{option('project', shown)}: its environment can't be made by {declared.manager}:{last}")
    print(f"tune: made in {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End an installer and all that it has started in its session."""
    for number in (15, 9):
        try:
            os.killpg(process.pid, number)
            process.wait(_GRACE_S)
        except (subprocess.TimeoutExpired, ProcessLookupError):
            continue


def _look(declared: DeclaredEnvironment, shown: str) -> ReadyEnvironment:
    program = shlex.join(["python", installed.__file__])
    command = " && ".join([*declared.activation, program])
    done = subprocess.run(
        ["bash", "-c", command], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    try:
        found = json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise WrongValue(f"{option('project', shown)}: its environment can't be used: {last}") from None
    file = (declared.file.name, declared.file.read_text(encoding="utf-8")) if declared.file else None
    return ReadyEnvironment(declared.manager, declared.activation, found["python"], found["packages"], file)
