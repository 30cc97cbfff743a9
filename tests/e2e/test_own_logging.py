"""What a trial of somebody's own script logs, prints and names, and how its study takes it."""

import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from mlflow.entities import Run

from tests.e2e.tools import Done, Place, copy_project, until

pytestmark = pytest.mark.e2e

# Its defaults are spelled as people spell them, not as Python does.
STANZAS = """
  logs:
    parameters: &parameters
      how: {type: string, default: params}
      rate: {type: float, default: 1e-3}
      count: {type: float, default: 2}
      flag: {type: string, default: "true"}
      text: {type: string, default: hello world}
      nothing: {type: string, default: none}
      sizes: {type: string, default: "[32, 64]"}
    command: "python own_logging.py --how {how} --rate {rate} --count {count} --flag {flag} --text {text}"

  piped:
    parameters: *parameters
    command: "python own_logging.py --how {how} --rate {rate} --count {count} --flag {flag} --text {text} | tee said"

  tunes:
    parameters: {space: string}
    command: "python own_tuning.py {space}"
"""
# A trial that is a study itself, of the entry point above.
TUNES = """
import subprocess, sys
import mlflow
words = {
    "entry_point": "logs", "objective": "loss", "direction": "minimize", "space": f"./{sys.argv[1]}.yaml",
    "n_trials": 2, "champion": "false", "report": "false", "sampler": "random",
}
with mlflow.start_run() as run:
    subprocess.run([sys.executable, "-m", "steps.tune", *(f"--{n}={v}" for n, v in words.items())], check=True)
    mlflow.log_metric("loss", 0.5)
"""
COMPLETE = ["experiment", "params", "nested", "named", "renamed", "loud", "left"]
FAIL = ["another value", "folds", "beside", "elsewhere", "misspelt", "server"]
HABITS = [habit for pair in zip(COMPLETE, [*FAIL, "experiment"], strict=True) for habit in pair]
BELOW_A_SHELL = ["experiment", "params", "beside", "server"]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = copy_project(tmp_path_factory.mktemp("own logging"))
    (project / "own_logging.py").write_text((project / "tests" / "samples" / "own_logging.py").read_text())
    (project / "MLproject").write_text((project / "MLproject").read_text() + STANZAS)
    (project / "own_tuning.py").write_text(TUNES)
    own = {"params": ["params"], "experiment": ["experiment"], "hangs": ["hangs"]}
    for name, habits in {"habits": HABITS, "shell": BELOW_A_SHELL, "nested": ["nested"], **own}.items():
        space = {
            "how": {"type": "categorical", "choices": sorted(set(habits))},
            "rate": {"type": "float", "low": 1e-4, "high": 0.1, "log": True},
        }
        points = [{"how": habit, "rate": 0.001} for habit in habits]
        (project / f"{name}.yaml").write_text(yaml.safe_dump({**space, **({"try": points} if len(points) > 1 else {})}))
    return project


def tuned(place: Place, project: Path, space: str, **settings: object) -> Done:
    words = {"entry_point": "logs", "objective": "loss", "direction": "minimize", "space": f"./{space}.yaml", "jobs": 2}
    words |= {"sampler": "random", "retries": 0, "max_failures": 100, **settings}
    return place.run(place.step_command("steps.tune", **words), cwd=project, check=False)


class Study:
    """A study of one trial for each habit, that has ended."""

    def __init__(self, place: Place, done: Done, habits: list[str]):
        self.place, self.done = place, done
        self.trials = dict(zip(habits, place.study().trials[: len(habits)], strict=True))

    def state(self, habit: str) -> tuple[str, str]:
        run = self.trials[habit]
        return run.data.tags["tuning.state"], run.info.status

    def reason(self, habit: str) -> str:
        return self.trials[habit].data.tags.get("tuning.reason", "")

    def within(self, habit: str) -> list[Run]:
        client = self.place.client
        everywhere = [experiment.experiment_id for experiment in client.search_experiments()]
        mine = f"tags.`tuning.within` = '{self.trials[habit].info.run_id}'"
        return list(client.search_runs(everywhere, mine))

    def log(self, habit: str) -> str:
        return Path(self.place.client.download_artifacts(self.trials[habit].info.run_id, "log.txt")).read_text()


