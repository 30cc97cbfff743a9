import pytest

from steps.errors import WrongValue, did_you_mean


def test_the_problems_are_kept_one_by_one():
    """An error knows its problems, and its text has a line for each."""
    error = WrongValue("one", "two")
    assert error.problems == ("one", "two")
    assert str(error) == "one\ntwo"


@pytest.mark.parametrize(
    ("word", "names", "advice"),
    [
        ("n_trails", ["jobs", "n_trials"], " (did you mean 'n_trials'?)"),
        ("zzz", ["jobs", "n_trials"], ""),
        ("jobs", [], ""),
        ("", ["jobs"], ""),
    ],
)
def test_the_nearest_name_is_told_where_one_is_near(word, names, advice):
    """A misspelled name gets the nearest valid one, one that is like none of them gets no advice."""
    assert did_you_mean(word, names) == advice
