"""The easiest way in: a script that MLproject does not declare, and a space in the command itself."""

import json
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.tools import LIMIT_S, Done, Place, copy_project, git
from tests.host import ROOT

pytestmark = pytest.mark.e2e

NOTE = 'it is [a, "b"] = c, $d\'s (`e`)'
SPACE = f"lr=log(1e-4,1e-1) hidden=[32, 64] layers=1..4 note={NOTE!r}"
LOSS = {"objective": "val_loss", "direction": "minimize"}


STANZA = """
  fit:
    parameters:
      lr: {type: float, default: 0.01}
      hidden: {type: float, default: 32}
      layers: {type: float, default: 2}
      note: {type: string, default: "None: # or so"}
      seed: {type: float, default: 1}
    command: "python 'my code/fit.py' --lr {lr} --hidden {hidden} --layers {layers} --note {note}"
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A git repository that is a copy of the project, with somebody's script in a folder whose name has a blank."""
    project = copy_project(tmp_path_factory.mktemp("it's mine"))
    (project / "my code").mkdir()
    (project / "my code" / "fit.py").write_text((project / "tests" / "samples" / "fit.py").read_text())
    (project / "MLproject").write_text((project / "MLproject").read_text() + STANZA)
    git(project, "init", "-q")
    git(project, "add", "-A")
    git(project, "commit", "-q", "-m", "All")
    return project


@pytest.fixture(scope="module")
def tuned(project: Path, new_place: Callable[..., Place]) -> tuple[Place, Done]:
    """The one command, as a user types it, of a study that has a name."""
    place = new_place(project=project)
    parameters = {"entry_point": "./my code/fit.py", "space": SPACE, **LOSS, "n_trials": 4, "study": "one"}
    return place, place.mlflow_run("tune", *_options(parameters))


def _options(parameters: dict[str, object]) -> list[str]:
    return [word for name, value in parameters.items() for word in ("-P", f"{name}={value}")]


def step(place: Place, **parameters: object) -> Done:
    """Tune by the step alone."""
    return place.step("steps.tune", *(f"--{name}={value}" for name, value in {"jobs": 2, **parameters}.items()))


def test_one_command_tunes_a_script(tuned: tuple[Place, Done]) -> None:
    """Every trial is a run of the script, given what the space has as `--name value`, each as it was written."""
    place, _ = tuned
    study = place.study()
    assert [run.data.tags["tuning.state"] for run in study.trials] == ["COMPLETE"] * 4
    for run in study.trials:
        assert run.data.tags["mlflow.project.entryPoint"] == "my code/fit.py"
        params = json.loads(run.data.tags["tuning.params"])
        words = json.loads(run.data.tags["words"])
        assert words == [f for name, value in params.items() for f in (f"--{name}", str(value))]
        assert params["note"] == NOTE
        assert isinstance(params["layers"], int)
    best = min(study.trials, key=lambda run: run.data.metrics["val_loss"])
    assert study.parent.data.tags["tuning.best_run"] == best.info.run_id


def test_its_baseline_is_the_script_without_any_parameter(tuned: tuple[Place, Done]) -> None:
    """So its own defaults are what the trials are compared with."""
    place, _ = tuned
    (baseline,) = [run for run in place.study().children if run.data.tags["tuning.role"] == "baseline"]
    assert json.loads(baseline.data.tags["words"]) == []
    assert place.study().parent.data.metrics["baseline"] == baseline.data.metrics["val_loss"]


def test_it_goes_on_without_its_space_or_with_it(tuned: tuple[Place, Done], project: Path) -> None:
    """The recorded settings have script and space; given again, in another spelling of the path, they are the same."""
    place, _ = tuned
    settings = json.loads(place.study().parent.data.tags["tuning.settings"])
    assert (settings["entry_point"], settings["space"]) == ("my code/fit.py", SPACE)
    done = step(place, study="one", n_trials=5)
    assert done.code == 0, done.stderr
    again = {"entry_point": project / "my code" / "fit.py", "space": SPACE}
    done = step(place, study="one", **again, **LOSS, n_trials=6)
    assert done.code == 0, done.stderr
    assert len(place.named("one").ended("COMPLETE")) == 6
    done = step(place, study="one", **again | {"space": SPACE.replace("1..4", "1..5")}, **LOSS)
    assert done.code == 2
    assert "layers a whole number from 1 to 4, now a whole number from 1 to 5" in done.stderr


