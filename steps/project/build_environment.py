"""Make the environment that a project declares, under a lock; what is half made is made anew.

    python -m steps.project.build_environment <manager> <folder>

A process of its own: what installs can take minutes, and is ended with it.
"""

import fcntl
import logging
import sys
from pathlib import Path

from mlflow.projects.utils import load_project
from mlflow.utils.process import ShellCommandException

from steps.project.declared_environment import DeclaredEnvironment, declared


def main(manager: str, folder: str) -> int:
    """Make it; return 1 if that fails, after a line that says why, unless an installer has said it."""
    logging.getLogger("mlflow").setLevel(logging.ERROR)
    environment = declared(load_project(folder), Path(folder), manager)
    try:
        if environment is not None:
            build(environment)
    except ShellCommandException:  # its output is what it said
        return 1
    except Exception as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


def build(environment: DeclaredEnvironment) -> None:
    """Make an environment, unless it is there by the time that nobody else makes it."""
    with environment.lock.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if environment.is_ready():
            return
        if environment.unfinished.exists() and environment.exists():
            environment.remove()
        environment.unfinished.touch()
        environment.make()
        environment.unfinished.unlink()


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
