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
