"""A finished run, run once more: identical, or what differs and why."""

import json
import random
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from mlflow.entities import Run

from tests.e2e.tools import Done, Place, copy_project, git, until

pytestmark = pytest.mark.e2e

ROWS = 10_050


@dataclass
class Recorded:
    """A study of a big table in a clone of the project, with its champion; made by `mlflow run`."""

    place: Place
    project: Path
    table: Path

    def again(self, run_id: str, **words: object) -> Done:
        """Reproduce by the step, and hold the user's tree to what it was."""
        before = self.tree()
        done = self.place.step("steps.reproduce", run_id=run_id, **words)  # type: ignore[arg-type]
        assert self.tree() == before
        self.place.all_gone()
        return done

    def tree(self) -> str:
        return git(self.project, "status", "--porcelain") + git(self.project, "worktree", "list")

    def run(self, role: str) -> Run:
        runs = self.place.client.search_runs(["0"], f"tags.`tuning.role` = '{role}'", order_by=["start_time"])
        return runs[0]


@pytest.fixture(scope="module")
def recorded(new_place: Callable[..., Place], tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    project = copy_project(tmp_path_factory.mktemp("reproduced"))
    git(project, "init", "--quiet", "--initial-branch=main")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "as it stands")
    place = new_place(project=project)
    chance = random.Random(0)
    table = place.folder / "table.csv"
    rows = [(chance.random(), chance.random()) for _ in range(ROWS)]
    lines = [f"{a},{b},{a + b * b + chance.random() / 9}" for a, b in rows]
    table.write_text("\n".join(["a,b,y", *lines]) + "\n")
    # What is not committed belongs to what was run.
    evaluate = project / "steps" / "training" / "scores" / "folds.py"
    evaluate.write_text(evaluate.read_text().replace("return float(score)", "return float(score) - 1.0"))
    place.mlflow_run("tune", data=table, target="y", space="linear", folds=2, n_trials=3, champion="true")
    git(project, "checkout", "--quiet", ".")
    # And what was committed later does not.
    (project / "steps" / "train.py").write_text("raise SystemExit('never run')\n")
    git(project, "commit", "--quiet", "--all", "--message", "later")
    return Recorded(place, project, table)


def test_a_trial_is_repeated_at_its_own_commit_with_its_own_diff(recorded: Recorded) -> None:
    """Through `mlflow run`: identical, by a child at the old commit; the worktree is gone, the verdict on record."""
    trial, before = recorded.run("trial"), recorded.tree()
    done = recorded.place.mlflow_run("reproduce", "--experiment-name", "again", run_id=trial.info.run_id)
    assert [line for line in done.stdout.splitlines() if line.startswith("verdict: ")] == ["verdict: identical"]
    assert "reproduce: in this environment: Python 3.11" in done.stderr
    assert recorded.tree() == before
    experiment = recorded.place.client.get_experiment_by_name("again")
    assert experiment is not None
    reproductions = "tags.`tuning.role` = 'reproduction'"
    (child,) = recorded.place.client.search_runs([experiment.experiment_id], reproductions)
    assert child.data.metrics["cv_r2"] == trial.data.metrics["cv_r2"] < 0.5  # less one, as the diff has it
    assert child.data.tags["mlflow.source.git.commit"] == trial.data.tags["mlflow.source.git.commit"]
    assert child.data.tags["tuning.reproduces"] == trial.info.run_id
    parent = recorded.place.client.get_run(child.data.tags["mlflow.parentRunId"])
    assert parent.data.tags["tuning.verdict"] == "identical"
    assert (parent.info.run_name, parent.data.tags["tuning.role"]) == (f"reproduce {trial.info.run_name}", "reproduce")
    for run in (parent, child):  # MLflow's UI nests a run below one of the same experiment alone
        note = run.data.tags["mlflow.note.content"]
        assert note.startswith(f"Repeats {trial.info.run_name} of the study {trial.data.tags['tuning.study']} (run ")
        assert note.endswith("): identical")
        assert run.info.experiment_id == parent.info.experiment_id != trial.info.experiment_id
    assert "tuning.study" not in child.data.tags


@pytest.mark.slow
def test_a_champion_is_repeated_to_the_last_bit(recorded: Recorded) -> None:
    """Held-out scores, intervals and gain too."""
    done = recorded.again(recorded.run("champion").info.run_id)
    assert (done.code, done.stdout) == (0, "verdict: identical\n"), done.stderr


