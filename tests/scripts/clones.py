"""Clones of this project, as far as set-up looks, and set-ups of them in processes of their own."""

import functools
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
CONDA_YAML = ROOT / "conda.yaml"
TEST_PINS = ROOT / "tests" / "requirements.txt"

# What every script does first; then it says which python and which of an environment's variables are in force.
SET_UP = """
set -euo pipefail
. scripts/environment
environment "$@"
command -v python
echo "${CONDA_PREFIX:-} ${VIRTUAL_ENV:-}"
"""


PROGRAMS = (
    "awk", "bash", "cat", "chmod", "cp", "cut", "df", "dirname", "du", "env", "find", "flock", "grep", "id", "ls",
    "mkdir", "mktemp", "mv", "paste", "rm", "sed", "sh", "sort", "sync", "touch", "tr", "uname",
)  # fmt: skip


def pins(path):
    """The pinned requirements in a file that scripts/lock wrote, by name."""
    lines = [line.removeprefix("    - ") for line in path.read_text().splitlines()]
    return {
        requirement.name: requirement
        for requirement in (Requirement(line) for line in lines if re.match(r"[^ #]+==", line))
    }


def names(path):
    """The names in a short list that scripts/lock reads."""
    return {canonicalize_name(Requirement(line).name) for line in path.read_text().split("\n") if line[:1].isalpha()}


def bare_path(*first):
    """A PATH with Python 3.11 and the system's programs, after the given folders: as a rule without uv and conda."""
    return os.pathsep.join(map(str, [*first, Path(sys.executable).resolve().parent, "/usr/bin", "/bin"]))


def with_uv(folder):
    """A PATH with uv as well."""
    folder.mkdir(exist_ok=True)
    if not (folder / "uv").exists():
        (folder / "uv").symlink_to(shutil.which("uv"))
    return bare_path(folder)


def programs(folder, *more):
    """A PATH with what the scripts take of the system's programs, and without any Python; with `more` as well."""
    folder.mkdir(exist_ok=True)
    for name in (*PROGRAMS, *more):
        if place := shutil.which(name):
            (folder / name).symlink_to(place)
    return str(folder)


def few_packages(clone, packages):
    """Pin nothing but a few packages, whose installation takes no time."""
    lines = ["name: few", "dependencies:", "  - python=3.11", "  - pip", "  - pip:"]
    (clone / "conda.yaml").write_text("\n".join([*lines, *(f"    - {pins(CONDA_YAML)[name]}" for name in packages)]))


def clone(folder, few=()):
    """A fresh clone, as far as the set-up looks, at a path that has to be quoted; of all packages or of a few."""
    clone = folder / "it's a clone"
    (clone / "tests").mkdir(parents=True)
    shutil.copytree(ROOT / "scripts", clone / "scripts")
    shutil.copy(CONDA_YAML, clone)
    for name in ("requirements.in", "requirements.txt"):
        shutil.copy(ROOT / "tests" / name, clone / "tests")
    if few:
        few_packages(clone, few)
    return clone


def environ(path, **more):
    """The variables of this process, less those that an active environment sets, with the given PATH."""
    dropped = {"VIRTUAL_ENV", "CONDA_PREFIX", "CONDA_EXE", "MLFLOW_TRACKING_URI", "TUNING_VENV"}
    return {key: value for key, value in os.environ.items() if key not in dropped} | {"PATH": path} | more


def start(clone, path, *arguments, **more):
    """Begin a set-up, as the leader of a group of its own."""
    return subprocess.Popen(
        ["bash", "-c", SET_UP, "bash", *arguments],
        cwd=clone,
        env=environ(path, **more),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def finish(process):
    """Wait for a set-up; return what it said on stdout, line by line, and on stderr."""
    out, err = process.communicate(timeout=900)
    assert process.returncode == 0, err
    return out.splitlines(), err


def set_up(clone, path, *arguments, **more):
    return finish(start(clone, path, *arguments, **more))


def run_script(clone, name, *arguments, path, **more):
    """Run one of the scripts."""
    return subprocess.run(
        [clone / "scripts" / name, *arguments],
        env=environ(path, **more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )


def versions_in(clone):
    """The packages in a clone's environment: their names and versions."""
    found = (clone / ".venv").glob("lib/python3.11/site-packages/*.dist-info")
    return dict(path.name.removesuffix(".dist-info").split("-", 1) for path in found)


def installed(clone):
    """The names of the packages in a clone's environment."""
    return set(versions_in(clone))


def wait_until(true, *, seconds):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)


def sourced(folder, text, command):
    """What a function of scripts/environment says of a conda.yaml."""
    clone = folder / "read"
    shutil.copytree(ROOT / "scripts", clone / "scripts", dirs_exist_ok=True)
    (clone / "conda.yaml").write_bytes(text.encode())
    script = f"set -euo pipefail; . scripts/environment; {command}"
    return subprocess.run(["bash", "-c", script], cwd=clone, capture_output=True, text=True, timeout=60)


def conda_yaml(*items, end=""):
    """A conda.yaml with lines under `- pip:`."""
    return "\n".join(["name: any", "dependencies:", "  - python=3.11", "  - pip", "  - pip:", *items]) + f"\n{end}"


# Begins a command of a user who has no entry in passwd.
NAMELESS = ["unshare", "--user", "--map-user=12345"]


@functools.cache
def can_be_nameless():
    return bool(shutil.which("unshare")) and subprocess.run([*NAMELESS, "true"], capture_output=True).returncode == 0
