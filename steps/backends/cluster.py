"""A Ray cluster: connecting to it, what a trial takes of it, what it holds, which of its nodes are alive.

Ray is optional, so it is imported where it is needed.
"""

import importlib.util
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import floor
from typing import Any

import yaml

from steps import environment
from steps.errors import WrongValue, did_you_mean

OPTION = "--backend_config"
# What Ray calls an amount that a trial takes.
_KINDS = {"cpus": "CPU", "gpus": "GPU", "memory": "memory"}
_KEYS = ("address", *_KINDS, "resources", "runtime_env")
# Ways to have Ray make, on each node, the environment that conda.yaml pins.
_MAKERS: Mapping[str, Callable[[], Any]] = {
    "uv": lambda: {"packages": _pinned()},
    "pip": lambda: _pinned(),
    "conda": lambda: yaml.safe_load(environment.conda_yaml()),
}
# What a node has no use for; what .gitignore names is left out, too.
_LEFT_OUT = [".git", ".venv", "__pycache__"]
# How long the head of a cluster may take to answer, and how old a list of its nodes may be.
_ANSWER_S = 1.7
_FRESH_S = 1.0


@dataclass(frozen=True)
class Need:
    """Which cluster, what each trial takes of it, by Ray's names, and in which environment it runs there."""

    address: str
    amounts: Mapping[str, float]
    runtime_env: Mapping[str, Any]

    def options(self) -> dict[str, Any]:
        """Return what `ray.remote` takes of it."""
        words = {"CPU": "num_cpus", "GPU": "num_gpus", "memory": "memory"}
        options: dict[str, Any] = {words[kind]: amount for kind, amount in self.amounts.items() if kind in words}
        return {**options, "resources": {kind: n for kind, n in self.amounts.items() if kind not in words}}


def read(config: Mapping[str, Any], threads: int) -> Need:
    """Read a backend's configuration: `address`, `cpus` (default: the study's threads), `gpus`, `memory` (bytes),
    `resources` (amounts by name), `runtime_env`.

    Raises WrongValue with all problems at once.
    """  # noqa: D205
    problems = [f"{OPTION} {key!r}: must be one of {', '.join(_KEYS)}{did_you_mean(key, _KEYS)}" for key in config]
    problems = [problem for key, problem in zip(config, problems, strict=True) if key not in _KEYS]
    address = config.get("address", "auto")
    if not isinstance(address, str) or address.startswith("ray://") or not address:
        problems.append(f"{OPTION} address {address!r}: must be auto, or host:port of the cluster's head (ray start)")
    named = config.get("resources", {})
    if not isinstance(named, dict):
        problems.append(f"{OPTION} resources {named!r}: must be an object of names and amounts")
        named = {}
    given = {kind: config.get(key, threads if key == "cpus" else 0) for key, kind in _KINDS.items()} | named
    for kind, amount in given.items():
        if isinstance(amount, bool) or not isinstance(amount, int | float) or not 0 <= amount < float("inf"):
            problems.append(f"{OPTION} {kind} {amount!r}: must be a number from 0 on")
    runtime_env = config.get("runtime_env", {})
    if isinstance(runtime_env, str) and runtime_env in _MAKERS:
        runtime_env = {runtime_env: _MAKERS[runtime_env]()}
    elif not isinstance(runtime_env, dict):
        problems.append(
            f"{OPTION} runtime_env {runtime_env!r}: must be {', '.join(_MAKERS)} (from conda.yaml) or an object for Ray"
        )
    if problems:
        raise WrongValue(*problems)
    amounts = {kind: amount for kind, amount in given.items() if amount}
    shipped = {"working_dir": str(environment.PROJECT), "excludes": _LEFT_OUT}
    return Need(address, amounts, {**shipped, **runtime_env})


def _pinned() -> list[str]:
    return [f"{name}=={version}" for name, version in environment.pins().items()]


def check_installed() -> None:
    """Raise WrongValue where Ray is not installed."""
    if importlib.util.find_spec("ray") is None:
        raise WrongValue(
            "--backend 'ray': needs Ray, which is not in conda.yaml: use `scripts/run --ray tune …`, or an environment "
            "made from conda-ray.yaml, with --env-manager local"
        )


def connect(need: Need) -> None:
    """Connect this process, which must be on a machine of the cluster, to it; nothing where it is connected.

    Raises WrongValue where there is none.
    """
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ["RAY_OVERRIDE_RUNTIME_ENV_DEFAULT_EXCLUDES"] = ""  # it prints a line for each: ours are the same
    import ray

    if ray.is_initialized():
        return
    shown = f"{OPTION} address {need.address!r}"
    _check_answer(need.address, shown)
    # What Ray reports of its processes, dozens of lines each time, would go to this process's stdout.
    vars(ray._private.worker)["print_to_stdstream"] = lambda *_args, **_more: None
    with _own_signals():
        try:
            ray.init(
                need.address, runtime_env=dict(need.runtime_env), log_to_driver=False, logging_level="ERROR",
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
    """Keep this process's answers to signals: Ray installs its own, which end it at once."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    standing = [signal.getsignal(number) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, standing, strict=True):
            signal.signal(number, handler)


def capacity(need: Need) -> int:
    """Return how many trials the nodes that are alive hold at a time, were they empty."""
    import ray

    return sum(_held(need.amounts, node["Resources"]) for node in ray.nodes() if node["Alive"])


def _held(amounts: Mapping[str, float], has: Mapping[str, float]) -> int:
    return min((floor(has.get(kind, 0) / amount) for kind, amount in amounts.items()), default=1)


def addresses() -> set[str]:
    """Return the addresses of the nodes that are alive."""
    import ray

    return {node["NodeManagerAddress"] for node in ray.nodes() if node["Alive"]}


@dataclass
class Nodes:
    """The nodes of the cluster that this process is connected to, as it was told a second ago at most."""

    _known: Mapping[str, bool] = field(default_factory=dict)
    _asked: float = float("-inf")
    _died: float = float("-inf")

    def is_dead(self, node_id: str) -> bool:
        """Tell whether a node has been given up by its cluster."""
        self._look()
        return not self._known.get(node_id, True)

    @property
    def last_death(self) -> float:
        """Return the `time.monotonic()` at which one was last seen to have died; minus infinity where none has."""
        self._look()
        return self._died

    def _look(self) -> None:
        import ray

        now = time.monotonic()
        if now - self._asked < _FRESH_S:
            return
        self._asked = now
        try:
            found = {node["NodeID"]: bool(node["Alive"]) for node in ray.nodes()}
        except (ray.exceptions.RayError, RuntimeError, OSError):  # its head is away; if it stays so, Ray ends us
            return
        if any(not alive and self._known.get(name, False) for name, alive in found.items()):
            self._died = now
        self._known = found
