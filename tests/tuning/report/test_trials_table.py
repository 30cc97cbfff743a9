"""The tables of trials on the page."""

import json
from dataclasses import replace
from typing import Any

from optuna.trial import TrialState

from steps.tuning.report import headline, load_study, page, study_facts, trials_table
from tests.tuning import fakes


def finished(*scores: float) -> list[Any]:
    return [("COMPLETE", 50 + number, score, {}) for number, score in enumerate(scores)]


def column(table, name):
    place = table.columns.index(name)
    return [row.cells[place].text for row in table.rows]


def load(record, plan, what, **tags):
    return load_study.load(plan, "shown", record(what, **tags))


def test_the_best_trial_comes_first(record, make_plan):
    """It is marked; those without a score come last, with the reason; numbers have four digits, and sort by all."""
    pruned = {"tuning.reported": "[[0, 0.5], [3, 0.6]]", "tuning.pruned_at": "3"}
    failed: Any = ("FAIL", 60, None, {"tuning.reason": "exit code 1"})
    what = [failed, ("PRUNED", 61, None, pruned), *finished(0.9, 0.123456789, 0.95)]
    table = trials_table.of_all(load(record, make_plan(), what))
    assert [(row.number, row.is_best) for row in table.rows] == [
        (4, True), (2, False), (3, False), (0, False), (1, False),
    ]  # fmt: skip
    assert column(table, "cv_accuracy") == ["0.95", "0.9", "0.1235", "", ""]
    assert table.rows[2].cells[0].sort == 0.123456789
    assert column(table, "state") == ["finished", "finished", "finished", "failed", "pruned"]
    assert column(table, "how it ended") == ["", "", "", "exit code 1", "pruned after fold 4 of 5"]
    assert table.note == ""


def test_where_all_finished_nothing_is_said_of_it(record, make_plan):
    """No column of states, none of reasons."""
    table = trials_table.of_all(load(record, make_plan(), finished(0.9, 0.8)))
    assert table.columns == ["cv_accuracy", "n_estimators", "max_depth", "seconds"]


def test_of_thousands_of_trials_the_best_are_shown(record, make_plan):
    """The page stays small, and says how many are left out, how they ended, and where they are."""
    few = load(record, make_plan(), [*finished(0.9), ("FAIL", 60, None, {"tuning.reason": "exit code 1"})])
    one, failed = few.trials
    many = [replace(one, number=number, values=(number / 5000,)) for number in range(5000)]
    loaded = replace(few, trials=[*many, replace(failed, number=5000)])
    table = trials_table.of_all(loaded)
    assert [row.number for row in table.rows] == list(range(4999, 4999 - trials_table.MOST_ROWS, -1))
    assert table.note == "4,801 more trials (4,800 finished and 1 failed) are in trials.csv."


def test_the_caption_says_what_order_the_trials_have(record, make_plan):
    """The best comes first if there is one; else the front or, where no trial has finished, the first by number."""
    best = load(record, make_plan(), finished(0.9, 0.8))
    none = replace(best, trials=[replace(trial, state=TrialState.FAIL, values=()) for trial in best.trials])
    two = replace(best, plan=make_plan(objective="cv_accuracy,fit_time_s"))
    two = replace(two, trials=[replace(trial, values=(trial.values[0], 1.0)) for trial in two.trials])
    infeasible = replace(best, trials=[replace(trial, excess=(1.0,)) for trial in best.trials])
    for loaded, order in (
        (best, "the best first"),
        (none, "by number"),
        (infeasible, "by number"),
        (two, "those on the front first, the others by cv_accuracy"),
    ):
        assert trials_table.of_all(loaded).caption == f"All trials, {order}"
        (trial, *_) = loaded.trials
        many = replace(loaded, trials=[replace(trial, number=number) for number in range(300)])
        assert trials_table.of_all(many).caption == f"200 of 300 trials, {order}"
    html = page.html(none)
    assert "All trials, by number" in html
    assert "the best first" not in html
    assert "Trials on the front, by cv_accuracy" in page.html(two)


def test_two_objectives_have_a_list_of_the_front(record, make_plan, client):
    """A table of its own; in the table of all these trials come first and are marked. One objective has none."""
    plan = make_plan(objective="cv_accuracy,cv_accuracy_std")
    parent = record(finished(0.9, 0.901, 0.902))
    for run in client.search_runs(["0"], "tags.`tuning.role` = 'trial'"):
        client.log_metric(
            run.info.run_id, "cv_accuracy_std", {"0": 0.1, "1": 0.3, "2": 0.2}[run.data.tags["tuning.trial"]]
        )
    loaded = load_study.load(plan, "shown", parent)
    front = trials_table.of_front(loaded)
    assert front is not None
    assert [row.number for row in front.rows] == [2, 0]
    assert [(row.number, row.is_best) for row in trials_table.of_all(loaded).rows] == [
        (2, True), (0, True), (1, False),
    ]  # fmt: skip
    assert trials_table.of_front(load_study.load(make_plan(), "shown", parent)) is None


