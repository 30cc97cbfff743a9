"""Other people's projects, tuned from outside: from a folder and from a Git URL, untouched, each in its environment."""

import json
import os
import shlex
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mlflow.entities import Run

from tests.e2e.server import Server
from tests.e2e.tools import Place, until
from tests.host import ROOT
from tests.standin import standin_conda

pytestmark = pytest.mark.e2e

EXAMPLES = ROOT / "examples"
# Its conda.yaml is made by uv where there is no conda, and then is the environment of the wines, too.
DIGITS: dict[str, Any] = {
    "space": EXAMPLES / "digits" / "space.yaml", "objective": "val_loss", "direction": "minimize",
    "pruner": "median:warmup=0", "n_trials": 4, "jobs": 2, "env_manager": "uv",
}  # fmt: skip
WINE: dict[str, Any] = {
    "project": EXAMPLES / "wine", "space": EXAMPLES / "wine" / "space.yaml", "objective": "rmse",
    "direction": "minimize", "n_trials": 3, "jobs": 2,
}  # fmt: skip


@pytest.fixture
def prepared(place: Place, environments: dict[str, str]) -> Place:
    """A place where the environments of the session's other tests are."""
    place.extra.update(environments)
    return place


@pytest.fixture(scope="module")
def fetched(git_url: str, new_place: Callable[..., Place], environments: dict[str, str]) -> Place:
    """A pruned study of a project in a subfolder, by its Git URL; `left` are the files that it has left behind."""
    place = new_place(extra=dict(environments))
    place.extra["URL"] = f"{git_url}#examples/digits"
    own = {name: value for name, value in DIGITS.items() if name != "env_manager"}  # `mlflow run` has such an option
    done = place.mlflow_run(
        "tune", "-P", "env_manager=uv", project=place.extra["URL"], champion="true", report="true", **own
    )
    assert "Best val_loss: " in done.stdout, done.stderr
    left = [path for path in (place.folder / "tmp").iterdir() if not path.is_dir() or any(path.iterdir())]
    place.extra["LEFT"] = ",".join(map(str, left))  # but for the empty folder that each `mlflow run` leaves
    place.all_gone()
    return place


def steps_of(place: Place, run: Run, metric: str = "val_loss") -> list[tuple[int, float]]:
    return [(m.step, m.value) for m in place.client.get_metric_history(run.info.run_id, metric)]


def essence(runs: list[Run]) -> list[list[str | None]]:
    names = ("tuning.params", "tuning.state", "tuning.pruned_at", "tuning.reported")
    return [[run.data.tags.get(name) for name in names] for run in runs]


def test_a_trial_is_recorded_as_mlflow_records_a_run_of_that_url(fetched: Place) -> None:
    """Source, commit, repository, entry point, environment and parameters are those of MLflow's own run of it.

    That is what the trial's command does, without this project: against a server, since its MLflow is an older one. The
    losses are the same.
    """
    trial = fetched.study().ended("COMPLETE")[0]
    words = shlex.split(trial.data.tags["tuning.reproduce"])
    assert words[:3] == ["mlflow", "run", fetched.extra["URL"]]
    server = Server(fetched)
    try:
        server.start()
        fetched.run([fetched.python, "-m", *words, "--experiment-name", "alone"], check=True)
    finally:
        server.kill()
        del fetched.extra["MLFLOW_TRACKING_URI"]
    (experiment,) = [e for e in fetched.client.search_experiments() if e.name == "alone"]
    (own,) = fetched.client.search_runs([experiment.experiment_id])
    assert own.data.params == trial.data.params
    assert steps_of(fetched, own) == steps_of(fetched, trial)
    differ = {"mlflow.runName", "mlflow.project.backend", "mlflow.parentRunId", "mlflow.note.content"}
    tags = {name: value for name, value in trial.data.tags.items() if not name.startswith("tuning.")}
    assert {name: own.data.tags[name] for name in own.data.tags.keys() - differ} == {
        name: tags[name] for name in tags.keys() - differ
    }
    assert tags["mlflow.source.name"] == trial.data.tags["tuning.project"] == fetched.extra["URL"]
    assert tags["mlflow.project.env"] == "uv"


