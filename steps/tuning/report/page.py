"""The page of a study: one HTML file that loads nothing from any host."""

import shlex
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import jinja2

from steps import spaces
from steps.names import Artifact, Metric, Tag
from steps.parameters import declared
from steps.parameters.settings import SHARED, SharedSettings
from steps.parameters.tune_settings import TuneSettings
from steps.project import paths
from steps.tracking import read, server_errors
from steps.tuning.champion import contest, registry
from steps.tuning.report import earlier_studies, headline, study_end, study_facts, trials_table, wording
from steps.tuning.report.charts import drawing, embed, model
from steps.tuning.report.commands import serve
from steps.tuning.report.study_record import StudyRecord

_HERE = Path(__file__).parent
_TEMPLATE, _STYLE, _SCRIPT = (_HERE / f"page.{kind}" for kind in ("html", "css", "js"))
# The address at which `mlflow ui` shows a local store.
_UI = "http://127.0.0.1:5000"


def html(record: StudyRecord, step: Callable[[str], None] = lambda _: None) -> str:
    """Write the page. `step` is told what is drawn next."""
    template = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    page = template.from_string(_TEMPLATE.read_text(encoding="utf-8"))
    whose, best = headline.best_of(record)
    step("the earlier studies are read")
    earlier = earlier_studies.find(record)
    start, by = study_facts.start(record), contest.judge(record.plan)
    ends, more_ends = trials_table.ends(record)
    experiment = record.parent.info.experiment_id
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
        finding=headline.finding_of(record).sentence(),
        ended=study_end.why(record.plan, record.stopped_by, len(record.trials)),
        kept=headline.kept(record) if record.plan.constraints else "",
        whose=whose,
        best=best,
        scores=headline.scores(record),
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
        local=not server_errors.where().startswith("http"),
        look=read.link(record.parent.info.run_id),
        settings=study_facts.settings(record),
        space=study_facts.space(record.plan),
        say=wording,
        link=lambda run_id: f"{_server()}/#/experiments/{experiment}/runs/{run_id}",
        artifact=Artifact,
    )


def _server() -> str:
    uri = server_errors.where()
    return uri.rstrip("/") if uri.startswith("http") else _UI


def _commands(record: StudyRecord) -> list[tuple[str, str]]:
    words = ["mlflow", "run", ".", "-e", "tune"]
    # Of a study with early budgets a higher n_trials makes another one.
    more = {} if record.plan.fidelity is not None else {"n_trials": str(2 * record.plan.settings.n_trials)}
    for name, word in {**_changed(record), **more, "study": record.name}.items():
        words += ["-P", f"{name}={_from_anywhere(name, word)}"]
    if_so = "with twice the trials" if more else "if it was stopped"
    commands = [(f"Go on with this study, {if_so}", shlex.join(words))]
    if record.best is not None:
        commands.append(("Run the best trial again", record.best.command))
        again = f"mlflow run . -e reproduce -P run_id={record.best.run_id}"
        commands.append(("Repeat the best trial, and compare to the last bit", again))
        if record.champion is not None and record.winner is not None and record.winner.job.number != record.best.number:
            run = record.champion
            if Tag.REPRODUCE in run.data.tags:
                commands.append(("Run the champion again", run.data.tags[Tag.REPRODUCE]))
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
