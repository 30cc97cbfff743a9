"""The sentence that says what a study has found."""

from dataclasses import replace
from typing import Any

import pytest
from optuna.trial import TrialState

from steps.tuning.entry_point import EntryPoint
from steps.tuning.report.finding import Finding
from steps.tuning.report.held_out_gain import gain_of
from steps.tuning.search.constraints import Constraint
from steps.tuning.search.objective import MAXIMIZE, MINIMIZE, Objective
from steps.tuning.search.search import Outcome
from steps.tuning.trials.trial import Job, TrialResult
from tests.tuning import fakes

ACCURACY, STD = Objective("cv_accuracy", MAXIMIZE), Objective("cv_accuracy_std", MINIMIZE)
LOSS = Objective("loss", MINIMIZE)
FOREST, SVC = "a.Forest", "b.Scaler+b.SVC"


def ended(number: int | None, *values: float, estimator: str | None = FOREST) -> TrialResult:
    return TrialResult(Job(number, estimator), f"run {number}", Outcome(TrialState.COMPLETE, values))


def plan(*objectives: Objective, train: bool = True, estimators: tuple[str, ...] = (FOREST,), **changed: Any) -> Any:
    made = fakes.plan(baseline=True)
    settings = replace(made.settings, metric="accuracy", pick=changed.pop("pick", None))
    entry = made.entry if not train else EntryPoint("train", {}, runs_train=True)
    names: dict[Any, Any] = {name: name for name in estimators} if train else {None: None}
    changed |= {"settings": settings, "entry": entry, "estimators": names}
    return replace(made, objectives=objectives or (ACCURACY,), **changed)


def said(made: Any, best: Any = (), baselines: Any = (), trials: int = 50, **known: Any) -> str:
    counts = known.pop("states", {TrialState.COMPLETE: trials})
    return Finding(made, best, baselines, counts, estimator=known.pop("estimator", FOREST), **known).sentence()


def held_out(gain: float, low: float | None = None, high: float | None = None, test: float = 0.9) -> dict[str, Any]:
    ends = {} if low is None or high is None else {"gain_low": low, "gain_high": high}
    return {"champion": "trial 4", "metrics": {"gain": gain, "test_accuracy": test, **ends}}


BEST, DEFAULTS = [ended(4, 0.958333)], [ended(None, 0.95)]

OF_HELD_OUT = [
    (
        held_out(0.02, 0.01, 0.03),
        "Tuning gained on held-out rows: accuracy is 0.02 higher there than with the estimator's defaults "
        "(95 %: 0.01 to 0.03).",
    ),
    (
        held_out(0.02, -0.01, 0.03),
        "Tuning gained nothing that shows on held-out rows: accuracy is 0.02 higher there than with the estimator's "
        "defaults, and the interval of the gain includes 0 (95 %: -0.01 to 0.03).",
    ),
    (
        held_out(0.0, 0.0, 0.0, test=0.933333),
        "Tuning gained nothing that shows on held-out rows: accuracy is 0.9333 there, with the estimator's defaults "
        "too.",
    ),
    (
        held_out(-0.01, -0.02, 0.01),
        "Tuning gained nothing that shows on held-out rows: accuracy is 0.01 lower there than with the estimator's "
        "defaults, and the interval of the gain includes 0 (95 %: -0.02 to 0.01).",
    ),
    (
        held_out(-0.02, -0.03, -0.01),
        "Tuning lost on held-out rows: accuracy is 0.02 lower there than with the estimator's defaults "
        "(95 %: -0.03 to -0.01); prefer the defaults.",
    ),
    (
        held_out(0.02),
        "Tuning gained on held-out rows: accuracy is 0.02 higher there than with the estimator's defaults; these rows "
        "can't tell how sure that is.",
    ),
]


@pytest.mark.parametrize(("known", "sentence"), OF_HELD_OUT)
def test_the_gain_on_held_out_rows_is_said(known, sentence):
    """With the interval: a gain, a loss, or nothing that shows, which is a finding too."""
    assert said(plan(), BEST, DEFAULTS, **known) == sentence


def test_less_is_a_gain_if_the_objective_is_minimized():
    """The sign is that of a gain, and so are the ends of its interval; the words say what the metric does."""
    made = plan(replace(ACCURACY, direction=MINIMIZE))
    known = held_out(-0.02, -0.03, -0.01)
    gain = gain_of(made, known["metrics"])
    assert gain is not None
    assert (gain.value, gain.low, gain.high, gain.rise) == (0.02, 0.01, 0.03, -0.02)
    assert said(made, [ended(4, 0.9)], DEFAULTS, **known).startswith(
        "Tuning gained on held-out rows: accuracy is 0.02 lower there"
    )
    other = gain_of(plan(STD), known["metrics"])  # the spread is minimized, the gain is one of accuracy
    assert other is not None
    assert other.value == -0.02
    assert gain_of(made, {}) is None
    assert gain_of(plan(train=False), {"gain": 7.0}) is None  # a script's own metric


def test_of_several_estimators_the_defaults_are_those_of_the_champions():
    """They are what the held-out rows compare with."""
    sentence = said(plan(estimators=(FOREST, SVC)), BEST, DEFAULTS, estimator=SVC, **held_out(0.02, 0.01, 0.03))
    assert "than with SVC's defaults" in sentence


