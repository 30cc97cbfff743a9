"""A tuner's process tree without the search: children with given hyperparameters, all at a time. Run by `data`.

    python -m scripts.benchmarks.children <table> <children> <parameters, JSON>

Says `ready` on stdout when the table has been read.
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path

import mlflow

from steps.backends import WARM
from steps.backends.warm import warm_backend
from steps.backends.warm.launch import Launcher
from steps.names import Variable
from steps.parameters.tune_settings import TuneSettings
from steps.process import threads
from steps.tuning import child_preload, study  # noqa: F401 - what a tuner imports is part of its memory


def main(table: str, children: int, parameters: dict[str, object]) -> None:
    """Run them and wait."""
    threads.limit(1)
    os.environ[Variable.TUNER] = str(os.getpid())
    with tempfile.TemporaryDirectory() as folder:
        space = Path(folder) / "space.yaml"  # whose estimators say how the launcher keeps the table
        space.write_text(f"estimator:\n  {parameters['estimator']}:\n    random_state: 0\n")
        settings = TuneSettings(data=table, space=str(space))
        run = mlflow.start_run()
        launcher = Launcher(foremost=True).start(child_preload.MODULES)
        launcher.prepare([*child_preload.calls(settings), *child_preload.first_write(settings, run.info.run_id)])
        launcher.call("steps.training.run_plan:describe", settings=settings.for_training(), estimators={})
        print("ready", flush=True)
        warm_backend.register(Path(folder), launcher)
        words = {"data": table, "refit": "false"} | {name: str(value) for name, value in parameters.items()}
        runs = [mlflow.run(".", "train", parameters=words, backend=WARM, synchronous=False) for _ in range(children)]
        while any(run.get_status() == "RUNNING" for run in runs):
            time.sleep(0.2)
        for run in runs:
            assert run.get_status() == "FINISHED", Path(run.output).read_text()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3]))
