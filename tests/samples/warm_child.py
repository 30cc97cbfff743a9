"""Run `train` through `mlflow.run` and the warm backend, once for each word: its parameters as JSON."""

import json
import sys
import tempfile
from pathlib import Path

import mlflow

from steps.backends.warm import warm_backend
from steps.backends.warm.launch import Launcher
from steps.process import threads
from steps.tuning import child_preload


def main() -> None:
    """Run them one by one."""
    threads.limit(2)
    mlflow.set_experiment(experiment_id="0")
    with tempfile.TemporaryDirectory() as folder:
        launcher = Launcher(foremost=True).start(child_preload.MODULES)
        warm_backend.register(Path(folder), launcher)
        for word in sys.argv[1:]:
            mlflow.run(".", "train", parameters={"refit": "false", "folds": "2", **json.loads(word)}, backend="warm")


if __name__ == "__main__":
    main()
