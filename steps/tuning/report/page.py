"""The page of a study: one HTML file that loads nothing from any host."""

import shlex
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jinja2
from plotly.offline import get_plotlyjs

from steps import spaces
from steps.names import Artifact, Metric, Tag
from steps.parameters import declared
from steps.parameters.settings import SHARED, SharedSettings
from steps.parameters.tune_settings import TuneSettings
from steps.project import paths
from steps.tracking import read, server_errors
from steps.tuning.champion import contest, registry
from steps.tuning.report import plots
from steps.tuning.report.charts import drawing, embed
from steps.tuning.report.commands import serve
from steps.tuning.report.study_record import StudyRecord
from steps.tuning.report.trial_record import TrialRecord
from steps.tuning.trials.trial import SETTLED

_TEMPLATE = Path(__file__).parent / "page.html"
# The address at which `mlflow ui` shows a local store.
_UI = "http://127.0.0.1:5000"


def html(record: StudyRecord, step: Callable[[str], None] = lambda _: None) -> str:
    """Write the page. `step` is told what is drawn next."""
    template = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    page = template.from_string(_TEMPLATE.read_text(encoding="utf-8"))
    return page.render(
        name=record.name,
        headline=headline(record),
        plotly=get_plotlyjs(),
        charts_script=embed.script(),
        charts=[(chart, embed.figure(chart)) for chart in drawing.draw(record, step)],
        plots=[(plot.title, plot.html, plot.note) for plot in plots.draw(record, step)],  # plotly escapes
        objectives=[*(o.name for o in record.plan.objectives), *(["feasible"] if record.plan.constraints else [])],
        params=list(dict.fromkeys(name for trial in record.trials for name in trial.recorded)),
        trials=_rows(record),
        reasons=any(trial.reason or trial.pruned_at is not None for trial in record.trials),
        failures=Counter(trial.reason for trial in record.trials if trial.reason).most_common(),
        commands=_commands(record),
        local=not server_errors.where().startswith("http"),
        look=read.link(record.parent.info.run_id),
        facts=_facts(record),
        space=[(name, str(what)) for name, what in record.plan.space.text().items()],
    )


def headline(record: StudyRecord) -> list[tuple[str, str]]:
    """Return the study's main results as pairs of a name and a value."""
    tags, metrics, best = record.parent.data.tags, record.parent.data.metrics, record.best
    lines = []
    if best is not None:
        (objective,) = record.plan.objectives
        lines.append((f"Best {objective.name}", f"{best.values[0]:.6g} (trial {best.number})"))
        tried = ", ".join(f"{name} {_short(value)}" for name, value in best.recorded.items())
        lines += [("Best hyperparameters", tried)] if tried else []
        if Metric.BASELINE in metrics:
            gained = objective.sign * (best.values[0] - metrics[Metric.BASELINE])
            whose = "The defaults" if record.plan.entry.runs_train else "The entry point's own defaults"
            lines.append((whose, f"{metrics[Metric.BASELINE]:.6g}; tuning gained {gained:+.4g}"))
        if record.winner is not None and record.winner.job.number != best.number:
            name = contest.name_of(record.winner.job, record.plan)
            fresh = "no trial is better by more than its standard error on fresh folds"
            others = fresh if Tag.CONFIRMED in tags else "no trial scores better"
            why = "better on fresh folds" if record.winner.job.number is not None else others
            lines.append(("Champion" if record.champion is not None else "Best of all", f"{name}: {why}"))
    elif len(record.plan.objectives) > 1:
        lines.append(("Objectives", " and ".join(f"{o.direction} {o.name}" for o in record.plan.objectives)))
        front = ", ".join(str(trial.number) for trial in record.front)
        lines += [("On the front", f"{'trial' if len(record.front) == 1 else 'trials'} {front}")] if front else []
    if record.champion is not None:
        lines += _champion(record)
    if record.plan.constraints:
        scored = [trial for trial in record.trials if trial.values]
        kept = f"{sum(trial.is_feasible for trial in scored)} of {len(scored)} trials with a score keep"
        lines.append(("Constraints", f"{kept} {', '.join(each.text for each in record.plan.constraints)}"))
    states = [(state, record.count(state)) for state in SETTLED.values()]
    lines.append(("Trials", ", ".join(f"{count} {state.name}" for state, count in states if count) or "none yet"))
    if record.trials:
        spent = max(t.end for t in record.trials) - min(t.start for t in record.trials)
        lines.append(("Time", _time(spent / 1000)))
    lines.append(("Stopped by", tags.get(Tag.STOPPED_BY, "goes on" if record.trials else "nothing yet")))
    return lines


def _folds(settings: TuneSettings) -> str:
    repeats = settings.shared.repeats
    folds = f"{settings.shared.folds} folds" + (f" × {repeats}" if repeats > 1 else "")
    return folds + (", others for each trial" if settings.reshuffle else "")


