"""Names of classes and features as a picture shows them: one line, not too long, no two alike."""

import itertools
from collections.abc import Iterable

# Of a longer name the middle goes: what tells it from others is often at the end.
_LENGTH, _END = 60, 20


def unique(values: Iterable[object]) -> list[str]:
    """Return a name for each value, in order.

    >>> unique(["a", "a ", "a (2)", 1.0, ""]), len(unique(["x" * 100])[0])
    (['a', 'a (2)', 'a (2) (2)', '1.0', "''"], 60)
    """
    names: dict[str, None] = {}
    for value in values:
        name = _short(str(value))
        others = (f"{name} ({number})" for number in itertools.count(2))
        names[next(each for each in itertools.chain([name], others) if each not in names)] = None
    return list(names)


def _short(text: str) -> str:
    line = " ".join(text.encode("utf-8", "replace").decode().split()) or repr(text)
    return line if len(line) <= _LENGTH else f"{line[: _LENGTH - _END - 1]}…{line[-_END:]}"
