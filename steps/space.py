"""Print the beginning of a search space for an entry point, of this project or of another one, to be edited.

mlflow run . -e space -P entry_point=fit_line > space.yaml
python -m steps.space --project ../theirs --entry_point train > space.yaml
"""

import os
import shlex
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from steps import spaces
from steps.errors import WrongValue
from steps.names import Variable
from steps.parameters import command_line
from steps.parameters.declared import parameters
from steps.parameters.option import option
from steps.parameters.settings import SharedSettings, SpaceSettings
from steps.parameters.tune_settings import TuneSettings
from steps.process import collector, orphans, signals, users_folder
from steps.process.exit import exit_code
from steps.project import location, secrets
from steps.tracking import run_note

SUMMARY = "Print a search space for an entry point: a range around each default of its parameters, to be edited."
# What `tune` gives an entry point that declares it, beside the settings of a study.
_REFIT = "refit"
# With it, `mlflow run` leaves out the links to a run on a server that it writes to stdout after the step.
_QUIET = "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the step; return its exit code."""
    words = command_line.arguments(argv)
    if command_line.wants_help(words):
        print(command_line.usage("steps.space", SUMMARY, SpaceSettings))
        return 0
    return exit_code("space", lambda: _space(words), run_note.refused)


def _space(words: Sequence[str]) -> int:
    settings = command_line.read(words, SpaceSettings)
    secrets.refuse("project", settings.project, os.environ.get(Variable.RUN_ID))
    signals.raise_at_once()
    users_folder.note()
    orphans.follow_launchers()
    # Imported only now: `--help` and a wrong value answer at once.
    with collector.paused():
        from steps.spaces import starter
        from steps.tuning import entry_point, tuned_project

    with tempfile.TemporaryDirectory(prefix="space-") as files:
        project = tuned_project.find(TuneSettings(project=settings.project, version=settings.version), Path(files))
        entry = entry_point.find(settings.entry_point, project)
        where = f"{option('entry_point', entry.name)}:"
        if entry.runs_train:
            raise WrongValue(
                f"{where} is this project's own training step, whose spaces are there: {', '.join(spaces.names())}; "
                "name one of them to tune, or edit a copy of its file in steps/spaces, or give another entry_point"
            )
        if entry.is_script:
            raise WrongValue(
                f"{where} is a script that MLproject does not declare, so its parameters are not known; write a space "
                'by hand, such as -P space="lr=log(1e-4,1e-1) layers=1..4" to tune'
            )
        given = [parameter.name for parameter in parameters(SharedSettings)]
        text = starter.text(project.parameters(entry.name), [*given, _REFIT])
    if not text:
        raise WrongValue(f"{where} declares no parameter with a default that could be searched")
    print(_command(settings, entry.name), _NOTE, text, sep="\n", flush=True)
    if Variable.RUN_ID in os.environ and _QUIET not in os.environ and _server().startswith("http"):
        print(f"space: MLflow writes two links below this: remove them, or set {_QUIET}=true", file=sys.stderr)
    run_note.of_this_step(f"Nothing was run: the beginning of a search space for {entry.name!r} was printed.")
    return 0


def _server() -> str:
    """Return the address of the tracking server, as `mlflow run` hands it on."""
    return os.environ.get("MLFLOW_TRACKING_URI", "")


_NOTE = """\
# METRIC is what it logs; with direction=maximize more of it is better. Each range is a guess: about one order of
# magnitude around the default. Edit them, and remove what is not to be searched."""


def _command(settings: SpaceSettings, name: str) -> str:
    """Write the command that tunes with the file."""
    words = [] if location.is_this_project(settings.project, settings.version) else [f"project={settings.project}"]
    words += [] if settings.version is None else [f"version={settings.version}"]
    words += [f"entry_point={name}", "space=space.yaml", "objective=METRIC", "direction=minimize"]
    return f"# mlflow run . -e tune {' '.join(f'-P {shlex.quote(word)}' for word in words)}"


if __name__ == "__main__":
    raise SystemExit(main())
