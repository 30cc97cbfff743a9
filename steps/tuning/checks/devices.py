"""The GPUs of this machine that a study's trials may have: found, chosen, and divided among its places."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from steps.errors import WrongValue, did_you_mean
from steps.names import Variable
from steps.parameters.option import option
from steps.parameters.tune_settings import TuneSettings
from steps.tuning.checks import gpu_tools
from steps.tuning.checks.gpu_tools import KINDS, Devices

# What a process may be shown: a number, of Intel's also that of a tile, or an id. CUDA stops at the first that is none.
_NAME = re.compile(r"\d+(\.\d+)?|(GPU|MIG)-[\w/-]+")
_MIG = "MIG-"


def take(settings: TuneSettings, environment: Mapping[str, str] = os.environ) -> Devices:
    """Find the devices that a study's trials may have: of those there are, those that it names.

    Raises WrongValue if there are none, or not enough for one trial.
    """
    devices = _choose(find(environment, settings.gpus), settings.devices)
    shown = ", ".join(devices.names)
    if settings.gpus > len(devices.names):
        raise WrongValue(f"{option('gpus', settings.gpus)}: more than the devices for trials, {shown}")
    if settings.gpus > 1 and any(name.startswith(_MIG) for name in devices.names):
        raise WrongValue(
            f"{option('gpus', settings.gpus)}: must be 1 or less, since a process sees one MIG device only ({shown})"
        )
    return devices


def divide(devices: Sequence[str], gpus: float) -> list[tuple[str, ...]]:
    """Return the devices of each place, of as many places as the devices suffice for; neighbours on different ones.

    >>> divide(["0", "1", "2"], 2), divide(["0", "1"], 0.5)
    ([('0', '1')], [('0',), ('1',), ('0',), ('1',)])
    """
    if gpus < 1:
        return [(device,) for _ in range(round(1 / gpus)) for device in devices]
    each = int(gpus)
    return [tuple(devices[first : first + each]) for first in range(0, len(devices) - each + 1, each)]


def find(environment: Mapping[str, str], gpus: float) -> Devices:
    """Find the devices that this process may use: those that a variable shows it, else those that a tool lists.

    Raises WrongValue if there are none.
    """
    given = [variable for variable in KINDS if variable in environment]
    for variable in given:
        text = environment[variable]
        if names := _names(text):
            # HIP goes by CUDA's variable too. One of ROCR's would change what HIP's numbers mean.
            same = variable == Variable.CUDA_DEVICES and environment.get(Variable.HIP_DEVICES) == text
            return Devices([variable, *([Variable.HIP_DEVICES] if same else [])], names, f"{variable} {text!r}")
    if given:
        raise WrongValue(
            f"{given[0]} {environment[given[0]]!r}: shows this process no GPU; name those that trials may use, or give "
            f"{option('gpus', 0)}"
        )
    devices, reasons = gpu_tools.ask()
    if devices is not None:
        return devices
    raise WrongValue(
        f"{option('gpus', gpus)}: no GPU was found: {', '.join(reasons)}; name those that trials may use, as in "
        f"{Variable.CUDA_DEVICES}=0,1, or give {option('gpus', 0)}"
    )


def _names(text: str) -> list[str]:
    """Read a variable: the devices up to the first word that names none, such as -1 or NoDevFiles."""
    names: list[str] = []
    for word in map(str.strip, text.split(",")):
        if not _NAME.fullmatch(word):
            break
        names.append(word)
    return list(dict.fromkeys(names))


def _choose(devices: Devices, wanted: str) -> Devices:
    """Return those of the devices that are wanted; `auto`: all. Raises WrongValue for one that is not there."""
    if wanted == "auto":
        return devices
    known = {**{name: name for name in devices.names}, **devices.ids}
    words = [word.strip() for word in wanted.split(",")]
    problems = [
        f"{option('devices', wanted)}: there is no device {word}{did_you_mean(word, known)}: {devices.found_by} has "
        f"{', '.join(devices.names)}"
        for word in words
        if word not in known
    ]
    names = [known[word] for word in words if word in known]
    problems += [
        f"{option('devices', wanted)}: has {name} twice" for name in dict.fromkeys(names) if names.count(name) > 1
    ]
    if problems:
        raise WrongValue(*problems)
    return replace(devices, names=names)
