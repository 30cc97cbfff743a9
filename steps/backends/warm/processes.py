"""Signals, parents and children of processes, for `launcher`: under the same rules as that."""

import ctypes
import os
import shutil
import signal
import sys
import threading
from contextlib import contextmanager
from typing import Iterator

# From <linux/prctl.h>.
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_WATCH_S = 0.2


def inherit_orphans() -> None:
    """Have this process inherit what processes below it leave behind, on Linux."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def end_with_parent(parent: int) -> None:
    """Have this process killed when its parent, of that process id, ends, on Linux."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it had ended before
        os.kill(os.getpid(), signal.SIGKILL)


@contextmanager
def end_if_deserted(folders: "list[str]", parent: int) -> "Iterator[None]":
    """End this process, and remove folders, if its parent, of that process id, ends meanwhile or has ended."""
    done = threading.Event()

    def watch() -> None:
        while not done.wait(_WATCH_S):
            if os.getppid() != parent:
                remove(folders)
                os._exit(1)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()  # a process that forks has no other thread


def send(pid: int, number: int) -> None:
    """Send a signal to a fork and to its session."""
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        kill(pid, number)  # it has only just been forked, and leads no session yet


def kill(pid: int, number: int) -> None:
    """Send a signal to a process, if it is there."""
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        pass


def children() -> "list[int]":
    """List the children of this process, on Linux."""
    try:
        with open(f"/proc/self/task/{os.getpid()}/children") as file:
            return [int(pid) for pid in file.read().split()]
    except OSError:
        return []


def with_mark(mark: str) -> "list[int]":
    """List the other processes that were started with `NAME=value` in their environment, on Linux."""
    pids = []
    for name in os.listdir("/proc") if os.path.isdir("/proc") else []:
        if name.isdigit() and int(name) != os.getpid():
            try:
                with open(f"/proc/{name}/environ", "rb") as file:
                    if mark.encode() in file.read().split(b"\0"):
                        pids.append(int(name))
            except OSError:  # gone meanwhile, or somebody else's
                pass
    return pids


def remove(folders: "list[str]") -> None:
    """Remove folders, if they are there."""
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)
