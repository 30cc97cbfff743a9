"""A study's progress on stderr: a bar on a terminal, a line every half minute anywhere else."""

import math
import os
import sys
import time

from tqdm import tqdm

# Lines stay where there is no bar: on a pipe, in a log file, on a terminal that can't move its cursor.
_LINE_EVERY_S = 30.0
_BAR_EVERY_S = 0.1


class Progress:
    """Shows how many trials are done, of how many, the best objective, the number of failures, the time left.

    It uses no colours, so there is nothing for `NO_COLOR` to switch off. With TERM=dumb there is no bar.
    """

    def __init__(self, n_trials: int, objective: str):
        tqdm.monitor_interval = 0  # tqdm would start a monitor thread
        self._objective, self._n_trials = objective, n_trials
        self._done = self._failed = 0
        self._best: float | None = None
        self._most_left_s = math.inf
        self._began = self._written = time.monotonic()
        self._bar, self._last = None, ""
        if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
            self._bar = tqdm(total=n_trials, unit="trial", desc="tune", mininterval=_BAR_EVERY_S, file=sys.stderr)

    def advance(self, best: float | None, *, failed: bool = False, most_left_s: float = math.inf) -> None:
        """Count one more trial; `most_left_s` are the seconds that the study's time leaves for trials."""
        self._done += 1
        self._failed += failed
        self._best, self._most_left_s = best, most_left_s
        if self._bar is not None:
            at_most = [f"at most {most_left_s:.0f} s"] if 0 < most_left_s < math.inf else []
            self._bar.set_postfix_str(", ".join([*self._scores(), *at_most]), refresh=False)
            self._bar.update()
        elif time.monotonic() - self._written >= _LINE_EVERY_S:
            self._write()

    def close(self) -> None:
        """Leave the bar as it stands, or write a last line."""
        if self._bar is not None:
            self._bar.close()
        else:
            self._write(ended=True)

    def _scores(self) -> list[str]:
        best = [] if self._best is None else [f"best {self._objective} {self._best:.6g}"]
        return [*best, *([f"{self._failed} failed"] if self._failed else [])]

    def _write(self, *, ended: bool = False) -> None:
        self._written = time.monotonic()
        elapsed = self._written - self._began
        left = []
        if 0 < self._done < self._n_trials and not ended:
            left_s = min(elapsed / self._done * (self._n_trials - self._done), max(0.0, self._most_left_s))
            left = [f"about {left_s:.0f} s left"]
        line = ", ".join([f"{self._done}/{self._n_trials} trials in {elapsed:.0f} s", *self._scores(), *left])
        if line != self._last:
            print(f"tune: {line}", file=sys.stderr, flush=True)
        self._last = line
