"""Another project on its way to the nodes of a cluster: packed once per study, unpacked once by each worker process."""

import io
import os
import re
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlflow.projects.utils import load_project  # not documented; how `mlflow.run` itself reads MLproject

from steps.backends import stage
from steps.backends.warm.program import Program
from steps.errors import WrongValue
from steps.parameters.option import option
from steps.process.signals import Interrupts
from steps.project import declared_environment, ready_environment, working_folder
from steps.project.snapshot import ENVIRONMENT, PRIVATE, SHARED_NAMES

# Ray's own limit for a folder that it carries to its nodes.
MOST_BYTES = 512 * 1024**2
# Of gzip: the least work. What is large in a project is compressed already.
_LEVEL = 1


@dataclass(frozen=True)
class ShippedProject:
    """A packed project, how messages name it, and the manager of its environment, which each node makes for itself.

    `content` holds Ray's reference to what `pack` has returned. In a tuple it is no argument that Ray would fetch for
    each task: a worker fetches it once.
    """

    shown: str
    manager: str
    content: tuple[Any]

    @staticmethod
    def on_a_node(command: str, folder: str) -> str:
        """Name files of the project by their paths in it: there a command starts in its folder, wherever that is.

        >>> ShippedProject.on_a_node("python fit.py '/here/my data' --out=/here/out /not/here/data", "/here")
        "python fit.py 'my data' --out=out /not/here/data"
        """
        return re.sub(rf"(?<![^\s'\"=:,]){re.escape(folder)}/", "", command)

    def get_ready(self, folder: Path) -> tuple[Path, Program, Sequence[str]]:
        """Unpack it in `folder`, unless it is there, and make its environment, unless this node has it.

        Returns where it lies, and the program and the imports of a launcher for it. Raises WrongValue.
        """
        import ray

        root = folder / "other"
        if not root.exists():
            unpack(ray.get(self.content[0]), root)
        declared = declared_environment.declared(load_project(str(root)), root, self.manager)
        if declared is None:
            environment = ready_environment.own()
        else:
            # Nothing notes signals here: Ray ends a task by a KeyboardInterrupt, and that ends an installer, too.
            environment = ready_environment.get_ready(declared, self.shown, folder / "environment.log", Interrupts())
        return root, *stage.launcher_program(environment)


def pack(project: Path, shown: str) -> bytes:
    """Return a project's files as an archive, without version control, environments and MLflow's own folders.

    Links stay links: an absolute one leads to what each node has there. What may not be read is left out. Raises
    WrongValue if it is too large to travel.
    """
    total = 0

    def taken(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
        nonlocal total
        path = project / entry.name
        if entry.name and (path.name in SHARED_NAMES or path.name.startswith(PRIVATE)):
            return None
        if not entry.issym() and not os.access(path, os.R_OK):
            return None
        if entry.isdir() and entry.name and any((path / name).exists() for name in ENVIRONMENT):
            return None
        total += entry.size
        if total > MOST_BYTES:
            raise WrongValue(
                f"{option('project', shown)}: has more than {MOST_BYTES >> 20} MB of files, too much for Ray to carry "
                "to its nodes: keep data elsewhere, and give trials its URI, or a path that every node has"
            )
        return entry if entry.isfile() or entry.isdir() or entry.issym() or entry.islnk() else None

    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz", compresslevel=_LEVEL) as packed:
        packed.add(project, "", filter=taken)
    return archive.getvalue()


def unpack(content: bytes, folder: Path) -> None:
    """Write the files of an archive to a new folder, which is there once all of them are."""
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    working_folder.remove(unfinished)
    with tarfile.open(fileobj=io.BytesIO(content)) as packed:
        packed.extractall(unfinished)
    unfinished.rename(folder)
