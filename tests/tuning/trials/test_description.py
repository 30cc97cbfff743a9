"""What MLflow's UI says of a trial in words."""

import pytest
from optuna.trial import TrialState

from steps.tuning.search.search import Outcome
from steps.tuning.trials import description
from steps.tuning.trials.trial import Job, TrialResult

TRIED = {"lr": 0.012345678901, "layers": 3, "kind": "a_b"}


@pytest.mark.parametrize(
    ("outcome", "more", "pruned_at", "text"),
    [
        (Outcome(TrialState.COMPLETE, (0.123456789, 2.0)), {}, None, "loss 0.123457, size 2"),
        (Outcome(TrialState.PRUNED, steps=((0, 0.5), (3, 0.25))), {}, 3, "Pruned at step 3, its last score 0.25"),
        (Outcome(TrialState.PRUNED, steps=((9, 0.25),)), {}, None, "loss 0.25"),
        (Outcome(TrialState.FAIL), {"reason": "exit code 1."}, None, "Failed: exit code 1"),
        (Outcome(TrialState.FAIL), {"reason": "node lost", "retried": True}, None, "Failed, and run again: node lost"),
    ],
)
def test_it_has_the_scores_or_why_there_are_none(outcome, more, pruned_at, text):
    """And what was tried, with six digits."""
    ended = TrialResult(Job(7), "run", outcome, **more)
    said = description.of(ended, pruned_at, ["loss", "size"], TRIED)
    assert said == f"{text}, with lr 0.0123457, layers 3, kind a_b"
    assert description.of(ended, pruned_at, ["loss", "size"], {}) == text
