"""The pictures of a study, as pieces of HTML, made by Optuna's plotly visualizations if it has one."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import optuna
from optuna import visualization as show
from optuna.trial import TrialState
from plotly import graph_objects as go

from steps.tuning.report.study_record import StudyRecord, as_optuna_study
from steps.tuning.report.trial_record import TrialRecord

_MOST_TRACES = 100
_COLOURS = {TrialState.COMPLETE: "#2a78c2", TrialState.PRUNED: "#c98a1b", TrialState.FAIL: "#c2352a"}
_SHOWN = {"displaylogo": False, "responsive": True, "displayModeBar": False}


@dataclass(frozen=True)
class Plot:
    """A picture with its title; `note` says what it shows, or why `html` is empty."""

    title: str
    html: str = ""
    note: str = ""


def draw(record: StudyRecord, step: Callable[[str], None] = lambda _: None) -> list[Plot]:
    """Draw every picture for which there are enough trials. `step` is told which is next.

    Optuna copies all trials once per hyperparameter: 1,000 trials with 8 of them are copied 9 times at 0.07 s, which is
    0.6 of the 1.5 s that all pictures take.
    """
    step("the pictures are drawn")
    study = as_optuna_study(record)
    complete = record.count(TrialState.COMPLETE)
    plots = []
    if len(record.plan.objectives) == 1:
        step("the parallel coordinates are drawn")
        plots.append(_parallel(record, record.plan.objectives[0].name, complete))
    if any(trial.steps for trial in record.trials):
        note = "What the pruner has seen of each trial."
        plots.append(_drawn("Intermediate values", note, lambda: _intermediate(study, record.trials), complete))
    step("the timeline is drawn")
    plots.append(_drawn("Timeline", "One line for each trial at a time.", lambda: _timeline(record.trials), 1))
    return plots


def _parallel(record: StudyRecord, name: str, complete: int) -> Plot:
    """Draw a line for each trial; of more than 100 trials, for one in k by rank, from the best to the worst."""
    ranked = record.ranked
    every = math.ceil(len(ranked) / _MOST_TRACES) if ranked else 1
    note = "Each line is a trial."
    if every > 1:
        note = f"Each line is a trial: one in {every} of {len(ranked)} finished ones, by rank, from the best on."
    study = as_optuna_study(replace(record, trials=ranked[::every]))
    # With a `target`, Optuna takes less for better: of a maximized objective the best lines would be white.
    figure = lambda: show.plot_parallel_coordinate(study, target_name=name)  # noqa: E731
    return _drawn("Parallel coordinates", note, figure, complete)


def _intermediate(study: optuna.Study, trials: Sequence[TrialRecord]) -> go.Figure:
    """Draw a line for each trial; of more than 100 trials, all in one trace, since each trace takes milliseconds."""
    if len(trials) <= _MOST_TRACES:
        return show.plot_intermediate_values(study)
    points = [point for trial in trials if trial.steps for point in [*sorted(trial.steps.items()), (None, None)]]
    line = {"width": 1, "color": "rgba(42, 120, 194, 0.35)"}  # (None, None) ends a line
    x, y = zip(*points, strict=True)
    figure = go.Figure(go.Scatter(x=x, y=y, mode="lines+markers", line=line))
    return figure.update_xaxes(title="step").update_yaxes(title="intermediate value")


def _drawn(title: str, note: str, figure: Callable[[], go.Figure], complete: int) -> Plot:
    if not complete:
        return Plot(title, note="No trial has finished yet.")
    try:
        made = figure()
    except (ValueError, RuntimeError, KeyError) as error:  # Optuna can't draw it of such a space, or of such trials
        return Plot(
            title, note=f"Not to be drawn of this study: {str(error).splitlines()[0] if str(error) else error!r}"
        )
    made.update_layout(
        title=None,
        template="plotly_white",
        margin={"l": 60, "r": 20, "t": 20, "b": 50},
        legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom"},  # beside a picture it takes half of a phone
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        height=max(360, made.layout.height or 0),
        width=None,
    )
    return Plot(title, made.to_html(full_html=False, include_plotlyjs=False, config=_SHOWN), note)


def lanes(trials: Sequence[TrialRecord]) -> list[int]:
    """Give each trial a line so that no two on a line overlap, with no more lines than trials at a time."""
    free_from: list[int] = []
    lane_of = dict.fromkeys(range(len(trials)), 0)
    for index in sorted(lane_of, key=lambda i: (trials[i].start, trials[i].number)):
        lane = next((i for i, end in enumerate(free_from) if end <= trials[index].start), len(free_from))
        if lane == len(free_from):
            free_from.append(0)
        free_from[lane] = trials[index].end
        lane_of[index] = lane
    return [lane_of[index] for index in range(len(trials))]


def _timeline(trials: Sequence[TrialRecord]) -> go.Figure:
    first = min(trial.start for trial in trials)
    lane_of = lanes(trials)
    figure = go.Figure()
    for state, colour in _COLOURS.items():
        chosen = [(trial, lane) for trial, lane in zip(trials, lane_of, strict=True) if trial.state == state]
        if chosen:
            figure.add_bar(
                orientation="h",
                name=state.name,
                marker={"color": colour, "line": {"color": "white", "width": 1}},
                base=[(trial.start - first) / 1000 for trial, _ in chosen],
                x=[trial.seconds for trial, _ in chosen],
                y=[f"{lane + 1}" for _, lane in chosen],
                text=[f"trial {trial.number}" for trial, _ in chosen],
                textposition="none",
                hovertemplate="%{text}: %{x:.2f} s<extra></extra>",
            )
    figure.update_layout(barmode="overlay", bargap=0.2, showlegend=True, height=200 + 24 * (max(lane_of) + 1))
    figure.update_xaxes(title="seconds since the first trial's start")
    figure.update_yaxes(title="at a time", type="category", categoryorder="category descending")
    return figure