OF_THE_SEARCH = [
    (
        plan(),
        BEST,
        DEFAULTS,
        "Tuning raised accuracy from 0.95, with the estimator's defaults, to 0.9583 in cross-validation, on the folds "
        "that trials were chosen by.",
    ),
    (
        plan(LOSS, train=False),
        [ended(4, 0.25)],
        [ended(None, 0.5, estimator=None)],
        "Tuning lowered loss from 0.5, with the entry point's own defaults, to 0.25.",
    ),
    (
        plan(),
        [ended(4, 0.95)],
        DEFAULTS,
        "Tuning gained nothing: the best of 50 trials scores as the estimator's defaults, accuracy 0.95.",
    ),
    (
        plan(LOSS, train=False),
        [ended(4, 0.25)],
        [],
        "The best of 50 trials has loss 0.25; no defaults were run to compare with.",
    ),
    (
        plan(),
        [ended(4, 0.94)],
        DEFAULTS,
        "Tuning gained nothing: no trial scores better than the estimator's defaults (accuracy 0.94 against 0.95).",
    ),
    (
        plan(dummy={"estimator": "sklearn.dummy.DummyClassifier", "score": 0.96}),
        BEST,
        DEFAULTS,
        "Tuning gained nothing: no trial scores better than the dummy, which knows nothing of the features (accuracy "
        "0.9583 against 0.96).",
    ),
    (
        plan(replace(ACCURACY, direction=MINIMIZE)),
        BEST,
        DEFAULTS,
        "Tuning gained nothing: no trial scores better than the estimator's defaults (accuracy 0.9583 against 0.95).",
    ),
]


@pytest.mark.parametrize(("made", "best", "baselines", "sentence"), OF_THE_SEARCH)
def test_without_held_out_rows_the_search_has_its_say(made, best, baselines, sentence):
    """What the trials gained over the defaults by the objective, or that these win, or a dummy does."""
    assert said(made, best, baselines) == sentence


def test_numbers_that_differ_look_different():
    """However little they differ."""
    assert "(accuracy 0.949999 against 0.95)" in said(plan(), [ended(4, 0.949999)], DEFAULTS)


def test_a_champion_that_is_no_trial_is_named():
    """Without fresh folds, and with them."""
    champion: Any = {"champion": "the estimator's defaults", "metrics": {"gain": 0.0, "test_accuracy": 0.9}}
    assert said(plan(), [ended(4, 0.94)], DEFAULTS, **champion).endswith(", so they are the champion.")
    assert said(plan(), BEST, DEFAULTS, is_confirmed=True, **champion) == (
        "Tuning gained nothing that is sure: on fresh folds no trial is better than the estimator's defaults by more "
        "than its standard error, so they are the champion."
    )


def test_baselines_that_do_not_compete_are_told():
    """They break a constraint, or a space fixes something that may be of other data."""
    bound = Constraint(Objective("cpu_s", MINIMIZE), "<=", 1.0)
    broken = replace(DEFAULTS[0], outcome=replace(DEFAULTS[0].outcome, excess=(0.5,)))
    assert said(plan(constraints=(bound,)), [ended(4, 0.94)], [broken]) == (
        "The best of 50 trials has accuracy 0.94; the estimator's defaults, which don't compete, have 0.95."
    )
    assert said(plan(constraints=(bound,)), [ended(4, 0.95)], [broken]) == (
        "The best of 50 trials has accuracy 0.95; the estimator's defaults, which don't compete, have 0.95."
    )


def test_a_study_that_goes_on_says_so():
    """What is found so far; and that nothing is."""
    assert said(plan(), BEST, DEFAULTS, is_over=False).startswith("So far: tuning raised accuracy from 0.95")
    assert said(plan(), is_over=False, states={}) == "No trial has finished yet."
    assert said(plan(), is_over=False, states={TrialState.FAIL: 1}) == "No trial has finished yet: 1 failed."


def test_a_study_in_which_no_trial_finished_says_how_they_ended():
    """Failed, pruned, or with a score that breaks a constraint."""
    assert said(plan(), states={TrialState.FAIL: 3, TrialState.PRUNED: 2}) == (
        "No trial has finished: 3 failed and 2 pruned."
    )
    assert said(plan(), states={}) == "No trial has finished."
    bounded = plan(constraints=(Constraint(Objective("cpu_s", MINIMIZE), "<=", 1.0),))
    assert said(bounded, scored=12) == "No trial keeps cpu_s<=1: each of 12 with a score breaks a constraint."
    assert said(bounded, scored=1) == "No trial keeps cpu_s<=1: the only one with a score breaks a constraint."


def test_two_objectives_have_a_front():
    """With the range of each; or one trial that is the best in both; and what the one that was picked gained."""
    two = plan(ACCURACY, STD)
    front = [ended(1, 0.9, 0.01), ended(7, 0.95, 0.2)]
    assert said(two, front, trials=20) == (
        "2 of 20 trials are on the front, none of them the best in both objectives: cv_accuracy from 0.9 to 0.95 and "
        "cv_accuracy_std from 0.01 to 0.2."
    )
    assert said(two, front[:1]) == (
        "Trial 1 is the best of 50 trials in both objectives: cv_accuracy 0.9 and cv_accuracy_std 0.01."
    )
    picked = plan(ACCURACY, STD, pick="cv_accuracy")
    assert "Tuning gained on held-out rows" in said(picked, front, [ended(None, 0.9, 0.1)], **held_out(0.1, 0.05, 0.2))
    assert said(picked, front, [ended(None, 0.96, 0.1)]).endswith(
        " By cv_accuracy, no trial scores better than the estimator's defaults."
    )
