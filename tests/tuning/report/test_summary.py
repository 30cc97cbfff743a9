"""The lines that a study ends with."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from optuna.trial import TrialState

from steps.tuning.champion.champion import Champion
from steps.tuning.entry_point import EntryPoint
from steps.tuning.report import summary
from steps.tuning.search.objective import MAXIMIZE, MINIMIZE, Objective
from steps.tuning.search.search import Outcome
from steps.tuning.trials.results import StudyResult
from steps.tuning.trials.trial import Job, TrialResult
from tests.tuning import fakes


def ended(number, value):
    job = Job(number, hyperparameters={} if number is None else {"lr": 0.1})
    return TrialResult(job, f"run {number}", Outcome(TrialState.COMPLETE, (value,)))


@pytest.mark.parametrize(("runs_train", "shown", "whose"), [(True, "loss", "estimator"), (False, "cv_loss", "entry")])
def test_an_objective_has_its_own_name(runs_train, shown, whose):
    """Of `train` it is the scorer's; of anybody's script the name under which that logs it."""
    children = SimpleNamespace(
        objectives=[Objective("cv_loss", MINIMIZE)],
        entry=EntryPoint("fit.py", {}, runs_train=runs_train),
        recorded=lambda job: dict(job.hyperparameters),
    )
    best = {3: ended(3, 0.25)}
    result = StudyResult("n_trials", best, best, [ended(None, 0.5)])
    plan = replace(fakes.plan(baseline=True), objectives=tuple(children.objectives), entry=children.entry)
    lines = summary.summary(plan, result, children).splitlines()  # type: ignore[arg-type] # a fake
    assert lines[:2] == ["Best trial: {'lr': 0.1}", f"Best {shown}: 0.25"]
    assert lines[2].startswith(f"Baseline {shown}: 0.5 (the {whose}")
    assert lines[2].endswith("tuning gained +0.25)")
    assert lines[3].startswith(f"Verdict: Tuning lowered {shown} from 0.5, with the {whose}")
    assert lines[4:] == []
    ahead = replace(result, baselines=[ended(None, 0.125)], stopped_by="patience")
    lines = summary.summary(replace(plan), ahead, children).splitlines()  # type: ignore[arg-type] # a fake
    assert lines[3].startswith(f"Verdict: Tuning gained nothing: no trial scores better than the {whose}")
    assert "champion" not in lines[3]  # none was run
    assert lines[4].startswith("Ended: it ended after 1 of 50 trials")


class Run:
    """A champion's run, as far as the last lines look at it."""

    def __init__(self, **metrics):
        self.data = SimpleNamespace(metrics=metrics, tags={"tuning.estimator": "a.Forest"})


HELD_OUT = {"test_accuracy": 0.9, "test_accuracy_low": 0.8, "test_accuracy_high": 1.0, "baseline_test_accuracy": 0.92}


@pytest.mark.parametrize(
    ("direction", "gain", "ends"), [(MAXIMIZE, "-0.02", "-0.03 to -0.01"), (MINIMIZE, "+0.02", "0.01 to 0.03")]
)
def test_the_gain_has_one_sign_wherever_it_is_told(direction, gain, ends):
    """In the champion's line as in the verdict: above 0 is better, also of a score that is minimized."""
    objective = Objective("cv_accuracy", direction)
    entry = EntryPoint("train", {}, runs_train=True)
    made = fakes.plan()
    settings = replace(made.settings, metric="accuracy")
    plan = replace(made, objectives=(objective,), entry=entry, settings=settings)
    best = {3: ended(3, 0.9)}
    children = SimpleNamespace(objectives=[objective], entry=entry, recorded=lambda job: dict(job.hyperparameters))
    run = Run(gain=-0.02, gain_low=-0.03, gain_high=-0.01, dummy_test_accuracy=0.3, **HELD_OUT)
    champion = Champion("trial 3", run)  # type: ignore[arg-type] # a fake
    result = StudyResult("n_trials", best, best, [])
    lines = summary.summary(plan, result, children, champion).splitlines()  # type: ignore[arg-type] # a fake
    (line,) = [each for each in lines if each.startswith("Champion: ")]
    assert line.endswith(f"; defaults 0.92, dummy 0.3; gain {gain} (95 %: {ends})")
    (verdict,) = [each for each in lines if each.startswith("Verdict: ")]
    assert verdict.startswith(f"Verdict: Tuning {'gained' if gain[0] == '+' else 'lost'} on held-out rows")


