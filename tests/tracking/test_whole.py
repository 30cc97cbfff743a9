"""What is too long for a tag or a parameter, in real runs."""

import json
import shlex

import pytest
from mlflow.entities import Run
from mlflow.tracking import MlflowClient

from steps.errors import WrongValue
from steps.names import Tag
from steps.tracking import read, whole, write

LONG = json.dumps({"drop": ",".join(f"длинное имя {number}" for number in range(160))})
BY_MLFLOW = {"mlflow.project.entryPoint": "train"}


@pytest.fixture
def run_id(client: MlflowClient) -> str:
    return str(client.create_run("0", tags=BY_MLFLOW).info.run_id)


def of(run_id: str) -> Run:
    return MlflowClient().get_run(run_id)


def test_a_long_tag_is_read_whole(run_id: str) -> None:
    """Its run has the digest, an artifact the text; a short one is as it was, and one for people keeps its end."""
    tags = {Tag.SETTINGS: LONG, Tag.IDENTITY: '{"seed": 42}', Tag.STDERR: "x" * 9_000 + "the end"}
    write.record(run_id, tags=tags)
    run = of(run_id)
    assert len(LONG) > whole.TAG_LENGTH
    assert run.data.tags[Tag.SETTINGS] == whole.in_tag(LONG) != LONG
    assert (whole.tag(run, Tag.SETTINGS), whole.tag(run, Tag.IDENTITY)) == (LONG, '{"seed": 42}')
    assert run.data.tags[Tag.STDERR].endswith("xthe end")


@pytest.mark.parametrize(
    ("cut", "problem"),
    [
        (LONG[-whole.TAG_LENGTH :], "an earlier version of this project has cut its tag tuning.settings"),
        (whole.in_tag("x" * 9_000), "its artifact tags/tuning.settings.txt is another than its tag"),
    ],
)
def test_a_tag_that_is_not_whole_is_refused(cut: str, problem: str, run_id: str, client: MlflowClient) -> None:
    """Whether it has been cut, or its artifact is another's."""
    client.log_text(run_id, LONG, "tags/tuning.settings.txt")
    client.set_tag(run_id, Tag.SETTINGS, cut)
    with pytest.raises(WrongValue, match=f"run {run_id}: {problem}"):
        whole.tag(of(run_id), Tag.SETTINGS)


def test_a_tag_whose_artifact_is_gone_is_refused(run_id: str, client: MlflowClient) -> None:
    """By the name of the artifact."""
    client.set_tag(run_id, Tag.SETTINGS, whole.in_tag(LONG))
    with pytest.raises(WrongValue, match=f"run {run_id}: can't read its artifact tags/tuning.settings.txt: "):
        whole.tag(of(run_id), Tag.SETTINGS)


def test_a_long_parameter_is_read_whole(run_id: str, client: MlflowClient) -> None:
    """As it was before it was quoted for a shell; without the artifact, as MLflow alone leaves it, it is refused."""
    parameters = {"drop": "a b'c" * 2_000, "seed": "42", "exact": "x" * whole.PARAMETER_LENGTH}
    for name, word in parameters.items():
        client.log_param(run_id, name, shlex.quote(word))  # MLflow cuts it
    with pytest.raises(WrongValue, match="its parameter 'drop' is on record only in part: MLflow keeps"):
        read.parameters_of(of(run_id))
    whole.keep_parameters(run_id, parameters)
    assert len(of(run_id).data.params["drop"]) == whole.PARAMETER_LENGTH
    assert read.parameters_of(of(run_id)) == parameters