def test_the_study_says_which_project_it_is_of(fetched: Place) -> None:
    """URL and commit are part of what it is, and the versions in its environment are on record; nothing stays."""
    study = fetched.study()
    commit = study.trials[0].data.tags["mlflow.source.git.commit"]
    identity = json.loads(study.parent.data.tags["tuning.identity"])
    assert identity["project"] == f"{fetched.extra['URL']} at commit {commit}"
    settings = json.loads(study.parent.data.tags["tuning.settings"])
    assert (settings["version"], settings["entry_point"], settings["env_manager"]) == (commit, "fit", "uv")
    text = Path(fetched.client.download_artifacts(study.parent.info.run_id, "environment/environment.json")).read_text()
    assert json.loads(text)["packages"]["mlflow-skinny"] == "2.22.1"
    assert (
        "2.22.1"
        in Path(fetched.client.download_artifacts(study.parent.info.run_id, "environment/conda.yaml")).read_text()
    )
    assert len({run.data.tags["tuning.environment_sha256"] for run in (study.parent, *study.trials)}) == 1
    assert {run.info.status for run in study.children} <= {"FINISHED", "KILLED"}
    assert fetched.extra["LEFT"] == ""


def test_a_trial_is_reproduced_from_its_url(fetched: Place) -> None:
    """The step `reproduce` clones the project at the trial's commit, and finds every score again, there."""
    done = fetched.step("steps.reproduce", run_id=fetched.study().ended("COMPLETE")[0].info.run_id)
    assert done.code == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "verdict: identical"


@pytest.mark.slow
def test_killed_it_goes_on_as_the_study_that_it_would_have_been(fetched: Place, prepared: Place) -> None:
    """SIGKILL to the tuner in its midst: no process and no file stays, and the same command goes on at that commit."""
    parameters = {"project": fetched.extra["URL"], "study": "killed", **DIGITS}
    process = prepared.start(prepared.step_command("steps.tune", **parameters), cwd=ROOT)
    until(lambda: [run for run in _trials(prepared) if "tuning.state" in run.data.tags], 240, "an ended trial")
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    prepared.all_gone(10)
    until(lambda: not list((prepared.folder / "tmp").iterdir()), 30, "an empty temporary folder")
    done = prepared.step("steps.tune", check=True, **parameters)
    assert "goes on, with its version " in done.stderr
    assert essence(prepared.named("killed").trials) == essence(fetched.study().trials)
    assert prepared.client.search_runs(["0"], "attributes.status = 'RUNNING'") == []


def _trials(place: Place) -> list[Run]:
    return list(place.client.search_runs(["0"], "tags.`tuning.role` = 'trial'"))


@pytest.mark.slow
def test_its_trials_are_pruned_by_the_losses_of_their_epochs(prepared: Place) -> None:
    """They log to the study's own server, and the pruner reads them as they come."""
    prepared.step("steps.tune", check=True, project=EXAMPLES / "digits", **{**DIGITS, "n_trials": 14})
    pruned = prepared.study().ended("PRUNED")
    assert pruned
    assert {run.info.status for run in pruned} == {"KILLED"}


@pytest.mark.slow
def test_from_its_folder_the_trials_are_the_same(fetched: Place, prepared: Place) -> None:
    """Wherever the project lies: each trial has the parameters and losses that it had."""
    prepared.step("steps.tune", check=True, project=EXAMPLES / "digits", **DIGITS)
    assert essence(prepared.study().trials) == essence(fetched.study().trials)


@pytest.mark.parametrize("backend", ["warm", pytest.param("local", marks=pytest.mark.slow)])
def test_an_argparse_script_with_an_older_mlflow_logs_to_a_server_of_the_studys_own(
    prepared: Place, backend: str
) -> None:
    """Its release can't open the tracking database, so that is served for the study's life, by MLflow's backend too."""
    done = prepared.step("steps.tune", check=True, **WINE, backend=backend)
    assert "Best rmse: " in done.stdout
    study = prepared.study()
    assert [run.data.tags["tuning.state"] for run in study.trials] == ["COMPLETE"] * 3
    assert {run.data.tags["mlflow.project.env"] for run in study.children} == {"uv"}
    prepared.all_gone()


