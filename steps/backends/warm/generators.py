"""Generators of random numbers that a process has from its imports: a fork would draw what all others draw.

A part of `launcher`, under the same rules: any Python from 3.9 on, the standard library alone.
"""

import random
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_made: "list[Any]" = []


@contextmanager
def noted() -> "Iterator[None]":
    """Note the generators that modules make inside without a seed, each for itself; numpy must not be there yet."""
    seed, randbits = random.Random.seed, secrets.randbits
    entropies: "set[str]" = set()

    def note(self: random.Random, *args: Any, **kwargs: Any) -> None:
        if not kwargs and args in ((), (None,)):
            _made.append(self)
        seed(self, *args, **kwargs)

    def note_bits(count: int) -> int:
        bits = randbits(count)
        entropies.add(str(bits))
        return bits

    random.Random.seed = note  # type: ignore[method-assign]
    secrets.randbits = note_bits  # type: ignore[assignment] # what numpy seeds by where it is given no seed
    try:
        yield
    finally:
        random.Random.seed, secrets.randbits = seed, randbits  # type: ignore[method-assign]
    numpy: Any = sys.modules.get("numpy.random")
    kinds = tuple(getattr(numpy, name) for name in ("Generator", "RandomState") if hasattr(numpy, name))
    for module in list(sys.modules.values()):
        for value in list(getattr(module, "__dict__", {}).values()):
            if issubclass(type(value), kinds):  # `isinstance` may wake what stands for something else
                bits = getattr(value, "bit_generator", None) or value._bit_generator
                sequence = getattr(bits, "seed_seq", None) or getattr(bits, "_seed_seq", None)  # _ before numpy 1.25
                if str(getattr(sequence, "entropy", None)) in entropies:
                    _made.append(bits)


def draw_anew() -> None:
    """Seed what was noted, and what packages have for the whole process; `random` sees to its own by itself."""
    of_all: list[Any] = [sys.modules.get("numpy.random"), getattr(sys.modules.get("torch"), "default_generator", None)]
    for owner in [owner for owner in of_all if owner is not None]:
        owner.seed()
    for generator in _made:
        if isinstance(generator, random.Random):
            generator.seed()
        else:
            generator.state = type(generator)().state
