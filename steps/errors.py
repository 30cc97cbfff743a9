"""What can go wrong in a way that a user can mend, and the exit code of each kind.

    StepError                 1
    ├── WrongValue            2   a parameter, a file or the environment; nothing was started
    ├── NoTrialFinished       3
    ├── NotIdentical          4   a run that was repeated has other scores, data or versions
    └── Unreachable          75   the tracking server, or its database: it may pass
    Interrupted               130 (SIGINT), 143 (SIGTERM, SIGHUP)
    └── ServerLost            143   the study gave up the tracking server

Anything else is a bug and shows its traceback.
"""

import difflib
import signal
from collections.abc import Iterable


class StepError(Exception):
    """End a step with one line per problem on stderr and an exit code by kind."""

    exit_code = 1

    def __init__(self, *problems: str):
        super().__init__("\n".join(problems))
        self.problems = problems


class WrongValue(StepError):
    """Refuse what was given: each problem says where, what was given, what is allowed."""

    exit_code = 2
    run_id: str | None = None  # the step's own run, if it had one by then


class NoTrialFinished(StepError):
    """End a study in which not one trial has a score; `stopped_by` is one of `steps.tuning.search.stopping`."""

    exit_code = 3

    def __init__(self, *problems: str, stopped_by: str = ""):
        super().__init__(*problems)
        self.stopped_by = stopped_by


class NotIdentical(StepError):
    """Say what differs between a run and its repetition."""

    exit_code = 4


class Unreachable(StepError):
    """End a step that could not write to the tracking server, which may pass."""

    exit_code = 75  # EX_TEMPFAIL of sysexits.h


class Interrupted(BaseException):
    """End a step because a signal asked for it.

    It is no Exception, as KeyboardInterrupt is none: it comes wherever the process is, and MLflow, scikit-learn and
    people's estimators catch every Exception in places.
    """

    def __init__(self, number: int):
        problem = f"interrupted by {signal.Signals(number).name}"
        super().__init__(problem)
        self.problems: tuple[str, ...] = (problem,)
        self.exit_code = 128 + (signal.SIGINT if number == signal.SIGINT else signal.SIGTERM)


class ServerLost(Interrupted):
    """End a study as SIGTERM does, because the tracking server did not come back."""

    def __init__(self, problem: str):
        super().__init__(signal.SIGTERM)
        self.problems = (problem,)


def did_you_mean(word: str, names: Iterable[str]) -> str:
    """Name the nearest of the allowed names, as the tail of a sentence; an empty text if none is near.

    >>> did_you_mean("n_trails", ["n_trials", "jobs"])
    " (did you mean 'n_trials'?)"
    >>> did_you_mean("Y", ["x", "y"])
    " (did you mean 'y'?)"
    """
    known = sorted(names)
    close = [name for name in known if name.casefold() == word.strip().casefold()]
    close = close or difflib.get_close_matches(word, known, n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""