@pytest.mark.parametrize("runs_train", [True, False])
def test_a_champion_without_an_interval_has_its_line(runs_train):
    """Of held-out rows that lack a class in most resamples. What a script logs under such names is something else."""
    entry, made = EntryPoint("train", {}, runs_train=runs_train), fakes.plan()
    plan = replace(made, entry=entry, settings=replace(made.settings, metric="accuracy"))
    children = SimpleNamespace(objectives=plan.objectives, entry=entry, recorded=lambda job: dict(job.hyperparameters))
    metrics = {"test_accuracy": 1.0, "baseline_test_accuracy": 0.9, "dummy_test_accuracy": 0.5, "gain": 0.1}
    champion = Champion("trial 3", Run(**metrics))  # type: ignore[arg-type] # a fake
    best = {3: ended(3, 0.9)}
    lines = summary.summary(plan, StudyResult("n_trials", best, best, []), children, champion)  # type: ignore[arg-type] # a fake
    line = "Champion: trial 3, held-out accuracy 1; defaults 0.9, dummy 0.5; gain +0.1"
    assert (line in lines.splitlines()) == runs_train
    assert ("held-out" in lines) == runs_train


def test_of_several_estimators_the_champions_line_says_whose_defaults():
    """The line of the baseline names the best of all, which may be another estimator's."""
    entry, made = EntryPoint("train", {}, runs_train=True), fakes.plan()
    estimators: dict[str | None, str | None] = {"a.Forest": "a.Forest", "b.SVC": "b.SVC"}
    plan = replace(made, entry=entry, settings=replace(made.settings, metric="accuracy"), estimators=estimators)
    children = SimpleNamespace(entry=entry, recorded=lambda job: dict(job.hyperparameters))
    champion = Champion("trial 3", Run(gain=-0.02, dummy_test_accuracy=0.3, **HELD_OUT))  # type: ignore[arg-type] # a fake
    best, rivals = {3: ended(3, 0.9)}, [ended(None, 0.8), ended(None, 0.7)]
    rivals = [replace(each, job=Job(None, path)) for each, path in zip(rivals, ("b.SVC", "a.Forest"), strict=True)]
    lines = summary.summary(plan, StudyResult("n_trials", best, best, rivals), children, champion)  # type: ignore[arg-type] # a fake
    assert "(SVC's defaults, the best of 2; tuning gained " in lines
    assert "; Forest's defaults 0.92, dummy 0.3; gain -0.02" in lines


def failed(number, reason):
    return TrialResult(Job(number), f"run {number}", Outcome(TrialState.FAIL), reason)


@pytest.mark.parametrize(
    ("reasons", "line"),
    [
        (["exit code 1: a\n b"], "Failed: 1 of 2 trials: exit code 1: a b"),
        (["a", "a"], "Failed: 2 of 3 trials: a"),
        (["b", "a", "a"], "Failed: 3 of 4 trials, 2 of them: a"),
    ],
)
def test_trials_that_failed_are_counted_with_what_most_of_them_failed_of(reasons, line):
    """Only where some have; how each failed is in its run."""
    best = {0: ended(0, 0.25)}
    trials = best | {number: failed(number, reason) for number, reason in enumerate(reasons, start=1)}
    children = SimpleNamespace(
        objectives=[Objective("loss", MINIMIZE)],
        entry=EntryPoint("fit.py", {}, runs_train=False),
        recorded=lambda job: dict(job.hyperparameters),
    )
    plan = replace(fakes.plan(), objectives=tuple(children.objectives), entry=children.entry)
    lines = summary.summary(plan, StudyResult("n_trials", trials, best, []), children).splitlines()  # type: ignore[arg-type] # a fake
    assert [each for each in lines if each.startswith("Failed")] == [line]
