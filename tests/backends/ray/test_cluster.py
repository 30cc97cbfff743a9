import sys
import time
from types import SimpleNamespace

import pytest

from steps.backends.ray import cluster
from steps.errors import WrongValue

NODES = [
    ({"CPU": 1}, {"CPU": 4}, 4),
    ({"CPU": 3}, {"CPU": 4}, 1),
    ({"CPU": 1, "GPU": 1}, {"CPU": 4, "GPU": 2}, 2),
    ({"CPU": 1, "GPU": 1}, {"CPU": 4}, 0),
    ({"CPU": 0.5}, {"CPU": 4}, 8),
    ({"CPU": 8}, {"CPU": 4}, 0),
    ({}, {"CPU": 4}, 1),
]


@pytest.mark.parametrize(("takes", "has", "held"), NODES)
def test_a_node_holds_what_its_scarcest_resource_allows(takes, has, held):
    """A whole number of trials; of trials that take nothing, one."""
    assert cluster._held(takes, has) == held


def test_where_ray_is_not_installed_it_is_said_how_to_get_it():
    """The base environment has none."""
    with pytest.raises(WrongValue, match="scripts/run --ray"):
        cluster.check_installed()


def test_a_node_s_death_is_noticed_once_its_cluster_tells_it(monkeypatch):
    """A node is dead if the cluster says so, alive if nobody knows it; the head may not answer for a while."""
    reports: list[object] = []

    def nodes() -> object:
        report = reports.pop(0)
        if isinstance(report, Exception):
            raise report
        return report

    error = SimpleNamespace(RayError=type("RayError", (Exception,), {}))
    monkeypatch.setitem(sys.modules, "ray", SimpleNamespace(nodes=nodes, exceptions=error))
    monkeypatch.setattr(cluster, "_FRESH_S", -1.0)  # so that each question asks the cluster
    one, other = ({"NodeID": name, "Alive": True} for name in ("one", "other"))
    seen = cluster.Nodes()
    reports[:] = [[one, other]] * 3
    assert [seen.is_dead("one"), seen.is_dead("never heard of"), seen.last_death] == [False, False, float("-inf")]
    reports[:] = [error.RayError("away"), [one]]
    assert [seen.is_dead("other"), seen.last_death] == [False, float("-inf")]
    reports[:] = [[one, other], [one, {**other, "Alive": False}]]
    assert [seen.is_dead("other"), seen.is_dead("other")] == [False, True]
    reports[:] = [OSError("away")] * 2
    assert seen.is_dead("other")
    assert 0 <= time.monotonic() - seen.last_death < 60
