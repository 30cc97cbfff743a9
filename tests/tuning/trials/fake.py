"""A child run that launches no process: it ends when a test says so."""

import os
import time
from pathlib import Path

from mlflow.entities import RunStatus

from steps.backends.submitted_run import ChildRun
from steps.tuning.trials.places import Place, Places
from steps.tuning.trials.trial import Child, Job


class FakeRun(ChildRun):
    """Remembers what is done to it; `listens` tells whether it ends when it is sent a signal."""

    def __init__(self, run_id: str = "its id", output: Path = Path("no log"), *, listens: bool = True):
        self._run_id, self.output, self.listens = run_id, output, listens
        self.started = time.monotonic()
        self.took: dict[str, float] = {}
        self._reader, self._writer = os.pipe()
        self._failure: str | None = None
        self._ended = False
        self.signals: list[int] = []
        self.calls: list[str] = []

    def end(self, failure: str | None = None) -> None:
        """End, well or not."""
        self._failure, self._ended = failure, True
        os.write(self._writer, b"x")

    def close(self) -> None:
        os.close(self._reader)
        os.close(self._writer)

    @property
    def run_id(self) -> str:
        return self._run_id

    @property
    def sentinel(self) -> int:
        return self._reader

    @property
    def costs(self) -> dict[str, float]:
        return self.took

    def wait(self) -> bool:
        return self._failure is None

    def get_status(self) -> str:
        return RunStatus.to_string(RunStatus.FINISHED if self._ended else RunStatus.RUNNING)

    def signal(self, number: int) -> None:
        self.signals.append(number)
        if self.listens:
            self.end("ended")

    def end_strays(self) -> None:
        self.calls.append("end_strays")

    def cancel(self) -> None:
        self.calls.append("cancel")

    def failure(self) -> str | None:
        return self._failure


def child(number: int | None, run: FakeRun, place: Place | None = None) -> Child:
    """A child of a study with such a run."""
    return Child(Job(number, "sklearn.svm.SVC", {"C": 2.0}), run, place or Place(0, has_port=False))


def places(count: int) -> Places:
    """Places that have nothing of their own."""
    return Places(Place(number, has_port=False) for number in range(count))
