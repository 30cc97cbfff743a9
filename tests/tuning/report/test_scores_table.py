"""The table of scores on the page."""

from dataclasses import replace

from steps.tuning.report import headline, page, scores_table, study_finding
from steps.tuning.report.scores_table import Score
from steps.tuning.trials.trial import Job
from tests.tuning.report.conftest import FOREST


def test_scores_stand_beside_those_of_the_defaults_and_the_dummy(study, make_plan):
    """By the objective, and with a champion on the held-out rows, with intervals; the gain is the last line."""
    plan = replace(make_plan(), dummy={"estimator": "sklearn.dummy.DummyClassifier", "score": 0.35})
    assert scores_table.scores(study(plan, champion="trial 2")) == [
        Score("trial 2", "0.902", "0.93", "0.9 to 0.96"),
        Score("the estimator's defaults", "0.9", "0.91"),
        Score("the dummy", "0.35", "0.3"),
        Score("gain over defaults", "+0.002", "+0.02", "-0.01 to 0.05"),
    ]


SVC = "sklearn.preprocessing.StandardScaler+sklearn.svm.SVC"


def of_two(loaded, of_svc, of_forest=0.9):
    """The same study with two estimators, of which each has defaults; those of the forest are on the held-out rows."""
    plan = replace(loaded.plan, dummy=None, estimators={"forest": FOREST, "svc": SVC})
    (own,) = loaded.baselines
    others = [(FOREST, of_forest), (SVC, of_svc)]
    baselines = [
        replace(own, job=Job(None, path), outcome=replace(own.outcome, values=(score,)))
        for path, score in others
        if score is not None
    ]
    trials = [replace(trial, recorded={"estimator": FOREST, **trial.recorded}) for trial in loaded.trials]
    return replace(loaded, plan=plan, baselines=baselines, trials=trials)


def test_a_gain_is_over_the_same_defaults_in_both_columns(study, make_plan):
    """Those of the champion's estimator are on the held-out rows; where others did better before, each is named."""
    loaded = study(make_plan(), champion="trial 2")
    assert scores_table.scores(of_two(loaded, of_svc=0.901)) == [
        Score("trial 2", "0.902", "0.93", "0.9 to 0.96"),
        Score("SVC's defaults", "0.901"),
        Score("RandomForestClassifier's defaults", "0.9", "0.91"),
        Score("the dummy", "", "0.3"),
        Score("gain over SVC's defaults", "+0.001"),
        Score("gain over RandomForestClassifier's defaults", "+0.002", "+0.02", "-0.01 to 0.05"),
    ]
    unscored = scores_table.scores(of_two(loaded, of_svc=0.901, of_forest=None))
    assert unscored[-2:] == [
        Score("gain over SVC's defaults", "+0.001"),
        Score("gain over RandomForestClassifier's defaults", "", "+0.02", "-0.01 to 0.05"),
    ]
    assert page.html(of_two(loaded, of_svc=0.901)).count('<tr class="gain">') == 2


def test_where_the_best_defaults_are_those_of_the_champions_estimator_one_line_is_enough(study, make_plan):
    """They are the only ones in the table, and have their name there."""
    loaded = study(make_plan(), champion="trial 2")
    assert scores_table.scores(of_two(loaded, of_svc=0.8))[1:] == [
        Score("RandomForestClassifier's defaults", "0.9", "0.91"),
        Score("the dummy", "", "0.3"),
        Score("gain over defaults", "+0.002", "+0.02", "-0.01 to 0.05"),
    ]


def test_a_gain_is_of_the_same_trial_in_both_columns(study, make_plan):
    """That which is the champion, though on the folds of the search another was the best."""
    loaded = study(make_plan(), champion="trial 1")
    assert scores_table.scores(replace(loaded, plan=replace(loaded.plan, dummy=None))) == [
        Score("trial 2", "0.902"),
        Score("trial 1", "0.901", "0.93", "0.9 to 0.96"),
        Score("the estimator's defaults", "0.9", "0.91"),
        Score("the dummy", "", "0.3"),
        Score("gain of trial 1 over defaults", "+0.001", "+0.02", "-0.01 to 0.05"),
    ]


def test_less_is_a_gain_if_the_objective_is_minimized(study, make_plan):
    """Whatever is minimized, what tuning gained is above 0 if it is better."""
    plan = replace(make_plan(direction="minimize"), dummy=None)
    assert scores_table.scores(study(plan, defaults=0.95)) == [
        Score("trial 0", "0.9"),
        Score("the estimator's defaults", "0.95"),
        Score("gain over defaults", "+0.05"),
    ]


def test_without_a_champion_or_defaults_little_is_claimed(study, make_plan):
    """A score by the objective, no gain, nothing of held-out rows; with two objectives no table, with none no score."""
    plan = replace(make_plan(), dummy=None)
    assert scores_table.scores(study(plan, defaults=None)) == [Score("trial 2", "0.902")]
    assert scores_table.scores(study(make_plan(objective="cv_accuracy,cv_accuracy_std"))) == []
    nothing = replace(study(plan), trials=[])
    assert (scores_table.scores(nothing), headline.best_of(nothing)) == ([], ("", {}))


def test_where_the_defaults_are_the_champion_they_have_the_held_out_score(study, make_plan):
    """Their gain over themselves is not told."""
    plan = replace(make_plan(), dummy=None)
    loaded = study(plan, defaults=0.95, champion="the estimator's defaults")
    lines = scores_table.scores(loaded)
    assert lines[:2] == [
        Score("trial 2", "0.902"),
        Score("the estimator's defaults", "0.95", "0.93", "0.9 to 0.96"),
    ]
    assert lines[-1] == Score("gain over defaults", "-0.048")
    assert study_finding.of_record(loaded).champion == "the estimator's defaults"
