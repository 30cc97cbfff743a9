"""What becomes of a step's own run when a signal ends the step."""

import os
import signal
import subprocess
import threading
from collections.abc import Iterator

import mlflow
import pytest
from mlflow.entities import RunStatus
from mlflow.tracking import MlflowClient

from steps.errors import Interrupted
from steps.names import Variable
from steps.process import orphans, signals
from steps.tracking import own_run, write
from tests.e2e.tools import until

pytestmark = pytest.mark.e2e

KILLED, FAILED, RUNNING = "KILLED", "FAILED", "RUNNING"


def gone() -> int:
    """The id of a process that has ended, and that its parent has waited for."""
    with subprocess.Popen(["true"]) as process:
        pass
    return process.pid


@pytest.fixture
def launcher() -> Iterator["subprocess.Popen[bytes]"]:
    """A process in the place of `mlflow run`: it ends when its standard input is closed, and is waited for."""
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as process:
        waiter = threading.Thread(target=process.wait)
        waiter.start()
        yield process
        process.kill()
        waiter.join()


@pytest.fixture
def run_id(client: MlflowClient) -> str:
    """A run that is KILLED."""
    run = client.create_run("0")
    client.set_terminated(run.info.run_id, KILLED)
    return str(run.info.run_id)


def status(client: MlflowClient, run_id: str) -> str:
    return str(client.get_run(run_id).info.status)


def test_mlflow_run_overwrites_a_final_status() -> None:
    """MLflow asks whether a status, a text, is among the final ones, which are numbers.

    Once it no longer does, `mlflow run` spares a run that is KILLED, and nothing has to be written again.
    """
    assert RunStatus.is_terminated(RunStatus.KILLED)
    assert not RunStatus.is_terminated(KILLED)  # type: ignore[arg-type]


def test_a_status_that_mlflow_run_overwrites_is_written_again(
    client: MlflowClient, run_id: str, launcher: "subprocess.Popen[bytes]"
) -> None:
    """The shell between is gone: as soon as `mlflow run` has written FAILED, KILLED is written again."""
    writer = threading.Timer(0.3, lambda: client.set_terminated(run_id, FAILED))
    writer.start()
    own_run.keep_killed(run_id, [gone(), launcher.pid])
    assert not writer.is_alive()
    assert status(client, run_id) == KILLED
    assert launcher.poll() is None


def test_the_end_of_mlflow_run_ends_the_wait(
    client: MlflowClient, run_id: str, launcher: "subprocess.Popen[bytes]", monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once it has ended without a word, it can't overwrite anything any more."""
    monkeypatch.setattr(own_run, "_WAIT_S", 600.0)
    assert launcher.stdin is not None
    closer = threading.Timer(0.3, launcher.stdin.close)
    closer.start()
    own_run.keep_killed(run_id, [gone(), launcher.pid])
    assert not orphans.is_alive(launcher.pid)
    assert status(client, run_id) == KILLED


def test_what_was_overwritten_before_mlflow_run_ended_is_written_again(client: MlflowClient, run_id: str) -> None:
    """The last word of a `mlflow run` that has ended by then is no other than that of one that ends later."""
    client.set_terminated(run_id, FAILED)
    own_run.keep_killed(run_id, [gone(), gone()])
    assert status(client, run_id) == KILLED


def test_a_launcher_that_does_not_end_is_not_waited_for_for_ever(
    client: MlflowClient, run_id: str, launcher: "subprocess.Popen[bytes]", monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wait has a limit."""
    monkeypatch.setattr(own_run, "_WAIT_S", 0.2)
    own_run.keep_killed(run_id, [gone(), launcher.pid])
    assert launcher.poll() is None
    assert status(client, run_id) == KILLED


def test_an_interrupted_step_leaves_its_run_killed(
    client: MlflowClient, launcher: "subprocess.Popen[bytes]", monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though `mlflow run` writes FAILED behind it. Who launched the step is found while the shell above it lives."""
    run_id = client.create_run("0").info.run_id
    monkeypatch.setenv(Variable.RUN_ID, run_id)
    launchers = [[gone(), launcher.pid], []]
    monkeypatch.setattr(orphans, "launchers", lambda _: launchers.pop(0))
    with pytest.raises(Interrupted), own_run.own_run({}) as own:
        assert (own, status(client, own)) == (run_id, RUNNING)
        raise Interrupted(signal.SIGTERM)
    assert status(client, run_id) == KILLED
    client.set_terminated(run_id, FAILED)
    until(lambda: status(client, run_id) == KILLED, 60, "KILLED again")


def test_a_second_signal_does_not_keep_a_run_from_being_killed(
    client: MlflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`mlflow run` answers one Ctrl-C with two signals: the second comes while the first is being answered."""
    monkeypatch.delenv(Variable.RUN_ID, raising=False)
    handlers = {number: signal.getsignal(number) for number in signals.signals()}
    end_run = mlflow.end_run

    def end_amid_a_signal(status: str) -> None:
        signal.raise_signal(signal.SIGTERM)
        end_run(status)

    monkeypatch.setattr(mlflow, "end_run", end_amid_a_signal)
    signals.raise_at_once()
    try:
        with pytest.raises(Interrupted), own_run.own_run({}) as run_id:
            signal.raise_signal(signal.SIGINT)
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    assert status(client, run_id) == KILLED


def test_a_run_that_a_step_made_itself_is_killed_at_once(client: MlflowClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody writes behind a step that was started by hand, so no process stays."""
    monkeypatch.delenv(Variable.RUN_ID, raising=False)
    monkeypatch.setattr(os, "fork", None)
    with pytest.raises(Interrupted), own_run.own_run({}) as run_id:
        raise Interrupted(signal.SIGTERM)
    assert status(client, run_id) == KILLED


def test_a_fork_forgets_the_connections_of_its_parent(client: MlflowClient) -> None:
    """It has none of those that are open, uses its own, and the parent's still work."""
    run_id = client.create_run("0").info.run_id
    assert write._sql_engine().pool.checkedin() > 0
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            write.forget_connections()
            assert write._sql_engine().pool.checkedin() == 0
            client.set_tag(run_id, "from", "the fork")
            code = 0
        finally:
            os._exit(code)
    assert os.waitpid(pid, 0)[1] == 0
    client.set_tag(run_id, "after", "the fork")
    tags = client.get_run(run_id).data.tags
    assert (tags["from"], tags["after"]) == ("the fork", "the fork")


def test_a_server_has_no_connections_to_forget() -> None:
    """MLflow keeps those to a server for each process."""
    mlflow.set_tracking_uri("http://127.0.0.1:1")
    write.forget_connections()
