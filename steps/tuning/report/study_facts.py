"""What a study was made of: its title, its settings, its search space, its code and environment."""

import json
from collections.abc import Mapping

from steps.names import Tag
from steps.parameters import declared
from steps.parameters.tune_settings import TuneSettings
from steps.tuning.report import wording
from steps.tuning.report.study_record import StudyRecord
from steps.tuning.space.estimator_names import classes_of, short_name, told_apart
from steps.tuning.space.search_space import ESTIMATOR
from steps.tuning.study_plan import StudyPlan

_DIGEST = 12  # letters of a digest that tell it from others
_SEVERAL = ": "  # between an estimator and its hyperparameter, see `Space.text`


def title(record: StudyRecord) -> str:
    """Say in a few words what was tuned: the data and the estimator, or the script."""
    plan = record.plan
    if not plan.entry.runs_train:
        project = "" if plan.project.is_own else f" of {_last(plan.project.shown)}"
        return f"{_last(plan.entry.name)}{project}"
    estimators = [path for path in plan.estimators.values() if path]
    best = record.best.recorded.get(ESTIMATOR) if record.best else None
    named = best or (estimators[0] if len(estimators) == 1 else None)
    return f"{_last(plan.settings.shared.data)}: {short_name(named, estimators) if named else _several(plan)}"


def subtitle(record: StudyRecord) -> str:
    """Say of how many estimators the title names the best; nothing if there is but one."""
    names_best = record.best is not None and ESTIMATOR in record.best.recorded and record.plan.entry.runs_train
    return f"the best of {_several(record.plan)}" if names_best and len(record.plan.estimators) > 1 else ""


def _several(plan: StudyPlan) -> str:
    return wording.counted(len(plan.estimators), "estimator")


def start(record: StudyRecord) -> int:
    """Return when a study began, in milliseconds since 1970."""
    return min([int(record.parent.info.start_time), *(trial.start for trial in record.trials)])


def settings(record: StudyRecord) -> dict[str, str]:
    """Return the settings that matter, the code and the environment, by what they are."""
    plan, tags = record.plan, record.parent.data.tags
    given, shared = plan.settings, plan.settings.shared
    if plan.entry.runs_train:
        about = {
            "Data": f"{shared.data}{_size(plan)}, sha256 {plan.dataset['sha256'][:_DIGEST]}",
            "Split": f"{shared.split}, {_folds(given)}, {shared.test_size:g} held out, seed {shared.seed}",
            "Metric": f"{given.metric}" + (f" of {given.positive}" if given.positive not in ("auto", "none") else ""),
        }
    else:
        passed = ", ".join(f"{name} {word}" for name, word in plan.entry.shared(given).items())
        about = {} if plan.project.is_own else {"Project": plan.project.shown}
        about |= {"Entry point": plan.entry.name} | ({"Parameters given": passed} if passed else {})
    dirty = ", with changes that were not committed (git.diff)" if tags.get(Tag.GIT_DIRTY) == "true" else ""
    return {
        **about,
        "Objective": " and ".join(f"{each.direction} {each.name}" for each in plan.objectives),
        **({"Constraints": ", ".join(each.text for each in plan.constraints)} if plan.constraints else {}),
        "Search": f"{given.sampler}, seed {shared.seed}, window {given.window}",
        "Pruner": declared.shown(given.pruner),
        **({"Budget": given.fidelity} if given.fidelity else {}),
        "Code": (plan.project.identity or f"commit {tags.get('mlflow.source.git.commit', 'none')}") + dirty,
        "Environment": record.environment,
    }


def space(plan: StudyPlan) -> dict[str, Mapping[str, str]]:
    """Return what each hyperparameter is searched in, by the estimator that it is of; empty if there is but one."""
    texts = plan.space.text()
    if len(plan.space.entries) == 1:
        return {"": texts}
    by_estimator: dict[str, dict[str, str]] = {str(path): {} for path in plan.space.entries}
    for name, text in texts.items():
        path, _, key = name.rpartition(_SEVERAL)
        if path:
            by_estimator[path][key] = text
    names = told_apart(by_estimator, (classes_of, str))
    return {names[path]: entries for path, entries in by_estimator.items()}


def _size(plan: StudyPlan) -> str:
    profile = json.loads(plan.dataset.get("profile") or "{}")
    if "num_rows" not in profile:
        return ""
    return f", {profile['num_rows']:,} rows of {profile['num_columns']:,} columns"


def _folds(given: TuneSettings) -> str:
    repeats = given.shared.repeats
    folds = wording.counted(given.shared.folds, "fold") + (f" × {repeats}" if repeats > 1 else "")
    return folds + (", others for each trial" if given.reshuffle else "")


def _last(location: str) -> str:
    """Return the last part of a path or URI."""
    plain = location.partition("?")[0].rstrip("/")
    return plain.rpartition("/")[2] or location
