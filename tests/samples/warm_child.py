"""Run `train` through `mlflow.run` and the warm backend, once for each word: its parameters as JSON."""

import json
import sys
import tempfile
from pathlib import Path

import mlflow

from steps import threads
from steps.backends import forkserver, warm
from steps.tuning import warming


def main() -> None:
    """Run them one by one."""
    threads.limit(2)
    mlflow.set_experiment(experiment_id="0")
    with tempfile.TemporaryDirectory() as folder:
        forkserver.start(warming.MODULES, Path(folder))
        forkserver.order([])
        warm.register(Path(folder))
        for word in sys.argv[1:]:
            mlflow.run(".", "train", parameters={"refit": "false", "folds": "2", **json.loads(word)}, backend="warm")


if __name__ == "__main__":
    main()
