"""What a trial took, past Ray's own way: whatever a cancelled task sends back, Ray drops."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

# How long either side waits for the keeper: it has next to nothing to do, but its node may be busy.
ANSWER_S = 5.0


class Keeper:
    """An actor of Ray's, on the tuner's own node, that keeps what tasks tell until the tuner takes it."""

    def __init__(self) -> None:
        self._told: dict[str, Mapping[str, float]] = {}

    def tell(self, run_id: str, used: Mapping[str, float]) -> None:
        """Keep what the command of a run took, see `Fork`."""
        self._told[run_id] = used

    def take(self, run_id: str) -> Mapping[str, float]:
        """Return it, and forget it; empty if nobody has told."""
        return self._told.pop(run_id, {})


@dataclass(frozen=True)
class ToldCosts:
    """What a run took, as its task tells it to the `keeper`, Ray's handle of the actor."""

    keeper: Any
    run_id: str

    def tell(self, used: Mapping[str, float]) -> None:
        """Tell it; returns once the keeper knows, or does not answer."""
        self._ask("tell", self.run_id, used)

    def take(self) -> Mapping[str, float]:
        """Return what was told; empty if nothing was, or if the keeper does not answer."""
        return self._ask("take", self.run_id) or {}

    def _ask(self, method: str, *arguments: object) -> Any:
        import ray

        with suppress(ray.exceptions.RayError):
            return ray.get(getattr(self.keeper, method).remote(*arguments), timeout=ANSWER_S)


def start_keeper() -> Any:
    """Start an actor that ends with this process."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    wrapper: Any = ray.remote(Keeper)
    return wrapper.options(num_cpus=0, scheduling_strategy=here).remote()
