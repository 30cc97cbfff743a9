"""Repeat a run: as a child of this run, by `mlflow.run` in an interpreter of its own, watched to its end."""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import mlflow
from mlflow.entities import Run
from mlflow.projects.utils import load_project  # not documented; how `mlflow.run` itself reads MLproject
from mlflow.tracking import MlflowClient
from mlflow.utils.mlflow_tags import MLFLOW_PROJECT_ENTRY_POINT, MLFLOW_PROJECT_ENV

from steps.backends import adapter, control, failures, log_file
from steps.backends import stage as stages
from steps.backends.stage import THIS_STAGE, Stage
from steps.backends.submitted_run import GRACE_S
from steps.backends.warm import mlflow_calls
from steps.errors import StepError
from steps.names import CHECKPOINT, Role, Tag, Variable
from steps.process import ports
from steps.process.signals import Interrupts
from steps.project import paths
from steps.project.declared_environment import LOCAL, declared
from steps.reproduction.worktree import Worktree
from steps.tracking import inner_runs, read, run_note, write

# How many lines of a failed run's output are shown.
_LINES = 20


@contextmanager
def stage_of(original: Run, tree: Worktree, interrupts: Interrupts) -> Iterator[Stage]:
    """Get ready what a run of another project had around it; one of this project is repeated in this environment."""
    tags = original.data.tags
    if Tag.PROJECT not in tags:
        yield THIS_STAGE
        return
    environment = declared(load_project(str(tree.project)), tree.project, tags.get(MLFLOW_PROJECT_ENV, LOCAL))
    with (
        tempfile.TemporaryDirectory(prefix="reproduce-") as folder,
        stages.get_ready(environment, tags[Tag.PROJECT], Path(folder), interrupts) as ready,
    ):
        ready.wait(interrupts)
        yield ready


def run(original: Run, tree: Worktree, stage: Stage, experiment_id: str, interrupts: Interrupts) -> Run:
    """Repeat a run in a tree, on a stage; return the new run, which is in the experiment of this step's own.

    Raises StepError if it does not end well, and Interrupted if a signal comes; the child is ended then.
    """
    entry_point, name = original.data.tags[MLFLOW_PROJECT_ENTRY_POINT], f"reproduction of {original.info.run_name}"
    with tempfile.TemporaryDirectory(prefix="reproduce-") as folder, ports.reserved() as port:
        output = Path(folder) / "output"
        checkpoint = Path(folder) / CHECKPOINT
        checkpoint.mkdir()
        own = {Variable.PORT: str(port.number), Variable.CHECKPOINT: str(checkpoint)}
        variables = {**mlflow_calls.variables(os.environ), **own}
        with control.surroundings(output, variables), stage.handed_on():
            submitted = mlflow.run(
                str(tree.project),
                entry_point,
                parameters=_parameters(original, tree, checkpoint),
                experiment_id=experiment_id,
                backend="local",
                storage_dir=folder,
                synchronous=False,
                env_manager=stage.manager,
                run_name=name,
            )
        child = adapter.adapt(submitted, output)
        write.record(child.run_id, tags={Tag.REPRODUCES: original.info.run_id})
        run_note.write(child.run_id, f"Repeats {told(original)}.", Role.REPRODUCTION)
        while child.is_running() and not interrupts.noted:
            control.wait_for_any([child], interrupts.descriptor)
        if interrupts.noted:
            child.ask_to_end()
            child.wait() if child.ends_within(GRACE_S) else child.cancel()
            child.end_strays()
            inner_runs.end(child.run_id, "KILLED")
            MlflowClient().set_terminated(child.run_id, "KILLED")
            interrupts.answered()
            interrupts.check()
        failure = child.failure()
        inner_runs.end(child.run_id, "FINISHED" if failure is None else "FAILED")
        _keep_name(child.run_id, name)
        if failure is not None:
            reason, lines = _record_failure(child.run_id, failure, output)
            note = f"Repeats {told(original)}, and failed: {run_note.escaped(reason)}"
            run_note.write(child.run_id, note, Role.REPRODUCTION)
            shown = "\n".join(f"    {line}" for line in lines)
            raise StepError(f"run {original.info.run_id}, run once more as {child.run_id}, failed: {reason}\n{shown}")
    return MlflowClient().get_run(child.run_id)


def told(run: Run) -> str:
    """Name a run, and its study if it is a part of one, in Markdown."""
    study = run.data.tags.get(Tag.STUDY, "")
    of = f" of the study {study}" if study and run.data.tags.get(Tag.ROLE) != Role.STUDY else ""
    return run_note.escaped(f"{run.info.run_name}{of} (run {run.info.run_id})")


def _keep_name(run_id: str, name: str) -> None:
    """Write a run's name again before the one that its own script has given it, as a trial's has it."""
    given = MlflowClient().get_run(run_id).info.run_name
    if given != name:
        MlflowClient().update_run(run_id, name=name if name.endswith(f" {given}") else f"{name} · {given}")


def _record_failure(run_id: str, failure: str, output: Path) -> tuple[str, list[str]]:
    """Write to a run why it failed, as a failed trial has it; return the reason, and its last lines."""
    text = log_file.last_lines(output)
    reason, lines = failures.explain(failure, text), text.splitlines()[-_LINES:]
    log_file.keep(output, run_id)
    write.record(run_id, tags={Tag.REASON: reason, Tag.STDERR: "\n".join(lines)})
    MlflowClient().set_terminated(run_id, "FAILED")
    return reason, lines


def _parameters(original: Run, tree: Worktree, checkpoint: Path) -> Mapping[str, str]:
    """Return the parameters as recorded. A path in the project that git does not have is made absolute.

    A run that was given a folder for its checkpoints gets another, which is empty: all of it is done again.
    """
    parameters = read.parameters_of(original)
    if Tag.CHECKPOINT in original.data.tags:
        parameters[CHECKPOINT] = str(checkpoint)
    for name in ("data", "space"):
        path = parameters.get(name, "")
        here = tree.lies / path
        if path and not Path(path).is_absolute() and paths.is_file(here) and not paths.is_file(tree.project / path):
            parameters[name] = str(here)
    return parameters
