"""A process with the steps' imports done: it runs each step that it is asked for in a fork of its own.

An interpreter that imports MLflow, scikit-learn and Optuna takes seconds, and a table of bad inputs has some hundred
rows. So a row costs a fork: all that a step does from its first line on it does for real. The launcher that `tune`
starts is a fork too, made before the step began, so that nothing of the step's is in it.
"""

import atexit
import importlib
import json
import os
import runpy
import signal
import socket
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from steps.backends.warm import launcher
from steps.backends.warm import program as programs
from steps.backends.warm.program import Program

# All that the steps import, but for themselves: `python -m` executes those.
MODULES = (
    "steps.tracking.write",
    "steps.training.run",
    "steps.tuning.study",
    "mlflow.sklearn",
    "sklearn.datasets",
    "sklearn.ensemble",
    "sklearn.svm",
    "skrub",
    "git",
    "mlflow.store.tracking.sqlalchemy_store",
    "mlflow.store.tracking.rest_store",
)
_POLL_S = 0.005


def main() -> None:
    """Answer the requests on stdin, a line of JSON each, with the exit code of the step."""
    atexit.register(launcher.ending.end)  # as the launcher does: it comes last
    for name in MODULES:
        importlib.import_module(name)
    _use(sys.argv[1])
    launcher.ending.share()
    print("ready", flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        limit_s = request.pop("limit_s")
        pid = os.fork()
        if pid == 0:
            _be_the_step(**request)
        print(_ended(pid, limit_s), flush=True)


def _ended(pid: int, limit_s: float) -> int:
    """Wait for a step, and end one that takes too long; return its exit code."""
    deadline = time.monotonic() + limit_s
    while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None and time.monotonic() < deadline:
        time.sleep(_POLL_S)
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)  # and whatever it has left
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _use(uri: str) -> None:
    """Write to a tracking database once, which maps SQLAlchemy's classes, and leave no connection open."""
    from mlflow.tracking import MlflowClient
    from mlflow.tracking._tracking_service.utils import _get_store

    client = MlflowClient(uri)
    run = client.create_run("0")
    client.log_param(run.info.run_id, "used", "once")
    client.set_terminated(run.info.run_id)
    _get_store(uri).engine.dispose()


def _be_the_step(module: str, words: Sequence[str], env: Mapping[str, str], cwd: str, out: str, err: str) -> None:
    """Do what `python -m module words` does, from the arguments on; the body of a fork."""
    os.setsid()
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    _redirect({0: os.devnull, 1: out, 2: err})
    if module == "steps.tune":
        _keep_a_spare()
    sys.argv = [module, *words]
    sys.path.insert(0, cwd)
    code: Any = 0
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        code = end.code
    except BaseException:
        traceback.print_exc()
        code = 1
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code or 0)


def _redirect(files: Mapping[int, str]) -> None:
    for descriptor, path in files.items():
        opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(opened, descriptor)
        os.close(opened)


def _keep_a_spare() -> None:
    """Fork a process that becomes the launcher, once the step wants to start one."""
    ours, its = socket.socketpair()
    spare = os.fork()
    if spare == 0:
        ours.close()
        _become_the_launcher(its)  # which comes back as what the launcher has forked
        raise SystemExit
    its.close()
    spawn = programs.spawn

    def take_the_spare(program: Program, descriptor: int) -> Any:
        if program != Program():
            return spawn(program, descriptor)
        order = {"env": dict(os.environ), "cwd": str(Path.cwd())}
        socket.send_fds(ours, [json.dumps(order).encode()], [descriptor])
        ours.close()
        programs.spawn = spawn
        return Spare(spare)

    programs.spawn = take_the_spare


class Spare:
    """What a launcher needs of the process that it is; see `subprocess.Popen`."""

    def __init__(self, pid: int):
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return the exit code, None while it runs."""
        return self._reap(os.WNOHANG)

    def wait(self) -> int | None:
        """Wait for the end."""
        return self._reap(0)

    def kill(self) -> None:
        """Kill it, if it has not ended."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)

    def _reap(self, options: int) -> int | None:
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, options)
            self.returncode = os.waitstatus_to_exitcode(status) if pid else None
        return self.returncode


def _become_the_launcher(orders: socket.socket) -> None:
    message, descriptors, _, _ = socket.recv_fds(orders, 1_000_000, 1)
    orders.close()
    if not message:  # the step has ended without one
        os._exit(0)
    order = json.loads(message)
    os.setsid()
    os.environ.clear()
    os.environ.update(order["env"])
    os.chdir(order["cwd"])
    launcher.main(socket.socket(fileno=descriptors[0]))


if __name__ == "__main__":
    main()
