"""The last lines of a study: where to look at it, and the commands to serve the champion, to load it, to go on."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from mlflow.entities import Run
from mlflow.utils.uri import is_local_uri

from steps.names import Artifact
from steps.parameters import declared
from steps.parameters.tune_settings import TuneSettings
from steps.tuning.champion import registry
from steps.tuning.champion.champion import Champion
from steps.tuning.report import commands, goes_on, ui_view
from steps.tuning.study_plan import StudyPlan
from steps.tuning.trials.results import StudyResult


def text(
    plan: StudyPlan, result: StudyResult, parent: Run, study: str, settings: TuneSettings, champion: Champion | None
) -> str:
    """Write them for a study whose newest run is `parent`; `settings` are those that it was started with."""
    return "\n".join([*_lines(plan, result, parent, study, champion), *_go_on(plan, result, parent, study, settings)])


def start(parent: Run, study: str) -> str:
    """Write where a study can be watched."""
    address, command = commands.ui()
    started = f", by {command}" if command else ""
    return f"watch it{started}: {address}{ui_view.path(parent.info.experiment_id, study)}"


def _lines(plan: StudyPlan, result: StudyResult, parent: Run, study: str, champion: Champion | None) -> Iterator[str]:
    address, command = commands.ui()
    if result.best:
        if plan.settings.report and (report := _report(parent, address)):
            yield f"Report: {report}"
        if command:
            yield f"UI: {command}"
        yield f"Study: {address}{ui_view.path(parent.info.experiment_id, study)}"
    model = registry.model_of(champion.run) if champion and champion.run else None
    if model is not None:
        yield f"Serve: {commands.serve(model)}"
        yield f"Load: {commands.load(model)}"


def _go_on(plan: StudyPlan, result: StudyResult, parent: Run, study: str, settings: TuneSettings) -> Iterator[str]:
    """Yield the command that goes on with the study, if there is one."""
    given = goes_on.settings(plan, result.stopped_by, declared.changed(settings))
    if given is not None:
        yield f"Go on: {commands.go_on(parent, study, given)}"


def _report(parent: Run, address: str) -> str:
    """Return the path of the page if the study's artifacts are files of this machine, else its address in the UI.

    Of a file that is not there it is empty: a study that is interrupted early has no page yet.
    """
    uri = parent.info.artifact_uri
    if is_local_uri(uri):
        folder = url2pathname(urlsplit(uri).path) if uri.startswith("file:") else uri
        path = Path(folder) / Artifact.REPORT
        return str(path) if path.is_file() else ""
    return f"{address}/#/experiments/{parent.info.experiment_id}/runs/{parent.info.run_id}/artifacts/{Artifact.REPORT}"
