import shlex
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from mlflow.tracking import MlflowClient

from steps.errors import WrongValue
from steps.names import Tag
from steps.parameters import command_line
from steps.parameters.tune_settings import TuneSettings
from steps.training.run_plan import describe
from steps.tuning import study_plan
from steps.tuning.entry_point import EntryPoint
from steps.tuning.record import warm_start
from steps.tuning.search.constraints import Constraint
from steps.tuning.search.objective import Objective
from steps.tuning.tuned_project import TunedProject, this_project
from tests.tuning import fakes

WORDS = ["--data", "wine", "--folds", "2"]
FITS = {"n_estimators": "60", "max_depth": "4"}


def planned(*words: str, data: Sequence[str] = WORDS) -> study_plan.StudyPlan:
    return study_plan.make(command_line.read([*data, *words], TuneSettings), this_project(), describe)


@pytest.fixture(scope="module")
def wine() -> study_plan.StudyPlan:
    return planned()


@pytest.fixture
def trained(client: MlflowClient, wine: study_plan.StudyPlan) -> Callable[..., str]:
    """Make a run as `train` leaves it on that data; returns its id."""

    def make(
        params: dict[str, str] = FITS,
        metrics: dict[str, float] | None = None,
        status: str = "FINISHED",
        **tags: str,
    ) -> str:
        own_tags = {
            "mlflow.project.entryPoint": "train",
            "tuning.data": wine.dataset["sha256"],
            "tuning.folds": wine.folds,
            "tuning.estimator": "sklearn.ensemble.RandomForestClassifier",
            **{f"tuning.{name}": value for name, value in tags.items()},
        }
        run = client.create_run("0", tags=own_tags)
        for name, value in {"data": "wine", "refit": "true", **params}.items():
            client.log_param(run.info.run_id, name, value)
        for name, score in ({"cv_accuracy": 0.9} if metrics is None else metrics).items():
            client.log_metric(run.info.run_id, name, score)
        client.set_terminated(run.info.run_id, status)
        return str(run.info.run_id)

    return make


def with_start(start: str, *words: str) -> warm_start.WarmStart:
    return warm_start.collect(planned("--warm_start", start, *words))


def test_a_finished_run_enters_as_a_trial(trained: Callable[..., str]) -> None:
    """A run's parameters and score are a past trial's, typed; an experiment's come in the order of their start."""
    first = trained()
    second = trained({"estimator__n_estimators": "50", "max_depth": "20"}, {"cv_accuracy": 0.8})
    past = with_start("Default")
    assert list(past.trials) == [first, second]
    assert [trial.params for trial in past.trials.values()] == [
        {"n_estimators": 60, "max_depth": 4},
        {"n_estimators": 50, "max_depth": 20},
    ]
    assert [trial.value for trial in past.trials.values()] == [0.9, 0.8]
    assert past.as_dict() == {"runs": [first, second], "left_out": {}}


LEFT_OUT = {
    "of other data": {"data": "0" * 64},
    "of other columns or folds": {"folds": "0" * 64},
    "of another estimator": {"estimator": "sklearn.svm.SVC"},
    "not finished": {"status": "FAILED"},
    "without cv_accuracy": {"metrics": {"cv_f1": 0.9}},
}
OUTSIDE = [
    {"n_estimators": "60"},
    FITS | {"max_depth": "21"},
    FITS | {"max_depth": "None"},
    FITS | {"max_depth": "4.5"},
    FITS | {"criterion": "gini"},
]
ROWS = [*LEFT_OUT.items(), *(("outside the space", {"params": params}) for params in OUTSIDE)]


@pytest.mark.parametrize(("reason", "what"), ROWS)
def test_what_does_not_fit_is_left_out_counted_and_named(
    trained: Callable[..., str], reason: str, what: dict[str, object]
) -> None:
    """A run of other data, folds, estimator or parameters, or without a score, is left out for that reason."""
    fits, other = trained(), trained(**what)
    past = with_start("Default")
    assert list(past.trials) == [fits]
    assert past.left_out == {other: reason}
    assert past.text() == f"1 of 2 runs enter as past trials; left out: 1 {reason} ({other})"


