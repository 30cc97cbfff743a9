"""A named study of this project, which the same command resumes; alone, through a tracking server, or on a cluster."""

import contextlib
import json
from pathlib import Path

from mlflow.tracking import MlflowClient

from scripts.benchmarks.contenders import trial
from scripts.benchmarks.contenders.contender import Contender
from scripts.benchmarks.contenders.outcome import AT_ONCE, TRIALS, Essence, Trial
from tests.e2e.server import Server
from tests.e2e.tools import Place
from tests.host import ROOT

STUDY = "faults"
_BOUNDS = f"{trial.LOW}..{trial.HIGH}"


class Ours(Contender):
    """`mlflow run . -e tune`, on a sqlite database."""

    name = "this project"
    resumed_by = "the same command"

    def __init__(self, folder: Path, python: Path, disk: Path | None = None):
        super().__init__(folder, python, disk)
        uri = f"sqlite:///{self.database}"
        self.place = Place(
            folder, python=str(python), server=uri, extra={**self.place.extra, "MLFLOW_TRACKING_URI": uri}
        )

    def prepare(self) -> None:
        with contextlib.chdir(self.disk):  # where the artifacts go
            self.place.client.search_experiments()  # the tables are made before

    def commands(self, *, resumed: bool) -> list[list[str]]:
        given = self.parameters()
        return [self.place.command("tune", *(word for name in given for word in ("-P", f"{name}={given[name]}")))]

    def parameters(self) -> dict[str, object]:
        """Return what the study is given."""
        script = Path(trial.__file__).relative_to(ROOT)
        return {
            "study": STUDY, "entry_point": script, "space": f"x={_BOUNDS} y={_BOUNDS}", "objective": "loss",
            "direction": "minimize", "n_trials": TRIALS, "baseline": "false", **self.places(),
        }  # fmt: skip

    def places(self) -> dict[str, object]:
        """Return where the trials run."""
        return {"jobs": AT_ONCE}

    @property
    def database(self) -> Path:
        return self.disk / "mlflow.db"

    def drivers(self) -> list[int]:
        parents = self.client.search_runs(["0"], "tags.`tuning.role` = 'study'")
        tuners = {int(json.loads(run.data.tags["tuning.tuner"])["pid"]) for run in parents}
        return sorted(tuners & set(self.left()))

    def running(self) -> int:
        runs = self.client.search_runs(["0"], max_results=5000)
        return sum(run.info.status in ("RUNNING", "SCHEDULED") for run in runs)

    def essence(self) -> Essence:
        runs = self.place.named(STUDY).ended("COMPLETE")
        tags = [run.data.tags for run in runs]
        return [
            Trial(int(each["tuning.trial"]), json.loads(each["tuning.params"]), run.data.metrics["loss"])
            for each, run in zip(tags, runs, strict=True)
        ]

    @property
    def client(self) -> MlflowClient:
        """A client that reads the database itself, whatever becomes of a server."""
        return self.place.client


class OursOnServer(Ours):
    """The same, on an `mlflow server` over such a database."""

    _server: Server | None = None

    def prepare(self) -> None:
        super().prepare()
        database = f"sqlite:///{self.database}"
        self._server = Server(self.place, store=database)
        self.place.server = database
        self._server.start()

    @property
    def server(self) -> Server:
        assert self._server is not None
        return self._server

    def end(self) -> None:
        super().end()
        if self._server is not None:
            self._server.kill()
