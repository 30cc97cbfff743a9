"""Environments that tests make for themselves: packages of other people on top of this project's."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

# A folder where they are kept for the next time; else each call of pytest makes its own.
KEPT = "TEST_ENVIRONMENTS"
# What pip says if no index is in reach, or none has the package for this machine.
_NOT_TO_BE_HAD = ("No matching distribution found", "Could not find a version", "Max retries exceeded")


def environment(scratch: Path, name: str, *packages: str) -> Path:
    """Make a virtual environment of some packages, in which all of this one are too; return its interpreter.

    Skips the test if the packages can't be had.
    """
    folder = Path(os.environ.get(KEPT) or scratch) / name
    python, made_from = folder / "bin" / "python", folder / "made-from"
    if not made_from.exists() or made_from.read_text().split() != [*packages]:
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", "--clear", str(folder)], check=True)
        below = sysconfig.get_path("purelib")
        own = sysconfig.get_path("purelib", vars={"base": str(folder)})
        Path(own, "below.pth").write_text(below + "\n")
        install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", *packages]
        done = subprocess.run(install, capture_output=True, text=True, check=False)
        if any(sign in done.stderr for sign in _NOT_TO_BE_HAD):
            pytest.skip(f"can't install {' '.join(packages)}: {done.stderr.strip().splitlines()[-1]}")
        assert done.returncode == 0, done.stderr
        made_from.write_text(" ".join(packages))
    return python


def activated(python: Path) -> dict[str, str]:
    """Return the variables that put an environment's commands first."""
    return {"PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}", "VIRTUAL_ENV": str(python.parent.parent)}
