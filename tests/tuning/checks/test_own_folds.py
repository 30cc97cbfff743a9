"""Folds of each trial's own: what they don't go with."""

from dataclasses import replace
from typing import Any

import pytest

from steps.errors import WrongValue
from steps.parameters.tune_settings import TuneSettings
from steps.tuning.checks import own_folds
from steps.tuning.entry_point import EntryPoint

TRAIN = EntryPoint("train", {"fold_seed": "auto"}, runs_train=True)
SETTINGS = TuneSettings(split="stratified", reshuffle=True)


@pytest.mark.parametrize(
    ("changed", "entry", "searched", "problem"),
    [
        ({"pruner": "wilcoxon"}, TRAIN, [], "must be false with --pruner 'wilcoxon': wilcoxon compares trials fold by"),
        ({"pruner": "patient:1 wilcoxon:0.2"}, TRAIN, [], "must be false with --pruner 'patient:1 wilcoxon:0.2': "),
        ({"split": "time:day"}, TRAIN, [], "must be false with --split 'time:day': the times make the folds"),
        ({}, EntryPoint("fit", {"x": "1"}, runs_train=False), ["x"], "for 'fit', which declares no fold_seed"),
        ({}, replace(TRAIN, runs_train=False), ["fold_seed"], "with a space that has fold_seed itself"),
    ],
)
def test_what_it_does_not_go_with_is_refused(
    changed: dict[str, Any], entry: EntryPoint, searched: list[str], problem: str
) -> None:
    """In one sentence; without `reshuffle` nothing is."""
    settings = replace(SETTINGS, **changed)
    with pytest.raises(WrongValue, match=r"--reshuffle 'true': ") as caught:
        own_folds.check(settings, entry, searched)
    assert problem in str(caught.value)
    own_folds.check(replace(settings, reshuffle=False), entry, searched)


def test_other_pruners_compare_means() -> None:
    """They are allowed, with any splits but those by time."""
    for pruner in (None, "median", "hyperband"):
        own_folds.check(replace(SETTINGS, pruner=pruner, split="group:house"), TRAIN, ["max_depth"])