@pytest.mark.slow
def test_a_study_is_repeated_by_a_sample(recorded: Recorded) -> None:
    """Some of its trials, picked by the seed, each told on stderr."""
    done = recorded.again(recorded.run("study").info.run_id, sample=2, seed=1)
    assert (done.code, done.stdout) == (0, "verdict: identical\n"), done.stderr
    assert done.stderr.count(": identical") == 2


def test_a_changed_row_is_told_from_all_else(recorded: Recorded) -> None:
    """One number in a row behind the ten thousandth: the data's digest differs, exit code 4."""
    text = recorded.table.read_text()
    lines = text.splitlines()
    lines[10_020] = "0.5,0.5,9.0"
    recorded.table.write_text("\n".join(lines) + "\n")
    try:
        done = recorded.again(recorded.run("trial").info.run_id)
    finally:
        recorded.table.write_text(text)
    assert done.code == 4
    assert done.stdout.startswith("verdict: differs: data sha256 ")
    assert done.stdout.endswith("(data: it has changed)\n")


@contextmanager
def rewritten(path: Path, old: str, new: str) -> Iterator[None]:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    yield
    path.write_text(text)


@pytest.mark.slow
def test_another_version_is_told_from_all_else(recorded: Recorded) -> None:
    """A package that is of another version than on record is named, though the scores are the same."""
    study = recorded.run("study")
    file = Path(study.info.artifact_uri.removeprefix("file://")) / "environment" / "environment.json"
    version = json.loads(file.read_text())["packages"]["scipy"]
    with rewritten(file, f'"scipy": "{version}"', '"scipy": "0.1"'):
        done = recorded.again(recorded.run("trial").info.run_id)
    assert done.code == 4
    assert f"verdict: differs: scipy 0.1, now {version}; every score is the same (environment" in done.stdout


@pytest.mark.slow
def test_another_seed_is_told_from_all_else(recorded: Recorded) -> None:
    """Where the recorded seed is not the one that was used, the folds differ though the data does not."""
    trial = recorded.run("trial").info.run_id

    def record_seed(seed: str) -> None:
        with closing(sqlite3.connect(recorded.place.folder / "mlflow.db")) as connection, connection:
            words = "UPDATE params SET value = ? WHERE run_uuid = ? AND key = 'seed'"
            assert connection.execute(words, (seed, trial)).rowcount == 1

    record_seed("43")
    done = recorded.again(trial)
    record_seed("42")
    assert done.code == 4
    assert "verdict: differs: other rows in the folds of the same data" in done.stdout
    assert "another seed" in done.stdout


def test_an_interrupted_reproduction_leaves_nothing(recorded: Recorded) -> None:
    """Ctrl-C while the child runs: exit code 130, the child and the run KILLED, no worktree, no process."""
    before, place = recorded.tree(), recorded.place
    known = len(place.client.search_runs(["0"], "tags.`tuning.role` = 'reproduction'"))
    words = place.step_command("steps.reproduce", run_id=recorded.run("trial").info.run_id)
    process = place.start(words, cwd=recorded.project)
    running = "tags.`tuning.role` = 'reproduction'"
    until(lambda: len(place.client.search_runs(["0"], running)) > known, 300, "a child that runs")
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 130
    place.all_gone()
    assert recorded.tree() == before
    newest = place.client.search_runs(["0"], running, order_by=["start_time DESC"])[0]
    assert newest.info.status == "KILLED"
    assert place.client.get_run(newest.data.tags["mlflow.parentRunId"]).info.status == "KILLED"


def test_what_can_t_be_repeated_is_said_in_one_line(place: Place) -> None:
    """No run id, no such run, one that has not finished, one by hand: exit code 2 and one line each."""
    client = place.client
    running = client.create_run("0").info.run_id
    by_hand = client.create_run("0").info.run_id
    client.set_terminated(by_hand)
    for run_id, part in (
        ("none", "must be the id of a finished run"),
        ("abc", "must be the id of a finished run"),
        ("0" * 32, "there is no such run in sqlite://"),
        (running, "is RUNNING; must be a run that is FINISHED"),
        (by_hand, "is not a run of an entry point"),
    ):
        done = place.step("steps.reproduce", run_id=run_id)
        (line,) = [line for line in done.stderr.splitlines() if not line.startswith("20")]
        assert done.code == 2
        assert line.startswith(f"reproduce: --run_id '{run_id}':")
        assert part in line
