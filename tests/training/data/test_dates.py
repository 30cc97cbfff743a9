"""Texts that are dates."""

import pandas as pd
import pytest

from steps.training.data import dates


@pytest.mark.parametrize(
    ("texts", "times"),
    [
        (["2026-01-31", "2026-02-01"], ["2026-01-31", "2026-02-01"]),
        (["2026-01-31T13:00:00+02:00", "2026-02-01T00:00:00Z"], ["2026-01-31T11:00", "2026-02-01"]),
        (["31.12.2026", "01.02.2026"], ["2026-12-31", "2026-02-01"]),
        (["12/31/2026", "02/01/2026"], ["2026-12-31", "2026-02-01"]),
        (["Jan 31, 2026", "Feb 1, 2026"], ["2026-01-31", "2026-02-01"]),
        (["2026-01-31", "soon"], None),
        (["31.12.2026", "2026-12-31"], None),
        (["a", "b"], None),
        (["7.5 kg", "8 kg"], None),
    ],
)
def test_texts_of_one_form_are_times(texts, times):
    """ISO 8601 in any detail, or all in the form of the first."""
    found = dates.read(pd.Series(texts))
    expected = times and [pd.Timestamp(time).to_datetime64() for time in times]
    assert (None if found is None else list(found)) == expected
