"""The scores of folds that are on record already."""

from types import SimpleNamespace
from typing import Any

import pytest

from steps.names import Variable
from steps.training.scores import recorded

ROWS: Any = SimpleNamespace(
    folds="of these rows", dataset=SimpleNamespace(sha256="this data"), layout=SimpleNamespace(splits=[1, 2, 3])
)
SCORES = [0.5, 0.25, 1 / 3]


@pytest.fixture
def trial(client, monkeypatch):
    """A trial's run, and the variable that names it."""

    def write(scores=SCORES, folds="of these rows", data="this data", seconds: float | None = 2.5):
        run_id = client.create_run("0", tags={"tuning.folds": folds, "tuning.data": data}).info.run_id
        for step, score in reversed(list(enumerate(scores))):
            client.log_metric(run_id, "fold_accuracy", score, step=step)
        if seconds is not None:
            client.log_metric(run_id, "fit_time_s", seconds)
        monkeypatch.setenv(Variable.SCORED_RUN, run_id)

    return write


def test_they_are_taken_as_they_are(trial):
    """To the last bit, in the order of the folds, with the time of a fit."""
    trial()
    assert recorded.folds("accuracy", ROWS) == [(score, 2.5) for score in SCORES]


@pytest.mark.parametrize(
    "other", [{"folds": "of others"}, {"data": "other"}, {"scores": SCORES[:2]}, {"scores": []}, {"seconds": None}]
)
def test_of_another_trial_they_are_not(trial, other):
    """Other rows, other folds, or a fold too few: then they are to be computed."""
    trial(**other)
    assert recorded.folds("accuracy", ROWS) is None


@pytest.mark.parametrize("named", [None, "", "0" * 32])
def test_without_such_a_run_there_are_none(client, monkeypatch, named):
    """A trial, a run by hand, one whose run is gone."""
    monkeypatch.delenv(Variable.SCORED_RUN, raising=False)
    if named is not None:
        monkeypatch.setenv(Variable.SCORED_RUN, named)
    assert recorded.folds("accuracy", ROWS) is None
