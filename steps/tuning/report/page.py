"""The page: one file that asks no host for anything."""

import shlex
from collections import Counter
from pathlib import Path
from typing import Any

import jinja2
from plotly.offline import get_plotlyjs

from steps.names import Metric, Tag
from steps.parameters import declared
from steps.parameters.settings import TuneSettings
from steps.project import environment
from steps.tracking import read, server_errors
from steps.tuning.report import plots
from steps.tuning.report.study_record import StudyRecord, TrialRecord
from steps.tuning.trials.trial import SETTLED

FILE = "report.html"
_TEMPLATE = Path(__file__).parent / "page.html"
# Where `mlflow ui` shows a local store.
_UI = "http://127.0.0.1:5000"


def html(found: StudyRecord) -> str:
    """Write the page."""
    template = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    page = template.from_string(_TEMPLATE.read_text(encoding="utf-8"))
    tags, data = found.parent.data.tags, found.plan.dataset
    return page.render(
        name=found.name,
        headline=headline(found),
        plotly=get_plotlyjs(),
        plots=[(plot.title, plot.html, plot.note) for plot in plots.draw(found)],  # made by plotly, which escapes
        objectives=[objective.name for objective in found.plan.objectives],
        params=list(dict.fromkeys(name for trial in found.trials for name in trial.recorded)),
        trials=[_row(trial, found) for trial in found.trials],
        failures=Counter(trial.reason for trial in found.trials if trial.reason).most_common(),
        commands=_commands(found),
        local=not server_errors.where().startswith("http"),
        look=read.link(found.parent.info.run_id),
        facts={
            "Data": f"{found.plan.settings.data}, sha256 {data['sha256']}" if data else found.plan.settings.data,
            "Split": f"{found.plan.settings.split}, {found.plan.settings.folds} folds, "
            f"{found.plan.settings.test_size:g} held out, seed {found.plan.settings.seed}",
            "Search": f"{found.plan.settings.sampler}, window {found.plan.settings.window}, "
            f"pruner {declared.shown(found.plan.settings.pruner)}",
            "Code": f"commit {tags.get('mlflow.source.git.commit', 'none')}"
            + (", with changes that were not committed (git.diff)" if tags.get(Tag.GIT_DIRTY) == "true" else ""),
            "Environment": environment.summary(),
        },
        space=[(name, str(what)) for name, what in found.plan.space.text().items()],
    )


def headline(found: StudyRecord) -> list[tuple[str, str]]:
    """Return what is said first: pairs of a name and a value."""
    tags, metrics, best = found.parent.data.tags, found.parent.data.metrics, found.best
    said = []
    if best is not None:
        name = found.plan.objectives[0].name
        said.append((f"Best {name}", f"{best.values[0]:.6g} (trial {best.number})"))
        if Metric.BASELINE in metrics:
            gained = best.values[0] - metrics[Metric.BASELINE]
            said.append(("The defaults", f"{metrics[Metric.BASELINE]:.6g}, so {gained:+.4g} by tuning"))
    elif len(found.plan.objectives) > 1:
        said.append(("Objectives", " and ".join(f"{o.direction} {o.name}" for o in found.plan.objectives)))
    if found.champion is not None:
        said += _champion(found)
    states = [(state, found.count(state)) for state in SETTLED.values()]
    said.append(("Trials", ", ".join(f"{count} {state.name}" for state, count in states if count) or "none yet"))
    if found.trials:
        spent = max(t.end for t in found.trials) - min(t.start for t in found.trials)
        said.append(("Time", _time(spent / 1000)))
    said.append(("Stopped by", tags.get(Tag.STOPPED_BY, "goes on" if found.trials else "nothing yet")))
    return said


def _champion(found: StudyRecord) -> list[tuple[str, str]]:
    assert found.champion is not None
    metrics, metric = found.champion.data.metrics, found.plan.settings.metric
    test = Metric.test(metric)
    if test not in metrics:
        return [("Champion", f"run {found.champion.info.run_name}")]
    said = [(f"Held-out {metric}", f"{metrics[test]:.6g}{_interval(metrics, test)}")]
    if Metric.GAIN in metrics:
        said.append(("Gain over the defaults there", f"{metrics[Metric.GAIN]:+.4g}{_interval(metrics, Metric.GAIN)}"))
    return said


def _interval(metrics: dict[str, float], name: str) -> str:
    low, high = Metric.low(name), Metric.high(name)
    return f" (95 %: {metrics[low]:.4g} to {metrics[high]:.4g})" if low in metrics and high in metrics else ""


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"


def _row(trial: TrialRecord, found: StudyRecord) -> dict[str, Any]:
    return {
        "number": trial.number,
        "state": trial.state.name,
        "values": [f"{value:.6g}" for value in trial.values] or [""] * len(found.plan.objectives),
        "recorded": {name: str(value) for name, value in trial.recorded.items()},
        "seconds": f"{trial.seconds:.2f}",
        "link": f"{_server()}/#/experiments/{found.parent.info.experiment_id}/runs/{trial.run_id}",
        "reason": trial.reason,
    }


def _server() -> str:
    uri = server_errors.where()
    return uri.rstrip("/") if uri.startswith("http") else _UI


def _commands(found: StudyRecord) -> list[tuple[str, str]]:
    defaults = declared.words(TuneSettings())
    # What was `auto` is on the study's record.
    changed = {key: word for key, word in declared.changed(found.plan.settings).items() if defaults[key] != "auto"}
    words = ["mlflow", "run", ".", "-e", "tune"]
    for name, word in {**changed, "study": found.name}.items():
        words += ["-P", f"{name}={word}"]
    said = [("Go on with this study, with a higher n_trials", shlex.join(words))]
    if found.best is not None:
        said.append(("Run the best trial again", found.best.command))
        again = f"mlflow run . -e reproduce -P run_id={found.best.run_id}"
        said.append(("Repeat the best trial, and compare to the last bit", again))
    if found.champion is not None and found.champion.outputs and found.champion.outputs.model_outputs:
        model = found.champion.outputs.model_outputs[0].model_id
        said.append(("Serve the champion", f"mlflow models serve -m models:/{model} --env-manager local"))
    return said
