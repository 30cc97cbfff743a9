"""Reading the points that a space file wants tried first."""

from collections.abc import Mapping
from typing import Any

from steps.errors import did_you_mean
from steps.tuning.space.document import Item, Unreadable
from steps.tuning.space.parameter import FixedParameter, SearchedParameter
from steps.tuning.space.search_space import ESTIMATOR

# The hyperparameters of each estimator by name; None stands for an entry whose own problems are noted.
Entries = Mapping[str | None, Mapping[str, SearchedParameter | FixedParameter | None]]


def read(item: Item, entries: Entries) -> list[dict[str, Any]]:
    """Return the points as Optuna's parameters; their problems are noted."""
    if not item.is_sequence:
        item.problem("must be a list of points, such as [{max_depth: 3}]")
        return []
    return [_point(point, entries) for point in item.sequence()]


def _point(item: Item, entries: Entries) -> dict[str, Any]:
    if not item.is_mapping or not item.mapping():
        item.problem("must map hyperparameters to values, such as {max_depth: 3}")
        return {}
    items = item.mapping()
    values: dict[str, Any] = {}
    for key, inner in items.items():
        try:
            values[key] = inner.plain()
        except Unreadable:
            continue
    params: dict[str, Any] = {}
    path: Any = next(iter(entries), None)
    if len(entries) > 1:
        path = values.pop(ESTIMATOR, None)
        if path not in entries:
            _no_estimator(item, items.get(ESTIMATOR), path, list(map(str, entries)))
            return {}
        params[ESTIMATOR] = path
    elif path is not None and values.get(ESTIMATOR) == path:
        del values[ESTIMATOR]
    own = entries.get(path, {})
    for key in values:
        if key not in own:
            items[key].problem(f"is not in this space{did_you_mean(key, own)}; allowed: {', '.join(own)}")
    for key, entry in own.items():
        if key not in values or entry is None:
            continue
        if isinstance(entry, SearchedParameter) and not entry.is_active(params):
            items[key].problem(f"is not active here: only where {_conditions(entry, own)}")
        elif reason := entry.rejects(values[key]):
            items[key].problem(reason)
        elif isinstance(entry, SearchedParameter):
            params[entry.name] = entry.suggested(values[key])
    return params


def _no_estimator(item: Item, named: Item | None, path: object, allowed: list[str]) -> None:
    text = f"must be one of {', '.join(allowed)}"
    if named is None:
        item.problem(f"{ESTIMATOR}: is missing: {text}")
    else:
        named.problem(f"{text}, got {path!r}{did_you_mean(str(path), allowed)}")


def _conditions(parameter: SearchedParameter, own: Mapping[str, SearchedParameter | FixedParameter | None]) -> str:
    """Say a parameter's conditions on others of its estimator."""
    keys = {entry.name: key for key, entry in own.items() if isinstance(entry, SearchedParameter)}
    return " and ".join(
        f"{keys[name]} is {' or '.join(words)}" for name, words in parameter.when.items() if name in keys
    )
