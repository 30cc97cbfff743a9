"""What a fault costs a study, and whether the study that is resumed is the one that nobody disturbed.

    scripts/bench faults [fault …] [--tools ours,optuna,ray] [--ray PYTHON]

Faults: driver, interrupt, trial, node, silent, server, locked, disk; all if none is named. Each strikes when 6 of 16
trials have ended and another is at work. What then happens by itself is waited for, with a generous bound; what is left
is counted; then the study is resumed as the tool's documentation says, and its trials are compared with those of an
undisturbed study. That is run twice, since a study that isn't even equal to itself can't be equal after a fault.

Prints a Markdown table, row by row. Ray Tune has an environment of its own, made for this and removed, unless `--ray`
names the interpreter of one. The disk and the nodes need root.
"""

import argparse
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from scripts.benchmarks.contenders import outcome
from scripts.benchmarks.contenders.contender import Contender, Unmeasured, commands_of, must, waited
from scripts.benchmarks.contenders.outcome import COLUMNS, Essence, Outcome
from scripts.benchmarks.contenders.strikes import AFTER, FAULTS, Fault
from scripts.benchmarks.contenders.tools import TOOLS, Tool
from scripts.benchmarks.contenders.with_ray import with_ray

# The trials of an undisturbed study and how far a second one is equal to it; or why there are none.
Known = tuple[Essence, str] | str
# How long a study may take to reach the moment of the fault, and after it to end by itself.
_REACHES_S = 900.0
_ENDS_S = 420.0
# How long its processes may take to be gone once its commands have ended.
_GONE_S = 30.0


def main(words: Sequence[str]) -> None:
    """Print a row for each fault and tool."""
    parser = argparse.ArgumentParser(prog="scripts/bench faults")
    parser.add_argument("faults", nargs="*", metavar="fault", help=", ".join(FAULTS))
    parser.add_argument("--tools", default=",".join(TOOLS))
    parser.add_argument("--ray", type=Path, help="the interpreter of an environment with Ray")
    asked = parser.parse_args(words)
    tools, faults = asked.tools.split(","), asked.faults or list(FAULTS)
    unknown = [name for name in (*faults, *tools) if name not in {**FAULTS, **TOOLS}]
    if unknown:
        parser.error(f"expected some of {', '.join(FAULTS)} and of {', '.join(TOOLS)}, got {', '.join(unknown)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that all that was started is ended
    with tempfile.TemporaryDirectory(prefix="faults-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        ray = asked.ray
        if ray is None and any(TOOLS[tool].runs_in_ray(fault) for tool in tools for fault in faults):
            ray = with_ray(folder / "ray-environment")
        print(outcome.line(COLUMNS))
        print(outcome.line(["---"] * len(COLUMNS)), flush=True)
        known: dict[str, Known] = {}
        for fault in faults:
            for tool in tools:
                if tool not in known:
                    known[tool] = _undisturbed(TOOLS[tool], folder / tool, ray)
                print(_row(fault, TOOLS[tool], folder / f"{tool}-{fault}", ray, known[tool]), flush=True)


def _undisturbed(tool: Tool, folder: Path, ray: Path | None) -> Known:
    """Run a study twice; return its trials, and how far the second is equal to the first; or why that is unknown."""
    studies = []
    for number in range(2):
        with tool.study("", folder / str(number), ray) as study:
            study.start()
            try:
                must(study.over, _REACHES_S, "the end of an undisturbed study", study.output)
            except Unmeasured as error:
                return str(error)
            studies.append(study.essence())
            if outcome.lost(studies[-1]):
                sys.stderr.write(study.output.read_text()[-6000:])
                return f"{outcome.lost(studies[-1])} trials of an undisturbed study have no score"
    equal = outcome.equality(*studies)
    sys.stderr.write(f"{tool.name}, undisturbed twice: {len(studies[0])} trials, equal: {equal}\n")
    return studies[0], equal


def _row(name: str, tool: Tool, folder: Path, ray: Path | None, known: Known) -> str:
    fault = FAULTS[name]
    reason = tool.without.get(name) or (f"not measured: {known}" if isinstance(known, str) else "")
    if not reason and not isinstance(known, str):
        try:
            with tool.study(fault.needs, folder, ray) as study:
                return outcome.row(fault.title, tool.name, _strike(study, fault, *known))
        except (Unmeasured, AssertionError, OSError) as error:
            sys.stderr.write(f"{tool.name}, {fault.title}: {error}\n")
            reason = f"not measured: {(str(error) or repr(error)).splitlines()[0]}"
    return outcome.line([fault.title, tool.name, *["—"] * 4, reason, "—"])


def _strike(study: Contender, fault: Fault, expected: Essence, undisturbed: str) -> Outcome:
    """Disturb a study, resume it where it needs that, and count."""
    study.start()
    must(lambda: _is_the_moment(study), _REACHES_S, "the moment of the fault", study.output)
    fault.strike(study)
    over = waited(study.over, _ENDS_S)
    waited(lambda: over and not study.left(), _GONE_S)
    left, running = study.left(), study.running()
    sys.stderr.write(f"{study.name}, {fault.title}: processes left: {commands_of(left)}\n")
    by = "itself"
    if outcome.lost(study.essence()) or not over:
        by = study.resumed_by if over else f"{study.resumed_by}, after a kill: it hung for {_ENDS_S:.0f} s"
        study.halt()
        study.start(resumed=True)
        if not waited(study.over, _ENDS_S):
            by = f"{study.resumed_by} did not end"
            study.halt()
        if study.codes()[-1]:
            sys.stderr.write(study.output.read_text()[-3000:])
    trials = study.essence()
    sys.stderr.write(f"{study.name}, {fault.title}: exit codes {study.codes()}, running {study.running()} at the end\n")
    equal = outcome.equality(expected, trials)
    if "yes" not in (equal, undisturbed):
        equal += " (undisturbed twice, too)"
    return Outcome(outcome.lost(trials), max(0, study.executions.began - len(trials)), running, len(left), by, equal)


def _is_the_moment(study: Contender) -> bool:
    if study.over():
        sys.stderr.write(study.output.read_text()[-3000:])
        raise Unmeasured("the study ended before the fault")
    # Cheap first: who is at work is looked for among all processes there are.
    return study.executions.ended >= AFTER and bool(study.executions.at_work) and study.may_be_struck()


if __name__ == "__main__":
    main(sys.argv[1:])
