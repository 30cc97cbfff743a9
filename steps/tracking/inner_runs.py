"""Runs that a trial's own code has started: nested below the trial's run, or beside it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mlflow.entities import Metric, Run
from mlflow.tracking import MlflowClient
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID

from steps.names import Tag
from steps.tracking import read, write


@dataclass(frozen=True)
class InnerRuns:
    """The runs that a trial's code has started: `nested` below the trial's, at any depth, and `beside` it."""

    nested: Sequence[Run]
    beside: Sequence[Run]

    def with_metric(self, name: str) -> Run | None:
        """Return the one nested run that has logged a metric; None if none has, or several have."""
        runs = having(self.nested, name)
        return runs[0] if len(runs) == 1 else None

    def end(self, status: str) -> None:
        """Give those that are still RUNNING a status."""
        for run in (*self.nested, *self.beside):
            if run.info.status == "RUNNING":
                MlflowClient().set_terminated(run.info.run_id, status)


def find(run_id: str, experiment_id: str, *, everywhere: bool = False) -> InnerRuns:
    """Find the runs that a trial's code has started in the trial's experiment, or in all (`everywhere`).

    Python processes leave a tag, see steps.backends.warm.mlflow_calls. Of other processes only nested runs are found.
    """
    experiments = [experiment_id]
    if everywhere:
        experiments = [experiment.experiment_id for experiment in MlflowClient().search_experiments()]
    tagged = read.find_runs(experiments, f"tags.`{Tag.WITHIN}` = '{run_id}'")
    if not tagged:
        return InnerRuns(_nested_below(run_id, experiment_id), [])
    parents = {run.info.run_id: run.data.tags.get(MLFLOW_PARENT_RUN_ID, "") for run in tagged}
    nested = [run for run in tagged if _leads_to(run_id, run.info.run_id, parents)]
    return InnerRuns(nested, [run for run in tagged if run not in nested])


def of_nobody(experiment_id: str, since: int) -> list[Run]:
    """List the runs of an experiment that began at a time, in ms, or later, and that no process says to be its own."""
    runs = read.find_runs([experiment_id], f"attributes.start_time >= {since}")
    return [run for run in runs if not {Tag.ROLE, Tag.WITHIN, MLFLOW_PARENT_RUN_ID} & run.data.tags.keys()]


def having(runs: Iterable[Run], metric: str) -> list[Run]:
    """Return those runs that have logged a metric."""
    return [run for run in runs if metric in run.data.metrics]


def copy_metric(name: str, source: str, target: str) -> None:
    """Write to a run all that another has logged of a metric."""
    history = MlflowClient().get_metric_history(source, name)
    write.record(target, [Metric(name, one.value, one.timestamp, one.step) for one in history])


def end(run_id: str, status: str) -> None:
    """Give a status to what a child's code has started and left RUNNING."""
    run = MlflowClient().get_run(run_id)
    if Tag.STARTS_RUNS in run.data.tags:
        find(run_id, run.info.experiment_id, everywhere=True).end(status)


def _nested_below(run_id: str, experiment_id: str) -> list[Run]:
    nested: list[Run] = []
    parents = [run_id]
    while parents:
        children = [
            run
            for parent in parents
            for run in read.find_runs([experiment_id], f"tags.`{MLFLOW_PARENT_RUN_ID}` = '{parent}'")
        ]
        nested += children
        parents = [run.info.run_id for run in children]
    return nested


def _leads_to(top: str, run_id: str, parents: dict[str, str]) -> bool:
    seen: set[str] = set()
    while run_id in parents and run_id not in seen:
        seen.add(run_id)
        run_id = parents[run_id]
    return run_id == top
