"""Read and check the Ray backend's configuration: which cluster, and what each trial takes of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from steps.errors import WrongValue, did_you_mean
from steps.parameters.option import option
from steps.project import environment

# Ray's names of the amounts that a trial takes.
_KINDS = {"cpus": "CPU", "gpus": "GPU", "memory": "memory"}
_KEYS = ("address", *_KINDS, "resources", "runtime_env")
# How Ray can make on each node the environment that conda.yaml pins.
_MAKERS: Mapping[str, Callable[[], Any]] = {
    "uv": lambda: {"packages": environment.lines()},
    "pip": lambda: environment.lines(),
    "conda": lambda: yaml.safe_load(environment.conda_yaml()),
}
# More than any cluster has of anything; Ray keeps amounts as 64 bits.
_MOST = 2**62
# What a node does not need. Ray itself leaves out what .gitignore names.
_LEFT_OUT = [".git", ".venv", "__pycache__"]


@dataclass(frozen=True)
class TrialResources:
    """Which cluster, what each trial takes of it (by Ray's names), and in which environment it runs there."""

    address: str
    amounts: Mapping[str, float]
    runtime_env: Mapping[str, Any]

    def options(self) -> dict[str, Any]:
        """Return the amounts as arguments of `ray.remote`."""
        arguments = {"CPU": "num_cpus", "GPU": "num_gpus", "memory": "memory"}
        options: dict[str, Any] = {
            arguments[kind]: amount for kind, amount in self.amounts.items() if kind in arguments
        }
        return {**options, "resources": {kind: n for kind, n in self.amounts.items() if kind not in arguments}}


def read(config: Mapping[str, Any], threads: int, gpus: float = 0) -> TrialResources:
    """Read a backend's configuration. Raises WrongValue with all problems at once.

    Its keys: `address`; what a trial takes of its node, `cpus` (default: the study's threads), `gpus` (the study's),
    `memory` in bytes and `resources` (amounts by name); `runtime_env`.
    """
    where = option("backend_config")
    problems = [
        f"{where} {key!r}: must be one of {', '.join(_KEYS)}{did_you_mean(key, _KEYS)}"
        for key in config
        if key not in _KEYS
    ]
    address = config.get("address", "auto")
    if not isinstance(address, str) or address.startswith("ray://") or not address:
        problems.append(f"{where} address {address!r}: must be auto, or host:port of the cluster's head (ray start)")
    resources = config.get("resources", {})
    if not isinstance(resources, dict):
        problems.append(f"{where} resources {resources!r}: must be an object of names and amounts")
        resources = {}
    if gpus and config.get("gpus", gpus) != gpus:
        problems.append(f"{where} gpus {config['gpus']!r}: must be as {option('gpus', gpus)}, or left out")
    of_study = {"cpus": threads, "gpus": gpus}
    amounts = {kind: config.get(key, of_study.get(key, 0)) for key, kind in _KINDS.items()} | resources
    for kind, amount in amounts.items():
        if isinstance(amount, bool) or not isinstance(amount, int | float) or not 0 <= amount <= _MOST:
            problems.append(f"{where} {kind} {amount!r}: must be a number from 0 on")
    runtime_env = config.get("runtime_env", {})
    if isinstance(runtime_env, str) and runtime_env in _MAKERS:
        runtime_env = {runtime_env: _MAKERS[runtime_env]()}
    elif not isinstance(runtime_env, dict):
        problems.append(
            f"{where} runtime_env {runtime_env!r}: must be {', '.join(_MAKERS)} (from conda.yaml) or an object for Ray"
        )
    if problems:
        raise WrongValue(*problems)
    taken = {kind: amount for kind, amount in amounts.items() if amount}
    shipped = {"working_dir": str(environment.PROJECT), "excludes": _LEFT_OUT}
    return TrialResources(address, taken, {**shipped, **runtime_env})
