"""A Ray cluster: connect to it, count the trials that it has room for, tell which of its nodes are alive.

Ray is optional, so it is imported where it is needed.
"""

import importlib.util
import os
import signal
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import floor

from steps.backends.ray import stdout
from steps.backends.ray.config import TrialResources
from steps.errors import WrongValue
from steps.parameters.option import option

# How long the head of a cluster may take to answer.
_ANSWER_S = 1.7
# How old the list of its nodes may be.
_FRESH_S = 1.0


def check_installed() -> None:
    """Raise WrongValue if Ray is not installed."""
    if importlib.util.find_spec("ray") is None:
        raise WrongValue(
            f"{option('backend', 'ray')}: needs Ray, which is not in conda.yaml: use `scripts/run --ray tune …`, or an "
            "environment made from conda-ray.yaml, with --env-manager local"
        )


def connect(resources: TrialResources) -> None:
    """Connect this process to a cluster that this machine is part of, unless it is connected already.

    Raises WrongValue if there is none.
    """
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ["RAY_OVERRIDE_RUNTIME_ENV_DEFAULT_EXCLUDES"] = (
        ""  # it prints a line for each; ours name the same folders
    )
    os.environ["RAY_DEDUP_LOGS"] = "0"  # else it keeps repeated reports, and prints them as this process ends
    import ray

    if ray.is_initialized():
        return
    shown = f"{option('backend_config')} address {resources.address!r}"
    _check_answer(resources.address, shown)
    stdout.keep_for_this_thread()
    with _own_signals():
        try:
            ray.init(
                resources.address, runtime_env=dict(resources.runtime_env), log_to_driver=False, logging_level="ERROR",
                configure_logging=False,
            )  # fmt: skip
        except (OSError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
            reason = next(iter(str(error).splitlines()), repr(error))
            raise WrongValue(
                f"{shown}: can't connect: {reason}; this process must be on a machine of the cluster: start one with "
                "`ray start --head`, or join it with `ray start --address=…`"
            ) from error


def _check_answer(address: str, shown: str) -> None:
    host, _, port = address.rpartition(":")
    if not host:
        return
    try:
        socket.create_connection((host, int(port)), _ANSWER_S).close()
    except (OSError, ValueError, OverflowError) as error:
        raise WrongValue(f"{shown}: no cluster answers there ({error}); start one with `ray start --head`") from error


@contextmanager
def _own_signals() -> Iterator[None]:
    """Keep this process's signal handlers: Ray installs its own, which end the process at once."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    handlers = [signal.getsignal(number) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, handlers, strict=True):
            signal.signal(number, handler)


def capacity(resources: TrialResources) -> int:
    """Return how many trials the nodes that are alive can hold at a time if nothing else runs there."""
    import ray

    return sum(_held(resources.amounts, node["Resources"]) for node in ray.nodes() if node["Alive"])


def _held(amounts: Mapping[str, float], has: Mapping[str, float]) -> int:
    return min((floor(has.get(kind, 0) / amount) for kind, amount in amounts.items()), default=1)


def addresses() -> set[str]:
    """Return the addresses of the nodes that are alive."""
    import ray

    return {node["NodeManagerAddress"] for node in ray.nodes() if node["Alive"]}


@dataclass
class Nodes:
    """The nodes of the cluster that this process is connected to; what it says is a second old at most."""

    _alive: Mapping[str, bool] = field(default_factory=dict)  # by node id
    _asked: float = float("-inf")
    _died: float = float("-inf")

    def is_dead(self, node_id: str) -> bool:
        """Tell whether a node has been given up by its cluster."""
        self._look()
        return not self._alive.get(node_id, True)

    @property
    def last_death(self) -> float:
        """Return the `time.monotonic()` at which a node was last seen to have died; minus infinity if none has."""
        self._look()
        return self._died

    def _look(self) -> None:
        import ray

        now = time.monotonic()
        if now - self._asked < _FRESH_S:
            return
        self._asked = now
        try:
            alive = {node["NodeID"]: bool(node["Alive"]) for node in ray.nodes()}
        except (ray.exceptions.RayError, RuntimeError, OSError):
            return  # the head does not answer; if that lasts, Ray ends this process
        if any(was_alive and not alive.get(node, True) for node, was_alive in self._alive.items()):
            self._died = now
        self._alive = alive
