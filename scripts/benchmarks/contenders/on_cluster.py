"""What studies on a Ray cluster share: two nodes on this machine, of which the one without the driver is struck."""

import os
from contextlib import suppress

from scripts.benchmarks.contenders.contender import Contender
from tests.e2e.cluster import OTHER, TOKEN, Cluster


class OnCluster(Contender):
    """A contender whose trials run on a cluster that it does not start itself. It needs a network of its own."""

    _cluster: Cluster | None = None

    def start_cluster(self) -> None:
        """Start both nodes, with one CPU each."""
        self.place.extra |= TOKEN
        self._cluster = Cluster(self.python, self.place)
        self._cluster.start()

    def node(self) -> list[int]:
        assert self._cluster is not None
        return self._cluster.of_node(OTHER)

    def left(self) -> list[int]:
        """Find the study's processes that are there now: the cluster's own are not the study's."""
        at_work, sessions = set(self.executions.at_work), {process.pid for process in self.started}
        return [pid for pid in super().left() if pid in at_work or _session(pid) in sessions]

    def end(self) -> None:
        super().end()
        if self._cluster is not None:
            self._cluster.stop()


def _session(pid: int) -> int | None:
    with suppress(ProcessLookupError):
        return os.getsid(pid)
    return None
