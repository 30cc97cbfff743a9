"""The tools by the name that the command has for them, and how a study of each is made for what a fault needs."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from scripts.benchmarks.contenders.contender import Contender
from scripts.benchmarks.contenders.optuna_workers import OptunaWorkers
from scripts.benchmarks.contenders.ours import Ours, OursOnServer
from scripts.benchmarks.contenders.ours_on_cluster import OursOnCluster
from scripts.benchmarks.contenders.ray_tune import RayTune, RayTuneOnCluster
from scripts.benchmarks.contenders.small_disk import small_disk
from scripts.benchmarks.contenders.strikes import FAULTS
from tests.e2e.network import own_network


@dataclass(frozen=True)
class Tool:
    """A tool: its study by what a fault needs, for which of these needs it runs in an environment that has Ray.

    `without` says why a fault makes no sense for it, by the fault's name.
    """

    by_need: Mapping[str, type[Contender]]
    in_ray: tuple[str, ...] = ()
    without: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.by_need[""].name

    def runs_in_ray(self, fault: str) -> bool:
        """Tell whether a fault's row takes an environment that has Ray."""
        return fault not in self.without and FAULTS[fault].needs in self.in_ray

    @contextmanager
    def study(self, needs: str, folder: Path, ray: Path | None) -> Iterator[Contender]:
        """Make a study in a folder, with what the fault needs around it; end all of it."""
        folder.mkdir(parents=True)
        python = ray if needs in self.in_ray and ray else Path(sys.executable)
        make = self.by_need.get(needs, self.by_need[""])
        with ExitStack() as ends:
            disk = ends.enter_context(small_disk(folder)) if needs == "disk" else folder
            if needs == "cluster":
                ends.enter_context(own_network())
            study = make(folder, python, disk)
            ends.callback(study.end)
            study.prepare()
            yield study


TOOLS = {
    "ours": Tool({"": Ours, "server": OursOnServer, "cluster": OursOnCluster}, in_ray=("cluster",)),
    "optuna": Tool({"": OptunaWorkers}, without={"server": "no server: the workers open the database"}),
    "ray": Tool(
        {"": RayTune, "cluster": RayTuneOnCluster},
        in_ray=("", "disk", "cluster"),
        without={"server": "no server: its record is files", "locked": "no database: its record is files"},
    ),
}
