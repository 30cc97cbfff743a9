"""What a trial must keep to count."""

import json

import optuna
import pytest
from optuna.trial import TrialState

from steps.errors import WrongValue
from steps.parameters.tune_settings import TuneSettings
from steps.tuning import entry_point
from steps.tuning.entry_point import EntryPoint
from steps.tuning.search import constraints, samplers
from steps.tuning.search.constraints import Constraint
from steps.tuning.search.objective import Objective
from steps.tuning.search.search import Outcome, Search
from steps.tuning.tuned_project import this_project
from tests.tuning import fakes

TRAIN = entry_point.find("train", this_project())
OWN = EntryPoint("fit_line", {}, runs_train=False)
LOSS = (Objective("loss", "minimize"),)
WIDTH = Constraint(Objective("width", "minimize"), "<=", 0.5)


def resolve(text, entry=OWN, objectives=LOSS, **settings):
    return constraints.resolve(TuneSettings(metric="accuracy", constraint=text, **settings), entry, objectives)


@pytest.mark.parametrize(
    ("text", "entry", "expected"),
    [
        ("none of it <= 5", OWN, [("none of it<=5", "none of it", "minimize")]),
        ("fit_time_s<=0.1, peak_memory_mb <= 500", TRAIN, [
            ("fit_time_s<=0.1", "fit_time_s", "minimize"), ("peak_memory_mb<=500", "peak_memory_mb", "minimize"),
        ]),
        ("acc:best>=-1e-3", OWN, [("acc:best>=-0.001", "acc", "maximize")]),
        ("val:loss:last<=1,val:loss:last<=1", OWN, [("val:loss<=1", "val:loss", "minimize")]),
        ("x<=123456789,x>=2", OWN, [("x<=123456789", "x", "minimize"), ("x>=2", "x", "minimize")]),
    ],
)  # fmt: skip
def test_a_constraint_is_a_metric_and_a_bound(text, entry, expected):
    """Of one with an upper bound the best step is the least."""
    found = [(each.text, each.metric.logged, each.metric.direction) for each in resolve(text, entry)]
    assert found == expected


def test_without_the_parameter_there_is_none():
    """Which is the default."""
    assert resolve(None) == ()


def test_of_a_metric_that_is_an_objective_too_the_same_step_counts():
    """Though its bound is on the other side: one name has one value."""
    objective = Objective("acc:best", "maximize", "best")
    (constraint,) = resolve("acc:best<=0.9", objectives=(objective,))
    assert constraint.metric is objective
    assert constraints.measured((objective,), (constraint,)) == (objective,)


@pytest.mark.parametrize(
    ("text", "entry", "sentence"),
    [
        ("x<5", OWN, "--constraint 'x<5': must be a metric, <= or >=, and a number, such as fit_time_s<=0.1"),
        ("x<=", OWN, "--constraint 'x<=': must be a metric"),
        ("<=3", OWN, "--constraint '<=3': must be a metric"),
        ("x<=five", OWN, "--constraint 'x<=five': must be"),
        ("x<=nan", OWN, "--constraint 'x<=nan': must be"),
        ("x<=1,", OWN, "--constraint '': must be"),
        ("x:bst<=1", OWN, "--constraint 'x:bst': :bst does not say which steps of 'x' count (did you mean 'best'?)"),
        ("fit_time<=1", TRAIN, "--constraint 'fit_time<=1': 'train' logs no 'fit_time' (did you mean 'fit_time_s'?)"),
        ("best_iteration<=9", TRAIN, "'train' logs no 'best_iteration'"),
    ],
)
def test_what_is_no_constraint_is_refused(text, entry, sentence):
    """Each with what is allowed."""
    with pytest.raises(WrongValue) as caught:
        resolve(text, entry)
    assert any(sentence in problem for problem in caught.value.problems), caught.value.problems


def test_early_stopping_logs_one_metric_more():
    """It can be bounded then."""
    assert resolve("best_iteration<=9", TRAIN, early_stopping=5)[0].text == "best_iteration<=9"


def test_what_is_broken_is_said_with_by_how_much():
    """What is kept is left out; a bound itself is kept."""
    bounds = resolve("a<=1,b>=2,c<=3")
    excess = [each.excess({"a": 1.5, "b": 1.0, "c": 3.0}) for each in bounds]
    assert constraints.broken(bounds, excess) == "a<=1 by 0.5, b>=2 by 1"
    assert (Outcome(TrialState.COMPLETE, (1.0,), excess=(0.0, -1.0)).counts, excess[2]) == ((1.0,), 0.0)
    assert Outcome(TrialState.COMPLETE, (1.0,), excess=tuple(excess)).counts == ()


