"""Processes as /proc shows them; on systems without it, none is found and nothing is known of any."""

import os
from contextlib import suppress
from pathlib import Path

# Fields of /proc/<pid>/stat behind the command's name, from 0: see `man 5 proc_pid_stat`.
_STATE, _PARENT, _STARTED = 0, 1, 19
_CPU = slice(11, 15)  # of the process, and of its children that have been waited for


def with_variable(variable: str) -> list[int]:
    """List the processes, but for this one, that were started with `NAME=value` in their environment."""
    pids = (int(folder.name) for folder in Path("/proc").glob("[0-9]*"))
    return [pid for pid in pids if pid != os.getpid() and has_variable(pid, variable)]


def has_variable(pid: int, variable: str) -> bool:
    """Tell whether a process was started with `NAME=value` in its environment; False if that can't be read."""
    with suppress(OSError):  # gone meanwhile, or somebody else's
        return variable.encode() in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    return False


def parent_of(pid: int) -> int | None:
    """Return the process that a process is a child of; None if that can't be read."""
    fields = _stat(pid)
    return int(fields[_PARENT]) if fields else None


def folder_of(pid: int) -> Path | None:
    """Return the folder that a process is in; None if that can't be read."""
    with suppress(OSError):
        return (Path("/proc") / str(pid) / "cwd").readlink()
    return None


def started(pid: int) -> int | None:
    """Return when a process started, in ticks since the boot; None for one that is gone, or a zombie."""
    fields = _stat(pid)
    return int(fields[_STARTED]) if fields and fields[_STATE] not in "ZX" else None


def has_ended(pid: int) -> bool:
    """Tell whether a process has ended, and nobody has waited for it yet; False if that can't be read."""
    fields = _stat(pid)
    return bool(fields) and fields[_STATE] in "ZX"


def cpu_ticks(pid: int) -> int | None:
    """Return the CPU time that a process and all below it have taken so far; None if that can't be read."""
    processes = {int(folder.name): _stat(int(folder.name)) for folder in Path("/proc").glob("[0-9]*")}
    if not processes.get(pid):
        return None
    wanted, ticks = [pid], 0
    for each in wanted:
        ticks += sum(map(int, processes[each][_CPU]))
        wanted += [other for other, fields in processes.items() if fields and int(fields[_PARENT]) == each]
    return ticks


def _stat(pid: int) -> list[str]:
    with suppress(OSError):
        # The command's name, in brackets, may hold anything: the fields start behind the last bracket.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return []
