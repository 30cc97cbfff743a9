"""What each trial takes of a Ray cluster, and which cluster that is: the backend's configuration, read and checked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from steps.errors import WrongValue, did_you_mean
from steps.project import environment

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


@dataclass(frozen=True)
class TrialResources:
    """Which cluster, what each trial takes of it, by Ray's names, and in which environment it runs there."""

    address: str
    amounts: Mapping[str, float]
    runtime_env: Mapping[str, Any]

    def options(self) -> dict[str, Any]:
        """Return what `ray.remote` takes of it."""
        words = {"CPU": "num_cpus", "GPU": "num_gpus", "memory": "memory"}
        options: dict[str, Any] = {words[kind]: amount for kind, amount in self.amounts.items() if kind in words}
        return {**options, "resources": {kind: n for kind, n in self.amounts.items() if kind not in words}}


def read(config: Mapping[str, Any], threads: int) -> TrialResources:
    """Read a backend's configuration. Raises WrongValue with all problems at once.

    Its keys: `address`; what a trial takes of its node, `cpus` (default: the study's threads), `gpus`, `memory` in
    bytes and `resources` (amounts by name); `runtime_env`.
    """
    problems = [
        f"{OPTION} {key!r}: must be one of {', '.join(_KEYS)}{did_you_mean(key, _KEYS)}"
        for key in config
        if key not in _KEYS
    ]
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
    return TrialResources(address, amounts, {**shipped, **runtime_env})


def _pinned() -> list[str]:
    return [f"{name}=={version}" for name, version in environment.pins().items()]
