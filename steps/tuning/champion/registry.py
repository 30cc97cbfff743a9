"""The champion's model in the model registry: which version has the alias `champion`, which `challenger`."""

import mlflow
from mlflow.entities import Run
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from steps.names import Metric, Tag
from steps.tracking import read

CHAMPION, CHALLENGER = "champion", "challenger"
# The parameters that, with the data, decide which rows are held out. A model that was scored on other rows may have
# been fitted on these, so the two are not compared.
_SPLIT = ("target", "drop", "split", "task", "seed", "test_size")


def register(name: str, run: Run, metric: str) -> str:
    """Register the model of a run under a name, and say which alias it has got and why.

    It gets the alias `champion` if no version has it, or if the version that has it scores worse on the same held-out
    rows; else it gets `challenger`. The version's description says the same.
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
    alias, why = (CHAMPION, "the first of its name") if holder is None else _judge(run, holder, client, metric)
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


def _judge(run: Run, holder: ModelVersion, client: MlflowClient, metric: str) -> tuple[str, str]:
    """Compare a run with the run of the version that has the alias; return the alias that its model gets, and why."""
    name, whose = Metric.test(metric), f"version {holder.version}"
    try:
        other = client.get_run(str(holder.run_id))
    except MlflowException:
        return CHALLENGER, f"not compared with {whose}, whose run is gone"
    parameters, their_parameters = read.parameters_of(run), read.parameters_of(other)
    differ = [key for key in _SPLIT if parameters.get(key) != their_parameters.get(key)]
    if run.data.tags.get(Tag.DATA) != other.data.tags.get(Tag.DATA):
        differ.insert(0, "data")
    if differ:
        return CHALLENGER, f"not compared with {whose}, which had other held-out rows ({', '.join(differ)} differ)"
    mine, theirs = run.data.metrics.get(name), other.data.metrics.get(name)
    if mine is None or theirs is None:
        return CHALLENGER, f"not compared with {whose}, since not both have {name}"
    scores = f"{name} {mine:.6g} against {theirs:.6g}"
    if mine > theirs:
        return CHAMPION, f"better than {whose} by {mine - theirs:.6g} ({scores})"
    if mine == theirs:
        return CHALLENGER, f"no better than {whose} ({scores})"
    return CHALLENGER, f"{whose} is better by {theirs - mine:.6g} ({scores})"
