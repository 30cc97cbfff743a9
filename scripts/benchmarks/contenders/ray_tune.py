"""Ray Tune: `Tuner.fit`, and `Tuner.restore` by another process; alone, or on a cluster of two nodes."""

import json
import shutil
import tempfile
from contextlib import suppress
from typing import Any

from scripts.benchmarks.contenders import ray_tune_run
from scripts.benchmarks.contenders.contender import Contender
from scripts.benchmarks.contenders.on_cluster import OnCluster
from scripts.benchmarks.contenders.outcome import Essence, Trial
from tests.e2e.cluster import HEAD, PORT
from tests.host import ROOT


class RayTune(Contender):
    """A study on a cluster that its driver starts for itself. Its record are the files of `storage_path`."""

    name = "Ray Tune"
    resumed_by = "`Tuner.restore`"
    address = "local"
    _temporary = ""

    def prepare(self) -> None:
        self.place.extra |= {"PYTHONPATH": str(ROOT), "RAY_USAGE_STATS_ENABLED": "0"}
        self._temporary = tempfile.mkdtemp(prefix="ray-")  # sockets need a short name

    def commands(self, *, resumed: bool) -> list[list[str]]:
        words = [str(self.disk / "results"), self._temporary, self.address, "restore" if resumed else "start"]
        return [[str(self.python), "-m", ray_tune_run.__name__, *words]]

    def drivers(self) -> list[int]:
        return self.groups()

    def running(self) -> int:
        return sum(trial["status"] == "RUNNING" for trial, _ in self._trials())

    def essence(self) -> Essence:
        ended = [
            Trial(int(trial["experiment_tag"].partition("_")[0]) - 1, trial["config"], runtime["last_result"]["loss"])
            for trial, runtime in self._trials()
            if trial["status"] == "TERMINATED" and "loss" in runtime["last_result"]
        ]
        return sorted(ended, key=lambda trial: trial.number)

    def end(self) -> None:
        super().end()
        if self._temporary:
            shutil.rmtree(self._temporary, ignore_errors=True)

    def _trials(self) -> list[list[dict[str, Any]]]:
        """Read the newest state that the driver has written whole: for each trial what it is, and how far it came."""
        folder = self.disk / "results" / ray_tune_run.STUDY
        for file in sorted(folder.glob("experiment_state-*.json"), reverse=True):
            with suppress(json.JSONDecodeError):  # cut off, where the disk was full
                trials: list[list[str]] = json.loads(file.read_text())["trial_data"]
                return [[json.loads(part) for part in trial] for trial in trials]
        return []


class RayTuneOnCluster(OnCluster, RayTune):
    """The same on a cluster that is there before, and stays."""

    address = f"{HEAD}:{PORT}"

    def prepare(self) -> None:
        RayTune.prepare(self)
        self.start_cluster()
