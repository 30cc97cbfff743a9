"""A shell block, run by bash with stand-ins for all that it starts: they note what they are given, and do nothing."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

from steps.project.environment import PROJECT

# What a block may use of any system.
TOOLS = ("cat", "seq", "mktemp", "mkdir", "sleep")
# What Slurm tells a job.
SLURM = {"SLURM_NNODES": "4", "SLURM_CPUS_PER_TASK": "16"}
_UNIT, _RECORD = "\x1f", "\x1e"
_NOTE = r"""
exec 9>>"$CALLS"
note() { printf '%s\x1f' "$@" >&9; printf '\x1e' >&9; }
command_not_found_handle() { note "$@"; }
"""
_PATHS = re.compile(r"(?<![\w./$\"'=-])\.?[\w-]+(?:/[\w.-]+)+")


def copy(folder: Path) -> Path:
    """Make a folder that looks like this project, but for its scripts and environments."""
    folder.mkdir()
    for path in PROJECT.iterdir():
        if path.name not in ("scripts", "mlruns", "site") and not path.name.startswith((".", "mlflow.db")):
            (folder / path.name).symlink_to(path)
    return folder


def rehearse(text: str, folder: Path) -> list[list[str]]:
    """Run a block in a folder; return the words of each command that it would have started.

    What it has at /tmp is beside the folder. Fails if bash finds a fault.
    """
    (folder.parent / "bin").mkdir(exist_ok=True)
    for tool in TOOLS:
        if not (folder.parent / "bin" / tool).exists():
            (folder.parent / "bin" / tool).symlink_to(str(shutil.which(tool)))
    stand_ins = "".join(
        f'{path}() {{ note {shlex.quote(path)} "$@"; }}\n' for path in sorted(set(_PATHS.findall(text)))
    )
    calls = folder.parent / "calls"
    calls.unlink(missing_ok=True)
    done = subprocess.run(
        [
            str(shutil.which("bash")),
            "--noprofile",
            "--norc",
            "-c",
            f"{_NOTE}{stand_ins}{at_tmp(text, folder.parent)}\nwait",
        ],
        cwd=folder,
        env={"PATH": str(folder.parent / "bin"), "HOME": str(folder.parent), "CALLS": str(calls), **SLURM},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    records = calls.read_text().split(_RECORD)[:-1] if calls.exists() else []
    return [record.split(_UNIT)[:-1] for record in records]


def at_tmp(text: str, folder: Path) -> str:
    """Put what a block has at /tmp into a folder of the test's."""
    return re.sub(r"(?<![\w.])/tmp/", f"{folder}/", text)
