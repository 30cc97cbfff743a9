"""What a child of somebody's own entry point has left behind: its scores, wherever it logged them, and its runs."""

import difflib
import os
import shlex
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from mlflow.entities import Run
from mlflow.tracking import MlflowClient
from mlflow.utils.mlflow_tags import MLFLOW_RUN_NOTE

from steps.backends import log_file
from steps.backends.warm import mlflow_calls
from steps.errors import did_you_mean
from steps.names import Artifact, Metric, Tag
from steps.parameters import step_rules
from steps.parameters.option import option
from steps.tracking import inner_runs, read, write
from steps.tracking.inner_runs import InnerRuns
from steps.tuning.search.objective import Objective
from steps.tuning.trials.child_results import NO_COSTS, ChildResults, Taken

# The seconds between two looks for a nested run with a metric, while a trial runs that has logged none itself.
_LOOK_EVERY_S = 1.0
# How many names a sentence lists.
_LISTED = 12


@dataclass
class OwnResults(ChildResults):
    """Reads what children of somebody's own entry point have left; what it takes for something else it says once."""

    variables: Mapping[str, str] = field(default_factory=lambda: mlflow_calls.variables(os.environ))
    _said: set[str] = field(default_factory=set)
    _looked: dict[str, float] = field(default_factory=dict)

    def launched(self, output: Path) -> dict[str, str]:
        """Say where a child's output can be read."""
        self.say("output", f"what a trial prints can be read while it runs: tail -f {shlex.quote(str(output))}")
        return {Tag.OUTPUT: str(output)}

    def history(self, run_id: str, metric: str, *, ended: bool) -> list[Any]:
        """Return what a child has logged of a metric; if it has logged nothing, what its only nested run with it has.

        What its earlier attempts logged before it went on is among it. While the child runs, nested runs are looked for
        once a second.
        """
        own = self._of_run(run_id, metric, ended=ended)
        return [*self._earlier(run_id, metric, own), *own]

    def _earlier(self, run_id: str, metric: str, own: list[Any]) -> list[Any]:
        """Return what the attempts before a run have logged that `own` goes on from; each has costs of its own."""
        if metric in Metric.COSTS:
            return []
        return self.attempts.earlier(run_id, metric, own, partial(self._of_run, ended=True))

    def _of_run(self, run_id: str, metric: str, *, ended: bool) -> list[Any]:
        history = super().history(run_id, metric, ended=ended)
        now = time.monotonic()
        if history or (not ended and now - self._looked.get(run_id, float("-inf")) < _LOOK_EVERY_S):
            return history
        self._looked[run_id] = now
        nested = inner_runs.find(run_id, self.experiment_id).with_metric(metric)
        if nested is None:
            return []
        del self._looked[run_id]
        return super().history(nested.info.run_id, metric, ended=ended)

    def take(self, run_id: str, failure: str | None, *, pruned: bool, costs: Mapping[str, float] = NO_COSTS) -> Taken:
        """Read a child's objectives and say how it failed; `failure` is what its process says, `costs` what it took.

        A metric that the child has logged itself under the name of one of its costs stays.
        An objective that exactly one nested run has counts, and is written to the child's run. So is what the attempts
        before it logged of the objectives, up to where it went on: its record is whole then. The runs that the child
        has left RUNNING are ended.
        """
        run = MlflowClient().get_run(run_id)
        tags, logged = run.data.tags, {**costs, **run.data.metrics}
        missing = [name for name in dict.fromkeys(each.logged for each in self.objectives) if name not in logged]
        values = {**self._copy_earlier(run_id), **logged}
        reason = None
        if missing or Tag.STARTS_RUNS in tags:
            inner = inner_runs.find(run_id, run.info.experiment_id, everywhere=True)
            for name in missing:
                if (nested := inner.with_metric(name)) is not None:
                    inner_runs.copy_metric(name, nested.info.run_id, run_id)
                    values[name] = nested.data.metrics[name]
                    which = f"such as {nested.info.run_id} ({nested.info.run_name})"
                    self.say(name, f"{name} is taken from the run below a trial's that has it, {which}")
                elif name not in values and reason is None and failure is None and not pruned:
                    reason = _why_missing(name, run, inner)
            inner.end("KILLED" if pruned else "FINISHED" if failure is None else "FAILED")
        if Tag.ASKED_EXPERIMENT in tags:
            asked = f"set_experiment({tags[Tag.ASKED_EXPERIMENT]!r})"
            self.say("experiment", f"{asked} in the entry point's code means the study's experiment")
        if failure is not None:
            reason = f"{_other_server(tags)} ({failure})" if Tag.OTHER_SERVER in tags else failure
        unlogged = [write.metric(*pair) for pair in costs.items() if pair[0] not in run.data.metrics]
        found = {each.name: values[each.logged] for each in self.objectives if each.logged in values}
        best_steps = []
        derived = [each for each in self.objectives if each.is_derived and each.name in found]
        for each in derived if reason is None and not pruned else ():
            steps = read.steps(run_id, each.logged) or [(0, values[each.logged])]  # a cost is not logged yet
            step, found[each.name] = step_rules.value(each.rule, each.sign, steps)
            unlogged.append(write.metric(each.name, found[each.name], step))
            best_steps += [str(step)] if each.rule == step_rules.BEST else []
            if run.data.metrics.get(each.name) not in (None, found[each.name]):
                reason = _logged_itself(each)
        return Taken(found, reason, run.info.run_name, unlogged, ",".join(best_steps), MLFLOW_RUN_NOTE in tags)

    def _copy_earlier(self, run_id: str) -> dict[str, float]:
        """Write to a run what the attempts before it logged of the objectives; return the last value of each."""
        last = {}
        for name in dict.fromkeys(each.logged for each in self.objectives) if run_id in self.attempts.before else ():
            earlier = self._earlier(run_id, name, self._of_run(run_id, name, ended=True))
            if earlier:
                earlier.sort(key=lambda one: (one.step, one.timestamp))
                write.record(run_id, earlier)
                last[name] = earlier[-1].value
        return last

    def keep(self, run_id: str, output: Path | None, *, failed: bool) -> dict[str, str]:
        """Keep the end of a child's output, and remove the file: it may be large, and the study long."""
        kept = log_file.keep(output, run_id)
        if output is not None:
            output.unlink(missing_ok=True)
        return {Tag.OUTPUT: Artifact.LOG if kept else "none"}

    def end_inner(self, run_id: str) -> None:
        """End the runs that a child has started and left RUNNING."""
        inner_runs.end(run_id, "KILLED")

    def say(self, what: str, text: str) -> None:
        """Say something on stderr, unless something was said before about the same."""
        if what not in self._said:
            self._said.add(what)
            print(f"tune: {text}", file=sys.stderr, flush=True)


