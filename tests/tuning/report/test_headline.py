"""What the page of a study says first."""

from dataclasses import replace

from steps.tuning.report import headline, study_finding, study_note
from steps.tuning.report.headline import Score


def test_best_hyperparameters_and_cost(study, make_plan):
    """Those of the best trial; the time in which trials ran, and how many ended how; also that none failed."""
    loaded = study(make_plan(), **{"tuning.stopped_by": "n_trials"})
    assert headline.best_of(loaded) == ("trial 2", {"n_estimators": "52", "max_depth": "5"})
    assert headline.cost(loaded) == [("time", "4.5 s"), ("trials", "4"), ("finished", "3"), ("failed", "1")]
    assert headline.cost(replace(loaded, trials=loaded.trials[:1]))[-1] == ("failed", "0")
    assert headline.cost(replace(loaded, trials=[])) == [("trials", "0")]
    assert (
        study_finding.of_record(loaded).sentence().startswith("Tuning raised accuracy from 0.9, with the estimator's")
    )


def test_the_time_between_two_starts_of_a_study_costs_nothing(study, make_plan):
    """Trials that overlap count once, and days without a trial not at all."""
    first, second, *_ = study(make_plan()).trials
    later = replace(second, start=second.start + 86_400_000, end=second.end + 86_400_000)
    assert headline.seconds_at_work([first, second]) == 2.5
    assert headline.seconds_at_work([first, later]) == 3.0


def test_scores_stand_beside_those_of_the_defaults_and_the_dummy(study, make_plan):
    """By the objective, and with a champion on the held-out rows, with intervals; the gain is the last line."""
    plan = replace(make_plan(), dummy={"estimator": "sklearn.dummy.DummyClassifier", "score": 0.35})
    assert headline.scores(study(plan, champion="trial 2")) == [
        Score("trial 2", "0.902", "0.93", "0.9 to 0.96"),
        Score("the estimator's defaults", "0.9", "0.91"),
        Score("the dummy", "0.35", "0.3"),
        Score("gain over defaults", "+0.002", "+0.02", "-0.01 to 0.05"),
    ]


def test_less_is_a_gain_if_the_objective_is_minimized(study, make_plan):
    """Whatever is minimized, what tuning gained is above 0 if it is better."""
    plan = replace(make_plan(direction="minimize"), dummy=None)
    assert headline.scores(study(plan, defaults=0.95)) == [
        Score("trial 0", "0.9"),
        Score("the estimator's defaults", "0.95"),
        Score("gain over defaults", "+0.05"),
    ]


def test_without_a_champion_or_defaults_little_is_claimed(study, make_plan):
    """A score by the objective, no gain, nothing of held-out rows; with two objectives no table, with none no score."""
    plan = replace(make_plan(), dummy=None)
    assert headline.scores(study(plan, defaults=None)) == [Score("trial 2", "0.902")]
    assert headline.scores(study(make_plan(objective="cv_accuracy,cv_accuracy_std"))) == []
    nothing = replace(study(plan), trials=[])
    assert (headline.scores(nothing), headline.best_of(nothing)) == ([], ("", {}))


def test_where_the_defaults_are_the_champion_they_have_the_held_out_score(study, make_plan):
    """Their gain over themselves is not told."""
    plan = replace(make_plan(), dummy=None)
    loaded = study(plan, defaults=0.95, champion="the estimator's defaults")
    lines = headline.scores(loaded)
    assert lines[:2] == [
        Score("trial 2", "0.902"),
        Score("the estimator's defaults", "0.95", "0.93", "0.9 to 0.96"),
    ]
    assert lines[-1] == Score("gain over defaults", "-0.048")
    assert study_finding.of_record(loaded).champion == "the estimator's defaults"


def test_the_description_says_the_same_in_a_few_lines(study, make_plan):
    """Markdown: the finding, why it ended, the best hyperparameters and scores, what it cost."""
    text = study_note.text(study(make_plan(n_trials=4), champion="trial 2", **{"tuning.stopped_by": "n_trials"}))
    assert text.splitlines()[0] == (
        "**Tuning gained nothing that shows on held-out rows: accuracy is 0.02 higher there than with the estimator's "
        "defaults, and the interval of the gain includes 0 (95 %: -0.01 to 0.05).** All of its 4 trials have ended."
    )
    assert "- **Best hyperparameters (trial 2)**: n\\_estimators 52, max\\_depth 5" in text
    assert "- **Best cv\\_accuracy**: 0.902\n" in text
    assert "- **Held-out rows, trial 2**: 0.93 (95 %: 0.9 to 0.96)" in text
    assert "- **Failed**: 1" in text
    assert text.endswith("`report.html`.")
