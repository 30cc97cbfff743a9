"""Check that memory suffices for the trials that run at a time, each with its data."""

import json
import sys
from collections.abc import Mapping
from typing import Any

from steps.errors import WrongValue
from steps.parameters.option import option
from steps.parameters.tune_settings import TuneSettings
from steps.process.free_memory import Memory

MB = 1_000_000
# Bytes that a trial takes without its data, by backend: measured with the default space on iris. With the local backend
# a trial is two processes, MLflow's and the step's.
A_TRIAL = {"warm": 30 * MB, "local": 400 * MB}
# How many copies of the table a trial may have at the same time. A fork shares the launcher's, and the estimator may
# make a copy of it; a process of its own reads one too.
TABLES = {"warm": 1, "local": 2}
_NUMBER_BYTES = 8


def check(settings: TuneSettings, jobs: int, dataset: Mapping[str, Any], memory: Memory | None) -> None:
    """Say on stderr if memory may not suffice for a study's trials on this machine.

    Raises WrongValue if it cannot suffice: the lowest estimate is more than the machine has. The lowest estimate is
    half of what was measured for a trial and, with the local backend, whose trials each read the table, a table of
    float32. `dataset` is what is recorded of the data, empty if the entry point reads its own.
    """
    backend = settings.backend
    if memory is None or backend not in A_TRIAL:
        return
    at_a_time = min(jobs, settings.window, settings.n_trials)
    elements = json.loads(dataset["profile"])["num_elements"] if dataset else 0
    table = elements * _NUMBER_BYTES
    lowest = at_a_time * (A_TRIAL[backend] / 2 + (table / 2 if backend == "local" else 0))
    likely = at_a_time * (A_TRIAL[backend] + TABLES[backend] * table)
    data = f", with a table of {table / MB:.0f} MB," if dataset else ""
    trials = f"{option('jobs', jobs)}: {at_a_time} trials at a time{data} "
    sharing = ", whose trials share the table" if dataset else ""
    fewer = f"give fewer {option('jobs')}" + (
        f", or {option('backend', 'warm')}{sharing}" if backend == "local" else ""
    )
    if lowest > memory.total:
        raise WrongValue(
            f"{trials}need at least {lowest / MB:.0f} MB, and this machine has {memory.total / MB:.0f}; {fewer}"
        )
    if likely > memory.available:
        print(
            f"tune: {trials}may need {likely / MB:.0f} MB, and {memory.available / MB:.0f} are available: "
            f"if trials are killed, {fewer}",
            file=sys.stderr,
        )
