"""The score of the NeurIPS 2020 black-box challenge, and what stands beside it. Pure: numbers in, numbers out.

A loss is normalized so that 0 is the best that is known of the problem and 1 the median of one random trial, and
clipped to [-1, 1]; the score is 100 * (1 - the mean over problems and repeats). Best, median and the expected best of
random search after so many trials are those that the challenge publishes; `baseline.json` has them, of
`input/baseline-100-1.json` in https://github.com/rdturnermtl/bbo_challenge_starter_kit (Apache-2.0), for the loss that
the optimizer sees. The formula is that of https://bayesmark.readthedocs.io/en/latest/scoring.html.
"""

import heapq
import json
import statistics
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

AT = (15, 25, 50, 100)


@dataclass(frozen=True)
class Baseline:
    """What is known of a problem: the best loss, the median of one random trial, random search's mean best at `AT`."""

    best: float
    clip: float
    random: dict[int, float]

    def normalize(self, loss: float) -> float:
        """Return 0 for the best loss, 1 for the clip and all above it, and at least -1."""
        return min(1.0, max(-1.0, (loss - self.best) / (self.clip - self.best)))


def baselines() -> dict[str, Baseline]:
    """Read the published baselines, by the problem's name."""
    published = json.loads((Path(__file__).parent / "baseline.json").read_text())
    return {
        name: Baseline(best, clip, dict(zip(AT, means, strict=True)))
        for name, (best, clip, *means) in published.items()
    }


def score(normalized: Sequence[float]) -> float:
    """Return the score of normalized losses: 100 is the best that is known, 0 a median random trial."""
    return 100 * (1 - statistics.fmean(normalized))


def difference(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, float]:
    """Return by how much our score is higher, and the standard error; the normalized losses are in pairs."""
    gains = [100 * (b - a) for a, b in zip(ours, theirs, strict=True)]
    error = statistics.stdev(gains) / len(gains) ** 0.5 if len(gains) > 1 else float("nan")
    return statistics.fmean(gains), error


def seed_of(problem: str, repeat: int) -> int:
    """Return the seed of a problem's repeat: independent of the other problems and of their order."""
    return int(np.random.SeedSequence([zlib.crc32(problem.encode()), repeat]).generate_state(1)[0])


def end_times(seconds: Sequence[float], jobs: int, window: int) -> list[float]:
    """Return when each trial would end if `jobs` ran at a time, from how long each takes.

    Trials start in order, each as soon as one of the `jobs` is free and the trials that the window wants told have
    ended: trial n waits for the trials 0 … n - window.
    """
    free, ends, told = [0.0] * jobs, list[float](), 0.0
    for number, duration in enumerate(seconds):
        if number >= window:
            told = max(told, ends[number - window])
        end = max(heapq.heappop(free), told) + duration
        heapq.heappush(free, end)
        ends.append(end)
    return ends


def best_in_time(losses: Sequence[float], ends: Sequence[float], limit_s: float) -> float:
    """Return the least loss of the trials that have ended by then; inf if none has."""
    return min((loss for loss, end in zip(losses, ends, strict=True) if end <= limit_s), default=float("inf"))
