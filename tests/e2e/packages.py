"""Environments that tests make for themselves: packages of other people on top of this project's."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

# A folder where they are kept for the next time; else each call of pytest makes its own.
KEPT = "TEST_ENVIRONMENTS"
# What pip says before it tries an index again that does not answer.
_OUT_OF_REACH = "after connection broken by"


def environment(scratch: Path, name: str, *packages: str) -> Path:
    """Make a virtual environment of some packages, in which all of this one are too; return its interpreter.

    Skips the test if an index can't be reached; fails if it has no such package.
    """
    folder = Path(os.environ.get(KEPT) or scratch) / name
    python, made_from = folder / "bin" / "python", folder / "made-from"
    if not made_from.exists() or made_from.read_text().split() != [*packages]:
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", "--clear", str(folder)], check=True)
        below = sysconfig.get_path("purelib")
        own = sysconfig.get_path("purelib", vars={"base": str(folder)})
        Path(own, "below.pth").write_text(below + "\n")
        install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--retries=1", *packages]
        done = subprocess.run(install, capture_output=True, text=True, check=False)
        if done.returncode != 0 and _OUT_OF_REACH in done.stderr:
            pytest.skip(f"can't install {' '.join(packages)}: {done.stderr.strip()}")
        assert done.returncode == 0, done.stderr
        made_from.write_text(" ".join(packages))
    return python


def activated(python: Path) -> dict[str, str]:
    """Return the variables that put an environment's commands first."""
    return {"PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}", "VIRTUAL_ENV": str(python.parent.parent)}


def for_projects(scratch: Path) -> dict[str, str]:
    """Return the variables by which environments of other projects are made in a folder.

    Where pip is told of a folder with packages, uv is: a torch without CUDA may lie there, which spares some GB.
    """
    links = os.environ.get("PIP_FIND_LINKS")
    found = {} if links is None else {"UV_FIND_LINKS": links}
    return {"MLFLOW_ENV_ROOT": os.environ.get(KEPT) or str(scratch / "environments"), **found}
