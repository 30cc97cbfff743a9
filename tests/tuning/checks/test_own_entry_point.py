"""What is refused of an entry point before a trial, by an MLproject that MLflow has loaded."""

from pathlib import Path
from typing import Any

import pytest
from mlflow.projects.utils import load_project

from steps.errors import WrongValue
from steps.names import Variable
from steps.parameters.tune_settings import TuneSettings
from steps.tuning.checks import own_entry_point
from steps.tuning.entry_point import EntryPoint
from tests.tuning import fakes

LR = "lr: {type: float, low: 0.1, high: 1}\n"
SPACE = "--space 'my.yaml'"
ENTRY = "--entry_point 'fit'"
ESCAPE = "MLflow puts a value in place of each {name}: write {{ and }} for braces that the command is to have"


@pytest.fixture
def problems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Check an entry point `fit` of a project, given its parameters and its command as YAML; return the problems."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(Variable.FILES, str(tmp_path))

    def check(parameters: str, command: str, space: str = LR, *, train: bool = False, **settings: Any) -> list[str]:
        (tmp_path / "MLproject").write_text(
            f"name: theirs\nentry_points:\n  fit:\n    parameters: {{{parameters}}}\n    command: {command}\n"
        )
        project = load_project(str(tmp_path))
        declared = project.get_entry_point("fit").parameters
        defaults = {key: None if p.default is None else str(p.default) for key, p in declared.items()}
        entry = EntryPoint("fit", defaults, runs_train=train)
        arguments = (TuneSettings(**settings), fakes.space(space), SPACE, "sqlite:////study.db")
        try:
            own_entry_point.check(tmp_path, project, entry, *arguments)
        except WrongValue as error:
            return list(error.problems)
        return []

    return check


FINE = {
    "searched, and the rest has defaults": ("lr: float, epochs: {type: float, default: 8}", "fit {lr} {epochs}"),
    "a default that is empty": ("lr: float, note: {default: ''}", "fit {lr} {note}"),
    "blanks and quotes in defaults": ('lr: float, note: {default: "it\'s one"}', "fit {lr} {note}"),
    "a command of several lines": ("lr: float", ">-\n      python fit.py\n      --lr {lr}"),
    "a pipeline": ("lr: float", "bash -c 'set -o pipefail; python fit.py {lr} | tee log'"),
    "braces that are doubled": ("lr: float", "python fit.py {lr} | awk '{{print $1}}'"),
    "a parameter that no trial is to have another value of": ("lr: float, epochs: {default: 8}", "fit {lr}"),
}


@pytest.mark.parametrize(("parameters", "command"), FINE.values(), ids=FINE)
def test_what_can_run_is_let_through(problems, parameters, command):
    """A declared parameter that nothing is searched in need not be in the command."""
    assert problems(parameters, command) == []


