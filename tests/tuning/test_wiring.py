"""What the parts of a study get from its plan."""

import dataclasses
from typing import Any

import pytest
from optuna.trial import TrialState

from steps.names import Role
from steps.process.signals import Interrupts
from steps.tuning import wiring
from steps.tuning.checks.capacity import Belongings
from steps.tuning.entry_point import EntryPoint
from steps.tuning.record.lock import StudyLock
from steps.tuning.record.resume import History
from steps.tuning.search.objective import MAXIMIZE, MINIMIZE, Objective
from steps.tuning.search.search import Outcome
from steps.tuning.study_plan import StudyPlan
from steps.tuning.trials.child_runs import ChildRuns
from tests.tuning import fakes

GRID = "x: {type: int, low: 0, high: 9}\ny: {type: int, low: 0, high: 9}\n"
STEPS = [(0, 1.0), (1, 0.0), (2, 0.5)]
MEANS = [(0, 1.0), (1, 0.5), (2, 0.5)]
BEST = [(0, 1.0), (1, 1.0), (2, 1.0)]


def of_train(**settings: Any) -> StudyPlan:
    """A plan whose entry point runs `train`."""
    plan = fakes.plan(entry_point="train", **{"metric": "accuracy", **settings})
    parameters = {"data": "iris", "folds": "5", "refit": "true", "log_folds": "end", "fold_seed": "auto"}
    return dataclasses.replace(plan, entry=EntryPoint("train", parameters, runs_train=True))


def declaring(plan: StudyPlan) -> StudyPlan:
    """The plan of an entry point that has defaults of its own for some of what a study's trials can be given."""
    own = {"seed": "7", "data": "data/train.csv", "drop": "id", "x": None}
    return dataclasses.replace(plan, entry=EntryPoint("own", own, runs_train=False))


def children_of(plan: StudyPlan, tmp_path) -> ChildRuns:
    return wiring.make_child_runs(plan, "mine", "7", tmp_path)


PARAMETERS = {
    "train": (of_train(folds=3), {"data": "iris", "folds": "3", "refit": "false"}),
    "train, pruned": (
        of_train(pruner="median"),
        {"data": "iris", "folds": "5", "refit": "false", "log_folds": "live"},
    ),
    "another entry point": (fakes.plan(pruner="median"), {}),
    "another that declares settings of the study": (declaring(fakes.plan()), {}),
    "another that declares some, and they are given": (
        declaring(fakes.plan(seed=42, threads=2, drop=None)),
        {"seed": "42", "drop": "none"},
    ),
    "another that declares refit": (
        dataclasses.replace(fakes.plan(), entry=EntryPoint("own", {"x": None, "refit": "True"}, runs_train=False)),
        {"refit": "false"},
    ),
}


@pytest.mark.parametrize(("plan", "expected"), PARAMETERS.values(), ids=PARAMETERS)
def test_what_every_child_is_given(plan, expected, tmp_path):
    """`train` gets all settings, does not refit, and logs live if pruned; another entry point gets what was given."""
    assert children_of(plan, tmp_path).parameters == expected


DEVICES = [
    ({"device": "auto"}, None, {}),
    ({"device": "auto"}, "cuda", {"device": "cuda"}),
    ({"device": "auto"}, "xpu", {"device": "xpu"}),
    ({"device": None}, None, {"device": "cpu"}),
    ({"x": None}, "cuda", {}),
]


@pytest.mark.parametrize(("parameters", "device", "expected"), DEVICES)
def test_an_entry_point_that_has_a_parameter_for_it_is_told_its_device(parameters, device, expected, tmp_path):
    """As frameworks call it, since it sees no others; without GPUs its own default stands, if it has one."""
    entry = EntryPoint("own", parameters, runs_train=False)
    plan = dataclasses.replace(fakes.plan(), entry=entry, device=device)
    assert children_of(plan, tmp_path).parameters == expected


CHECKPOINTS = [
    ({"checkpoint": None}, fakes.NUMBERS, True),
    ({"checkpoint": "none"}, fakes.NUMBERS, True),
    ({"x": None}, fakes.NUMBERS, False),
    ({"checkpoint": "bert"}, "checkpoint: {type: categorical, choices: [bert, gpt]}\n", False),
]


@pytest.mark.parametrize(("parameters", "text", "declared"), CHECKPOINTS)
def test_an_entry_point_that_declares_it_is_given_a_checkpoint_folder(parameters, text, declared, tmp_path):
    """Unless the space has values for it; what is required then has a value in the baseline, too."""
    entry = EntryPoint("own", parameters, runs_train=False)
    plan = dataclasses.replace(fakes.plan(text, baseline=True), entry=entry, checkpoints=tmp_path)
    made = wiring.make_checkpoints(plan, "first")
    assert (made.folder, made.declared, made.kept) == (tmp_path / "first", declared, False)
    assert bool(plan.baselines()) == ("x" not in parameters)


def test_train_keeps_no_checkpoints():
    """It has none."""
    assert wiring.make_checkpoints(of_train(), "first").folder is None


def test_each_place_has_what_is_its_own(tmp_path):
    """Its variables, and the devices that they show."""
    own = [
        Belongings({"CUDA_VISIBLE_DEVICES": "0,1"}, ["0", "1"]),
        Belongings({"CUDA_VISIBLE_DEVICES": "2,3"}, ["2", "3"]),
    ]
    places = wiring.make_places(dataclasses.replace(fakes.plan(jobs=2), places=own), tmp_path, tmp_path)
    taken = [places.take(), places.take()]
    assert [place.device for place in taken if place] == ["0,1", "2,3"]
    assert [place.variables["CUDA_VISIBLE_DEVICES"] for place in taken if place] == ["0,1", "2,3"]


