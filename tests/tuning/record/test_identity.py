"""What makes a study the one that it is: by its parent run in a real database."""

import json
from typing import Any

import pytest
from mlflow.tracking import MlflowClient

from steps.errors import WrongValue
from steps.names import Tag
from steps.parameters import command_line
from steps.parameters.settings import TuneSettings
from steps.tuning import study_plan
from steps.tuning.record import identity, resume

DIFFERENT = [
    (["--seed", "7"], "seed 42, now 7"),
    (["--threads", "2", "--window", "8"], "threads 1, now 2; window 4, now 8"),
    (["--space", "knn"], "estimators"),
    (["--metric", "f1_macro"], "metric accuracy, now f1_macro"),
    (["--data", "iris"], "data "),
    (["--split", "random"], "split stratified, now random"),
    (["--sampler", "random", "--pruner", "median"], "sampler tpe, now random; pruner none, now median"),
]


@pytest.mark.parametrize(("words", "problem"), DIFFERENT, ids=[words[1] for words, _ in DIFFERENT])
def test_another_study_of_that_name_is_refused(
    words: list[str], problem: str, planned: Any, client: MlflowClient, parent_run: str
) -> None:
    """Its differences are listed, and the ways on."""
    with pytest.raises(WrongValue) as caught:
        identity.check_same("mine", planned(*words), resume.earlier_parents("0", "mine", but=""))
    (message,) = caught.value.problems
    assert problem in message
    assert "give another name, or start from its trials with --warm_start" in message


def test_settings_that_are_not_given_are_taken_from_the_record(parent_run: str, client: MlflowClient) -> None:
    """And those that are given stand."""
    settings = command_line.read(["--study", "mine", "--n_trials", "9"], TuneSettings)
    taken = identity.take_from_record(settings, resume.earlier_parents("0", "mine", but=""))
    assert (taken.data, taken.folds, taken.n_trials, taken.study) == ("wine", 2, 9, "mine")


def test_a_record_of_before_that_says_none_is_the_same_study(
    parent_run: str, client: MlflowClient, wine: study_plan.StudyPlan
) -> None:
    """Where earlier versions had no pruner and nothing to drop, they wrote the text none; nothing differs by that."""
    for tag in (Tag.IDENTITY, Tag.SETTINGS):
        now = json.loads(client.get_run(parent_run).data.tags[tag])
        client.set_tag(parent_run, tag, json.dumps({**now, "pruner": "none", "drop": "none"}))
    earlier = resume.earlier_parents("0", "mine", but="")
    identity.check_same("mine", wine, earlier)
    assert identity.take_from_record(wine.settings, earlier) == wine.settings
