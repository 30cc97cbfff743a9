"""A study in MLflow's own UI: its trials sorted by score, with their hyperparameters, and charts; opened by one link.

MLflow's UI keeps a view that someone shares as a tag of the experiment, and a link opens it. What is in the tag is
private to the UI (3.17.2); one that does not know it shows its usual table. tests/e2e/test_report.py opens it.
"""

import hashlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from mlflow.tracking import MlflowClient

from steps.names import Metric, Role, Tag
from steps.tuning.search.objective import Objective
from steps.tuning.space.search_space import ESTIMATOR
from steps.tuning.study_plan import StudyPlan

_PREFIX = "mlflow.sharedViewState."
# What the UI takes an experiment for, so that one that is opened from the list of all shows its runs.
_KIND, _MODEL_TRAINING = "mlflow.experimentKind", "custom_model_development"
# MLflow's UI hides the runs below its first ten from charts.
_SHOW_ALL = "SHOW_ALL"
# The axes of parallel coordinates that can be told apart.
_MOST_AXES = 8
# The characters of an experiment's tag that an older server takes; this one takes 20,000.
_MOST = 5_000
_CHARTS = "Study"
# The section to which the UI adds a chart for each metric that has none.
_OTHERS = "Model metrics"


def path(experiment_id: str, study: str, *, charts: bool = False) -> str:
    """Return what follows a tracking server's address in the link that opens the view of a study."""
    mode = "&compareRunsMode=CHART" if charts else ""
    route = f"/#/experiments/{experiment_id}/runs?workflowType=machine_learning"
    return f"{route}{mode}&viewStateShareKey={_key(study)}"


def write(plan: StudyPlan, experiment_id: str, study: str, most_important: Sequence[str] = ()) -> None:
    """Write the view of a study to its experiment.

    Its scatter charts are of the two `most_important` parameters, which have their names in Optuna.
    """
    parameters, several = _parameters(plan), len(plan.estimators) > 1
    important = [name for name in map(partial(_recorded, plan), most_important) if name in parameters]
    while len(text := _tag(study, state(study, plan.objectives, parameters, important, several=several))) > _MOST:
        parameters.pop()
    client = MlflowClient()
    client.set_experiment_tag(experiment_id, f"{_PREFIX}{_key(study)}", text)
    if _KIND not in client.get_experiment(experiment_id).tags:
        client.set_experiment_tag(experiment_id, _KIND, _MODEL_TRAINING)


def _tag(study: str, view: Mapping[str, Any]) -> str:
    now = int(time.time() * 1000)
    return _text({"name": f"study {study}", "createdAt": now, "updatedAt": now, "state": _text(view)})


def state(
    study: str,
    optimized: Sequence[Objective],
    parameters: Sequence[str],
    most_important: Sequence[str],
    *,
    several: bool,
) -> dict[str, Any]:
    """Return the UI's state that shows a study's trials: filter, order, columns, charts."""
    objectives = [objective.name for objective in optimized]
    estimator = [_column("tags", Tag.ESTIMATOR)] if several else []
    columns = [
        _column("metrics", Metric.TRIAL),
        *(_column("metrics", name) for name in objectives),
        *estimator,
        *(_column("params", name) for name in parameters),
        _column("tags", Tag.STATE),
        "attributes.`Duration`",
        _column("tags", Tag.NODE),
    ]
    first = [*most_important, *(name for name in parameters if name not in most_important)]
    return {
        "searchFilter": f"tags.`{Tag.STUDY}` = '{study}' AND tags.`{Tag.ROLE}` = '{Role.TRIAL}'",
        "orderByKey": _column("metrics", objectives[0]),
        "orderByAsc": optimized[0].sign < 0,
        "startTime": "ALL",
        "lifecycleFilter": "Active",
        "datasetsFilter": [],
        "modelVersionFilter": "All Runs",
        "selectedColumns": columns,
        "columnOrder": columns,
        "runsHiddenMode": _SHOW_ALL,
        "isAccordionReordered": True,  # the section that comes first stays first
        "compareRunSections": [_section(_CHARTS, shown=True), _section(_OTHERS, shown=False)],
        "compareRunCharts": list(_charts(objectives, first)),
    }


def _charts(objectives: Sequence[str], parameters: Sequence[str]) -> Iterator[dict[str, Any]]:
    score = _axis(objectives[0], "METRIC")
    if len(objectives) > 1:
        yield _chart("front", "SCATTER", xaxis=score, yaxis=_axis(objectives[1], "METRIC"))
    yield _chart("by-trial", "SCATTER", xaxis=_axis(Metric.TRIAL, "METRIC"), yaxis=score)
    axes = {"selectedParams": [*parameters[:_MOST_AXES]], "selectedMetrics": [*objectives], "showAllRuns": True}
    yield _chart("parallel", "PARALLEL", **axes)
    for place, name in enumerate(parameters[:2]):
        yield _chart(f"scatter-{place}", "SCATTER", xaxis=_axis(name, "PARAM"), yaxis=score)


def _chart(name: str, kind: str, **more: Any) -> dict[str, Any]:
    fixed = {"uuid": name, "type": kind, "metricSectionId": _CHARTS, "deleted": False, "isGenerated": False}
    return {**fixed, "runsCountToCompare": 100, **more}


def _section(name: str, *, shown: bool) -> dict[str, Any]:
    return {
        "uuid": name,
        "name": name,
        "display": shown,
        "isReordered": True,
        "deleted": False,
        "isGenerated": False,
        "columns": 2,
    }


def _axis(key: str, kind: str) -> Mapping[str, str]:
    return {"key": key, "type": kind}


def _column(kind: str, name: str) -> str:
    return f"{kind}.`{name}`"


def _parameters(plan: StudyPlan) -> list[str]:
    """Return the names under which children's runs have the hyperparameters that are searched, each once."""
    chosen = {ESTIMATOR} if len(plan.estimators) > 1 else set()
    searched = (parameter.name for parameter in plan.space.parameters if parameter.name not in chosen)
    return list(dict.fromkeys(map(partial(_recorded, plan), searched)))


def _recorded(plan: StudyPlan, name: str) -> str:
    """Return the name under which a child's run has a parameter of Optuna's, which may begin with a class."""
    return plan.entry.spelled(name.rpartition(".")[2] if len(plan.estimators) > 1 else name)


def _key(study: str) -> str:
    return hashlib.sha256(study.encode()).hexdigest()[:12]


def _text(data: Mapping[str, Any]) -> str:
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False)
