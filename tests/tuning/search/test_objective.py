"""What a study optimizes."""

import pytest

from steps.errors import WrongValue
from steps.parameters.settings import SHARED
from steps.parameters.tune_settings import TuneSettings
from steps.tuning import entry_point
from steps.tuning.entry_point import EntryPoint
from steps.tuning.search import objective
from steps.tuning.search.objective import Objective
from steps.tuning.tuned_project import this_project

TRAIN = entry_point.find("train", this_project())
OWN = EntryPoint("fit_line", {"lr": "0.01", "epochs": None}, runs_train=False)


@pytest.mark.parametrize(
    ("settings", "entry", "expected"),
    [
        ({}, TRAIN, [("cv_accuracy", "maximize")]),
        ({"objective": "fit_time_s"}, TRAIN, [("fit_time_s", "minimize")]),
        ({"objective": "cv_accuracy,fit_time_s"}, TRAIN, [("cv_accuracy", "maximize"), ("fit_time_s", "minimize")]),
        ({"objective": "cv_accuracy_std"}, TRAIN, [("cv_accuracy_std", "minimize")]),
        ({"direction": "minimize"}, TRAIN, [("cv_accuracy", "minimize")]),
        ({"objective": "loss", "direction": "minimize"}, OWN, [("loss", "minimize")]),
        ({"objective": "peak_memory_mb"}, OWN, [("peak_memory_mb", "minimize")]),
        ({"objective": "cv_accuracy,cpu_s"}, TRAIN, [("cv_accuracy", "maximize"), ("cpu_s", "minimize")]),
        ({"objective": "a, b", "direction": "minimize,maximize"}, OWN, [("a", "minimize"), ("b", "maximize")]),
    ],
)
def test_objectives_have_their_direction(settings, entry, expected):
    """Scores are maximized, times and spreads minimized; a user's own metric goes the way that the user says."""
    assert objective.resolve(TuneSettings(metric="accuracy", **settings), entry) == tuple(
        Objective(*pair) for pair in expected
    )


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("loss:best", [("loss:best", "loss", "best")]),
        ("loss:last", [("loss", "loss", "last")]),
        ("loss:mean_last_5, loss", [("loss:mean_last_5", "loss", "mean_last_5"), ("loss", "loss", "last")]),
        ("val:loss:last", [("val:loss", "val:loss", "last")]),
        ("top:best:best", [("top:best:best", "top:best", "best")]),
    ],
)
def test_an_objective_says_which_step_counts(words, expected):
    """Behind its last colon; what it is named, what is logged of it, and the rule."""
    objectives = objective.resolve(TuneSettings(objective=words, direction=",".join(["minimize"] * len(expected))), OWN)
    assert [(each.name, each.logged, each.rule) for each in objectives] == expected


@pytest.mark.parametrize(
    ("settings", "entry", "sentence"),
    [
        ({"objective": "cv_acuracy"}, TRAIN, "did you mean 'cv_accuracy'?"),
        ({"objective": "cv_accuracy,cv_accuracy"}, TRAIN, "or 2 different ones"),
        ({"objective": "cv_accuracy,fit_time_s,cv_accuracy_std"}, TRAIN, "must name one metric"),
        ({"objective": "loss:bst", "direction": "minimize"}, OWN, "(did you mean 'best'?); allowed: last, best, or"),
        ({"objective": "val:loss", "direction": "minimize"}, OWN, "that is named so is 'val:loss:last'"),
        ({"objective": "loss:mean_last_0", "direction": "minimize"}, OWN, "from 1 to 1000"),
        ({"objective": "loss,loss:last", "direction": "minimize,minimize"}, OWN, "or 2 different ones"),
        ({"objective": ":best", "direction": "minimize"}, OWN, "must name one metric"),
        ({"objective": "cv_accuracy:best"}, TRAIN, "did you mean 'cv_accuracy'?"),
        ({"objective": "auto"}, OWN, "the metric that 'fit_line' logs"),
        ({"objective": "loss"}, OWN, "must be maximize or minimize for 'loss'"),
        ({"objective": "loss", "direction": "minimise"}, OWN, "did you mean 'minimize'?"),
        ({"objective": "a,b", "direction": "minimize"}, OWN, "must say one for each of a, b"),
    ],
)
def test_what_is_no_objective_is_refused(settings, entry, sentence):
    """The sentence says what is allowed."""
    with pytest.raises(WrongValue) as caught:
        objective.resolve(TuneSettings(metric="accuracy", **settings), entry)
    assert any(sentence in problem for problem in caught.value.problems), caught.value.problems


@pytest.mark.parametrize(
    ("settings", "scorer"),
    [({}, "auto"), ({"objective": "cv_f1_macro"}, "f1_macro"), ({"objective": "cv_r2,fit_time_s"}, "r2"),
     ({"objective": "cv_f1_macro", "metric": "accuracy"}, "accuracy"), ({"objective": "loss"}, "auto")],
)  # fmt: skip
def test_the_objective_can_say_the_metric(settings, scorer):
    """If `metric` is `auto`, the objective `cv_<metric>` names it."""
    assert objective.metric(TuneSettings(**settings)) == scorer


def test_only_what_an_entry_point_declares_is_given_to_it():
    """`train` takes all that studies share; another entry point what it declares, and its own parameters by name."""
    assert set(TRAIN.shared(TuneSettings())) == set(SHARED)
    own = EntryPoint("own", {"seed": "1", "lr": "1"}, runs_train=False)
    assert own.shared(TuneSettings(seed=42, data="wine")) == {"seed": "42"}
    assert (TRAIN.spelled("metric"), TRAIN.spelled("max_depth"), OWN.spelled("metric")) == (
        "estimator__metric", "max_depth", "metric",
    )  # fmt: skip
    assert OWN.required(["lr"]) == ["epochs"]
    with pytest.raises(WrongValue, match="did you mean 'lr'"):
        OWN.check({"lrr": "--space, column 1"})


@pytest.mark.parametrize(
    ("name", "sentence"), [("trian", "did you mean 'train'"), ("tune", "is the tuning step itself")]
)
def test_an_entry_point_that_can_t_be_tuned_is_refused(name, sentence):
    """One that is not there, and the study itself."""
    with pytest.raises(WrongValue, match=sentence):
        entry_point.find(name, this_project())
