"""How far a study is, on stderr: one bar on a terminal, a line every half minute anywhere else."""

import os
import sys
import time

from tqdm import tqdm

# On a pipe, in a log file or on a terminal that can't move its cursor, what is written stays.
_LINE_EVERY_S = 30.0
_BAR_EVERY_S = 0.1


class Progress:
    """Counts the trials of a study: done and all, the best objective so far, the failed ones, the time left.

    It has no colours, so `NO_COLOR` is honoured by itself; on a terminal of the kind `dumb` there is no bar.
    """

    def __init__(self, n_trials: int, objective: str):
        tqdm.monitor_interval = 0  # the tuner has no other thread than its own
        self._objective, self._all = objective, n_trials
        self._done = self._failed = 0
        self._best: float | None = None
        self._began = self._written = time.monotonic()
        self._bar = None
        if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
            self._bar = tqdm(total=n_trials, unit="trial", desc="tune", mininterval=_BAR_EVERY_S, file=sys.stderr)

    def advance(self, best: float | None, *, failed: bool = False) -> None:
        """Count one more trial."""
        self._done += 1
        self._failed += failed
        self._best = best
        if self._bar is not None:
            self._bar.set_postfix_str(", ".join(self._found()), refresh=False)
            self._bar.update()
        elif time.monotonic() - self._written >= _LINE_EVERY_S:
            self._write()

    def close(self) -> None:
        """Leave the bar, or a last line, as it stands."""
        if self._bar is not None:
            self._bar.close()
        else:
            self._write()

    def _found(self) -> list[str]:
        best = [] if self._best is None else [f"best {self._objective} {self._best:.6g}"]
        return [*best, *([f"{self._failed} failed"] if self._failed else [])]

    def _write(self) -> None:
        self._written = time.monotonic()
        spent = self._written - self._began
        left = []
        if 0 < self._done < self._all:
            left = [f"about {spent / self._done * (self._all - self._done):.0f} s left"]
        said = ", ".join([f"{self._done}/{self._all} trials in {spent:.0f} s", *self._found(), *left])
        print(f"tune: {said}", file=sys.stderr, flush=True)
