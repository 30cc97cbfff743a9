"""Generators of random numbers that a process has from its imports: a fork would draw what all others draw.

A part of `launcher`, under the same rules: any Python from 3.9 on, the standard library alone.
"""

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# numpy seeds a generator that is given no seed with a number of 128 bits; who gives one gives a shorter.
_CHOSEN = 1 << 64
_made: "list[Any]" = []


@contextmanager
def noted() -> "Iterator[None]":
    """Note the generators that modules make inside without a seed, each for itself."""
    seed = random.Random.seed

    def note(self: random.Random, *args: Any, **kwargs: Any) -> None:
        if not kwargs and args in ((), (None,)):
            _made.append(self)
        seed(self, *args, **kwargs)

    random.Random.seed = note  # type: ignore[method-assign]
    try:
        yield
    finally:
        random.Random.seed = seed  # type: ignore[method-assign]
    kind = getattr(getattr(sys.modules.get("numpy"), "random", None), "Generator", ())
    for module in list(sys.modules.values()):
        for value in list(getattr(module, "__dict__", {}).values()):
            if issubclass(type(value), kind):  # `isinstance` may wake what stands for something else
                entropy = getattr(getattr(value.bit_generator, "seed_seq", None), "entropy", None)
                _made.extend([value] if isinstance(entropy, int) and entropy >= _CHOSEN else [])


def draw_anew() -> None:
    """Seed what was noted, and what packages have for the whole process; `random` sees to its own by itself."""
    for package, name in (("numpy", "random"), ("torch", "default_generator")):
        seed = getattr(getattr(sys.modules.get(package), name, None), "seed", None)
        if seed is not None:
            seed()
    for generator in _made:
        if isinstance(generator, random.Random):
            generator.seed()
        else:
            generator.bit_generator.state = type(generator.bit_generator)().state