NO_VALUE = "has no default in MLproject, and not every trial has a value for it; have the space"
WRONG = {
    "a required parameter": (
        "lr: float, epochs: float", "fit {lr} {epochs}", {},
        f"{ENTRY}: its parameter 'epochs' {NO_VALUE} give it one, or declare a default",
    ),
    "a null default is none": (
        "lr: float, epochs: {type: float, default: null}", "fit {lr} {epochs}", {},
        f"{ENTRY}: its parameter 'epochs' {NO_VALUE} give it one, or declare a default",
    ),
    "one that could be given": (
        "lr: float, data: path", "fit {lr} {data}", {},
        f"{ENTRY}: its parameter 'data' {NO_VALUE}, or --data, give it one, or declare a default",
    ),
    "one that only some trials have": (
        "lr: float, kind: string", "fit {lr} {kind}",
        {"space": "kind: {type: categorical, choices: [a, b]}\nlr: {type: float, low: 1, high: 2, when: {kind: a}}\n"},
        f"{ENTRY}: its parameter 'lr' {NO_VALUE} give it one, or declare a default",
    ),
    "awk's braces": (
        "lr: float", "python fit.py {lr} | awk '{print $1}'", {},
        f"{ENTRY}: its command has {{print $1}}, which is not one of its parameters; {ESCAPE}",
    ),
    "JSON": (
        "lr: float", """'python fit.py --json {"lr":{lr}}'""", {},
        f"{ENTRY}: its command has {{\"lr\"}}, which is not one of its parameters; {ESCAPE}",
    ),
    "a misspelled name": (
        "learn_rate: float", "fit {learnrate}", {"space": "learn_rate: {type: float, low: 1, high: 2}"},
        f"{ENTRY}: its command has {{learnrate}}, which is not one of its parameters (did you mean 'learn_rate'?); "
        f"{ESCAPE}",
    ),
    "a brace that never closes": (
        "lr: float", "fit {lr} {", {},
        f"{ENTRY}: its command can't be filled in (Single '{{' encountered in format string); {ESCAPE}",
    ),
    "a format that is for numbers": (
        "lr: float", "'fit {lr:.3f}'", {},
        f"{ENTRY}: its command can't be filled in (Unknown format code 'f' for object of type 'str'); {ESCAPE}",
    ),
    "a searched parameter that is not used": (
        "lr: float", "python fit.py", {},
        f"{SPACE}: lr: the command of 'fit' never uses it, so no trial would get it; put {{lr}} into 'python fit.py'",
    ),
    "a fixed one": (
        "lr: float, epochs: {default: 8}", "fit {lr}", {"space": f"{LR}epochs: 3"},
        f"{SPACE}: epochs: the command of 'fit' never uses it, so no trial would get it; put {{epochs}} into "
        "'fit {lr}'",
    ),
    "a given one": (
        "lr: float, drop: {default: id}", "fit {lr}", {"drop": "name"},
        "--drop 'name': the command of 'fit' never uses it, so no trial would get it; put {drop} into 'fit {lr}'",
    ),
    "a setting that is not declared": (
        "lr: float", "fit {lr}", {"data": "mine.csv"},
        "--data 'mine.csv': no trial would get it: the entry point 'fit' declares no such parameter; declare it in "
        "MLproject, or leave it out",
    ),
    "no command": ("lr: float", "''", {}, f"{ENTRY}: has no command in MLproject; give it one"),
    "another server": (
        "lr: float", "python set.py {lr}", {},
        "set.py:2: sets the tracking server 'http://host:5000', but this study's is sqlite:////study.db, where no "
        "result would arrive; leave the line out, or guard it by `if 'MLFLOW_TRACKING_URI' not in os.environ`",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("parameters", "command", "more", "problem"), WRONG.values(), ids=WRONG)
def test_what_can_not_run_is_one_line(problems, tmp_path, parameters, command, more, problem):
    """Where, what it is, what to do."""
    (tmp_path / "set.py").write_text("import mlflow\nmlflow.set_tracking_uri('http://host:5000')\n")
    assert problems(parameters, command, **more) == [problem]


PATH = "the parameter 'data' of 'fit' is a path, and there is no file or folder"
DATA = "lr: float, data: path"
WITH_DEFAULT = "lr: float, data: {type: path, default: 'my data/train.csv'}"
PATHS = {
    "given": (DATA, {"data": "none.csv"}, f"--data 'none.csv': {PATH} 'none.csv' in {{here}}; give an absolute path"),
    "given, absolute": (DATA, {"data": "/none.csv"}, f"--data '/none.csv': {PATH} '/none.csv'"),
    "given as a URI": (DATA, {"data": "file:///none.csv"}, f"--data 'file:///none.csv': {PATH} 'file:///none.csv'"),
    "default": (
        WITH_DEFAULT, {}, f"{ENTRY}: default: {PATH} 'my data/train.csv' in {{here}}; give an absolute path"
    ),
    "default of the baseline alone": (
        WITH_DEFAULT, {"space": f"{LR}data: there.csv"},
        f"{ENTRY}: default: {PATH} 'my data/train.csv' in {{here}}; give an absolute path",
    ),
    "default of nothing": (WITH_DEFAULT, {"space": f"{LR}data: there.csv", "baseline": False}, None),
    "default that is not taken": (WITH_DEFAULT, {"data": "there.csv"}, None),
    "fixed": (
        DATA, {"space": f"{LR}data: none.csv"},
        f"{SPACE}: data: {PATH} 'none.csv' in {{here}}; give an absolute path",
    ),
    "a choice": (
        DATA, {"space": f"{LR}data: {{type: categorical, choices: [there.csv, none.csv]}}"},
        f"{SPACE}: data: {PATH} 'none.csv' in {{here}}; give an absolute path",
    ),
    "somewhere in the web": (
        DATA, {"data": "https://host/x.csv"},
        "--data 'https://host/x.csv': the parameter 'data' of 'fit' is a path, and https://host/x.csv can't be "
        "downloaded: MLflow gets files from stores and its own server, not from the web; download it, or declare the "
        "parameter as a uri",
    ),
    "a folder": (DATA, {"data": "."}, None),
    "no URI": (
        "lr: float, data: uri", {"data": "there.csv"},
        "--data 'there.csv': the parameter 'data' of 'fit' is a uri, such as https://… or file:///…, got 'there.csv'",
    ),
    "a URI": ("lr: float, data: uri", {"data": "s3://bucket/train.csv"}, None),
}  # fmt: skip


@pytest.mark.parametrize(("parameters", "more", "problem"), PATHS.values(), ids=PATHS)
def test_a_path_must_be_there(problems, tmp_path, parameters, more, problem):
    """As MLflow looks for it: a relative one in the folder of this process; what is remote is downloaded."""
    (tmp_path / "there.csv").write_text("a\n")
    expected = [] if problem is None else [problem.replace("{here}", str(tmp_path))]
    assert problems(parameters, "fit {lr} {data}", **more) == expected


def test_all_problems_are_told_at_once(problems):
    """One line each."""
    told = problems("lr: float, a: float, b: float", "fit {a} {x}", data="mine.csv")
    assert [line.partition(":")[0] for line in told] == ["--data 'mine.csv'", *[ENTRY] * 3]


def test_a_script_is_given_what_the_space_names(tmp_path):
    """One that MLproject does not declare: what else was given reaches no trial, but for what the study uses itself."""
    (tmp_path / "fit.py").write_text("")
    arguments = (tmp_path, load_project(str(tmp_path)), EntryPoint("fit.py", {}, runs_train=False, is_script=True))
    more = (fakes.space(LR), SPACE, "sqlite:////study.db")
    own_entry_point.check(*arguments, TuneSettings(seed=7, threads=2, task="regression"), *more)
    with pytest.raises(WrongValue) as caught:
        own_entry_point.check(*arguments, TuneSettings(data="mine.csv"), *more)
    assert caught.value.problems == (
        "--data 'mine.csv': no trial would get it: a script is given what the space names; put data=mine.csv into "
        "--space, or leave it out",
    )


def test_train_takes_what_it_does_not_declare(problems):
    """An entry point that runs `train` is given hyperparameters beside its own, and all settings."""
    assert problems("folds: {default: 5}", "python -m steps.train --folds {folds}", train=True, data="wine") == []


def test_a_remote_file_is_had_before_a_trial(problems, tmp_path):
    """By all the values that a trial may have; what can't be had is named with its place. Not for other backends."""
    there = tmp_path / "there.csv"
    there.write_text("a")
    space = (
        f"lr: {{type: float, low: 0.1, high: 1}}\ndata: {{type: categorical, choices: [{there.as_uri()}, s3://b/c]}}"
    )
    (problem,) = problems(DATA, "fit {lr} {data}", space)
    what = "the parameter 'data' of 'fit' is a path, and"
    assert problem.startswith(f"{SPACE}: data: {what} s3://b/c can't be downloaded: ")
    assert problems(DATA, "fit {lr} {data}", space, backend="local") == []
