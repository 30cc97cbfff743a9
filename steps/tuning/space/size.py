"""How many points a search space has.

Parameters that no condition ties to each other are counted apart, and multiplied. Of those that are tied, each value of
the first one leaves others to count; what several values leave alike is counted once. So dozens of switches, each with
parameters of its own, are counted at once.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from steps.tuning.space.parameter import SearchedParameter

# A parameter with those of its conditions that are still open: of each the name of a parameter, and its choices.
_Open = tuple[SearchedParameter, frozenset[tuple[str, tuple[str, ...]]]]
# Numbers of points by the names and the open conditions of what was counted.
_Counted = dict[tuple[tuple[str, frozenset[tuple[str, tuple[str, ...]]]], ...], int | None]
# A larger number is written as a power of ten.
_LARGEST = 10**15


def count(parameters: Sequence[SearchedParameter]) -> int | None:
    """Return the number of points; None if they are unlimited. A parameter stands after those that its `when` names."""
    return _count([(parameter, frozenset(parameter.when.items())) for parameter in parameters], {})


def text(size: int) -> str:
    """Write a number of points for people.

    >>> text(1000), text(2 * 10**30)
    ('1000', 'about 10^30')
    """
    return str(size) if size < _LARGEST else f"about 10^{math.log10(size):.0f}"


def _count(left: Iterable[_Open], counted: _Counted) -> int | None:
    """Count points of parameters each of whose open conditions names one of them."""
    total = 1
    for group in _tied(left):
        size = _count_tied(group, counted) if len(group) > 1 else group[0][0].size()
        if size is None:
            return None
        total *= size
    return total


def _tied(left: Iterable[_Open]) -> list[list[_Open]]:
    """Return parameters, in their order, in groups that no condition ties to each other."""
    groups: dict[str, list[_Open]] = {}  # by the name of each member
    for parameter, conditions in left:
        above = {id(groups[name]): groups[name] for name, _ in conditions}
        group = [*(each for one in above.values() for each in one), (parameter, conditions)]
        groups.update((member.name, group) for member, _ in group)
    return list({id(group): group for group in groups.values()}.values())


def _count_tied(group: list[_Open], counted: _Counted) -> int | None:
    """Count points of parameters that conditions tie to each other, by the values of the one that most of them name."""
    named = Counter(name for _, conditions in group for name, _ in conditions)
    first = max((parameter for parameter, conditions in group if not conditions), key=lambda one: named[one.name])
    others = [each for each in group if each[0] is not first]
    total = 0
    for value in first.values():
        left = _with(first.name, value, others)
        key = tuple((parameter.name, conditions) for parameter, conditions in left)
        if key not in counted:
            counted[key] = _count(left, counted)
        size = counted[key]
        if size is None:
            return None
        total += size
    return total


def _with(name: str, value: str, others: Iterable[_Open]) -> list[_Open]:
    """Return those parameters that may be active under a value, without the conditions that it meets."""
    inactive: set[str] = set()
    left = []
    for parameter, conditions in others:
        if any(key in inactive or (key == name and value not in choices) for key, choices in conditions):
            inactive.add(parameter.name)
        else:
            left.append((parameter, frozenset(each for each in conditions if each[0] != name)))
    return left