def test_where_children_belong(tmp_path):
    """To the study and its experiment, on the plan's backend."""
    plan = fakes.plan(backend="local")
    children = children_of(plan, tmp_path)
    assert (children.study, children.experiment_id, children.folder) == ("mine", "7", tmp_path)
    assert (children.backend, children.objectives, children.entry) == ("local", plan.objectives, plan.entry)


@pytest.mark.parametrize(("n_trials", "digits"), [(1, 3), (1000, 3), (1001, 4)])
def test_names_of_trials_sort_as_numbers(n_trials, digits, tmp_path):
    """Each has as many digits as the last."""
    assert children_of(fakes.plan(n_trials=n_trials), tmp_path).digits == digits


def test_a_child_names_its_estimator_only_among_several(tmp_path):
    """With one estimator, its record has the hyperparameters alone."""
    one = of_train()
    several = dataclasses.replace(one, estimators={"A": "a.A", "B": "b.B"})
    assert [children_of(plan, tmp_path).several for plan in (one, several)] == [False, True]


def by_step(rule: str, pruner: str = "median", **began: Any) -> StudyPlan:
    """The plan of a study that goes by other steps than the last."""
    objective = Objective(f"{fakes.OBJECTIVE}:{rule}", MAXIMIZE, rule)
    return dataclasses.replace(fakes.plan(pruner=pruner), objectives=(objective,), **began)


SEEN = {
    "folds, by their means so far": (of_train(pruner="median"), "fold_accuracy", MEANS),
    "folds, by halving": (of_train(pruner="hyperband", metric="r2"), "fold_r2", MEANS),
    "folds, fold with fold": (of_train(pruner="wilcoxon"), "fold_accuracy", STEPS),
    "folds, fold with fold, patiently": (of_train(pruner="patient:1 wilcoxon:p=0.2"), "fold_accuracy", STEPS),
    "another entry point's objective": (fakes.plan(pruner="median"), fakes.OBJECTIVE, STEPS),
    "the best step so far": (by_step("best"), fakes.OBJECTIVE, BEST),
    "what may worsen": (by_step("best", "threshold:lower=0.2"), fakes.OBJECTIVE, STEPS),
    "what may worsen, before it is ranked": (by_step("best", "patient:3 median"), fakes.OBJECTIVE, STEPS),
    "what an earlier version showed": (by_step("best", "patient:3", shows_values=False), fakes.OBJECTIVE, BEST),
    "a mean, which may worsen": (by_step("mean_last_2", "patient:3"), fakes.OBJECTIVE, [(0, 1.0), (1, 0.5), (2, 0.25)]),
}


@pytest.mark.parametrize(("plan", "metric", "expected"), SEEN.values(), ids=SEEN)
def test_what_a_pruner_sees(plan, metric, expected, tmp_path):
    """Running means of the folds, which end as the objective; Wilcoxon and other entry points: what was logged."""
    children = children_of(plan, tmp_path)
    assert children.steps_of == metric
    assert children.seen_by_pruner(STEPS) == expected


@pytest.mark.parametrize("pruner", ["patient:2", "patient:1 median:warmup=0,startup=1", "threshold:upper=2"])
def test_a_loss_that_explodes_is_pruned_though_its_best_step_counts(pruner, tmp_path):
    """It turned at step 3; until then it was as good as the other."""
    objective = Objective("loss:best", MINIMIZE, "best")
    plan = dataclasses.replace(fakes.plan(pruner=pruner, window=1), objectives=(objective,))
    search, seen = wiring.make_search(plan, ()), children_of(plan, tmp_path).seen_by_pruner
    good, turning = ([(step, loss) for step, loss in enumerate(each)] for each in ([1.0, 0.8, 0.6], [0.9, 0.7, 0.5]))
    search.ask()
    search.settle(0, Outcome(TrialState.COMPLETE, (0.6,), tuple(seen([*good, (3, 0.4), (4, 0.4), (5, 0.4), (6, 0.4)]))))
    search.ask()
    assert search.judge(1, seen(turning)) is None
    assert search.judge(1, seen([*turning, (3, 3.0), (4, 9.0), (5, 81.0), (6, 6561.0)])) is not None


def test_the_search_is_as_planned():
    """Its sampler, seed and window decide what the trials are."""

    def first_params(**settings: Any) -> list[dict[str, Any]]:
        search = wiring.make_search(fakes.plan(**settings), ())
        return [search.ask()[1] for _ in range(3)]

    assert first_params() == first_params()
    assert first_params(seed=1) != first_params(seed=2)
    assert first_params(text=GRID, sampler="random") != first_params(text=GRID, sampler="grid")
    search = wiring.make_search(fakes.plan(window=2), ())
    search.ask()
    search.ask()
    assert not search.can_ask()
    assert [wiring.make_search(fakes.plan(pruner=pruner), ()).prunes for pruner in (None, "median")] == [False, True]


def test_a_rerun_is_as_planned(tmp_path):
    """It runs at the study's places, tries as often, and knows what earlier starts have run once more."""
    plan = fakes.plan(jobs=3, retries=2)
    run = fakes.run_of("old", {"tuning.role": Role.CHAMPION})
    places = wiring.make_places(plan, tmp_path, tmp_path)
    rerun = wiring.make_rerun(
        plan, children_of(plan, tmp_path), places, Interrupts(), StudyLock("p"), History(reruns=[run])
    )
    assert (len(rerun.places), rerun.retries, rerun.recorded) == (3, 2, [run])
