"""Repeat the run of an id, or a sample of a study's trials, and give the verdict."""

import random
import sys

from mlflow.entities import Run
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient
from mlflow.utils.mlflow_tags import MLFLOW_PROJECT_ENTRY_POINT

from steps.errors import NotIdentical, WrongValue
from steps.names import Role, State, Tag
from steps.parameters.option import option
from steps.parameters.settings import ReproduceSettings
from steps.process.signals import Interrupts
from steps.project import environment
from steps.reproduction import facts, repeat, verdict, worktree
from steps.tracking import own_tags, read, run_note, server_errors, write


def reproduce(settings: ReproduceSettings, run_id: str, interrupts: Interrupts) -> str:
    """Repeat the run of `settings.run_id`; return the verdict, and write it to this step's own run, `run_id`.

    Raises WrongValue for what can't be repeated, NotIdentical if something differs.
    """
    original = _find(settings.run_id)
    own = MlflowClient().get_run(run_id)
    write.rename(own, f"reproduce {original.info.run_name}")
    what = f"Repeats {repeat.told(original)}"
    run_note.write(run_id, f"{what}.", Role.REPRODUCE)
    runs = _sample(original, settings) if original.data.tags.get(Tag.ROLE) == Role.STUDY else [original]
    print(f"reproduce: in this environment: {environment.summary()}", file=sys.stderr)
    result = verdict.IDENTICAL
    for run in runs:
        with worktree.checkout(run) as tree, repeat.stage_of(run, tree, interrupts) as stage:
            repeated = repeat.run(run, tree, stage, own.info.experiment_id, interrupts)
        around = stage.environment.description if stage.environment else environment.description()
        judged = facts.judged(run)
        result = verdict.verdict(facts.read(run, judged), facts.read(repeated, judged, now=around), tree.doubt)
        print(f"{run.info.run_name} ({run.info.run_id}): {result}", file=sys.stderr)
        note = f"Repeats {repeat.told(run)}: {run_note.escaped(result)}"
        run_note.write(repeated.info.run_id, note, Role.REPRODUCTION)
        if judged is not None:
            then, now = (facts.metrics(each, judged) for each in (run, repeated))
            for line in verdict.other_metrics(then, now, judged.objectives):
                print(f"    not judged: {line}", file=sys.stderr)
        if result != verdict.IDENTICAL:
            if len(runs) > 1:
                result = result.replace("differs: ", f"differs: {run.info.run_name}: ", 1)
            break
    write.record(run_id, tags={Tag.VERDICT: result, Tag.REPRODUCES: original.info.run_id})
    run_note.write(run_id, f"{what}: {run_note.escaped(result)}", Role.REPRODUCE)
    if result != verdict.IDENTICAL:
        raise NotIdentical(result)
    return result


def _find(run_id: str | None) -> Run:
    where = f"{option('run_id', run_id or 'none')}:"
    if run_id is None:
        raise WrongValue(f"{where} must be the id of a finished run, such as the MLflow UI shows; give -P run_id=…")
    try:
        run = MlflowClient().get_run(run_id)
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        raise WrongValue(f"{where} there is no such run in {server_errors.where()}") from error
    tags, status = run.data.tags, run.info.status
    # A study that was interrupted still has trials that finished.
    if status != "FINISHED" and tags.get(Tag.ROLE) != Role.STUDY:
        raise WrongValue(f"{where} is {status}; must be a run that is FINISHED")
    if MLFLOW_PROJECT_ENTRY_POINT not in tags:
        raise WrongValue(
            f"{where} is not a run of an entry point, made by `mlflow run`, so what made it is not on record"
        )
    is_step = tags[MLFLOW_PROJECT_ENTRY_POINT] == "reproduce" and Tag.PROJECT not in tags  # another may have one, too
    if tags.get(Tag.ROLE) == Role.NOTHING:
        raise WrongValue(f"{where} is of a command that ran nothing, so there is nothing to repeat")
    if is_step or tags.get(Tag.ROLE) == Role.REPRODUCTION:
        other = tags.get(Tag.REPRODUCES)
        raise WrongValue(f"{where} is a reproduction itself{f'; give {other}, which it repeats' if other else ''}")
    return run


def _sample(study: Run, settings: ReproduceSettings) -> list[Run]:
    """Draw from the finished trials of a study; return them in the order of their numbers."""
    name, experiment = study.data.tags[Tag.STUDY], study.info.experiment_id
    finished = read.find_runs(
        [experiment],
        f"tags.`{Tag.STUDY}` = '{name}' AND tags.`{Tag.ROLE}` = '{Role.TRIAL}' "
        f"AND tags.`{Tag.STATE}` = '{State.COMPLETE}'",
    )
    if not finished:
        raise WrongValue(f"{option('run_id', study.info.run_id)}: the study {name!r} has no trial that finished")
    finished.sort(key=lambda run: own_tags.whole_number(run, Tag.TRIAL))
    chosen = random.Random(settings.seed).sample(range(len(finished)), min(settings.sample, len(finished)))
    return [finished[index] for index in sorted(chosen)]
