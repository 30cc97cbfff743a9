"""The notes of samplers in a trial: what a study that goes on can't have on record counts for nothing."""

from contextlib import nullcontext

import optuna
import pytest

from steps.tuning.search.search import Search
from steps.tuning.search.storage import SearchStorage
from tests.tuning.search.test_search import SPACES, outcome

RECORDED, TRIALS = 30, 40


def uninterrupted_and_resumed():
    """What the trials of a TPE study tried, and those of the same study that took the first ones from the record."""
    uninterrupted, resumed = (Search(SPACES["conditional"], sampler="tpe", seed=5, window=4) for _ in range(2))
    asked = []
    for number in range(TRIALS):
        params = uninterrupted.ask()[1]
        asked.append((params, resumed.ask(params if number < RECORDED else None)[1]))
        for search, tried in zip((uninterrupted, resumed), asked[-1], strict=True):
            search.settle(number, outcome(number, tried))
    return asked


def test_tpe_goes_by_the_parameters_that_a_running_trial_has():
    """In a conditional space a resumed study asks what the uninterrupted one does."""
    assert all(one == other for one, other in uninterrupted_and_resumed())


def test_tpes_own_notes_would_change_a_resumed_study(monkeypatch):
    """Were the notes kept, trials after the resume would differ; if this fails, Optuna needs no such storage."""
    monkeypatch.setattr(SearchStorage, "dropping_notes", lambda _: nullcontext())
    asked = uninterrupted_and_resumed()
    assert all(one == other for one, other in asked[:RECORDED])
    assert sum(one != other for one, other in asked) > 5


def test_notes_are_dropped_for_the_length_of_an_ask_alone():
    """A note of a draw is not kept, one that is made later is, whichever trial it is of."""
    storage = SearchStorage()
    study = optuna.create_study(study_name="any", storage=storage)
    study.ask()
    with pytest.raises(ZeroDivisionError), storage.dropping_notes():
        storage.set_trial_system_attr(0, "drawn", 1)
        raise ZeroDivisionError
    study.ask()
    storage.add_notes("any", 1, {"rung": 0.5, "other": 2})
    assert [trial.system_attrs for trial in study.get_trials()] == [{}, {"rung": 0.5, "other": 2}]