def test_run_ids_are_taken_in_their_order(trained: Callable[..., str]) -> None:
    """Runs can be named one by one; one of another entry point is left out."""
    first, second, third = trained(), trained(), trained()
    MlflowClient().set_tag(second, "mlflow.project.entryPoint", "other")
    MlflowClient().delete_tag(second, "tuning.folds")
    past = with_start(f"{third}, {second},{first}")
    assert list(past.trials) == [third, first]
    assert past.left_out == {second: "of the entry point 'other'"}


def test_a_run_without_an_entry_point_that_train_has_scored_enters(trained: Callable[..., str]) -> None:
    """A training step that was started by hand is a run as any other; runs of something else are no candidates."""
    by_hand = trained()
    MlflowClient().delete_tag(by_hand, "mlflow.project.entryPoint")
    MlflowClient().create_run("0")
    past = with_start("Default")
    assert (list(past.trials), past.left_out) == ([by_hand], {})


@pytest.mark.parametrize(
    ("start", "reason"), [("Defautl", "did you mean 'Default'?"), ("0" * 32, f"Run with id={'0' * 32} not found")]
)
@pytest.mark.usefixtures("client")
def test_what_is_not_there_is_a_wrong_value(start: str, reason: str) -> None:
    """A name that no experiment has, an id that no run has: one line that says so."""
    with pytest.raises(WrongValue) as raised:
        with_start(start)
    (line,) = raised.value.problems
    assert "--warm_start" in line
    assert reason in line


def test_none_is_none(client: MlflowClient, trained: Callable[..., str]) -> None:
    """Without warm_start nothing enters."""
    trained()
    assert warm_start.collect(planned()) == warm_start.WarmStart()


def test_values_that_mlflow_records_in_quotes_are_read(trained: Callable[..., str], tmp_path: Path) -> None:
    """A tuple and a text with blanks, which stand in quotes on a project's run and plain on one made by hand, enter."""
    space = tmp_path / "my.yaml"
    space.write_text(
        "monotonic_cst: {type: categorical, choices: [[1, 0], [0, 0]]}\n"
        "criterion: {type: categorical, choices: [gini, two words]}\n"
    )
    parameters = {"monotonic_cst": "(1, 0)", "criterion": "two words"}
    quoted = trained({name: shlex.quote(value) for name, value in parameters.items()})
    plain = trained(parameters)
    MlflowClient().delete_tag(plain, "mlflow.project.entryPoint")
    past = with_start("Default", "--space", str(space))
    assert list(past.trials) == [quoted, plain]
    assert {str(trial.params) for trial in past.trials.values()} == {
        "{'monotonic_cst': '(1, 0)', 'criterion': 'two words'}"
    }


SCRIPT = "tests/samples/fit.py"
TUNED = {"entry_point": SCRIPT, "space": "lr=log(1e-3,1) hidden=['32','64',none]", "objective": "val_loss"}


def test_runs_of_a_script_enter_by_the_words_that_it_was_given(client: MlflowClient) -> None:
    """A run by hand has texts as they are; one with a parameter more did something else than any trial."""

    def make(**params: str) -> str:
        run_id = str(client.create_run("0", tags={"mlflow.project.entryPoint": SCRIPT}).info.run_id)
        for name, value in params.items():
            client.log_param(run_id, name, value)
        client.log_metric(run_id, "val_loss", 0.5)
        client.set_terminated(run_id)
        return run_id

    text, none = make(lr="0.01", hidden="64"), make(lr="0.1", hidden="None")
    other, more = make(lr="0.01", hidden="48"), make(lr="0.01", hidden="64", layers="3")
    words = [f"--{name}={value}" for name, value in {**TUNED, "direction": "minimize", "warm_start": "Default"}.items()]
    past = warm_start.collect(planned(*words, data=()))
    assert {run_id: trial.params for run_id, trial in past.trials.items()} == {
        text: {"lr": 0.01, "hidden": "'64'"},
        none: {"lr": 0.1, "hidden": "None"},
    }
    assert past.left_out == {other: "outside the space", more: "outside the space"}


