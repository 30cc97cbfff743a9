"""What a study runs on: how many trials at a time, on which backend, in which environment."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import joblib
from mlflow.projects.backend import loader
from mlflow.utils.plugins import get_entry_points

from steps import environment
from steps.backends import warm
from steps.errors import WrongValue, did_you_mean


def warn(values: Mapping[str, Any]) -> None:
    """Say on stderr what is allowed but probably not meant."""
    for difference in environment.differences():
        print(f"tune: environment: {difference}", file=sys.stderr)
    if values["jobs"] > values["window"]:
        print(
            f"tune: --jobs {values['jobs']}: more than --window {values['window']}, so at most {values['window']} "
            "trials run at a time; a wider window makes another, equally repeatable, study",
            file=sys.stderr,
        )


def jobs(values: Mapping[str, Any]) -> int:
    """Return how many trials run at a time; auto: as many as the cores that this process may use allow."""
    if values["jobs"] != "auto":
        return int(values["jobs"])
    cores: int = joblib.cpu_count()  # by affinity and cgroup quota
    return max(1, cores // int(values["threads"]))


def read_backend_config(values: Mapping[str, Any]) -> dict[str, Any]:
    """Check the backend's name and read the JSON file that is meant for it."""
    backends = {*loader.MLFLOW_BACKENDS, warm.NAME, "databricks", "kubernetes"}
    backends |= {entry.name for entry in get_entry_points(loader.ENTRYPOINT_GROUP_NAME)}
    if values["backend"] not in backends:
        raise WrongValue(
            f"--backend {values['backend']!r}: must be one of {', '.join(sorted(backends))}"
            f"{did_you_mean(values['backend'], backends)}"
        )
    path = values["backend_config"]
    if path == "none":
        return {}
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WrongValue(f"--backend_config {path!r}: must be the path of a JSON file: {error}") from error
    if not isinstance(content, dict):
        raise WrongValue(f"--backend_config {path!r}: must hold a JSON object, got {content!r}")
    return content
