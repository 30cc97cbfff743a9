"""Two functions whose least value is known: Branin (two parameters) and Hartmann-6, as scikit-optimize has them."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from optuna.distributions import BaseDistribution, FloatDistribution

from steps.tuning.space import Space
from steps.tuning.space.parameter import SearchedParameter

# Hartmann (1973), in the usual form of Dixon and Szegő (1978).
_ALPHA = np.array([1.0, 1.2, 3.0, 3.2])
_A = np.array(
    [[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]]
)
_P = 1e-4 * np.array(
    [
        [1312, 1696, 5569, 124, 8283, 5886],
        [2329, 4135, 8307, 3736, 1004, 9991],
        [2348, 1451, 3522, 2883, 3047, 6650],
        [4047, 8828, 8732, 5743, 1091, 381],
    ]
)


@dataclass(frozen=True)
class Function:
    """A function of numbers in ranges, with its least value."""

    name: str
    ranges: dict[str, tuple[float, float]]
    least: float
    value: Callable[[list[float]], float]

    @property
    def space(self) -> Space:
        """Return what is searched."""
        return Space({None: {name: SearchedParameter(name, kind) for name, kind in self.distributions.items()}})

    @property
    def distributions(self) -> dict[str, BaseDistribution]:
        """Return the same as Optuna has it."""
        return {name: FloatDistribution(*ends) for name, ends in self.ranges.items()}

    def loss(self, params: Mapping[str, float]) -> float:
        """Return the regret: how far the value lies above the least one."""
        return self.value([params[name] for name in self.ranges]) - self.least


def branin(point: list[float]) -> float:
    """Return Branin's function on [-5, 10] x [0, 15]; its least value is 0.397887."""
    x, y = point
    bowl = y - 5.1 * x**2 / (4 * math.pi**2) + 5 * x / math.pi - 6
    return bowl**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10


def hartmann6(point: list[float]) -> float:
    """Return Hartmann's function on the unit cube of six dimensions; its least value is -3.32237."""
    return -float(_ALPHA @ np.exp(-(_A * (np.array(point) - _P) ** 2).sum(axis=1)))


FUNCTIONS = (
    Function("Branin", {"x": (-5, 10), "y": (0, 15)}, 0.397887, branin),
    Function("Hartmann-6", {f"x{n}": (0, 1) for n in range(6)}, -3.32237, hartmann6),
)
