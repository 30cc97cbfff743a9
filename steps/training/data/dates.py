"""Texts that are dates, all of one form."""

import warnings
from typing import Any

import numpy as np
import pandas as pd
from pandas.tseries.api import guess_datetime_format


def read(texts: "pd.Series[Any]") -> np.ndarray | None:
    """Return the times that texts tell, in UTC; None if not all are dates of one form, ISO 8601 or the first one's."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # pandas warns if the day comes first
        formats = [guess_datetime_format(texts.iloc[0], dayfirst=dayfirst) for dayfirst in (False, True)]
    for date_format in ("ISO8601", *filter(None, formats)):
        try:
            return np.asarray(pd.to_datetime(texts, format=date_format, utc=True), dtype="datetime64[ns]")
        except ValueError:
            continue
    return None
