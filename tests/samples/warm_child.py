"""Run `train` once through `mlflow.run` and the warm backend; the words are its parameters, `name=value`."""

import sys
import tempfile
from pathlib import Path

import mlflow

from steps import threads, tune
from steps.backends import forkserver, warm


def main() -> None:
    """Run it and wait."""
    parameters = dict(word.split("=", 1) for word in sys.argv[1:])
    threads.limit(int(parameters.get("threads", 1)))
    forkserver.start(tune.PRELOAD, [])
    mlflow.set_experiment(experiment_id="0")
    with tempfile.TemporaryDirectory() as folder:
        warm.register(Path(folder))
        mlflow.run(".", "train", parameters={"refit": "false", **parameters}, backend="warm")


if __name__ == "__main__":
    main()
