"""What is read back from a tracking server: the tags of a study's runs, and the artifact of its champion."""

import json
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import strategies as st
from mlflow.entities import Run

from steps.names import Role, State, Tag
from steps.parameters import command_line, declared
from steps.parameters.tune_settings import TuneSettings
from steps.reproduction import facts
from steps.tracking import evaluation, read
from steps.tuning.record import identity, leftovers, lock, resume
from steps.tuning.report import earlier_studies, load_study
from steps.tuning.report.champion_record import ModelRecord
from steps.tuning.report.charts import model
from steps.tuning.report.optuna_study import as_optuna_study
from steps.tuning.search.constraints import Constraint
from steps.tuning.search.objective import Objective
from steps.tuning.trials.trial import Job
from tests.fuzz.target import Target
from tests.fuzz.texts import changed_data, changed_json, texts
from tests.tuning import fakes

_PLAN = fakes.plan(constraint="cpu_s<=1", objective=fakes.OBJECTIVE, direction="maximize", pruner="median")
_POINT = {"x": 0.5, "y": -1.0}
_TUNER = {"host": "here", "boot": "b", "pid": 12345, "started": 7, "beat": 0.0}
_BOUNDS = (Constraint(Objective("cpu_s", "minimize"), "<=", 1.0),)
_KEYS = [value for name, value in vars(Tag).items() if name.isupper()]
_STEPS = [[0, 0.5], [1, 0.25]]
_parent = {
    Tag.SETTINGS: changed_json(identity.settings_as_data(_PLAN.settings), asdict(TuneSettings(pruner="median"))),
    Tag.IDENTITY: changed_json(identity.as_data(_PLAN)),
    Tag.TUNER: changed_json(_TUNER, {**_TUNER, "host": "elsewhere"}),
    Tag.STUDY: st.sampled_from(("mine", "other")),
}
_child = {
    Tag.ROLE: st.sampled_from((Role.TRIAL, Role.TRIAL, Role.BASELINE, Role.CHAMPION, "else")),
    Tag.TRIAL: st.one_of(st.integers(-1, 4).map(str), texts()),
    Tag.EVALUATION: st.one_of(st.integers(-1, 4).map(str), texts()),
    Tag.STATE: st.sampled_from((*State.SETTLED, State.STOPPED, State.RETRIED, "else")),
    Tag.PARAMS: st.one_of(st.just(json.dumps(_POINT)), changed_json(_POINT)),
    Tag.REPORTED: changed_json(_STEPS),
    Tag.PRUNED_AT: st.one_of(st.integers(-1, 4).map(str), texts()),
    Tag.STARTED: st.one_of(st.just("1700000000000"), texts()),
}


@st.composite
def _tags(draw: st.DrawFn, known: dict[str, st.SearchStrategy[str]], usual: dict[str, str]) -> dict[str, str]:
    """Draw tags as a study writes them, of which some were removed or written again."""
    tags = dict(usual)
    for key in draw(st.lists(st.sampled_from(sorted(known)), max_size=3)):
        tags[key] = draw(known[key])
    for key in draw(st.lists(st.sampled_from(_KEYS), max_size=1)):
        tags.pop(key, None)
    return tags


_USUAL_PARENT = {
    Tag.STUDY: "mine", Tag.ROLE: Role.STUDY, Tag.TUNER: json.dumps(_TUNER),
    Tag.SETTINGS: json.dumps(identity.settings_as_data(_PLAN.settings)),
    Tag.IDENTITY: json.dumps(identity.as_data(_PLAN)),
}  # fmt: skip
_USUAL_CHILD = fakes.trial_tags(0, json.dumps(_POINT))
_METRICS = st.sampled_from(
    ({}, {fakes.OBJECTIVE: 0.5, "cpu_s": 0.1}, {fakes.OBJECTIVE: 0.5}, {fakes.OBJECTIVE: float("nan")})
)
_RUNS = st.tuples(_tags(_parent, _USUAL_PARENT), st.lists(st.tuples(_tags(_child, _USUAL_CHILD), _METRICS), max_size=3))


