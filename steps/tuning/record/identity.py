"""What makes a study the one that it is, as its newest parent run has it on record: its settings, data and space."""

import hashlib
import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import optuna
from mlflow.entities import Run

from steps.errors import WrongValue
from steps.names import Tag
from steps.parameters import declared, pruner_settings
from steps.parameters.option import option
from steps.parameters.pruner_settings import BEFORE
from steps.parameters.settings import SHARED
from steps.parameters.tune_settings import TuneSettings
from steps.tracking import own_tags, whole
from steps.tuning.record import new_study
from steps.tuning.search import pruners
from steps.tuning.study_plan import StudyPlan

# Settings that make a study the one that it is. A resumed study takes them from its record unless they are given.
SETTINGS = (
    "entry_point", "target", "drop", "weight", "split", "task", "metric", "positive", "early_stopping", "folds",
    "repeats", "test_size", "seed", "threads", "window", "sampler", "pruner", "fidelity", "reshuffle",
)  # fmt: skip
# Settings that earlier versions did not have, with the value that does what those did.
_ADDED = {"repeats": 1, "reshuffle": False}
# A resumed study takes these from its record too, but they may change.
RESUMED = (
    *SETTINGS, "project", "version", "env_manager", "data", "space", "objective", "constraint", "direction", "n_trials",
    "timeout_s", "patience", "target_value", "checkpoint_dir", "keep_checkpoints", "warm_start",
)  # fmt: skip
# What the study itself uses of the shared settings, whatever its trials are given.
_OF_ANY_STUDY = ("seed", "threads")
# The shared settings that trials of another entry point than `train` are given; earlier versions did not record it.
_GIVEN = "given"
# How the sampler is told of a failed trial. Studies of earlier versions have no such entry, and TPE draws otherwise in
# them: they go on as they began.
_FAILURES, _TEACH = "failures", "told as pruned"
# How it is told of a trial without a score where there are constraints; the first studies with these lack it likewise.
_NO_SCORE, _BREAKS = "without a score", "breaks every constraint"
# What a pruner that waits for a value to worsen sees of the best step; see `wiring.seen_by_pruner`.
_PRUNER_SEES, _VALUES = "pruner sees", "values"
# This digest differs wherever the data or the split does, so it is named only if it alone differs.
_DIGEST = "rows of the folds"
# Earlier versions recorded digests of these if all of it was too long for a tag.
_ONCE_DIGESTS, _SHA256 = ("estimators", "space", "try"), re.compile(r"[0-9a-f]{64}")
# The characters that are shown of a setting that differs.
_SHOWN = 500
# How a project's identity ends that has a commit.
_COMMIT = re.compile(r"(.*)commit ([0-9a-f]{40})")


def take_from_record(settings: TuneSettings, earlier: Sequence[Run]) -> TuneSettings:
    """Return the settings of a study that goes on: one that is not given, or as its default, is as on record.

    `earlier` are the study's parent runs; the newest one's record counts. What was taken is printed on stderr.
    """
    if not earlier:
        return settings
    if whole.is_cut(earlier[-1], Tag.SETTINGS):
        says = "its settings were cut by an earlier version of this project: those that are not given are the defaults"
        print(f"tune: {option('study', settings.study)}: {says}", file=sys.stderr)
        return settings
    on_record = own_tags.from_json(earlier[-1], Tag.SETTINGS, dict)
    recorded = _in_todays_form(on_record)
    now, defaults = asdict(settings), asdict(TuneSettings())
    pruner = on_record.get("pruner")
    if isinstance(pruner, str) and pruner in BEFORE and now["pruner"] == str(pruner_settings.parse(pruner)):
        now["pruner"] = None  # the same word, whose defaults have changed since: it goes on as it was
    usual = {**defaults, **asdict(TuneSettings().shared)}
    taken = {
        key: recorded[key]
        for key in RESUMED
        if key in recorded and now[key] == defaults[key] and recorded[key] != now[key]
    }
    _check_readable(taken, earlier[-1])
    telling = {key: value for key, value in taken.items() if usual[key] not in ("auto", value)}
    shown = ", ".join(f"{key} {declared.shown(value)}" for key, value in telling.items())
    if shown:
        print(f"tune: {option('study', settings.study)}: goes on, with its {shown}", file=sys.stderr)
    return replace(settings, **taken)


def _check_readable(taken: Mapping[str, Any], run: Run) -> None:
    """Raise WrongValue for a setting on record that no command line could have."""
    kinds = {p.name: p.kind for p in declared.parameters(TuneSettings)}
    for key, value in taken.items():
        try:
            kinds[key].read(declared.shown(value))
        except (ValueError, KeyError, WrongValue) as error:
            raise own_tags.wrong(run, Tag.SETTINGS, f"with a {key} that is {kinds[key].allowed}", value) from error


def settings_as_data(settings: TuneSettings) -> dict[str, Any]:
    """Return the settings that a study has, as plain data: without the shared ones that no trial is given."""
    return {key: value for key, value in asdict(settings).items() if key not in SHARED or value != "auto"}