@pytest.fixture(scope="module")
def habits(project: Path, new_place: Callable[..., Place]) -> Study:
    """A study of the script, two trials at a time, as a Python program."""
    place = new_place(project=project, extra={"PYTHONUNBUFFERED": ""})
    done = tuned(place, project, "habits", n_trials=len(HABITS))
    assert done.code == 0, done.stderr
    return Study(place, done, HABITS)


@pytest.mark.parametrize("habit", COMPLETE)
def test_what_people_write_is_a_trial_with_a_score(habit: str, habits: Study) -> None:
    """It is COMPLETE, with the loss of its last epoch, and every epoch, on its own run."""
    run = habits.trials[habit]
    assert habits.state(habit) == ("COMPLETE", "FINISHED"), habits.reason(habit)
    history = habits.place.client.get_metric_history(run.info.run_id, "loss")
    assert sorted((m.step, m.value) for m in history) == [(step, 0.001 + 1 / (step + 1)) for step in range(3)]


REASONS = {
    "another value": ("exit code 1: ", "Changing param values is not allowed"),
    "folds": ("the entry point logged loss to 2 runs nested below the trial's, ", "so none of them counts"),
    "beside": ("the entry point logged loss to run ", ", which it started beside the trial's; log it to the run that"),
    "elsewhere": ("the entry point logged loss to run ", ", which it started beside the trial's"),
    "misspelt": (
        "ended well, but logged no loss (did you mean 'los'?); it logged los, val-loss, accuracy",
        "accuracy",
    ),
    "server": ("the entry point logged to another server: sqlite:///", "(exit code 1: "),
}


@pytest.mark.parametrize("habit", FAIL)
def test_what_cannot_count_fails_with_a_sentence_that_names_it(habit: str, habits: Study) -> None:
    """FAIL, and in the reason the run, the server, the metrics that there are."""
    begins, has = REASONS[habit]
    assert habits.state(habit) == ("FAIL", "FAILED")
    assert habits.reason(habit).startswith(begins)
    assert has in habits.reason(habit)
    assert "\n" not in habits.reason(habit)
    if habit in ("folds", "beside", "elsewhere"):
        theirs = [run.info.run_id for run in habits.within(habit) if "loss" in run.data.metrics]
        assert theirs
        assert all(run_id in habits.reason(habit) for run_id in theirs)


def test_set_experiment_means_the_studys_and_is_said_once(habits: Study) -> None:
    """No experiment is made; one line of the tuner, however many trials call it."""
    names = [experiment.name for experiment in habits.place.client.search_experiments()]
    assert [name for name in names if name.startswith("mine")] == []
    assert habits.done.stderr.count("set_experiment('mine ") == 1
    assert habits.done.stderr.count("loss is taken from the run below a trial's") == 1


def test_parameters_in_another_spelling_stay_as_recorded(habits: Study) -> None:
    """Those that `mlflow run` has recorded, and those that the script adds."""
    params = habits.trials["params"].data.params
    assert (params["count"], params["flag"], params["text"]) == ("2", "true", "'hello world'")
    assert (params["nothing"], params["sizes"], params["extra"]) == ("none", "'[32, 64]'", "own")


def test_a_name_of_the_scripts_own_stands_beside_the_trials(habits: Study) -> None:
    """However it was given."""
    number = {habit: f"trial {HABITS.index(habit):03d}" for habit in ("named", "renamed", "nested")}
    assert habits.trials["named"].info.run_name == f"{number['named']} · my forest"
    assert habits.trials["renamed"].info.run_name == f"{number['renamed']} · my pine"
    assert habits.trials["nested"].info.run_name == number["nested"]


def test_what_it_prints_is_kept_up_to_a_bound(habits: Study) -> None:
    """The end of 100 MB, for a trial that went well; the last lines of one that failed."""
    text = habits.log("loud")
    assert 900_000 < len(text) < 1_100_000
    lines = text.splitlines()
    assert lines[0].endswith("bytes before this are left out]")
    assert lines[-2:] == [f"099999 {'-' * 1000}", "the end"]
    assert habits.trials["loud"].data.tags["tuning.output"] == "log.txt"
    assert habits.trials["nested"].data.tags["tuning.output"] in ("log.txt", "none")


def test_nothing_is_left(habits: Study) -> None:
    """No run is RUNNING, not even one that a script has left so; no process, no folder."""
    client = habits.place.client
    everywhere = [experiment.experiment_id for experiment in client.search_experiments()]
    assert {run.info.status for run in client.search_runs(everywhere)} == {"FINISHED", "FAILED"}
    assert len(habits.within("left")) == 1
    assert habits.place.processes() == {}
    assert list((habits.place.folder / "tmp").glob("tune-*")) == []


