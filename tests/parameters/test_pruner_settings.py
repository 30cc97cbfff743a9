"""Pruners with settings: what is read, and what is said of what can't be."""

import pytest

from steps.errors import WrongValue
from steps.parameters.pruner_settings import BEFORE, PRUNERS, parse

RIGHT = [
    ("median", "median:startup=5,warmup=auto,interval=1"),
    ("median:startup=10,warmup=5,interval=1", "median:startup=10,warmup=5,interval=1"),
    ("median:interval=2,startup=0", "median:startup=0,warmup=auto,interval=2"),
    ("percentile:25", "percentile:keep=25,startup=5,warmup=auto,interval=1"),
    ("percentile:12.5,warmup=3", "percentile:keep=12.5,startup=5,warmup=3,interval=1"),
    ("patient:10", "patient:steps=10,min_delta=0"),
    ("patient:0,min_delta=1e-3", "patient:steps=0,min_delta=0.001"),
    (
        "patient:10 hyperband:min=1,max=81",
        "patient:steps=10,min_delta=0 hyperband:min=1,max=81,factor=3",
    ),
    ("hyperband", "hyperband:min=1,max=auto,factor=3"),
    ("hyperband:81", "hyperband:min=1,max=81,factor=3"),
    ("hyperband:min=2,max=2,factor=2", "hyperband:min=2,max=2,factor=2"),
    ("halving", "halving:min=auto,factor=4,min_early_stopping_rate=0"),
    ("halving:min=1,factor=3,min_early_stopping_rate=1", "halving:min=1,factor=3,min_early_stopping_rate=1"),
    ("wilcoxon", "wilcoxon:p=0.1,startup=2"),
    ("wilcoxon:p=0.05,startup=0", "wilcoxon:p=0.05,startup=0"),
    ("threshold:lower=-0.5", "threshold:lower=-0.5,warmup=0,interval=1"),
    ("threshold:upper=1e3,warmup=2", "threshold:upper=1000,warmup=2,interval=1"),
    ("threshold:lower=0,upper=1", "threshold:lower=0,upper=1,warmup=0,interval=1"),
]
KNOWN = "median, percentile, patient, hyperband, halving, wilcoxon, threshold"
WRONG = [
    ("medain", [f"must be none or one of {KNOWN}, with settings after a colon (did you mean 'median'?)"]),
    (" ", [f"must be none or one of {KNOWN}, with settings after a colon"]),
    (
        "median:startp=10,interval=0,5",
        [
            "median: has no setting 'startp' (did you mean 'startup'?); allowed: startup, warmup, interval",
            "median: interval '0' must be a whole number from 1",
            "median: '5' must be <setting>=<value>; allowed: startup, warmup, interval",
        ],
    ),
    ("median:warmup=third", ["median: warmup 'third' must be auto or a whole number from 0"]),
    ("median:startup=5,startup=6", ["median: startup is given twice"]),
    ("percentile:100", ["percentile: keep '100' must be a number above 0 and below 100"]),
    ("percentile", ["percentile: needs keep, a number above 0 and below 100: percentile:keep=25"]),
    ("percentile:25,", ["percentile: keep is given twice"]),
    ("patient", ["patient: needs steps, a whole number from 0: patient:steps=25"]),
    ("patient:5,min_delta=-1", ["patient: min_delta '-1' must be a number from 0"]),
    ("hyperband:min=9,max=3", ["hyperband: max 3 must not be below min 9"]),
    ("hyperband:factor=1", ["hyperband: factor '1' must be a whole number from 2"]),
    ("wilcoxon:1", ["wilcoxon: p '1' must be a number above 0 and below 1"]),
    ("threshold", ["threshold: needs lower, upper or both"]),
    ("threshold:lower=2,upper=1", ["threshold: lower 2 must be below upper 1"]),
    ("threshold:upper=nan", ["threshold: upper 'nan' must be a number"]),
    *(
        (text, ["must be one pruner, or patient and the one that it goes around, as in 'patient:10 median'"])
        for text in ("median hyperband", "patient:1 patient:2", "median patient:2", "patient:1 median wilcoxon")
    ),
    (
        "patient:x hyperbend",
        [
            f"'hyperbend' is not a pruner (did you mean 'hyperband'?); allowed: {KNOWN}",
            "patient: steps 'x' must be a whole number from 0",
        ],
    ),
]


@pytest.mark.parametrize(("text", "normal"), RIGHT)
def test_a_pruner_is_read_to_its_normal_form(text, normal):
    """That has every setting, in one order; it is read as what it is."""
    assert str(parse(text)) == normal
    assert parse(normal) == parse(text)


@pytest.mark.parametrize(("text", "problems"), WRONG, ids=[text for text, _ in WRONG])
def test_all_that_is_wrong_with_a_pruner_is_said(text, problems):
    """Unknown names with the nearest, values out of bounds, and what does not fit together, in one go."""
    with pytest.raises(WrongValue) as caught:
        parse(text)
    assert list(caught.value.problems) == problems


def test_what_earlier_versions_had_on_record_is_no_normal_form_of_today():
    """So the two are told apart: what a study was begun with is what it goes on with."""
    assert set(BEFORE) <= set(PRUNERS)
    for name, meant in BEFORE.items():
        assert str(parse(meant)) == meant != name
    assert str(parse("median")) != BEFORE["median"]
