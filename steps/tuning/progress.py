"""One progress bar on stderr: trials done, the best objective so far."""

import sys

from tqdm import tqdm

# On a pipe or in a log file every refresh is a line of its own.
_PIPE_INTERVAL_S = 30


class Progress:
    """A bar over the trials of a study."""

    def __init__(self, n_trials: int, objective: str):
        tqdm.monitor_interval = 0  # the tuner has no other thread than its own
        self._objective = objective
        interval = 0.1 if sys.stderr.isatty() else _PIPE_INTERVAL_S
        self._bar = tqdm(total=n_trials, unit="trial", desc="tune", mininterval=interval, maxinterval=interval)

    def advance(self, best: float | None) -> None:
        """Count one more trial."""
        if best is not None:
            self._bar.set_postfix_str(f"best {self._objective} {best:.6g}", refresh=False)
        self._bar.update()

    def close(self) -> None:
        """Leave the bar as it stands."""
        self._bar.close()
