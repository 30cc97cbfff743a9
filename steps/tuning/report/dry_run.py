"""What a study would do, without launching a child: its space, its first trials, the command of the first."""

import shlex
from collections.abc import Callable

from optuna.trial import TrialState

from steps.names import Variable
from steps.process.ports import FIRST
from steps.tracking import run_note
from steps.tuning.search.halving_search import AnySearch
from steps.tuning.search.search import Outcome
from steps.tuning.space import size
from steps.tuning.study_plan import StudyPlan
from steps.tuning.trials import rung
from steps.tuning.trials.child_runs import ChildRuns
from steps.tuning.trials.description import shortened
from steps.tuning.trials.trial import Job

# The most trials that are shown.
MOST = 20


def show(plan: StudyPlan, children: ChildRuns, search: Callable[[], AnySearch], run_id: str) -> None:
    """Print it, and have it be the description of the dry run's own run."""
    shown = text(plan, children, search)
    print(shown, flush=True)
    run_note.nothing_run(run_id, f"A dry run: nothing was run.\n\n```text\n{shown}\n```")


def text(plan: StudyPlan, children: ChildRuns, search: Callable[[], AnySearch]) -> str:
    """Write the space as it was read, its size, the first trials as far as no score decides them, and a command.

    `search` makes a new search for the study.
    """
    points = plan.space.size
    jobs = first_trials(plan, search)
    lines = [
        f"Objective: {', '.join(f'{o.direction} {o.name}' for o in plan.objectives)}",
        *([f"Constraints: {', '.join(each.text for each in plan.constraints)}"] if plan.constraints else []),
        "Space:",
        *(f"  {name}: {what}" for name, what in plan.space.text().items()),
        f"Size: {'without end' if points is None else f'{size.text(points)} points'}",
        *places(plan),
        "First trials:",
        *(f"  {job.number}: {shortened(children.recorded(job))}" for job in jobs),
    ]
    if len(jobs) < min(plan.settings.n_trials, MOST):
        lines.append(f"  {len(jobs)}, ...: by the scores of these")
    words = ["mlflow", "run", *plan.project.words, "-e", plan.entry.name, "--env-manager", plan.settings.env_manager]
    for name, value in children.command(jobs[0]).items():
        words += ["-P", f"{name}={value}"]
    return "\n".join([*lines, "Command of the first:", f"  {shlex.join(words)}"])


def places(plan: StudyPlan) -> list[str]:
    """Say how many trials run at a time, and what each of their places has to itself."""
    at_a_time = min(plan.jobs, plan.settings.window, plan.settings.n_trials)
    lines = [f"Trials at a time: {at_a_time}, each with a free port from {FIRST} on in {Variable.PORT}"]
    own = [place.text() for place in plan.places[:at_a_time]]
    return [*lines, *(f"  place {number}: {text}" for number, text in enumerate(own) if text)]


def first_trials(plan: StudyPlan, search: Callable[[], AnySearch]) -> list[Job]:
    """Return the first trials that don't depend on scores: those on which two searches with opposite scores agree."""
    rising, falling = search(), search()
    jobs: list[Job] = []
    while len(jobs) < min(plan.settings.n_trials, MOST) and not rising.exhausted:
        (number, params), (_, other) = rising.ask(), falling.ask()
        if params != other or number < len(jobs):  # a promotion goes by the scores
            break
        jobs.append(rung.put(plan.job(number, params), rising, plan.fidelity, {}))
        for asked, score in ((rising, float(number)), (falling, -float(number))):
            values, excess = (score,) * len(plan.objectives), (score,) * len(plan.constraints)
            asked.settle(number, Outcome(TrialState.COMPLETE, values, excess=excess))
    return jobs
