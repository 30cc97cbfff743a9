"""MLproject, read without MLflow: a step looks into it in its first lines, long before MLflow is imported."""

import re

from steps.project.environment import PROJECT

_MODULE = r"(^|\s)-m\s+steps\.{}(\s|$)"


def commands() -> dict[str, str]:
    """Return the command of each entry point by its name."""
    import yaml

    content = yaml.safe_load((PROJECT / "MLproject").read_text(encoding="utf-8"))
    return {name: str(entry.get("command", "")) for name, entry in content["entry_points"].items()}


def runs_train(command: str) -> bool:
    """Tell whether an entry point's command is this project's training step, under whatever name it is declared.

    >>> runs_train("CUDA_VISIBLE_DEVICES=0 python -m steps.train --data {data}"), runs_train("python train.py")
    (True, False)
    """
    return re.search(_MODULE.format("train"), command) is not None


def runs_tune(command: str) -> bool:
    """Tell whether an entry point's command is the tuning step."""
    return re.search(_MODULE.format("tune"), command) is not None