def _record(folder: Path, drawn: tuple[dict[str, str], list[tuple[dict[str, str], dict[str, float]]]]) -> None:
    parent = fakes.run_of("parent", drawn[0])
    children = [fakes.run_of(f"child{n}", {"mlflow.parentRunId": "parent", **tags}, metrics) for n, (tags, metrics) in
                enumerate(drawn[1])]  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(read, "find_runs", lambda *_: [parent, *children])
        patch.setattr(leftovers, "settle", lambda _: None)
        client = SimpleNamespace(get_run=lambda _: parent, search_runs=lambda *_, **__: [parent, *children])
        for module in (lock, load_study, earlier_studies, facts):
            patch.setattr(module, "MlflowClient", lambda: client)
        for action in (_goes_on, _is_watched, _is_shown, _is_repeated):
            Target(st.none(), partial(_acted, action, parent, children)).check(folder, None)


def _acted(
    action: Callable[[Run, list[Run]], None], parent: Run, children: list[Run], _folder: Path, _drawn: None
) -> None:
    action(parent, children)


def _goes_on(parent: Run, children: list[Run]) -> None:
    """Resume, as far as the record decides it."""
    if Tag.IDENTITY not in parent.data.tags:  # then it is no earlier start
        return
    settings = command_line.read(["--study", "mine"], TuneSettings)
    taken = identity.take_from_record(settings, [parent])
    assert command_line.read(_words(taken), TuneSettings) == taken
    plan = identity.as_begun(_PLAN, [parent])
    identity.check_same("mine", plan, [parent])
    history = resume.load("0", "mine", plan, [parent])
    for number in (0, 1, None):
        recorded = {} if number is None else history.recorded(number) or _POINT
        history.recall(Job(number, None, dict(recorded)), recorded, [fakes.OBJECTIVE], lambda _: [], _BOUNDS)


def _words(settings: TuneSettings) -> list[str]:
    return [word for name, value in declared.words(settings).items() for word in (f"--{name}", value)]


def _is_watched(parent: Run, children: list[Run]) -> None:
    """Tell whether its tuner lives."""
    if Tag.TUNER in parent.data.tags:
        lock.is_tuner_alive("parent")


def _is_shown(parent: Run, children: list[Run]) -> None:
    """Read it for the report, beside others."""
    settled = [run for run in children if run.data.tags.get(Tag.ROLE) == Role.TRIAL]
    record = load_study.load(_PLAN, "mine", "parent") if settled else None
    if record is not None:
        as_optuna_study(record)
        earlier_studies.find(record)


def _is_repeated(parent: Run, children: list[Run]) -> None:
    """Find out what of a run is judged when it is repeated."""
    for run in children:
        run.data.tags.setdefault("mlflow.project.entryPoint", "own")
        facts.judged(run)


_EVALUATION: dict[str, Any] = {
    "task": "classification", "metric": "accuracy", "rows": 30, "version": 1,
    "confusion": {"classes": ["a", "b"], "counts": [[9, 1], [2, 8]]},
    "curves": {"of": 2, "classes": [{"name": "a", "share": 0.5, "roc_auc": 0.9, "average_precision": 0.8,
               "roc": [[0.0, 0.5, 1.0], [0.0, 0.9, 1.0]], "precision_recall": [[0.0, 1.0], [1.0, 0.5]]}]},
    "calibration": {"name": "a", "bins": [{"predicted": 0.5, "observed": 0.6, "low": 0.4, "high": 0.8, "rows": 10}]},
    "importances": {"of": 2, "repeats": 5, "features": [{"name": "x", "loss": 0.1, "std": 0.02}]},
}  # fmt: skip
_QUANTITY: dict[str, Any] = {
    "task": "regression", "metric": "r2", "rows": 3,
    "predicted": {"of": 3, "actual": [1.0, 2.0, 3.0], "predicted": [1.5, 2.0, 2.5], "residuals": [-0.5, 0.0, 0.5]},
}  # fmt: skip


def _evaluation(_folder: Path, content: str) -> None:
    try:
        found = evaluation.parse(content)
    except ValueError as error:
        assert len(str(error).splitlines()) == 1, str(error)
        return
    assert evaluation.parse(evaluation.text(found)) == found
    for chart in model.draw(SimpleNamespace(model=ModelRecord(found))):  # type: ignore[arg-type]
        json.dumps(chart.specs, allow_nan=False)


TARGETS = {
    "record": Target(_RUNS, _record),
    "evaluation": Target(
        st.one_of(changed_json(_EVALUATION, _QUANTITY), changed_data(_EVALUATION).map(json.dumps)), _evaluation
    ),
}
