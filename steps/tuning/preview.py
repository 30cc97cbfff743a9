"""What a study would do, without a single child: its space, its first trials, the command of one."""

import shlex

from steps.tuning.plan import Plan
from steps.tuning.search import Search
from steps.tuning.trials import Children


def text(plan: Plan, children: Children, search: Search) -> str:
    """Write the space as it was read, its size, the trials that no score has a say in, and the command of the first."""
    lines = [f"Objective: {', '.join(f'{o.direction} {o.name}' for o in plan.objectives)}", "Space:"]
    lines += [f"  {line}" for line in _space(plan)]
    size = plan.space.size
    lines += [f"Size: {'without end' if size is None else f'{size} points'}", "First trials:"]
    jobs = []
    while search.asked < plan.values["n_trials"] and search.can_ask():
        jobs.append(plan.job(*search.ask()))
    lines += [f"  {job.number}: {children.recorded(job)}" for job in jobs]
    if len(jobs) < plan.values["n_trials"]:
        lines.append(f"  {len(jobs)}, ...: by the scores of these")
    words = ["mlflow", "run", ".", "-e", plan.entry.name, "--env-manager", "local"]
    for name, value in children.command(jobs[0]).items():
        words += ["-P", f"{name}={value}"]
    return "\n".join([*lines, "Command of the first:", f"  {shlex.join(words)}"])


def _space(plan: Plan) -> list[str]:
    return [
        f"{parameter.name}: {parameter.distribution}" + (f" when {dict(parameter.when)}" if parameter.when else "")
        for parameter in plan.space.parameters
    ]