def _why_missing(name: str, run: Run, inner: InnerRuns) -> str:
    """Say where an objective went that is neither on a trial's run nor on the only nested run that has it."""
    logged = f"the entry point logged {name}"
    if nested := inner_runs.having(inner.nested, name):
        return (
            f"{logged} to {len(nested)} runs nested below the trial's, {_ids(nested)}, so none of them counts; log it "
            "to the trial's own run, or to one nested run"
        )
    first = "log it to the run that the first mlflow.start_run() gives, or nest the other: start_run(nested=True)"
    if beside := inner_runs.having(inner.beside, name):
        return f"{logged} to run {_ids(beside)}, which it started beside the trial's; {first}"
    if Tag.OTHER_SERVER in run.data.tags:
        return _other_server(run.data.tags)
    if others := inner_runs.having(inner_runs.of_nobody(run.info.experiment_id, run.info.start_time), name):
        return f"{logged} to none of the trial's runs; run {_ids(others)}, started meanwhile, has it; {first}"
    metrics = {*run.data.metrics, *(key for each in inner.nested for key in each.data.metrics)} - {Metric.TRIAL}
    if not metrics:
        return f"ended well, but logged no {name}, nor any other metric"
    return f"ended well, but logged no {name}{did_you_mean(name, metrics)}; it logged {_nearest_first(name, metrics)}"


def _logged_itself(objective: Objective) -> str:
    return (
        f"the entry point logged a metric {objective.name} itself, which would be the name of what counts of "
        f"{objective.logged}; to go by that metric, give {option('objective', f'{objective.name}:{step_rules.LAST}')}"
    )


def _other_server(tags: Mapping[str, str]) -> str:
    return (
        f"the entry point logged to another server: {tags[Tag.OTHER_SERVER]}; leave set_tracking_uri out, or give it "
        "what MLFLOW_TRACKING_URI has"
    )


def _nearest_first(name: str, others: Iterable[str]) -> str:
    ranked = sorted(others, key=lambda other: (-difflib.SequenceMatcher(None, name, other).ratio(), other))
    more = len(ranked) - _LISTED
    return ", ".join(ranked[:_LISTED]) + (f" and {more} more" if more > 0 else "")


def _ids(runs: Sequence[Run]) -> str:
    more = len(runs) - 3
    return ", ".join(run.info.run_id for run in runs[:3]) + (f" and {more} more" if more > 0 else "")
