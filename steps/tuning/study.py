"""One study, from its settings to what it leaves on the parent run."""

import json
import logging
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import joblib
from mlflow.projects.backend import loader
from mlflow.tracking import MlflowClient
from mlflow.utils.plugins import get_entry_points
from optuna.trial import TrialState

from steps import environment, names, settings, tracking
from steps.backends import warm
from steps.errors import WrongValue, did_you_mean
from steps.interrupts import Interrupts
from steps.tuning import report, space
from steps.tuning.driver import Driver, Result
from steps.tuning.progress import Progress
from steps.tuning.search import Search
from steps.tuning.trials import Children

ENTRY_POINT = "train"
# Settings that every child takes over from the study.
SHARED = ("data", "target", "drop", "split", "task", "metric", "folds", "test_size", "seed", "threads")


def run(
    values: Mapping[str, Any],
    run_id: str,
    interrupts: Interrupts,
    describe: Callable[..., Mapping[str, Any]],
) -> None:
    """Run a study inside its parent run, which gets its record; say on stdout what was found.

    `describe(settings, hyperparameters)` checks the settings against the data and resolves what is `auto` in them.
    Raises WrongValue, before any child starts, for what does not fit; NoTrialFinished; Interrupted.
    """
    logging.getLogger("mlflow").setLevel(logging.WARNING)  # no line for each launch
    os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")  # nor a link for each end
    distributions = space.load(values["space"])
    backend_config = read_backend_config(values)
    warn(values)
    resolved = describe(settings=dict(values), hyperparameters=list(distributions))
    for note in resolved["notes"]:
        print(f"tune: {note}", file=sys.stderr)
    parent = MlflowClient().get_run(run_id)
    study = parent.info.run_name
    chosen = {**values, **{key: resolved[key] for key in ("target", "split", "task", "metric")}, "jobs": jobs(values)}
    with tempfile.TemporaryDirectory(prefix="tune-") as folder:
        warm.register(Path(folder))
        children = Children(
            project=os.path.relpath(environment.PROJECT),
            entry_point=ENTRY_POINT,
            parameters=settings.as_parameters(
                {key: chosen[key] for key in SHARED} | {"estimator": resolved["estimator"], "refit": False}
            ),
            own=frozenset(parameter.name for parameter in settings.TRAIN),
            objective=names.cv(chosen["metric"]),
            study=study,
            experiment_id=parent.info.experiment_id,
            backend=values["backend"],
            backend_config=backend_config,
            digits=max(3, len(str(values["n_trials"] - 1))),
            folder=Path(folder),
        )
        tags = {
            names.STUDY: study,
            names.ROLE: "study",
            names.SETTINGS: json.dumps(chosen),
            names.ENVIRONMENT: environment.state(),
            names.DATA: resolved["dataset"]["sha256"],
        }
        tracking.record(run_id, tags=tags)
        tracking.record_data(run_id, resolved["dataset"])
        search = Search(distributions, sampler=values["sampler"], seed=values["seed"], window=values["window"])
        progress = Progress(values["n_trials"], children.objective)
        driver = Driver(search, children, values["n_trials"], chosen["jobs"], run_id, interrupts, progress)
        try:
            result = driver.run()
        finally:
            progress.close()
    _record(result, run_id)
    print(report.summary(result, children.objective, run_id))


def warn(values: Mapping[str, Any]) -> None:
    """Say on stderr what is allowed but probably not meant."""
    for difference in environment.differences():
        print(f"tune: environment: {difference}", file=sys.stderr)
    if jobs(values) > values["window"]:
        print(
            f"tune: --jobs {jobs(values)}: more than --window {values['window']}, so at most {values['window']} trials "
            "run at a time; a wider window makes another, equally repeatable, study",
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


def _record(result: Result, run_id: str) -> None:
    """Write the end of a study to its parent run."""
    states = Counter(ended.outcome.state for ended in result.trials)
    counted = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)
    metrics = [tracking.metric(names.trials_in(state.name), states[state]) for state in counted]
    tags = {
        names.BEST_RUN: result.best.child.run_id,
        names.BEST_TRIAL: str(result.best.child.number),
        names.BEST_PARAMS: json.dumps(dict(result.best.child.hyperparameters)),
    }
    if result.baseline.value is not None:
        metrics.append(tracking.metric(names.BASELINE, result.baseline.value))
    tracking.record(run_id, metrics, tags)
