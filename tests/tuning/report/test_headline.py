"""What the page of a study says first."""

from dataclasses import replace

from steps.tuning.report import headline, study_finding, study_note


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
