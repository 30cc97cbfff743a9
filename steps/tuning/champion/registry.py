"""The champion's model in the model registry: which version has the alias `champion`, which `challenger`."""

import mlflow
from mlflow.entities import Run
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient
from mlflow.utils.mlflow_tags import MLFLOW_PROJECT_ENTRY_POINT

from steps.errors import WrongValue
from steps.names import Metric, Tag
from steps.project import secrets
from steps.tracking import read
from steps.tuning.search.objective import MAXIMIZE, Objective
from steps.tuning.study_plan import StudyPlan

CHAMPION, CHALLENGER = "champion", "challenger"
# The parameters that, with the data, decide which rows are held out, of `train` and of any entry point that has them.
# A model that was scored on other rows may have been fitted on these, so the two are not compared.
_SPLIT = ("target", "drop", "weight", "split", "task", "positive", "seed", "test_size")
_ADDED = {"weight": "none", "positive": "auto"}  # later: what runs had before


def judged_by(plan: StudyPlan) -> Objective:
    """Return by what champions of a study are compared: `train` scores them on held-out rows.

    Another entry point logs its objective alone; of two, the one by which the champion was picked.
    """
    if plan.entry.runs_train:
        return Objective(Metric.test(plan.settings.metric), MAXIMIZE)
    return next((each for each in plan.objectives if each.name == plan.settings.pick), plan.objectives[0])


def register(name: str, run: Run, by: Objective) -> str:
    """Register the model of a run under a name, and say which alias it has got and why.

    It gets the alias `champion` if no version has it, or if the version that has it scores worse on the same held-out
    rows, or in the same objective; else it gets `challenger`. The version's description says the same.
    """
    client = MlflowClient()
    model = model_of(run)
    if model is None:
        return f"Not registered: run {run.info.run_id} has logged no model"
    registered = [
        version for version in client.search_model_versions(f"run_id = '{run.info.run_id}'") if version.name == name
    ]
    version = registered[0] if registered else mlflow.register_model(model, name)
    holder = _holder(client, name)
    if holder is not None and str(holder.version) == str(version.version):
        return f"Registered: {name} version {version.version} is the {CHAMPION} already"
    alias, why = (CHAMPION, "the first of its name") if holder is None else _judge(run, holder, client, by)
    client.set_registered_model_alias(name, alias, version.version)
    sentence = f"{name} version {version.version}, {alias}: {why}"
    client.update_model_version(name, version.version, f"{sentence}.")
    return f"Registered: {sentence}"


def model_of(run: Run) -> str | None:
    """Return the URI of the model that a run has logged, None if it has none."""
    models = run.outputs.model_outputs if run.outputs else []
    return f"models:/{models[0].model_id}" if models else None


def _holder(client: MlflowClient, name: str) -> ModelVersion | None:
    try:
        return client.get_model_version_by_alias(name, CHAMPION)
    except MlflowException as error:
        if "not found" in str(error).lower():
            return None
        raise


def _judge(run: Run, holder: ModelVersion, client: MlflowClient, by: Objective) -> tuple[str, str]:
    """Compare a run with the run of the version that has the alias; return the alias that its model gets, and why."""
    name, whose = by.name, f"version {holder.version}"
    try:
        other = client.get_run(str(holder.run_id))
    except MlflowException:
        return CHALLENGER, f"not compared with {whose}, whose run is gone"
    if _code(run) != _code(other):
        return CHALLENGER, f"not compared with {whose}, which is of {_code(other)}"
    try:
        parameters, their_parameters = read.parameters_of(run), read.parameters_of(other)
    except WrongValue as error:
        return CHALLENGER, f"not compared with {whose}: {error}"
    mine_and_theirs = [_ADDED | parameters, _ADDED | their_parameters]
    differ = [key for key in _SPLIT if len({each.get(key) for each in mine_and_theirs}) > 1]
    if run.data.tags.get(Tag.DATA) != other.data.tags.get(Tag.DATA):
        differ.insert(0, "data")
    if differ:
        return CHALLENGER, f"not compared with {whose}, which had other held-out rows ({', '.join(differ)} differ)"
    mine, theirs = run.data.metrics.get(name), other.data.metrics.get(name)
    if mine is None or theirs is None:
        return CHALLENGER, f"not compared with {whose}, since not both have {name}"
    scores = f"{name} {mine:.6g} against {theirs:.6g}"
    gain = by.sign * (mine - theirs)
    if gain > 0:
        return CHAMPION, f"better than {whose} by {gain:.6g} ({scores})"
    if gain == 0:
        return CHALLENGER, f"no better than {whose} ({scores})"
    return CHALLENGER, f"{whose} is better by {-gain:.6g} ({scores})"


def _code(run: Run) -> str:
    """Say of which project and entry point a run is: what others log under the same name may be something else.

    A run of `train`, whatever name MLproject has for that, is known by its data.
    """
    tags = run.data.tags
    project = f" of {secrets.hidden(tags[Tag.PROJECT])}" if Tag.PROJECT in tags else ""
    name = "train" if Tag.DATA in tags else tags.get(MLFLOW_PROJECT_ENTRY_POINT, "none")
    return f"the entry point {name!r}{project}"
