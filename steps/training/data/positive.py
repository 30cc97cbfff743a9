"""Of two classes, the one that metrics such as f1 and curves are about."""

from typing import Any

import pandas as pd
from pandas.api import types

from steps.errors import WrongValue, did_you_mean
from steps.parameters.option import option


def find(target: "pd.Series[Any]", task: str, asked: str, data: str) -> tuple[Any, str]:
    """Return the positive class, and a sentence that says which it is; None if that is left to scikit-learn.

    `asked` is its label, or `auto`: the rarer class, but 1 (or True) if that is one, which is scikit-learn's own rule.
    Raises WrongValue if there is no such class, or if there are not two.
    """
    counts = target.value_counts().sort_index(ascending=False, kind="stable").sort_values(kind="stable")
    if task != "classification" or len(counts) != 2:
        if asked == "auto":
            return None, ""
        what = f"has {len(counts)} classes" if task == "classification" else "is a quantity"
        where = f"the target {target.name!r} of {data}"
        raise WrongValue(f"{option('positive', asked)}: must be auto: {where} {what}, not two")
    labels = {str(label): label for label in counts.index}
    if asked == "auto":
        if types.is_numeric_dtype(target) and any(label == 1 for label in counts.index):
            return None, ""
        asked = next(iter(labels))
    elif types.is_bool_dtype(target):
        asked = asked.capitalize()
    if asked not in labels:
        raise WrongValue(
            f"{option('positive', asked)}: the target {target.name!r} of {data} has no such class"
            f"{did_you_mean(asked, labels)}; allowed: {', '.join(map(repr, sorted(labels)))}"
        )
    (other,) = (label for label in labels if label != asked)
    rows = f"{counts[labels[asked]]} of {counts.sum()} rows"
    note = f"the positive class of {target.name!r} is {asked!r} ({rows}); the other: positive={other}"
    return labels[asked], note