def test_repeated_it_keeps_its_name_and_says_why_it_fails(habits: Study, project: Path) -> None:
    """Beside the script's own name; a failure has the reason, the last lines and the log that a failed trial has."""
    place, trial = habits.place, habits.trials["named"]
    command = place.step_command("steps.reproduce", run_id=trial.info.run_id)
    repeated = f"tags.`tuning.reproduces` = '{trial.info.run_id}' AND tags.`tuning.role` = 'reproduction'"
    done = place.run(command, cwd=project, check=False)
    assert (done.code, done.stdout) == (0, "verdict: identical\n"), done.stderr
    (run,) = place.client.search_runs(["0"], repeated)
    assert run.info.run_name == f"reproduction of {trial.info.run_name}"
    script = project / "own_logging.py"
    text = script.read_text()
    try:
        script.write_text(text.replace('run_name="my forest"', 'run_name="my oak"') + "raise ValueError('no luck')\n")
        done = place.run(command, cwd=project, check=False)
    finally:
        script.write_text(text)
    (failed,) = place.client.search_runs(["0"], f"{repeated} AND attributes.status = 'FAILED'")
    assert done.code == 1
    assert f"run once more as {failed.info.run_id}, failed: exit code 1: ValueError: no luck\n" in done.stderr
    assert failed.info.run_name == f"reproduction of {trial.info.run_name} · my oak"
    assert failed.data.tags["tuning.reason"] == "exit code 1: ValueError: no luck"
    assert "no luck" in failed.data.tags["tuning.stderr"]
    assert "no luck" in Path(place.client.download_artifacts(failed.info.run_id, "log.txt")).read_text()
    again = place.run(place.step_command("steps.reproduce", run_id=run.info.run_id), cwd=project, check=False)
    assert again.code == 2
    assert f"is a reproduction itself; give {trial.info.run_id}, which it repeats" in again.stderr


@pytest.mark.parametrize(
    ("entry_point", "backend"), [("piped", "warm"), pytest.param("logs", "local", marks=pytest.mark.slow)]
)
def test_it_is_the_same_below_a_shell(
    entry_point: str, backend: str, project: Path, new_place: Callable[..., Place]
) -> None:
    """A command that a shell reads, or an interpreter that MLflow starts: the same lines, the same reasons."""
    place = new_place(project=project)
    done = tuned(place, project, "shell", n_trials=4, entry_point=entry_point, backend=backend)
    assert done.code == 0, done.stderr
    study = Study(place, done, BELOW_A_SHELL)
    assert [study.state(habit)[0] for habit in BELOW_A_SHELL] == ["COMPLETE", "COMPLETE", "FAIL", "FAIL"], done.stderr
    assert done.stderr.count("set_experiment('mine ") == 1
    assert study.reason("beside").startswith(REASONS["beside"][0])
    assert study.reason("server").startswith(REASONS["server"][0])


@pytest.mark.parametrize("entry_point", ["logs", pytest.param("piped", marks=pytest.mark.slow)])
def test_it_can_be_read_while_it_runs(entry_point: str, project: Path, place: Place, tmp_path: Path) -> None:
    """At the path that the run's tag has: a line is there as soon as it was printed, for `tail -f`."""
    (project / "watched.yaml").write_text(
        yaml.safe_dump(
            {"how": "watched", "text": str(tmp_path / "go on"), "rate": {"type": "float", "low": 0.1, "high": 1}}
        )
    )
    words = {"entry_point": entry_point, "objective": "loss", "direction": "minimize", "space": "./watched.yaml"}
    command = place.step_command("steps.tune", **words, n_trials=1)
    process = place.start(command, cwd=project)
    running = "tags.`tuning.output` LIKE '/%' AND attributes.status = 'RUNNING'"
    until(lambda: place.client.search_runs(["0"], running), 300, "a trial with its output")
    (run,) = place.client.search_runs(["0"], running)
    output = Path(run.data.tags["tuning.output"])
    until(lambda: output.exists() and output.read_text() == "begins\n", 120, f"what is printed in {output}")
    assert f"tail -f {output}" in (place.folder / "output.txt").read_text()
    (tmp_path / "go on").touch()
    assert process.wait(120) == 0
    assert not output.exists()


