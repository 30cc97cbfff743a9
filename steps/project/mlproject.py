"""MLproject, read without MLflow: a step looks into it in its first lines, long before MLflow is imported."""

import re
from collections.abc import Mapping
from pathlib import Path

from steps.project.environment import PROJECT

_MODULE = r"(^|\s)-m\s+steps\.{}(\s|$)"
_FILE = "mlproject"  # MLflow takes it in any case


def commands(folder: Path | None = None) -> dict[str, str]:
    """Return the command of each entry point by its name, of this project or of the one in a folder.

    Raises FileNotFoundError if there is no MLproject.
    """
    from steps.project import yaml_file

    folder = folder or PROJECT
    files = [path for path in folder.iterdir() if path.name.lower() == _FILE]
    if not files:
        raise FileNotFoundError(folder / "MLproject")
    content = yaml_file.load(files[0]) or {}
    return {str(name): str(entry.get("command", "")) for name, entry in (content.get("entry_points") or {}).items()}


def training(commands: Mapping[str, str]) -> str | None:
    """Return the entry point that trains, as far as that can be told: `main`, else the only one that tunes nothing.

    >>> training({"tune": "python search.py", "fit": "python fit.py"}), training({"a": "a.sh", "b": "b.sh"})
    ('fit', None)
    """
    names = [name for name, command in commands.items() if not runs_tune(command) and name != "tune"]
    return "main" if "main" in names else names[0] if len(names) == 1 else None


def runs_train(command: str) -> bool:
    """Tell whether an entry point's command is this project's training step, under whatever name it is declared.

    >>> runs_train("CUDA_VISIBLE_DEVICES=0 python -m steps.train --data {data}"), runs_train("python train.py")
    (True, False)
    """
    return re.search(_MODULE.format("train"), command) is not None


def runs_tune(command: str) -> bool:
    """Tell whether an entry point's command is the tuning step."""
    return re.search(_MODULE.format("tune"), command) is not None