def test_hyperparameters_that_not_all_trials_have_share_a_column(record, make_plan):
    """So a table of several estimators is no desert of empty cells: it has the estimator, and the rest in words."""
    of_svc = {"tuning.params": '{"estimator": "sklearn.preprocessing.StandardScaler+sklearn.svm.SVC", "svc__C": 0.25}'}
    of_forest = {"tuning.params": '{"estimator": "sklearn.ensemble.RandomForestClassifier", "max_depth": 7}'}
    what: list[Any] = [("COMPLETE", 1, 0.9, of_svc), ("COMPLETE", 1, 0.8, of_forest)]
    table = trials_table.of_all(load(record, make_plan(space="automl"), what))
    assert table.columns == ["cv_accuracy", "estimator", "hyperparameters", "seconds"]
    assert column(table, "estimator") == ["StandardScaler + SVC", "RandomForestClassifier"]
    assert column(table, "hyperparameters") == ["svc__C 0.25", "max_depth 7"]


def test_estimators_of_one_class_name_are_told_apart(record, make_plan):
    """By their import paths: in the table, as the best, and in the title."""
    plan = replace(make_plan(), estimators={"a.Ridge": "a.Ridge", "b.Ridge": "b.Ridge", "c.Lasso": "c.Lasso"})
    what = [
        ("COMPLETE", 1, score, {"tuning.params": json.dumps({"estimator": path})})
        for path, score in (("a.Ridge", 0.9), ("b.Ridge", 0.8), ("c.Lasso", 0.7))
    ]
    loaded = load(record, plan, what)
    assert column(trials_table.of_all(loaded), "estimator") == ["a.Ridge", "b.Ridge", "Lasso"]
    assert headline.best_of(loaded)[1] == {"estimator": "a.Ridge"}
    assert study_facts.title(loaded) == "iris: a.Ridge"


def test_what_was_pruned_and_failed_is_counted(record, make_plan):
    """By where and why, the most frequent failure first, each with the first such trial; failures of a kind are one."""
    at = [{"tuning.reported": f"[[{step}, 0.5]]"} for step in (0, 1, 1)]
    pruned: list[Any] = [("PRUNED", 1, None, tags) for tags in at]
    failed: list[Any] = [
        ("FAIL", 1, None, {"tuning.reason": f"exit code 1: {what}"})
        for what in ("MemoryError", "ValueError: 7 is too large", "ValueError: 8 is too large")
    ]
    lines, more = trials_table.ends(load(record, make_plan(), [*pruned, *failed]))
    assert [(count, why, trial.number) for count, why, trial in lines] == [
        (2, "exit code 1: ValueError: 7 is too large", 4),
        (1, "exit code 1: MemoryError", 3),
        (1, "pruned after fold 1 of 5", 0),
        (2, "pruned after fold 2 of 5", 1),
    ]
    assert more == 0
    kinds: list[Any] = [("FAIL", 1, None, {"tuning.reason": f"exit code {number}"}) for number in range(20)]
    lines, more = trials_table.ends(load_study.load(make_plan(), "kinds", record(kinds, name="kinds")))
    assert (len(lines), more) == (12, 8)


def test_where_a_trial_was_pruned(record, make_plan):
    """At a fold of `train`, at a step of anybody's script, with a part of its budget where trials are promoted."""
    loaded = load(record, make_plan(), [("PRUNED", 1, None, {"tuning.pruned_at": "1", "tuning.reported": "[[1, 2]]"})])
    (trial,) = loaded.trials
    assert trials_table.reason_of(trial, make_plan(repeats=2)) == "pruned after fold 2 of 10"
    assert trials_table.reason_of(trial, fakes.plan()) == "pruned at step 1"
    assert trials_table.reason_of(trial, fakes.plan(fidelity="epochs:1..9:3")) == "had 1 of 9 epochs"
    assert trials_table.reason_of(replace(trial, steps={}), fakes.plan()) == "pruned at step 1"  # too many for a tag
    assert trials_table.reason_of(replace(trial, steps={}, last_step=None), fakes.plan()) == "pruned"


def test_a_script_may_have_a_hyperparameter_called_hyperparameters(record):
    """Its column has its values."""
    row: Any = ("COMPLETE", 1, None, {"tuning.params": '{"hyperparameters": "few", "y": 1.0}'})
    table = trials_table.of_all(load(record, fakes.plan(), [row]))
    assert column(table, "hyperparameters") == ["few"]
