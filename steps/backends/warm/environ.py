"""Hear of the variables that code in this process reads and changes by their names in `os.environ`.

A part of `launcher`, under the same rules: any Python from 3.9 on, the standard library alone.
"""

import os
from typing import Any, Callable, Optional

_Environ: Any = type(os.environ)
# Whoever goes through all of them (`items`, `dict`) now asks for these, the next one last.
_listed: "list[str]" = []


class _Heard(_Environ):  # type: ignore[misc] # of the same layout: what holds `os.environ` has this from then on
    # Of the class, so that a copy of `os.environ` takes none of it along.
    on_read: "Optional[Callable[[str], None]]" = None
    on_set: "Optional[Callable[[str, Optional[str]], None]]" = None

    def __iter__(self) -> Any:
        names = list(super().__iter__())
        _listed[:] = reversed(names)
        return iter(names)

    def __getitem__(self, name: Any) -> Any:
        if _listed and _listed[-1] == name:
            _listed.pop()
        elif self.on_read is not None:
            _listed.clear()
            self.on_read(name)
        return super().__getitem__(name)

    def __setitem__(self, name: Any, value: Any) -> None:
        try:
            before = super().__getitem__(name)
        except (KeyError, TypeError):  # a value of another type is refused below
            before = None
        super().__setitem__(name, value)
        if value != before and self.on_set is not None:
            self.on_set(name, value)

    def __delitem__(self, name: Any) -> None:
        super().__delitem__(name)
        if self.on_set is not None:
            self.on_set(name, None)


def hear(
    on_read: "Optional[Callable[[str], None]]" = None,
    on_set: "Optional[Callable[[str, Optional[str]], None]]" = None,
) -> None:
    """Have functions called with what is read, and what is changed (None: removed), from now on; by default none."""
    environ: Any = os.environ
    environ.__class__ = _Environ if on_read is None and on_set is None else _Heard
    _Heard.on_read = on_read and staticmethod(on_read)
    _Heard.on_set = on_set and staticmethod(on_set)
    _listed.clear()
