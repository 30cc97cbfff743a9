"""How a step ends: its exit code, and the lines on stderr that say why."""

import os
import re
import sys
from collections.abc import Callable

from steps.errors import Interrupted, StepError, WrongValue
from steps.process import collector, output, remedy, variables

# How MLflow says so.
_UNREADABLE = re.compile(r"(?:Failed to convert .* for (MLFLOW_\w+): |(MLFLOW_\w+) value must be )")


def exit_code(step: str, action: Callable[[], int], refused: Callable[[WrongValue], None] = lambda _: None) -> int:
    """Run a step's action and turn a StepError, or an interrupt, into lines on stderr and its exit code.

    A package that is missing is such an error too: the step was started with another Python than the project's.
    `refused` is called, once the lines are written, with an error that says that nothing was started.
    """
    variables.start_anew_if_needed()
    variables.leave_out()
    output.ignore_lost_readers()
    collector.skip_at_exit()
    try:
        return action()
    except (StepError, Interrupted) as error:
        ended_by: StepError | Interrupted = error
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "steps":
            raise
        ended_by = WrongValue(
            f"environment: {sys.executable} has no package {error.name!r}, so it is not what conda.yaml describes: "
            f"{remedy.for_environment()}"
        )
    except ValueError as error:  # some variables MLflow reads while it is imported
        if (match := _UNREADABLE.match(str(error))) is None:
            raise
        name = next(filter(None, match.groups()))
        ended_by = WrongValue(f"{name} {os.environ.get(name)!r}: can't be read: {error}")
    for problem in ended_by.problems:
        print(f"{step}: {problem}", file=sys.stderr, flush=True)
    if isinstance(ended_by, WrongValue):
        refused(ended_by)
    return ended_by.exit_code