def test_the_command_that_repeats_a_trial_works_when_it_is_pasted(tuned: tuple[Place, Done], project: Path) -> None:
    """In a shell, blanks and quotes of the path and of the values included; and `reproduce` finds it identical."""
    place, _ = tuned
    trial = place.named("one").trials[0]
    command = trial.data.tags["tuning.reproduce"].partition("  # at commit")[0]
    done = subprocess.run(
        ["bash", "-c", f"python -m {command} --env-manager local"],
        cwd=project, env=place.env, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    pasted = place.client.search_runs(["0"], order_by=["start_time DESC"])[0]
    assert "tuning.study" not in pasted.data.tags
    assert pasted.data.tags["words"] == trial.data.tags["words"]
    assert pasted.data.params == trial.data.params
    assert pasted.data.metrics["val_loss"] == trial.data.metrics["val_loss"]
    again = place.step("steps.reproduce", run_id=trial.info.run_id)
    assert again.stdout.splitlines()[-1:] == ["verdict: identical"], again.stderr


def test_a_script_where_the_person_stands_needs_no_project(place: Place, git_url: str) -> None:
    """Its folder is the project, whose files it reads; the commands that go on and repeat know where that is."""
    place.project = git_url
    (place.folder / "fit.py").write_text((ROOT / "tests" / "samples" / "fit.py").read_text() + 'open("rows.csv")\n')
    (place.folder / "rows.csv").write_text("1\n")
    command = {"entry_point": "fit.py", "space": "lr=log(1e-4,1e-1)", **LOSS, "n_trials": 2, "study": "mine"}
    done = place.mlflow_run("tune", *_options(command))
    trials = place.study().trials
    assert [run.data.tags["tuning.state"] for run in trials] == ["COMPLETE"] * 2, done.stderr
    assert trials[0].data.tags["tuning.reproduce"].startswith(f"mlflow run {place.folder} -e fit.py ")
    pasted = place.paste(done.printed("Go on"))
    assert pasted.wait(LIMIT_S) == 0, (place.folder / "output.txt").read_text()
    assert len(place.named("mine").ended("COMPLETE")) == 4
    done = place.mlflow_run("tune", *_options(command | {"entry_point": "fitt.py", "study": "other"}), check=False)
    assert f"nor in {place.folder} (did you mean 'fit.py'?)" in done.stderr


def test_a_script_that_takes_no_such_argument_ends_the_study_at_its_first_trial(project: Path, place: Place) -> None:
    """One trial has failed, in a sentence that names the argument and the nearest; exit code 3, and nothing runs on."""
    place.project = project
    space = "lrr=log(1e-4,1e-1) hidden=[32,64]"
    done = step(place, entry_point="my code/fit.py", space=space, **LOSS)
    assert done.code == 3, done.stderr
    sentence, trial = done.stderr.splitlines()[-2:]
    said = "takes no --lrr (did you mean 'lr'?): every trial would fail; correct --space, or the script"
    assert sentence == f"tune: 'my code/fit.py' {said}"
    assert trial.endswith("exit code 2: fit.py: error: unrecognized arguments: --lrr " + trial.rpartition(" ")[2])
    study = place.study()
    assert len(study.ended("FAIL")) == 1
    assert {run.data.tags["tuning.state"] for run in study.children} <= {"FAIL", "STOPPED"}
    assert {run.info.status for run in [*study.children, study.parent]} <= {"FAILED", "KILLED"}


def test_one_run_alone_goes_first_if_it_is_asked_for(project: Path, place: Place) -> None:
    """It is the script's own defaults, and shows what they log: the study ends before a trial if that is not enough."""
    place.project = project
    settings = {"entry_point": "my code/fit.py", "space": SPACE, "direction": "minimize", "n_trials": 4}
    done = step(place, **settings, objective="accuracy", try_first="true")
    assert done.code == 3
    assert "logged no accuracy" in done.stderr
    assert "val_loss" in done.stderr
    (only,) = place.study().children
    assert only.data.tags["tuning.role"] == "baseline"


MISSING = "there is no such file in {root} (did you mean 'my code/fit.py'?); "
WRONG = [
    ({"entry_point": "my code/fitt.py"}, f"--entry_point 'my code/fitt.py': {MISSING}"),
    ({"entry_point": "my code/fit.py", "space": "lr=lag(1,2)"}, "--space, column 4: lr: lag(…) is unknown (did you "),
]


@pytest.mark.parametrize(("parameters", "line"), WRONG)
def test_what_is_misspelled_ends_the_study_before_any_child(
    project: Path, place: Place, parameters: dict[str, str], line: str
) -> None:
    """Exit code 2 and one line: what was given, what is near, what is allowed."""
    place.project = project
    done = step(place, **{"space": "lr=0.1..1", **parameters, **LOSS})
    assert done.code == 2, done.stderr
    assert done.stderr.splitlines()[-1].startswith(f"tune: {line.format(root=project)}"), done.stderr
    assert len(place.client.search_runs(["0"])) == 1


def test_a_space_in_the_command_is_one_of_train_too(place: Place) -> None:
    """Of the task's own estimator, or of another that it names; what the estimator lacks is told with its column."""
    space = "estimator=sklearn.tree.DecisionTreeClassifier max_depth=1..9 max_features=[sqrt,none,0.5]"
    done = step(place, space=space, n_trials=3, folds=2)
    assert done.code == 0, done.stderr
    trials = place.study().trials
    assert {run.data.params["estimator"] for run in trials} == {"sklearn.tree.DecisionTreeClassifier"}
    assert {shlex.split(run.data.params["max_features"])[0] for run in trials} <= {"sqrt", "None", "0.5"}
    done = step(place, space="n_estimators=5..9 max_detph=1..9")
    assert done.code == 2
    assert done.stderr.splitlines()[-1].startswith(
        "tune: --space, column 19: max_detph: RandomForestClassifier has no "
    )


def test_a_space_is_printed_to_begin_with_and_runs_as_it_is(project: Path, place: Place) -> None:
    """Stdout has the file and nothing else; its first line is the command that uses it, and does."""
    place.project = project
    done = place.mlflow_run("space", "-P", "entry_point=fit")
    (project / "space.yaml").write_text(done.stdout)
    command = done.stdout.splitlines()[0].removeprefix("# mlflow run . ").replace("METRIC", "val_loss")
    assert command.startswith("-e tune -P entry_point=fit -P space=space.yaml ")
    words = [place.python, "-m", "mlflow", "run", ".", *shlex.split(command), "--env-manager", "local"]
    spared = ["-P", "n_trials=3", "-P", "jobs=2", "-P", "champion=false", "-P", "report=false"]
    place.run([*words, *spared], cwd=project, check=True)
    study = place.study()
    assert [run.data.tags["tuning.state"] for run in study.trials] == ["COMPLETE"] * 3
    for run in study.trials:
        params = json.loads(run.data.tags["tuning.params"])
        assert set(params) == {"lr", "hidden", "layers", "note"}
        assert 0.003 <= params["lr"] <= 0.03
        assert json.loads(run.data.tags["words"])[-2:] == ["--note", "None: # or so"]
