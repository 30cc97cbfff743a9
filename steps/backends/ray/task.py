"""The body of a Ray task: on a node of the cluster it executes one command in a fork of a launcher.

Each of Ray's worker processes starts a launcher of its own with its first trial and keeps it.
"""

import os
import signal
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from steps.backends.ray.costs import ToldCosts
from steps.backends.submitted_run import GRACE_S
from steps.backends.warm.launch import Launcher
from steps.names import Variable
from steps.process import ports
from steps.project.snapshot import PRIVATE, Snapshot
from steps.project.working_folder import WorkingFolder

if TYPE_CHECKING:  # it imports MLflow
    from steps.backends.ray.shipped_project import ShippedProject

# How often the wait is interrupted: only then can Ray's request to end take effect.
_LOOK_S = 0.1
# How many bytes of a child's output come back: a larger answer Ray would keep on the node.
_OUTPUT_LENGTH = 50_000
# Ray sets these for a task that was given accelerators. A launcher that is older than the task lacks them.
_ACCELERATORS = (
    Variable.CUDA_DEVICES, Variable.ROCR_DEVICES, Variable.HIP_DEVICES, "ONEAPI_DEVICE_SELECTOR",
    "NEURON_RT_VISIBLE_CORES",
)  # fmt: skip
# The one of this worker.
launcher = Launcher()
_ready_for: "Preload | None" = None
_snapshot: Snapshot | None = None


@dataclass(frozen=True)
class Preload:
    """The imports and calls of a launcher before its first fork (see `launcher`), and its environment variables.

    `in_own_folder` tells whether each command gets a folder of its own with the project in it. `project` is another
    one; what its launcher imports depends on its environment alone.
    """

    modules: Sequence[str]
    calls: Sequence[tuple[str, Mapping[str, Any]]]
    variables: Mapping[str, str]
    in_own_folder: bool = False
    project: "ShippedProject | None" = None


def execute(
    command: str, variables: Mapping[str, str], preload: Preload, costs: ToldCosts
) -> Iterator[tuple[Any, ...]]:
    """Execute a command in the project that Ray has unpacked here, or in another one.

    Yields (id of this node, its address, the devices that Ray has given the task), then (exit code, end of the output);
    the exit code is None if nobody knows how the command ended. Ray cancels a task by a KeyboardInterrupt: then the
    command is asked to end, and killed after GRACE_S. What it took is told to `costs`, however it ended.
    """
    import ray

    node_id, address = ray.get_runtime_context().get_node_id(), ray.util.get_node_ip_address()
    own = Path.cwd() / f"{PRIVATE}{os.getpid()}"  # Ray removes it with the project
    own.mkdir(exist_ok=True)
    _warm_up(preload, own)
    accelerators = {name: os.environ[name] for name in _ACCELERATORS if name in os.environ}
    yield node_id, address, next(filter(None, accelerators.values()), "")
    with tempfile.TemporaryDirectory(dir=own) as folder, ports.reserved() as port:
        output = Path(folder) / "output"
        where = Path.cwd()
        if _snapshot is not None:
            working = WorkingFolder(_snapshot, Path(folder) / "project")
            working.restore()
            where = working.project
        own_variables = {Variable.PORT: str(port.number), "PWD": str(where), **variables, **accelerators}
        try:
            process = launcher.run(command, str(where), own_variables, output)
        except KeyboardInterrupt:  # the launcher has forked, or is about to: it must end, since nobody knows the fork
            launcher.stop()
            raise
        try:
            while not process.wait(_LOOK_S):
                pass
        finally:
            process.send(signal.SIGTERM)
            process.wait(GRACE_S)
            process.end()
            costs.tell(process.used)
        yield process.exit_code, _end_of(output)


def _warm_up(preload: Preload, folder: Path) -> None:
    global _ready_for, _snapshot, launcher
    if _ready_for == preload and launcher.pid is not None:
        return
    os.environ.update(preload.variables)
    os.environ[Variable.FILES] = str(folder)
    root, modules = Path.cwd(), preload.modules
    if preload.project is not None:
        launcher.stop()
        root, program, modules = preload.project.get_ready(folder)
        launcher = Launcher(program)
    launcher.start(modules).prepare(preload.calls)
    # What lies beside the project that Ray has unpacked is Ray's own.
    _snapshot = Snapshot(root, beside=False) if preload.in_own_folder else None
    _ready_for = preload


def _end_of(output: Path) -> str:
    if not output.exists():
        return ""
    with output.open("rb") as file:
        file.seek(max(0, output.stat().st_size - _OUTPUT_LENGTH))
        return file.read().decode(errors="replace")
