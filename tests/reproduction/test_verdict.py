import dataclasses

import pytest

from steps.reproduction.verdict import Facts, is_score, other_metrics, verdict

THEN = Facts(
    scores={"cv_accuracy": [(0, 0.95)], "fold_accuracy": [(0, 0.9), (1, 1.0)]},
    data="a" * 64,
    folds="f" * 64,
    packages={"numpy": "2.4.6", "scikit-learn": "1.9.1"},
    machine={"cpu": "Some CPU", "python": "3.11.7"},
)
LAST_BIT = {**THEN.scores, "cv_accuracy": [(0, 0.9500000000000001)]}
OTHER_FOLD = {**THEN.scores, "fold_accuracy": [(0, 0.9), (1, 0.5)]}


def changed(**fields):
    return dataclasses.replace(THEN, **fields)


# Each row: what is found now, what of the code is in doubt, what the verdict says.
VERDICTS = [
    (THEN, "", ["identical"]),
    (THEN, "a file is left out", ["identical"]),
    (changed(packages={**THEN.packages, "pytest": "9.0"}), "", ["identical"]),
    (changed(machine={"cpu": "Another CPU", "python": "3.11.7"}), "", ["identical"]),
    (changed(scores=LAST_BIT), "", ["differs: cv_accuracy 0.95, now 0.9500000000000001 (code: it draws without"]),
    (changed(scores=OTHER_FOLD), "", ["differs: fold_accuracy at step 1 1.0, now 0.5 (code"]),
    (changed(scores=OTHER_FOLD), "f.py is left out", ["fold_accuracy", "(code: f.py is left out)"]),
    (
        changed(scores=LAST_BIT, machine={"cpu": "Another CPU", "python": "3.11.7"}),
        "",
        ["(hardware: cpu Some CPU, now Another CPU)"],
    ),
    (
        changed(scores=LAST_BIT, data="b" * 64, packages={}),
        "",
        ["differs: data sha256 aaaaaaaaaaaa, now bbbbbbbbbbbb; cv_accuracy", "(data: it has changed)"],
    ),
    (changed(data="b" * 64), "", ["data sha256", "every score is the same"]),
    (
        changed(packages={"numpy": "2.4.5", "scikit-learn": "1.9.1"}),
        "",
        ["differs: numpy 2.4.6, now 2.4.5; every score is the same (environment"],
    ),
    (changed(packages={"scikit-learn": "1.9.1"}, scores=LAST_BIT), "", ["numpy 2.4.6, now none; cv_accuracy"]),
    (changed(folds="0" * 64, scores=OTHER_FOLD), "", ["other rows in the folds of the same data; fold_", "seed"]),
    (changed(scores={"cv_accuracy": [(0, 0.95)]}), "", ["fold_accuracy has 2 values, now 0"]),
    (changed(scores={**THEN.scores, "loss": [(0, 0.5)]}), "", ["differs: loss has 0 values, now 1 (code: it draws"]),
]


@pytest.mark.parametrize(("now", "doubt", "parts"), VERDICTS)
def test_a_verdict_names_the_first_difference_and_its_cause(now, doubt, parts):
    """Identical is to the last bit; else data come before versions, those before code, and that before hardware."""
    sentence = verdict(THEN, now, doubt)
    assert all(part in sentence for part in parts), sentence
    assert "\n" not in sentence
    assert sentence == "identical" or sentence.startswith("differs: ")


def test_what_depends_on_the_clock_is_no_score():
    """Times, the trial's number and MLflow's own measurements are not compared."""
    names = ("fit_time_s", "peak_memory_mb", "cpu_s", "trial", "system/cpu", "cv_r2", "loss")
    assert [name for name in names if is_score(name)] == ["cv_r2", "loss"]


def test_what_is_not_judged_is_listed_with_both_values():
    """Also what one of the two has not logged; with the digits that tell them apart; the trial's number is left out."""
    then = {"loss": 0.5, "seconds": 1.25, "trial": 3.0, "old": 1 / 3, "close": 0.1}
    now = {"loss": 0.5, "seconds": 1.5, "new": 2.0, "close": 0.1 + 1e-9}
    lines = ["close 0.1, now 0.100000001", "new none, now 2", "old 0.333333, now none", "seconds 1.25, now 1.5"]
    assert other_metrics(then, now, ["loss"]) == lines