@pytest.mark.slow
def test_a_nested_metric_is_pruned_on_and_repeated(project: Path, place: Place) -> None:
    """The pruner sees each epoch; `reproduce` compares the loss and what was seen, and lists the times.

    It gives the script a port, as a trial has one.
    """
    done = tuned(place, project, "nested", n_trials=7, pruner="median", jobs=1, window=1)
    assert done.code == 0, done.stderr
    study = place.study()
    assert {run.data.tags["tuning.state"] for run in study.trials} == {"COMPLETE", "PRUNED"}
    for run in study.ended("PRUNED"):
        assert run.data.tags["tuning.reported"].startswith("[[0, ")
        assert "loss" in run.data.metrics
    best = study.parent.data.tags["tuning.best_run"]
    again = place.run(place.step_command("steps.reproduce", run_id=best), cwd=project, check=False)
    assert (again.code, again.stdout) == (0, "verdict: identical\n"), again.stderr
    assert "not judged: seconds " in again.stderr
    statuses = {run.info.status for run in place.client.search_runs(["0"])}
    assert statuses <= {"FINISHED", "KILLED"}


@pytest.mark.parametrize(
    "habit", ["nested", *(pytest.param(h, marks=pytest.mark.slow) for h in ("experiment", "params"))]
)
def test_a_trial_may_be_a_study(habit: str, project: Path, place: Place) -> None:
    """What its trials log, start and spell is of themselves, not of the trial around them."""
    (project / "tunes.yaml").write_text(yaml.safe_dump({"space": {"type": "categorical", "choices": [habit]}}))
    done = tuned(place, project, "tunes", entry_point="tunes", n_trials=1, jobs=1)
    assert done.code == 0, done.stderr
    parents = place.client.search_runs(["0"], "tags.`tuning.role` = 'study'")
    trials = place.client.search_runs(["0"], "tags.`tuning.role` = 'trial'")
    assert {run.data.tags["tuning.state"] for run in trials} == {"COMPLETE"}
    assert (len(parents), len(trials)) == (2, 3)
    asked = "tags.`tuning.asked_experiment` LIKE 'mine%' AND metrics.loss > 0.3"
    of_each = {"nested": "tags.`mlflow.runName` = 'inner'", "experiment": asked, "params": "params.extra = 'own'"}
    found = place.client.search_runs(["0"], of_each[habit])
    inner = place.client.search_runs(["0"], "params.rate LIKE '%'")  # a baseline too
    owners = {run.data.tags["tuning.within"] if habit == "nested" else run.info.run_id for run in found}
    assert owners <= {run.info.run_id for run in inner}
    assert len(found) >= 2


def test_a_study_ends_with_the_trial_that_it_is_in(project: Path, place: Place) -> None:
    """Its own trials too, and no run of it is left RUNNING."""
    (project / "tunes.yaml").write_text(yaml.safe_dump({"space": {"type": "categorical", "choices": ["hangs"]}}))
    words = {"entry_point": "tunes", "objective": "loss", "direction": "minimize", "space": "./tunes.yaml"}
    process = place.start(place.step_command("steps.tune", **words, n_trials=1, jobs=1), cwd=project)
    until(lambda: list((place.folder / "tmp").glob("hangs-*")), 300, "a trial of the study in the trial")
    process.send_signal(signal.SIGINT)
    assert process.wait(120) == 130
    place.all_gone()
    assert "RUNNING" not in {run.info.status for run in place.client.search_runs(["0"])}


def test_the_child_side_breaks_no_other_program(tmp_path: Path) -> None:
    """A program without MLflow, a folder called mlflow, a sitecustomize of the environment's own: all go on."""
    from steps.backends.warm import mlflow_calls

    (tmp_path / "sitecustomize.py").write_text("import builtins\nbuiltins.CUSTOM = 1\n")
    (tmp_path / "mlflow").mkdir()
    env = {"PYTHONPATH": str(tmp_path), "MLFLOW_RUN_ID": "0" * 32, "PATH": "/usr/bin:/bin"}
    env |= mlflow_calls.variables(env)
    script = "import sys, mlflow; print(CUSTOM, [path for path in sys.path if 'on_path' in path])"
    done = subprocess.run(["/usr/bin/python3", "-c", script], env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "1 []\n"), done.stderr
