"""The best trials on fresh folds beside the defaults: which of them is the champion then."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import mean
from types import SimpleNamespace
from typing import Any

import pytest
from mlflow.tracking import MlflowClient
from optuna.trial import TrialState

from steps.names import Metric
from steps.tuning.champion import confirmation, contest
from steps.tuning.search.search import Outcome
from steps.tuning.trials.results import StudyResult
from steps.tuning.trials.trial import Job, TrialResult
from tests.tuning.champion.test_contest import ended, plan

DEFAULTS = "the estimator's defaults"


@dataclass
class FakeRerun:
    """Stands in for Rerun: a job has the folds' scores that a test has for its number, on a run in a database."""

    client: MlflowClient
    folds: Mapping[int | None, Sequence[float]]
    excess: Mapping[int | None, float] = field(default_factory=dict)
    jobs: list[Job] = field(default_factory=list)

    @property
    def children(self) -> Any:
        return SimpleNamespace(recorded=lambda job: {"x": job.number})

    def run(self, jobs: Sequence[Job], _what: str) -> list[TrialResult]:
        self.jobs = list(jobs)
        return [self._scored(job) for job in jobs if self.folds[job.number]]

    def _scored(self, job: Job) -> TrialResult:
        run_id = self.client.create_run("0").info.run_id
        scores = self.folds[job.number]
        for step, score in enumerate(scores):
            self.client.log_metric(run_id, Metric.fold("r2"), score, step=step)
        excess = (self.excess[job.number],) if job.number in self.excess else ()
        return TrialResult(job, run_id, Outcome(TrialState.COMPLETE, (mean(scores),), excess=excess))


def winner(client: MlflowClient, folds: Mapping[int | None, Sequence[float]], **how: Any) -> tuple[str, list[str]]:
    """Name the champion of two trials, 0.9 and 0.8 before, and defaults of 0.5; and what was scored on fresh folds."""
    made = plan(**how)
    made = replace(made, settings=replace(made.settings, confirm=2))
    trials = {0: ended(0, 0.9), 1: ended(1, 0.8), 2: ended(2, 0.1)}
    rerun = FakeRerun(client, folds)
    result = StudyResult(trials=trials, baselines=[ended(None, 0.5)], best={0: trials[0]}, stopped_by="")
    found, scores = confirmation.confirm(made, result, rerun)  # type: ignore[arg-type] # a fake
    assert {job.parameters["fold_seed"] for job in rerun.jobs} == {"43"}
    return contest.name_of(found.job, made), list(scores)


CASES = {
    "surely better": (
        {0: [0.8, 0.9, 0.8], 1: [0.6] * 3, None: [0.5, 0.5, 0.6]},
        "trial 0",
        ["trial 0", "trial 1", DEFAULTS],
    ),
    "better by chance": (
        {0: [0.9, 0.4, 0.5], 1: [0.4] * 3, None: [0.5] * 3},
        DEFAULTS,
        ["trial 0", DEFAULTS, "trial 1"],
    ),
    "worse": ({0: [0.4] * 3, 1: [0.3] * 3, None: [0.5] * 3}, DEFAULTS, [DEFAULTS, "trial 0", "trial 1"]),
    "the same": ({0: [0.5] * 3, 1: [0.3] * 3, None: [0.5] * 3}, DEFAULTS, ["trial 0", DEFAULTS, "trial 1"]),
    "a lucky first": ({0: [0.5] * 3, 1: [0.8] * 3, None: [0.5] * 3}, "trial 1", ["trial 1", "trial 0", DEFAULTS]),
    "defaults that failed": ({0: [0.5] * 3, 1: [0.4] * 3, None: []}, "trial 0", ["trial 0", "trial 1"]),
    "nothing was scored": ({0: [], 1: [], None: []}, "trial 0", []),
    "one fold": ({0: [0.6], 1: [0.4], None: [0.5]}, "trial 0", ["trial 0", DEFAULTS, "trial 1"]),
}


