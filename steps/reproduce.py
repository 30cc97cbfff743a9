"""Run a finished run once more, at its own commit, and compare.

mlflow run . -e reproduce -P run_id=0123456789abcdef0123456789abcdef
python -m steps.reproduce --run_id 0123456789abcdef0123456789abcdef
"""

import os
import sys
from collections.abc import Sequence

from steps import database, garbage, lifeline, settings
from steps.errors import NotIdentical, exit_code
from steps.interrupts import Interrupts

SUMMARY = "Run a finished run, or some of a study's trials, once more, and compare every score to the last bit."


def main(argv: Sequence[str] | None = None) -> int:
    """Run the step; return its exit code."""
    words = settings.arguments(argv)
    if settings.wants_help(words):
        print(settings.usage("steps.reproduce", SUMMARY, settings.REPRODUCE))
        return 0
    return exit_code("reproduce", lambda: _reproduce(words))


def _reproduce(words: Sequence[str]) -> int:
    values = settings.read(words, settings.REPRODUCE)
    database.refuse_another(os.environ.get("MLFLOW_RUN_ID"))
    database.make_absolute()
    interrupts = Interrupts()
    interrupts.install()
    lifeline.follow_launchers()
    os.environ |= {lifeline.TUNER: str(os.getpid()), "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false"}
    # Imported only now: `--help` and a wrong value answer at once.
    with garbage.importing():
        from steps.reproduction import run
        from steps.tracking import own_run

    try:
        with own_run(values) as run_id:
            verdict = run.reproduce(values, run_id, interrupts)
    except NotIdentical as error:
        print(f"verdict: {error}")
        return error.exit_code
    print(f"verdict: {verdict}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
