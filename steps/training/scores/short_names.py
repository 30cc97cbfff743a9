"""Names of classes and features as a picture shows them: one line, not too long, no two alike."""

from collections import Counter
from collections.abc import Iterable

# Of a longer name the middle goes: what tells it from others is often at the end.
_LENGTH, _END = 60, 20


def unique(values: Iterable[object]) -> list[str]:
    """Return a name for each value, in order.

    >>> unique(["a", "a ", 1.0, ""]), len(unique(["x" * 100])[0])
    (['a', 'a (2)', '1.0', "''"], 60)
    """
    names, times = [], Counter[str]()
    for value in values:
        name = _short(str(value))
        times[name] += 1
        names.append(name if times[name] == 1 else f"{name} ({times[name]})")
    return names


def _short(text: str) -> str:
    line = " ".join(text.encode("utf-8", "replace").decode().split()) or repr(text)
    return line if len(line) <= _LENGTH else f"{line[: _LENGTH - _END - 1]}…{line[-_END:]}"