def as_data(plan: StudyPlan) -> dict[str, Any]:
    """Return what makes a study the one that it is, as plain data."""
    settings = settings_as_data(plan.settings)
    return {
        **{key: settings[key] for key in SETTINGS if key in settings},
        **{key: getattr(plan.settings.shared, key) for key in _OF_ANY_STUDY},
        # Once all trials have been asked for, only promotions go on; with more trials these would have come later.
        **({} if plan.fidelity is None else {"n_trials": plan.settings.n_trials}),
        **({} if plan.project.is_own else {"project": plan.project.identity}),
        "objective": [f"{objective.direction} {objective.name}" for objective in plan.objectives],
        **(_of_train(plan) if plan.entry.runs_train else _of_another(plan)),
        "space": plan.space.text(),
        "try": plan.space.tries,
        "optuna": optuna.__version__,
        **({"constraint": [each.text for each in plan.constraints]} if plan.constraints else {}),
        **({_NO_SCORE: _BREAKS} if plan.constraints and plan.no_score_breaks else {}),
        **({_FAILURES: _TEACH} if plan.failures_teach else {}),
        **({_PRUNER_SEES: _VALUES} if plan.shows_values and _needs_values(plan) else {}),
    }


def _of_train(plan: StudyPlan) -> dict[str, Any]:
    return {"data": plan.dataset["sha256"], _DIGEST: plan.folds, "estimators": list(plan.estimators.values())}


def _of_another(plan: StudyPlan) -> dict[str, Any]:
    """Return what is the study's own where `train` is not run; of the shared settings what was given."""
    given = plan.entry.shared(plan.settings)
    identity: dict[str, Any] = {_GIVEN: ", ".join(given) or None}
    if "data" in given:
        identity["data"] = given["data"]
    if None not in plan.estimators:
        identity["estimators"] = list(plan.estimators.values())
    return identity


def _needs_values(plan: StudyPlan) -> bool:
    return pruners.needs_values(plan.settings.pruner, plan.objectives[0].rule)


def as_begun(plan: StudyPlan, earlier: Sequence[Run]) -> StudyPlan:
    """Return the plan of a study that goes on as the version of this project had it that began it."""
    if not earlier:
        return plan
    recorded = own_tags.from_json(earlier[-1], Tag.IDENTITY, dict)
    return replace(
        plan,
        failures_teach=_FAILURES in recorded,
        no_score_breaks=_NO_SCORE in recorded,
        shows_values=_PRUNER_SEES in recorded,
    )


def check_same(study: str, plan: StudyPlan, earlier: Sequence[Run]) -> None:
    """Raise WrongValue, naming all differences, if the study on record under this name is another one.

    If none is on record, what only a study of an earlier version may have is refused; see `new_study`.
    """
    if not earlier:
        new_study.check(plan)
        return
    recorded = _in_todays_form(own_tags.from_json(earlier[-1], Tag.IDENTITY, dict))
    now = _with_digests(json.loads(json.dumps(as_data(plan))), recorded)
    if _GIVEN in now and _GIVEN not in recorded:  # of an earlier version, which recorded what no trial was given, too
        recorded = {key: value for key, value in recorded.items() if key in now} | {_GIVEN: now[_GIVEN]}
    recorded = {**{key: value for key, value in _ADDED.items() if key in now}, **recorded}
    differences = _differences(recorded, now)
    telling = [difference for difference in differences if not difference.startswith(_DIGEST)]
    if differences:
        raise WrongValue(
            f"{option('study', study)}: is the name of another study on record (run {earlier[-1].info.run_id}): "
            f"{'; '.join(telling or differences)}; give {_recorded_version(recorded, now)}another name"
            + ("" if plan.fidelity is not None else f", or start from its trials with {option('warm_start')}")
        )


def _with_digests(now: dict[str, Any], recorded: Mapping[str, Any]) -> dict[str, Any]:
    """Return an identity with digests where the recorded one has such, as earlier versions wrote of a long one."""
    return {
        key: hashlib.sha256(json.dumps(value).encode()).hexdigest()
        if key in _ONCE_DIGESTS and _SHA256.fullmatch(str(recorded.get(key)))
        else value
        for key, value in now.items()
    }


def _recorded_version(recorded: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """Return the option that goes on with the commit on record, such as of a branch that has moved; else nothing."""
    then, today = (_COMMIT.fullmatch(str(each.get("project"))) for each in (recorded, now))
    if then is None or today is None or then[1] != today[1] or then[2] == today[2]:
        return ""
    return f"{option('version', then[2])}, "


def _in_todays_form(recorded: Mapping[str, Any]) -> dict[str, Any]:
    """Return recorded settings in today's form.

    Earlier versions wrote the text none for a setting without a value, a pruner's name for the pruner with the
    settings that it had then, and `.` for this project.
    """
    today = {key: None if value == "none" else value for key, value in recorded.items()}
    if today.get("project") == ".":
        today["project"] = "auto"
    pruner = today.get("pruner")
    if isinstance(pruner, str):
        today["pruner"] = BEFORE.get(pruner, pruner)
    return today


def _differences(recorded: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    differences = []
    for key in {**recorded, **now}:
        old, new = recorded.get(key), now.get(key)
        if old == new:
            continue
        if isinstance(old, dict) and isinstance(new, dict):
            differences += [f"{key}: {difference}" for difference in _differences(old, new)]
        else:
            differences.append(f"{key} {_shown(old)}, now {_shown(new)}")
    return differences


def _shown(value: object) -> str:
    """Write a value for people; one that is long with what tells it from another that begins alike."""
    text = "none" if value is None else str(value)
    if len(text) <= _SHOWN:
        return text
    return f"{text[:_SHOWN]}… ({len(text):,} characters, sha256 {hashlib.sha256(text.encode()).hexdigest()[:12]})"
