"""GPUs as the tools of their makers list them."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from steps.names import Variable

_OF_NVIDIA_SMI = re.compile(r"(?P<gpu>GPU (?P<number>\d+):)?.*\(UUID: (?P<id>[\w/-]+)\)")
# How long a tool may take: NVIDIA's takes seconds where the driver was not loaded.
_TOOL_S = 30.0
# The variables that show devices to a process, in the order in which they are looked at, and what frameworks call such
# devices: PyTorch says cuda of AMD's, too.
KINDS = {
    Variable.CUDA_DEVICES: "cuda",
    Variable.HIP_DEVICES: "cuda",
    Variable.ROCR_DEVICES: "cuda",
    Variable.ZE_DEVICES: "xpu",
}


@dataclass(frozen=True)
class Devices:
    """Devices, by the names that the first of `variables` takes; `found_by` says who named them.

    All of `variables` show them to a process. `ids` has the name of a device by its id; `others` are further variables,
    which the names go with.
    """

    variables: Sequence[str]
    names: Sequence[str]
    found_by: str
    ids: Mapping[str, str] = field(default_factory=dict)
    others: Mapping[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """Return what frameworks call such devices."""
        return KINDS[self.variables[0]]

    def showing(self, names: Iterable[str]) -> dict[str, str]:
        """Return the variables of a process that is to see some of the devices, and no other."""
        return {**self.others, **dict.fromkeys(self.variables, ",".join(names))}


def ask() -> "tuple[Devices | None, list[str]]":
    """Return the devices that the first of the tools lists that lists any; and why the others don't."""
    reasons = []
    for tool, words, read in _TOOLS:
        answer = _run([tool, *words])
        if not isinstance(answer, bytes):
            reasons.append(f"{tool} {answer}")
        elif (devices := read(answer)).names:
            return devices, reasons
        else:
            reasons.append(f"{tool} lists none")
    return None, reasons


def _run(words: Sequence[str]) -> "bytes | str":
    """Return what a tool prints; if it can't be asked, why."""
    if shutil.which(words[0]) is None:
        return "is not on PATH"
    try:
        done = subprocess.run(words, capture_output=True, stdin=subprocess.DEVNULL, timeout=_TOOL_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"can't be run: {error}"
    if done.returncode != 0:
        lines = (done.stderr or done.stdout).decode(errors="replace").split("\n")
        return f"fails ({lines[0].strip() or f'exit code {done.returncode}'})"
    return done.stdout


def _of_nvidia(answer: bytes) -> Devices:
    """Read `nvidia-smi -L`. A GPU that is divided (MIG) is no device itself, its parts are, by their ids."""
    names: list[str] = []
    ids: dict[str, str] = {}
    for line in answer.decode(errors="replace").splitlines():
        if (match := _OF_NVIDIA_SMI.match(line.strip())) is None:
            continue
        if match["gpu"]:
            names.append(match["number"])
            ids[match["id"]] = gpu = match["number"]
        else:
            if gpu in names:
                names.remove(gpu)
                ids = {id: name for id, name in ids.items() if name != gpu}
            names.append(match["id"])
    # Else CUDA counts the fastest first, and its numbers are not the tool's.
    order = {} if Variable.CUDA_ORDER in os.environ else {Variable.CUDA_ORDER: "PCI_BUS_ID"}
    return Devices([Variable.CUDA_DEVICES], names, "nvidia-smi", ids, order)


def _of_amd(answer: bytes) -> Devices:
    """Read `rocm-smi --showid --json`: an object for each card. HIP's variable holds in every release of PyTorch."""
    numbers = [int(key[4:]) for key in _json(answer) if re.fullmatch(r"card\d+", key)]
    return Devices([Variable.HIP_DEVICES], list(map(str, sorted(numbers))), "rocm-smi")


def _of_intel(answer: bytes) -> Devices:
    """Read `xpu-smi discovery -j`."""
    listed: Any = _json(answer).get("device_list", [])
    return Devices([Variable.ZE_DEVICES], [str(device["device_id"]) for device in listed], "xpu-smi")


def _json(answer: bytes) -> "dict[str, object]":
    """Read an object of JSON; what a tool writes before or behind it, such as warnings, is left out."""
    text = answer.decode(errors="replace")
    try:
        content = json.loads(text[text.index("{") : text.rindex("}") + 1])
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


_TOOLS: Sequence[tuple[str, Sequence[str], Callable[[bytes], Devices]]] = (
    ("nvidia-smi", ["-L"], _of_nvidia),
    ("rocm-smi", ["--showid", "--json"], _of_amd),
    ("xpu-smi", ["discovery", "-j"], _of_intel),
)