def _facts(record: StudyRecord) -> dict[str, str]:
    plan, tags = record.plan, record.parent.data.tags
    settings, shared = plan.settings, plan.settings.shared
    if plan.entry.runs_train:
        about = {
            "Data": f"{shared.data}, sha256 {plan.dataset['sha256']}",
            "Split": f"{shared.split}, {_folds(settings)}, {shared.test_size:g} held out, seed {shared.seed}",
        }
    else:
        given = [f"{name} {word}" for name, word in plan.entry.shared(settings).items()]
        about = {} if plan.project.is_own else {"Project": plan.project.shown}
        about |= {"Entry point": plan.entry.name, **({"Given": ", ".join(given)} if given else {})}
    return {
        **about,
        "Search": f"{settings.sampler}, seed {shared.seed}, window {settings.window}, "
        f"pruner {declared.shown(settings.pruner)}",
        "Code": (plan.project.identity or f"commit {tags.get('mlflow.source.git.commit', 'none')}")
        + (", with changes that were not committed (git.diff)" if tags.get(Tag.GIT_DIRTY) == "true" else ""),
        "Environment": record.environment,
    }


def _champion(record: StudyRecord) -> list[tuple[str, str]]:
    assert record.champion is not None
    metrics, metric = record.champion.data.metrics, record.plan.settings.metric
    winner = record.winner
    if winner and record.champion.info.run_id == winner.run_id:  # an entry point that refits nothing
        return []
    other = winner is not None and record.best is not None and winner.job.number != record.best.number  # said above
    measured, test = record.champion.data.tags.get(Tag.IMPORTANCES), Metric.test(metric)
    if test not in metrics:
        return [] if other else [("Champion", f"run {record.champion.info.run_name}")]
    lines = [(f"Held-out {metric}", f"{metrics[test]:.6g}{_interval(metrics, test)}")]
    if Metric.GAIN in metrics and (winner is None or winner.job.number is not None):
        lines.append(
            ("Gain over defaults on held-out rows", f"{metrics[Metric.GAIN]:+.4g}{_interval(metrics, Metric.GAIN)}")
        )
    if measured is not None:
        lines.append(("Importances of the features", f"{measured}; in {Artifact.IMPORTANCES} of the champion's run"))
    return lines


def _interval(metrics: dict[str, float], name: str) -> str:
    low, high = Metric.low(name), Metric.high(name)
    return f" (95 %: {metrics[low]:.4g} to {metrics[high]:.4g})" if low in metrics and high in metrics else ""


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"


def _rows(record: StudyRecord) -> list[dict[str, Any]]:
    best = {trial.number for trial in record.front}
    return [{**_row(trial, record), "is_best": trial.number in best} for trial in record.as_a_table]


def _row(trial: TrialRecord, record: StudyRecord) -> dict[str, Any]:
    return {
        "number": trial.number,
        "state": trial.state.name,
        "values": [
            *([f"{value:.6g}" for value in trial.values] or [""] * len(record.plan.objectives)),
            *record.feasibility(trial),
        ],
        "recorded": {name: _short(value) for name, value in trial.recorded.items()},
        "seconds": f"{trial.seconds:.2f}",
        "link": f"{_server()}/#/experiments/{record.parent.info.experiment_id}/runs/{trial.run_id}",
        "reason": trial.reason or ("" if trial.pruned_at is None else f"pruned at step {trial.pruned_at}"),
    }


def _short(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _server() -> str:
    uri = server_errors.where()
    return uri.rstrip("/") if uri.startswith("http") else _UI


def _commands(record: StudyRecord) -> list[tuple[str, str]]:
    words = ["mlflow", "run", ".", "-e", "tune"]
    for name, word in {**_changed(record), "study": record.name}.items():
        words += ["-P", f"{name}={_from_anywhere(name, word)}"]
    if_so = "if it was stopped" if record.plan.fidelity is not None else "with a higher n_trials"
    commands = [(f"Go on with this study, {if_so}", shlex.join(words))]
    if record.best is not None:
        commands.append(("Run the best trial again", record.best.command))
        again = f"mlflow run . -e reproduce -P run_id={record.best.run_id}"
        commands.append(("Repeat the best trial, and compare to the last bit", again))
        if record.champion is not None and record.winner is not None and record.winner.job.number != record.best.number:
            run = record.champion
            commands.append(("Run the champion again", run.data.tags.get(Tag.REPRODUCE, "")))
            again = f"mlflow run . -e reproduce -P run_id={run.info.run_id}"
            commands.append(("Repeat the champion, and compare to the last bit", again))
    model = None if record.champion is None else registry.model_of(record.champion)
    if model is not None:
        commands.append(("Serve the champion", serve(model)))
    return commands


def _from_anywhere(name: str, word: str) -> str:
    """Write a setting's value so that it means the same file in whatever folder the command is given."""
    is_file = spaces.is_file(word) if name == "space" else name in ("places", "backend_config")
    return str(paths.of_user(word)) if is_file and word != "none" else word


def _changed(record: StudyRecord) -> dict[str, str]:
    """Return the study's settings that are not as by default; what was resolved from an `auto` is on its record."""
    defaults = declared.words(TuneSettings())
    if record.plan.entry.runs_train:
        defaults |= declared.words(SharedSettings())
    changed = {name: word for name, word in declared.words(record.plan.settings).items() if word != defaults[name]}
    given = () if record.plan.entry.runs_train else (*SHARED, "entry_point")
    return {name: word for name, word in changed.items() if defaults[name] != "auto" or name in given}
