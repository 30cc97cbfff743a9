"""What a study has found, to the tuner and on record."""

import pytest
from optuna.trial import TrialState

from steps.tuning.champion.champion import Champion
from steps.tuning.report import study_finding
from steps.tuning.search.search import Outcome
from steps.tuning.trials.results import StudyResult
from steps.tuning.trials.trial import Job, TrialResult
from tests.tuning.report.conftest import FOREST, ROWS


def ended(number, state, *values):
    return TrialResult(Job(number, FOREST), f"run {number}", Outcome(state, values))


@pytest.mark.parametrize("champion", ["", "trial 2", "the estimator's defaults"])
def test_the_tuner_and_the_record_have_found_the_same(study, make_plan, champion):
    """So the last lines on the terminal, the page and the run's description say one thing."""
    plan = make_plan()
    loaded = study(plan, champion=champion, **{"tuning.stopped_by": "n_trials"})
    trials = {number: ended(number, TrialState.COMPLETE, score) for number, (_, _, score, _) in enumerate(ROWS)}
    trials[3] = ended(3, TrialState.FAIL)
    result = StudyResult("n_trials", trials, {2: trials[2]}, [ended(None, TrialState.COMPLETE, 0.9)])
    told = study_finding.of_result(plan, result, Champion(champion, loaded.champion) if champion else None)
    on_record = study_finding.of_record(loaded)
    assert on_record.sentence() == told.sentence()
    for name in ("states", "scored", "champion", "estimator", "metrics", "is_confirmed", "is_over"):
        assert getattr(on_record, name) == getattr(told, name)


def test_a_study_that_goes_on_has_found_that_so_far(study, make_plan):
    """On record, where nothing has stopped it."""
    assert study_finding.of_record(study(make_plan())).sentence().startswith("So far: tuning raised accuracy from 0.9")
