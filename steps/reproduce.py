"""Run a finished run once more, at its own commit, and compare.

mlflow run . -e reproduce -P run_id=0123456789abcdef0123456789abcdef
python -m steps.reproduce --run_id 0123456789abcdef0123456789abcdef
"""

import os
import sys
from collections.abc import Sequence

from steps.errors import NotIdentical
from steps.names import Variable
from steps.parameters import command_line, declared
from steps.parameters.settings import ReproduceSettings
from steps.process import collector, orphans
from steps.process.exit import exit_code
from steps.process.signals import Interrupts
from steps.tracking import run_note, sqlite_uri

SUMMARY = "Run a finished run, or some of a study's trials, once more, and compare every score to the last bit."


def main(argv: Sequence[str] | None = None) -> int:
    """Run the step; return its exit code."""
    words = command_line.arguments(argv)
    if command_line.wants_help(words):
        print(command_line.usage("steps.reproduce", SUMMARY, ReproduceSettings))
        return 0
    return exit_code("reproduce", lambda: _reproduce(words), run_note.refused)


def _reproduce(words: Sequence[str]) -> int:
    settings = command_line.read(words, ReproduceSettings)
    sqlite_uri.refuse_another(os.environ.get(Variable.RUN_ID))
    sqlite_uri.make_absolute()
    interrupts = Interrupts()
    interrupts.install()
    orphans.follow_launchers()
    os.environ |= {Variable.TUNER: str(os.getpid()), "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false"}
    # Imported only now: `--help` and a wrong value answer at once.
    with collector.paused():
        from steps.reproduction import verify
        from steps.tracking.own_run import own_run

    try:
        with own_run(declared.words(settings)) as run_id:
            verdict = verify.reproduce(settings, run_id, interrupts)
    except NotIdentical as error:
        print(f"verdict: {error}")
        return error.exit_code
    print(f"verdict: {verdict}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
