"""Scripts that somebody wrote for an interpreter of their own, as the trials of a study.

A study has the cases as its trials: under `backend=local`, where MLflow starts an interpreter for each, or under
`backend=warm`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from mlflow.entities import Run

from steps.names import Metric
from tests.e2e.tools import Done, Place, copy_project

# Three words make any command: `python fit.py HOW`, `python -m package.module HOW`.
STANZA = """
  whole:
    parameters: {python: string, first: string, second: string}
    command: "{python} {first} {second}"
"""
# What is printed to a file waits in a buffer, whatever the suite's own environment says.
BUFFERED = {"PYTHONUNBUFFERED": ""}
# A trial that hangs costs the suite this long.
TIMEOUT_S = 300


@dataclass(frozen=True)
class Case:
    """A command, the reason of its failure if it fails, and metrics that it logs in an interpreter of its own."""

    python: str
    first: str
    second: str
    reason: str | None = None
    metrics: tuple[tuple[str, float], ...] = (("loss", 0.5),)

    @property
    def point(self) -> dict[str, str]:
        return {"python": self.python, "first": self.first, "second": self.second}


@dataclass
class Study:
    """The trials of a study by the names of its cases."""

    place: Place
    done: Done
    runs: dict[str, Run]

    def facts(self, name: str) -> dict[str, Any]:
        """Read what a trial has seen; the project's folder, which under `warm` is a copy of its own, is `PROJECT`."""
        text = self.artifacts(name)["facts.json"]
        folder = json.dumps(json.loads(text)["folder"])[1:-1]
        facts: dict[str, Any] = json.loads(text.replace(folder, "PROJECT"))
        return facts

    def artifacts(self, name: str) -> dict[str, str]:
        """Read the artifacts of a trial, each a text."""
        run_id = self.runs[name].info.run_id
        if not self.place.client.list_artifacts(run_id):
            return {}
        folder = Path(self.place.client.download_artifacts(run_id, ""))
        return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def with_scripts(folder: Path) -> Path:
    """Copy this project into a folder, with the scripts of tests/samples/whole and an entry point for them."""
    project = copy_project(folder)
    samples = project / "tests" / "samples" / "whole"
    (project / "facts.py").write_text((samples / "facts.py").read_text())
    samples.rename(project / "whole")
    (project / "MLproject").write_text((project / "MLproject").read_text() + STANZA)
    return project


def write_space(project: Path, name: str, points: Sequence[Mapping[str, str]]) -> None:
    """Write a space that has all these points, to be tried in their order."""
    space: dict[str, Any] = {
        word: {"type": "categorical", "choices": sorted({point[word] for point in points})} for word in points[0]
    }
    (project / f"{name}.yaml").write_text(yaml.safe_dump({**space, "try": list(points)}))


def words(project: Path, space: str, **settings: object) -> dict[str, object]:
    """Name the parameters of a study of all points of a space, in their order."""
    points = yaml.safe_load((project / f"{space}.yaml").read_text())["try"]
    fixed = {"entry_point": "whole", "objective": "loss", "direction": "minimize", "sampler": "random"}
    bounds = {"n_trials": len(points), "retries": 0, "max_failures": 100, "trial_timeout_s": TIMEOUT_S}
    return {"space": f"./{space}.yaml", "jobs": 2, **fixed, **bounds, **settings}


def tuned(project: Path, place: Place, space: str, **settings: object) -> Done:
    return place.run(place.step_command("steps.tune", **words(project, space, **settings)), cwd=project, check=False)


def run_cases(project: Path, place: Place, cases: Mapping[str, Case], **settings: object) -> Study:
    """Run a study whose trials are the cases."""
    write_space(project, "cases", [case.point for case in cases.values()])
    done = tuned(project, place, "cases", **settings)
    assert done.code == 0, done.stderr
    # What crashes in a fork of its imports is run again, cold.
    study = place.named(str(settings["study"])) if "study" in settings else place.study()
    trials = [run for run in study.trials if run.data.tags["tuning.state"] != "RETRIED"]
    assert len(trials) == len(cases)
    return Study(place, done, dict(zip(cases, trials, strict=True)))


def same_end(name: str, case: Case, local: Study, warm: Study) -> None:
    """Assert that the trial of a case ended as is expected, and in the same way in both studies."""
    state, status = ("COMPLETE", "FINISHED") if case.reason is None else ("FAIL", "FAILED")
    theirs, ours = local.runs[name], warm.runs[name]
    assert (theirs.data.tags["tuning.state"], theirs.info.status) == (state, status), theirs.data.tags.get(
        "tuning.reason"
    )
    assert {key: theirs.data.metrics.get(key) for key, _ in case.metrics} == dict(case.metrics)
    assert (ours.data.tags["tuning.state"], ours.info.status) == (state, status), ours.data.tags.get("tuning.reason")
    not_logged = {"trial", *Metric.COSTS}  # by the case itself
    logged = [{k: value for k, value in run.data.metrics.items() if k not in not_logged} for run in (ours, theirs)]
    assert logged[0] == logged[1]
    assert ours.data.params == theirs.data.params
    assert ours.data.tags.get("tuning.reason", "").startswith(case.reason or "")
    # The second `mlflow run` of MLflow's local backend prints, so the output of a silent script is kept there alone.
    assert set(warm.artifacts(name)) | {"log.txt"} == set(local.artifacts(name)) | {"log.txt"}
