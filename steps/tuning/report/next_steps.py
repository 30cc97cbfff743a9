"""The last lines of a study: where to look at it, and the commands to serve the champion, to load it, to go on."""

from collections.abc import Iterator
from urllib.parse import urlsplit
from urllib.request import url2pathname

from mlflow.entities import Run
from mlflow.utils.uri import is_local_uri

from steps.names import Artifact
from steps.tuning.champion import registry
from steps.tuning.champion.champion import Champion
from steps.tuning.report import commands, ui_view
from steps.tuning.search import stopping
from steps.tuning.study_plan import StudyPlan
from steps.tuning.trials.results import StudyResult


def text(plan: StudyPlan, result: StudyResult, parent: Run, study: str, champion: Champion | None) -> str:
    """Write them for a study whose newest run is `parent`. One that a signal has ended is told how it goes on."""
    return "\n".join(_lines(plan, result, parent, study, champion))


def start(parent: Run, study: str) -> str:
    """Write where a study can be watched."""
    address, command = commands.ui()
    started = f", by {command}" if command else ""
    return f"watch it{started}: {address}{ui_view.path(parent.info.experiment_id, study)}"


def _lines(plan: StudyPlan, result: StudyResult, parent: Run, study: str, champion: Champion | None) -> Iterator[str]:
    address, command = commands.ui()
    if result.best:
        if plan.settings.report:
            yield f"Report: {_report(parent, address)}"
        if command:
            yield f"UI: {command}"
        yield f"Study: {address}{ui_view.path(parent.info.experiment_id, study)}"
    model = registry.model_of(champion.run) if champion and champion.run else None
    if model is not None:
        yield f"Serve: {commands.serve(model)}"
        yield f"Load: {commands.load(model)}"
    if plan.fidelity is not None:  # its n_trials is its own for good
        if result.stopped_by not in (stopping.N_TRIALS, stopping.EXHAUSTED):
            yield f"Go on: {commands.go_on(parent, study)}"
        return
    is_whole = result.stopped_by != stopping.SIGNAL
    yield f"Go on: {commands.go_on(parent, study, 2 * plan.settings.n_trials if is_whole else None)}"


def _report(parent: Run, address: str) -> str:
    """Return the path of the page if the study's artifacts are files of this machine, else its address in the UI."""
    uri = parent.info.artifact_uri
    if is_local_uri(uri):
        folder = url2pathname(urlsplit(uri).path) if uri.startswith("file:") else uri
        return f"{folder}/{Artifact.REPORT}"
    return f"{address}/#/experiments/{parent.info.experiment_id}/runs/{parent.info.run_id}/artifacts/{Artifact.REPORT}"
