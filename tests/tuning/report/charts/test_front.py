from dataclasses import replace

from steps.tuning.report.charts import front
from tests.tuning.report.charts import studies


def test_the_trials_on_the_front_are_told_apart():
    """Those that no other is better than in both objectives, and no others; each direction is said."""
    record = studies.study("front")
    chart = front.draw(record)
    rows = chart.specs[0]["data"]["values"]
    on_it = {row["trial"] for row in rows if row["kind"] == "on the front"}
    assert on_it == {trial.number for trial in record.front}
    assert len(rows) == len([trial for trial in record.trials if trial.values])
    titles = [chart.specs[0]["layer"][0]["encoding"][axis]["title"] for axis in "xy"]
    assert titles == ["cv_accuracy (more is better)", "fit_time_s (less is better)"]


def test_a_short_front_has_the_numbers_of_its_trials():
    """A long one would be covered by them."""
    for count, named in ((12, True), (2000, False)):
        record = studies.study("front", count)
        marks = [layer["mark"]["type"] for layer in front.draw(record).specs[0]["layer"]]
        assert ("text" in marks) == (len(record.front) <= 12) == named


def test_a_trial_beyond_both_axes_is_one_trial():
    """The note counts trials that are drawn at an edge, not the edges that they are drawn at."""
    record = studies.study("front")
    far = [replace(trial, values=(-1e6, 1e6)) for trial in record.trials[:2]]
    chart = front.draw(replace(record, trials=[*far, *record.trials[2:]]))
    assert "2 far worse trials are drawn at the edge." in chart.note
    one = replace(record.trials[2], values=(-1e6, record.trials[2].values[1]))
    chart = front.draw(replace(record, trials=[*far, one, *record.trials[3:]]))
    assert "3 far worse trials are drawn at the edge." in chart.note