@pytest.mark.slow
def test_conda_makes_the_environment_of_a_conda_yaml(place: Place, tmp_path: Path) -> None:
    """Where conda is installed, it is what `auto` takes."""
    place.extra.update(standin_conda(tmp_path), MLFLOW_ENV_ROOT=str(tmp_path / "envs"))
    place.step("steps.tune", check=True, project=EXAMPLES / "digits", **{**DIGITS, "env_manager": "auto"})
    assert {run.data.tags["mlflow.project.env"] for run in place.study().children} == {"conda"}
    assert list(tmp_path.glob("mlflow-*/conda-meta"))


def test_a_bash_pipeline_is_tuned_where_the_person_stands(place: Place) -> None:
    """Relative paths of project and space begin where `mlflow run` was started; a folder that is in no repository.

    Two trials at a time write the same relative file, and don't disturb each other.
    """
    copy = place.folder / "it's mine"
    shutil.copytree(EXAMPLES / "pipeline", copy)
    place.mlflow_run(
        "tune", project="./it's mine", space="it's mine/space.yaml", objective="accuracy", direction="maximize",
        n_trials=2, jobs=2,
    )  # fmt: skip
    study = place.study()
    assert [run.data.tags["tuning.state"] for run in study.trials] == ["COMPLETE"] * 2
    assert {run.data.tags["mlflow.source.name"] for run in study.children} == {str(copy)}
    original = EXAMPLES / "pipeline"
    assert {path.name for path in copy.iterdir()} == {path.name for path in original.iterdir()}


@pytest.mark.slow
def test_by_two_urls_nothing_has_to_lie_on_the_machine(place: Place, git_url: str) -> None:
    """`mlflow run` of this project's Git URL, for a project of another URL, from an empty folder."""
    place.project = git_url
    stands = place.folder / "empty"
    stands.mkdir()
    parameters = {
        "project": f"{git_url}#examples/pipeline", "space": "components=1..10 neighbors=1..30",
        "objective": "accuracy", "direction": "maximize", "n_trials": 2, "jobs": 2,
    }  # fmt: skip
    place.run(place.command("tune", **parameters), cwd=stands, check=True)  # type: ignore[arg-type]
    assert [run.data.tags["tuning.state"] for run in place.study().trials] == ["COMPLETE"] * 2
    assert list(stands.iterdir()) == []


def test_an_objective_that_nothing_logs_ends_the_study_with_what_there_is(place: Place) -> None:
    """After the first trial, with the nearest of the metrics that it did log."""
    done = place.step(
        "steps.tune", project=EXAMPLES / "pipeline", space=EXAMPLES / "pipeline" / "space.yaml", objective="acuracy",
        direction="maximize", n_trials=9, jobs=1, window=1,
    )  # fmt: skip
    assert done.code == 3, done.stderr
    assert "logged no acuracy (did you mean 'accuracy'?); it logged accuracy: every trial would fail" in done.stderr
    assert len(place.study().trials) <= 2


SLOW = pytest.mark.slow
WRONG = [
    ({"project": "no/such"}, "--project 'no/such': there is no such folder in "),
    ({"project": "URLx"}, "can't be fetched: "),
    ({"project": "URL", "version": "v9"}, "--version 'v9': "),
    pytest.param({"project": "URL#none"}, "has no such subfolder", marks=SLOW),
    ({"project": "URL#docs"}, "has no MLproject that declares an entry point"),
    pytest.param({"project": "URL#examples/digits", "entry_point": "fitt"}, "(did you mean 'fit'?)", marks=SLOW),
    ({"project": "URL#examples/wine"}, "the entry point 'main' declares no such parameter"),
    ({"project": "https://me:secret@127.0.0.1/x"}, "the URI holds a secret before the @"),
    ({"env_manager": "uv"}, "--env_manager 'uv': is for another --project"),
]


@pytest.mark.parametrize(("parameters", "said"), WRONG)
def test_what_can_t_be_tuned_is_one_line(place: Place, git_url: str, parameters: dict[str, str], said: str) -> None:
    """Exit code 2 before any child, without a secret; nothing is left behind."""
    given = {name: value.replace("URL", git_url) for name, value in parameters.items()}
    done = place.step("steps.tune", **{**DIGITS, **given})
    assert done.code == 2, done.stderr
    lines = [line for line in done.stderr.splitlines() if said in line]
    assert lines, done.stderr
    assert "Traceback" not in done.stderr
    assert "secret@" not in done.stderr
    assert list((place.folder / "tmp").iterdir()) == []
    assert place.client.search_runs(["0"], "attributes.status = 'RUNNING'") == []