@pytest.mark.parametrize(("folds", "champion", "scored"), CASES.values(), ids=CASES)
def test_a_trial_takes_the_place_of_the_defaults_only_if_it_is_surely_better(
    folds: Mapping[int | None, Sequence[float]], champion: str, scored: list[str], client: MlflowClient
) -> None:
    """By more than the standard error of the difference on fresh folds; the defaults are scored there as well."""
    assert winner(client, folds) == (champion, scored)


def test_where_no_defaults_compete_the_best_trial_wins(client: MlflowClient) -> None:
    """With `baseline=false` trials are alone."""
    folds = {0: [0.3] * 3, 1: [0.4, 0.3, 0.3], None: [0.9] * 3}
    assert winner(client, folds, baseline=False) == ("trial 1", ["trial 1", "trial 0"])


def test_the_defaults_of_another_entry_point_are_beaten_by_what_is_better(client: MlflowClient) -> None:
    """It logs no scores of folds that could say how sure that is."""
    folds = {0: [0.6, 0.5, 0.5], 1: [0.1] * 3, None: [0.5] * 3}
    name, _ = winner(client, folds, train=False)
    assert name == "trial 0"


@pytest.mark.parametrize(
    ("gains", "folds", "sure"),
    [
        ([0.01, 0.03, 0.02, 0.01, 0.03], 5, True),
        ([0.01, -0.03, 0.02, 0.01, 0.02], 5, False),
        ([0.03, 0.0, 0.0, 0.03, 0.0], 5, True),  # its error is 0.67 of the deviation, as of 2.2 folds that share no row
        ([0.03, 0.0, 0.0, 0.0, 0.0], 5, False),
        ([0.03, 0.0, 0.0, 0.0, 0.03] * 3, 5, True),
        ([0.03, 0.0, 0.0, 0.0, 0.0] * 3, 5, False),  # repeats of the same folds would tell no more
        ([0.01], 1, True),
        ([0.0], 1, False),
        ([], 5, False),
        ([0.01, 0.02], 1, True),
    ],
)
def test_a_gain_is_sure_above_its_error_corrected_for_shared_rows(
    gains: Sequence[float], folds: int, sure: bool
) -> None:
    """Nadeau and Bengio's: the variance × (1 / the scores + the rows scored / the rows fitted on)."""
    assert confirmation.exceeds_its_error(gains, folds) is sure


def test_what_breaks_a_constraint_before_or_on_fresh_folds_is_left_out(client):
    """Trial 0 does on fresh folds, the defaults did before: they are not even scored."""
    made = plan()
    made = replace(made, settings=replace(made.settings, confirm=2))
    trials, defaults = {0: ended(0, 0.9), 1: ended(1, 0.8)}, ended(None, 0.95)
    rerun = FakeRerun(client, {0: [0.9], 1: [0.7]}, {0: 0.25, 1: -0.25})
    baselines = [replace(defaults, outcome=replace(defaults.outcome, excess=(1.0,)))]
    result = StudyResult(trials=trials, baselines=baselines, best={0: trials[0]}, stopped_by="")
    found, scores = confirmation.confirm(made, result, rerun)  # type: ignore[arg-type] # a fake
    assert (found.job.number, scores) == (1, {"trial 1": 0.7})


@pytest.mark.parametrize("baseline", [True, False])
def test_what_got_furthest_is_confirmed_if_no_trial_had_all_of_its_budget(baseline: bool, client: MlflowClient) -> None:
    """A study with a fidelity was cut short: its trials are PRUNED, and the best is one of them."""
    made = plan(baseline=baseline)
    made = replace(made, settings=replace(made.settings, confirm=2))
    trials = {n: replace(ended(n), outcome=Outcome(TrialState.PRUNED, (), ((3, 0.9),))) for n in (0, 1)}
    rerun = FakeRerun(client, {1: [0.8, 0.9, 0.8], None: [0.5] * 3})
    result = StudyResult(trials=trials, baselines=[ended(None, 0.5)], best={1: ended(1, 0.9)}, stopped_by="timeout")
    found, scores = confirmation.confirm(made, result, rerun)  # type: ignore[arg-type] # a fake
    assert (contest.name_of(found.job, made), list(scores)) == ("trial 1", ["trial 1", *[DEFAULTS] * baseline])