def test_the_checkpoint_folder_of_a_run_makes_it_no_other(client: MlflowClient) -> None:
    """Each run has its own; a part of a budget does, of a parameter that the space leaves at its default."""
    plan = fakes.plan(warm_start="Default")
    parameters = {"x": None, "y": None, "epochs": "9", "checkpoint": None}
    plan = replace(plan, entry=EntryPoint("own", parameters, runs_train=False))
    runs = []
    for epochs in ("9", "3"):
        runs.append(str(client.create_run("0", tags={"mlflow.project.entryPoint": "own"}).info.run_id))
        for name, value in {"x": "0.5", "y": "1.0", "epochs": epochs, "checkpoint": f"/mine/{epochs}"}.items():
            client.log_param(runs[-1], name, value)
        client.log_metric(runs[-1], fakes.OBJECTIVE, 0.5)
        client.set_terminated(runs[-1])
    past = warm_start.collect(plan)
    assert (list(past.trials), past.left_out) == (runs[:1], {runs[1]: "outside the space"})


def test_runs_of_a_study_that_went_by_the_last_step_enter_by_the_best(client: MlflowClient) -> None:
    """Their steps are on record; a run that has the value has been settled by it."""

    def make(**metrics: float) -> str:
        run_id = str(client.create_run("0", tags={"mlflow.project.entryPoint": "own"}).info.run_id)
        for name in ("x", "y"):
            client.log_param(run_id, name, "1.0")
        for name, last in metrics.items():
            for step, value in enumerate((0.5, 0.25, last)):
                client.log_metric(run_id, name.replace("_best", ":best"), value, step=step)
        client.set_terminated(run_id)
        return run_id

    by_last, by_best = make(loss=0.75), make(loss=0.75, loss_best=0.125)
    objectives = (Objective("loss:best", "minimize", "best"),)
    past = warm_start.collect(replace(fakes.plan(warm_start="Default"), objectives=objectives))
    assert {run_id: trial.values for run_id, trial in past.trials.items()} == {by_last: [0.25], by_best: [0.125]}


def test_a_run_enters_with_by_how_much_it_breaks_a_constraint(client: MlflowClient) -> None:
    """One without the metric is left out."""

    def make(**metrics: float) -> str:
        run_id = str(client.create_run("0", tags={"mlflow.project.entryPoint": "own"}).info.run_id)
        for name in ("x", "y"):
            client.log_param(run_id, name, "1.0")
        for name, value in metrics.items():
            client.log_metric(run_id, name, value)
        client.set_terminated(run_id)
        return run_id

    bounded, lacks = make(score=0.5, cpu_s=1.25), make(score=0.5)
    bound = Constraint(Objective("cpu_s", "minimize"), "<=", 1.0)
    past = warm_start.collect(replace(fakes.plan(warm_start="Default"), constraints=(bound,)))
    assert {run_id: trial.constraints for run_id, trial in past.trials.items()} == {bounded: {"cpu_s<=1": 0.25}}
    assert past.left_out == {lacks: "without cpu_s"}


@pytest.mark.parametrize("project", [this_project(), TunedProject("https://host/wine", Path("/clone"), "c0", "at c0")])
def test_a_run_of_another_project_does_not_enter(client: MlflowClient, project: TunedProject) -> None:
    """Though its entry point and its parameters have the same names; of which project it is, is said."""

    def make(**tags: str) -> str:
        run_id = str(client.create_run("0", tags={"mlflow.project.entryPoint": "own", **tags}).info.run_id)
        for name in ("x", "y"):
            client.log_param(run_id, name, "1.0")
        client.log_metric(run_id, fakes.OBJECTIVE, 0.5)
        client.set_terminated(run_id)
        return run_id

    theirs, other = make(**{Tag.PROJECT: "https://host/wine"}), make(**{Tag.PROJECT: "https://host/iris"})
    by_hand = make(**{"mlflow.source.name": "https://host/wine"})
    neither = make(**{"mlflow.source.name": "/here"})
    plan = replace(fakes.plan(warm_start="Default"), project=project)
    past = warm_start.collect(plan)
    left_out = dict(past.left_out)
    assert left_out.pop(other) == "of the project 'https://host/iris'"
    if project.is_own:
        assert (list(past.trials), left_out) == ([by_hand, neither], {theirs: "of the project 'https://host/wine'"})
    else:
        assert (list(past.trials), left_out) == ([theirs, by_hand], {neither: "of another project"})
