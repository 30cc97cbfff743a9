"""The page of a study: one HTML file that loads nothing from any host."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import jinja2

from steps.names import Artifact, Metric, Tag
from steps.parameters import declared
from steps.parameters.tune_settings import TuneSettings
from steps.project import paths
from steps.tuning.champion import contest, registry
from steps.tuning.report import (
    commands,
    earlier_studies,
    goes_on,
    headline,
    scores_table,
    study_end,
    study_facts,
    study_finding,
    trials_table,
    wording,
)
from steps.tuning.report.charts import drawing, embed, model
from steps.tuning.report.study_record import StudyRecord

_HERE = Path(__file__).parent
_TEMPLATE, _STYLE, _SCRIPT = (_HERE / f"page.{kind}" for kind in ("html", "css", "js"))
# What is raised to go on, as it is called here; the settings that name a file.
_RAISED = {"n_trials": "trials", "patience": "patience", "max_failures": "max_failures"}
_FILES = ("places", "backend_config")


def html(record: StudyRecord, step: Callable[[str], None] = lambda _: None) -> str:
    """Write the page. `step` is told what is drawn next."""
    template = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    page = template.from_string(_TEMPLATE.read_text(encoding="utf-8"))
    whose, best = headline.best_of(record)
    step("the earlier studies are read")
    earlier = earlier_studies.find(record)
    start, by = study_facts.start(record), contest.judge(record.plan)
    ends, more_ends = trials_table.ends(record)
    experiment, (server, look) = record.parent.info.experiment_id, commands.ui(anywhere=True)
    return page.render(
        style=_STYLE.read_text(encoding="utf-8"),
        script=_SCRIPT.read_text(encoding="utf-8"),
        charts_script=embed.script(),
        charts=[(chart, embed.figure(chart)) for chart in drawing.draw(record, step)],
        on_held_out=[(chart, embed.figure(chart)) for chart in model.draw(record)],
        name=record.name,
        title=study_facts.title(record),
        subtitle=study_facts.subtitle(record),
        start=start,
        date=datetime.fromtimestamp(start / 1000).date().isoformat(),
        finding=study_finding.of_record(record).sentence(),
        ended=study_end.why(record.plan, record.stopped_by, len(record.trials)),
        kept=headline.kept(record) if record.plan.constraints else "",
        whose=whose,
        best=best,
        scores=scores_table.scores(record),
        judged_by=by,
        is_mean=by is not None and by.name == Metric.cv(record.plan.settings.metric),
        metric=record.plan.settings.metric,
        importances=record.champion.data.tags.get(Tag.IMPORTANCES, "") if record.champion else "",
        cost=headline.cost(record),
        front=trials_table.of_front(record),
        trials=trials_table.of_all(record),
        finished=bool(record.front),
        ends=ends,
        more_ends=more_ends,
        earlier=earlier,
        commands=_commands(record),
        look=look,
        settings=study_facts.settings(record),
        space=study_facts.space(record.plan),
        say=wording,
        link=lambda run_id: f"{server}/#/experiments/{experiment}/runs/{run_id}",
        artifact=Artifact,
    )


def _commands(record: StudyRecord) -> list[tuple[str, str]]:
    """Return the commands of the page, and what each does."""
    parent, listed = record.parent, list[tuple[str, str]]()
    if (settings := goes_on.settings(record.plan, record.stopped_by, _changed(record))) is not None:
        settings = {name: _from_anywhere(name, word) for name, word in settings.items()}
        raised = goes_on.raised(record.stopped_by)
        how = f" with twice the {_RAISED[raised]}" if raised else "" if record.stopped_by else " after it has stopped"
        listed.append((f"Continue this study{how}", commands.go_on(parent, record.name, settings, anywhere=True)))
    if record.best is not None:
        listed += _of_run(record, "the best trial", record.best.run_id, record.best.command)
    winner, champion = record.winner, record.champion
    if champion is not None and winner is not None and (record.best is None or winner.job.number != record.best.number):
        listed += _of_run(record, "the champion", champion.info.run_id, champion.data.tags.get(Tag.REPRODUCE, ""))
    model = None if champion is None else registry.model_of(champion)
    if model is not None:
        listed.append(("Serve the champion", commands.serve(model, anywhere=True)))
    return listed


def _of_run(record: StudyRecord, whose: str, run_id: str, recorded: str) -> list[tuple[str, str]]:
    """Return the commands that repeat a child run, which has one of them on record unless that was too long."""
    again = [(f"Run {whose} again", commands.again(record.parent, recorded))] if recorded else []
    return [*again, (f"Repeat {whose}, and compare to the last bit", commands.reproduce(record.parent, run_id))]


def _from_anywhere(name: str, word: str) -> str:
    """Write a setting's value so that it means the same file in whatever folder the command is given."""
    return str(paths.of_user(word)) if name in _FILES and word != "none" else word


def _changed(record: StudyRecord) -> dict[str, str]:
    """Return the study's settings that are not as by default, without what was resolved from an `auto`."""
    defaults = declared.words(TuneSettings())
    return {name: word for name, word in declared.changed(record.plan.settings).items() if defaults[name] != "auto"}