def share_feasible(sampler: str, names: list[str], directions: tuple[str, ...] = ("minimize",)) -> float:
    """The feasible share of trials 12 to 40 of a study whose best lies where it is not feasible."""
    search = Search(
        fakes.space(), sampler=sampler, seed=3, window=2, directions=directions, constraints=names
    )  # fmt: skip
    kept = []
    for _ in range(40):
        number, params = search.ask()
        excess = 1.5 - params["x"] - params["y"]
        kept.append(excess <= 0)
        values = (params["x"] ** 2 + params["y"] ** 2, params["x"])[: len(directions)]
        search.settle(number, Outcome(TrialState.COMPLETE, values, excess=(excess,) * len(names)))
    return float(sum(kept[12:]) / 28)


@pytest.mark.parametrize("directions", [("minimize",), ("minimize", "minimize")])
def test_tpe_searches_by_the_constraints(directions):
    """Most of its later trials keep them, where without it would leave them; of one objective and of two."""
    assert share_feasible("tpe", ["c"], directions) > share_feasible("tpe", [], directions) + 0.2


@pytest.mark.parametrize("sampler", ["random", "qmc"])
def test_other_samplers_go_where_they_go(sampler):
    """The same points with constraints as without."""
    assert share_feasible(sampler, ["c"]) == share_feasible(sampler, [])


def test_a_sampler_that_takes_no_notice_is_refused():
    """CMA-ES would search where nothing is feasible."""
    with pytest.raises(
        WrongValue, match="--sampler 'cmaes': takes no notice of constraints; tpe and gp search by them"
    ):
        samplers.check("cmaes", fakes.space(), constrained=True)


def test_optuna_knows_which_past_trials_are_feasible():
    """Those of other studies come with theirs."""
    past = optuna.create_study()
    past.add_trial(optuna.trial.create_trial(value=1.0, constraints={"c": 1.0}))
    search = Search(fakes.space(), sampler="tpe", seed=3, window=1, past=past.trials, constraints=["c"])
    assert search.ask()[0] == 0


CLIFF = "x: {type: float, low: 0, high: 1}\ny: {type: float, low: 0, high: 1}\n"


def beside_a_cliff(seed=0, n_trials=50, *, recorded=(), pruned=False, **told):
    """The parameters of a study that fails, or is pruned, in most of its space, and keeps its bound in little of it."""
    pruner = "threshold:lower=0" if pruned else None
    space, names = fakes.space(CLIFF), ["x<=0.02"]
    search = Search(space, sampler="tpe", seed=seed, window=4, constraints=names, pruner=pruner, **told)
    trials = []
    for number in range(n_trials):
        _, params = search.ask(recorded[number] if number < len(recorded) else None)
        outcome = Outcome(TrialState.COMPLETE, (params["x"] + params["y"],), excess=(params["x"] - 0.02,))
        if params["x"] > 0.6:
            outcome = Outcome(TrialState.FAIL)
            if pruned and search.judge(number, [(0, -params["x"])]) == 0:
                outcome = Outcome(TrialState.PRUNED, steps=((0, -params["x"]),))
        search.settle(number, outcome)
        trials.append(params)
    return trials


def fallen(trials):
    return sum(params["x"] > 0.6 for params in trials)


@pytest.mark.parametrize("pruned", [False, True], ids=["failed", "pruned"])
def test_tpe_keeps_away_from_where_trials_end_without_a_score(pruned):
    """Though these break no constraint that anyone knows of; at random, 20 of 50 would fall."""
    trials = beside_a_cliff(pruned=pruned)
    assert fallen(trials) <= 12
    assert any(params["x"] <= 0.02 for params in trials)


def test_a_study_of_before_is_told_as_it_was():
    """Its trials without a score broke nothing, and TPE went there; a replay of it must."""
    assert fallen(beside_a_cliff(no_score_breaks=False)) > 20


def test_a_study_with_constraints_and_failures_is_replayed():
    """With its trials on record, as JSON has them, those that come are the same."""
    whole = beside_a_cliff(n_trials=40)
    on_record = json.loads(json.dumps(whole[:32]))
    assert beside_a_cliff(n_trials=40, recorded=on_record) == whole
