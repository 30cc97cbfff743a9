import re
from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from steps import reproduce, space, train, tune
from steps.errors import WrongValue
from steps.names import ESTIMATOR_PREFIX
from steps.parameters import command_line
from steps.parameters.declared import changed, parameters, shown, words
from steps.parameters.option import option
from steps.parameters.settings import ReproduceSettings, SharedSettings, SpaceSettings, TrainSettings
from steps.parameters.tune_settings import TuneSettings
from steps.parameters.values import encode

STEPS = [pytest.param(TrainSettings, id="train"), pytest.param(TuneSettings, id="tune")]

WHOLE_FROM_1 = ["0", "-1", "1.5", "five", "", " ", "1e3", "None", "--seed", "9" * 5_000]
WORDS = ["", " ", " padded "]
# For each parameter: words that it refuses, and what the problem says is allowed.
WRONG = {
    "data": (WORDS, "a data set of scikit-learn's by name, or the path or URI of a CSV or Parquet file"),
    "target": (WORDS, "auto or a column's name"),
    "drop": (WORDS, "none or columns' names with commas between"),
    "weight": (WORDS, "none or a column's name"),
    "positive": (WORDS, "auto or one of two classes"),
    "early_stopping": (["0", "-1", "1.5", "", "true", "True"], "none or a whole number from 1"),
    "split": (
        ["", "Auto", "group", "group:", "time: ", "groups:a", "stratified:a", "kfold"],
        "auto, stratified, random, group:<column> or time:<column>",
    ),
    "task": (["Auto", "", "clustering", "None"], "auto or one of classification, regression"),
    "estimator": (
        ["", "RandomForestClassifier", "sklearn.", ".svm", "sklearn..svm", "sklearn.svm.SVC()", "1.2", "a b.c"],
        "auto or the import path of a scikit-learn estimator",
    ),
    "metric": (["", "f1 macro", "neg-mse", "accuracy;"], "auto or the name of a scikit-learn scorer"),
    "folds": ([*WHOLE_FROM_1, "1001"], "a whole number from 1 to 1000"),
    "repeats": ([*WHOLE_FROM_1, "101"], "a whole number from 1 to 100"),
    "test_size": (
        ["0", "1", "-0.2", "1.5", "nan", "inf", "-inf", "1e9", "", "fifth", "20%", "None"],
        "a number above 0 and below 1",
    ),
    "seed": (["-1", str(2**32), "1.5", "", "random", "None"], "a whole number from 0 to 4294967295"),
    "threads": ([*WHOLE_FROM_1, "1025"], "a whole number from 1 to 1024"),
    "refit": (["", "yes", "1", "0", "None", "maybe"], "true or false"),
    "evaluate": (["", "Full", "all"], "one of scores, full"),
    "fold_seed": (["-1", str(2**32), "1.5", "", "None"], "auto or a whole number from 0 to 4294967295"),
    "baseline": (["", "yes", "1"], "true or false"),
    "champion": (["", "yes", "1"], "true or false"),
    "confirm": (["-1", "101", "1.5", "", "none"], "a whole number from 0 to 100"),
    "pick": (WORDS, "none or one of two objectives"),
    "register": (WORDS, "none or the name of a registered model"),
    "report": (["", "yes", "1"], "true or false"),
    "run_id": (["", "abc", "A" * 32, "g" * 32, "0" * 33, " " + "0" * 32], "the id of a finished run: 32"),
    "sample": (WHOLE_FROM_1, "a whole number from 1"),
    "log_folds": (["", "End", "never", "true"], "one of end, live"),
    "space": (["", "\n"], "a name in steps/spaces, the path of a YAML file, or name=value with blanks between"),
    "project": (WORDS, "auto, a folder or a Git URL, with #subfolder or without"),
    "version": (["", " ", "a b", "-x", "--upload-pack=x"], "none or a branch, a tag or a full commit"),
    "env_manager": (["", "Auto", "pipenv", "none"], "one of auto, conda, uv, virtualenv, local"),
    "entry_point": (
        ["", " ", "-x.py", "{x}.py", "x.py "],
        "auto, an entry point of MLproject, or the path of a .py or .sh file",
    ),
    "objective": (WORDS, "auto, or a metric's name, or two"),
    "direction": (WORDS, "auto, maximize or minimize, for each objective"),
    "study": (["", " ", " mine", "a/b", "it's", "a" * 201, "-x"], "auto or a name of letters, digits, blanks"),
    "n_trials": (WHOLE_FROM_1, "a whole number from 1"),
    "trial_timeout_s": (["0", "-1", "nan", "inf", "soon", "", "None"], "none or a number above 0"),
    "retries": (["-1", "101", "1.5", "", "none"], "a whole number from 0 to 100"),
    "max_failures": (WHOLE_FROM_1, "a whole number from 1"),
    "checkpoint_dir": (WORDS, "none or the path of a folder"),
    "keep_checkpoints": (["", "yes", "1"], "true or false"),
    "timeout_s": (["0", "-1", "nan", "inf", "soon", "", "None"], "none or a number above 0"),
    "patience": ([*WHOLE_FROM_1, "auto"], "none or a whole number from 1"),
    "target_value": (["nan", "inf", "high", "", "None"], "none or a number"),
    "pruner": (["", "Median", "auto"], "none or one of median, percentile, patient, hyperband, halving, wilcoxon, "),
    "constraint": (WORDS, "none or metrics with bounds and commas between, such as fit_time_s<=0.1"),
    "fidelity": (WORDS, "none or name:min..max:factor, such as epochs:1..81:3"),
    "reshuffle": (["", "all", "2"], "true or false"),
    "warm_start": (WORDS, "none or run ids with commas between, or an experiment's name"),
    "try_first": (["", "yes", "1"], "true or false"),
    "dry_run": (["", "yes", "1"], "true or false"),
    "require_clean": (["", "dirty", "1"], "true or false"),
    "jobs": ([*WHOLE_FROM_1, "4097", "Auto"], "auto or a whole number from 1 to 4096"),
    "gpus": (
        ["-1", "0.3", "0.7", "1.5", "-0.5", "1e-9", "nan", "inf", "one", "", "auto"],
        "0, a whole number, or a share that divides a GPU evenly: 0.5, 0.33, 0.25, … 0.01",
    ),
    "devices": (["", ",", "0,", "0 1", "GPU 0"], "auto, or numbers or ids of GPUs with commas between"),
    "places": (WORDS, "none or the path of a file"),
    "window": ([*WHOLE_FROM_1, "4097", "auto"], "a whole number from 1 to 4096"),
    "sampler": (["", "TPE", "auto"], "one of tpe, random, qmc, grid, cmaes, gp"),
    "backend": (WORDS, "warm, local, ray or an installed MLflow project backend"),
    "backend_config": (WORDS, "none or the path of a JSON file"),
}
# What `train` has a value for, and a study leaves open.
OPEN = ("data", "drop", "weight", "early_stopping", "folds", "repeats", "test_size", "seed", "threads")
# For each parameter, words that it takes, and the value that each is.
RIGHT = [
    ("evaluate", "full", "full"),
    ("fold_seed", "auto", "auto"),
    ("fold_seed", "7", 7),
    ("weight", "none", None),
    ("weight", "survey weight", "survey weight"),
    ("positive", "1", "1"),
    ("early_stopping", "none", None),
    ("early_stopping", "50", 50),
    ("baseline", "False", False),
    ("champion", "FALSE", False),
    ("confirm", "100", 100),
    ("pick", "cv_accuracy", "cv_accuracy"),
    ("register", "my flowers", "my flowers"),
    ("report", "false", False),
    ("run_id", "0123456789abcdef" * 2, "0123456789abcdef" * 2),
    ("sample", "3", 3),
    ("data", "wine", "wine"),
    ("data", "/my tables/it's one.csv.gz", "/my tables/it's one.csv.gz"),
    ("data", "s3://bucket/table.parquet", "s3://bucket/table.parquet"),
    ("drop", "id,last name", "id,last name"),
    ("split", "random", "random"),
    ("split", "group:patient id", "group:patient id"),
    ("split", "time:it's at: 1", "time:it's at: 1"),
    ("target", "petal width (cm)", "petal width (cm)"),
    ("target", "--odd", "--odd"),
    ("task", "auto", "auto"),
    ("task", "regression", "regression"),
    ("estimator", "auto", "auto"),
    ("estimator", "sklearn.svm.SVC", "sklearn.svm.SVC"),
    ("estimator", "my_code.models.V2", "my_code.models.V2"),
    ("metric", "neg_log_loss", "neg_log_loss"),
    ("folds", "1", 1),
    ("folds", "1000", 1000),
    ("repeats", "100", 100),
    ("test_size", "0.25", 0.25),
    ("test_size", "1e-05", 1e-05),
    ("test_size", ".5", 0.5),
    ("seed", "0", 0),
    ("seed", "4294967295", 2**32 - 1),
    ("threads", "2", 2),
    ("refit", "false", False),
    ("refit", "False", False),
    ("refit", "TRUE", True),
    ("log_folds", "live", "live"),
    ("project", "git@host:me/it.git#trees", "git@host:me/it.git#trees"),
    ("project", "/my projects/it's one", "/my projects/it's one"),
    ("version", "release/1.2", "release/1.2"),
    ("env_manager", "uv", "uv"),
    ("space", "my-space_2", "my-space_2"),
    ("space", "../it's mine.yaml", "../it's mine.yaml"),
    ("space", "\n  lr=1..2\n  layers=[1,2]\n", "\n  lr=1..2\n  layers=[1,2]\n"),
    ("estimator", "a.Scaler+b.c.Model", "a.Scaler+b.c.Model"),
    ("study", "auto", "auto"),
    ("study", "Iris 2026_v1.5+b-c", "Iris 2026_v1.5+b-c"),
    ("n_trials", "100000", 100_000),
    ("trial_timeout_s", "none", None),
    ("trial_timeout_s", "0.5", 0.5),
    ("retries", "0", 0),
    ("max_failures", "1", 1),
    ("entry_point", "fit_line", "fit_line"),
    ("entry_point", "./my code/fit.py", "./my code/fit.py"),
    ("objective", "cv_f1_macro,fit_time_s", "cv_f1_macro,fit_time_s"),
    ("direction", "minimize", "minimize"),
    ("checkpoint_dir", "my checkpoints", "my checkpoints"),
    ("keep_checkpoints", "true", True),
    ("timeout_s", "none", None),
    ("timeout_s", "1.5", 1.5),
    ("patience", "20", 20),
    ("target_value", "-0.5", -0.5),
    ("pruner", "none", None),
    ("pruner", "wilcoxon:0.05", "wilcoxon:p=0.05,startup=2"),
    ("constraint", "fit_time_s<=0.1, size>=2", "fit_time_s<=0.1, size>=2"),
    ("fidelity", "none", None),
    ("fidelity", "epochs:1..81:3", "epochs:1..81:3"),
    ("reshuffle", "true", True),
    ("warm_start", "Earlier trials", "Earlier trials"),
    ("try_first", "true", True),
    ("dry_run", "true", True),
    ("require_clean", "TRUE", True),
    ("jobs", "auto", "auto"),
    ("jobs", "8", 8),
    ("gpus", "0", 0),
    ("gpus", "2", 2),
    ("gpus", "1.0", 1),
    ("gpus", "0.5", 0.5),
    ("gpus", "0.33", 0.33),
    ("gpus", "0.125", 0.125),
    ("devices", "0, 1,3", "0, 1,3"),
    ("devices", "GPU-12ab-3,MIG-GPU-5/1/0", "GPU-12ab-3,MIG-GPU-5/1/0"),
    ("places", "my places", "my places"),
    ("window", "8", 8),
    ("sampler", "random", "random"),
    ("backend", "databricks", "databricks"),
    ("backend_config", "my configs/it's one.json", "my configs/it's one.json"),
]


def problems_of(argv, settings=TrainSettings):
    with pytest.raises(WrongValue) as caught:
        command_line.read(argv, settings)
    return list(caught.value.problems)


def test_the_tables_have_every_parameter():
    """A new parameter needs its rows in both tables here."""
    declared = [parameters(settings) for settings in (TrainSettings, TuneSettings, ReproduceSettings)]
    names = {parameter.name for each in declared for parameter in each}
    assert set(WRONG) == names
    assert {name for name, _, _ in RIGHT} == names


@pytest.mark.parametrize(
    ("settings", "name", "word"),
    [
        pytest.param(settings, parameter.name, word, id=f"{settings.__name__}-{parameter.name}-{word[:12]!r}")
        for settings in (TrainSettings, TuneSettings, ReproduceSettings)
        for parameter in parameters(settings)
        for word in WRONG[parameter.name][0]
    ],
)
def test_a_wrong_value_is_one_problem(settings, name, word):
    """Each wrong value is one line with the parameter, the value as given, and what is allowed."""
    (problem,) = problems_of([f"--{name}", word], settings)
    allowed = f"auto or {WRONG[name][1]}" if settings is TuneSettings and name in OPEN else WRONG[name][1]
    assert problem.startswith(f"{option(name, word)}: must be {allowed}")
    assert "\n" not in problem


@pytest.mark.parametrize(("name", "word", "value"), RIGHT)
def test_a_right_value_is_read_with_its_type(name, word, value):
    """What is allowed, at its bounds too, is read as what it is, in both spellings; all else keeps its default."""
    for settings in (TrainSettings, TuneSettings, ReproduceSettings):
        if name in (parameter.name for parameter in parameters(settings)):
            for argv in ([f"--{name}", word], [f"--{name}={word}"]):
                read = command_line.read(argv, settings)
                assert read == settings(**{name: value})
                assert type(getattr(read, name)) is type(value)


@pytest.mark.parametrize("settings", STEPS)
def test_without_words_all_are_defaults_and_every_default_is_allowed(settings):
    """No words give the defaults; the defaults, written out, give them too."""
    written = [word for p in parameters(settings) for word in (f"--{p.name}", shown(p.default))]
    assert command_line.read([], settings) == command_line.read(written, settings) == settings()


@pytest.mark.parametrize("settings", STEPS)
def test_what_is_handed_on_is_read_as_the_same(settings):
    """Values written as `mlflow.run` takes them are read back as they were."""
    values = settings(test_size=1e-05, seed=2**32 - 1)
    assert command_line.read([f"--{name}={word}" for name, word in words(values).items()], settings) == values


@pytest.mark.parametrize("settings", STEPS)
def test_what_was_changed_is_told_from_the_defaults(settings):
    """`changed` has the words of those parameters that are not as by default, and no others."""
    assert changed(settings()) == {}
    assert changed(settings(seed=7, drop="id", target="auto")) == {"seed": "7", "drop": "id"}


def test_a_trial_is_given_what_it_shares_with_its_study():
    """`for_training` has the study's value of each common parameter, and the defaults of all others."""
    study = TuneSettings(data="wine", drop="ash", folds=3, seed=1, n_trials=9)
    assert study.for_training() == TrainSettings(data="wine", drop="ash", folds=3, seed=1)


def test_what_was_given_to_a_study_is_told_from_what_was_not():
    """A value that equals the default of `train` was given all the same; what was not is as `train` has it."""
    assert TuneSettings().given == {}
    assert TuneSettings().shared == SharedSettings()
    study = command_line.read(["--seed", "42", "--drop", "none", "--folds", "3", "--data", "auto"], TuneSettings)
    assert study.given == {"drop": None, "folds": 3, "seed": 42}
    assert study.shared == SharedSettings(folds=3)


@pytest.mark.parametrize("settings", STEPS)
def test_settings_are_frozen(settings):
    """Nobody changes them once they are made."""
    with pytest.raises(FrozenInstanceError):
        settings().seed = 7


@pytest.mark.parametrize(("word", "nearest"), [("classify", "classification"), ("regresion", "regression")])
def test_a_misspelled_choice_gets_the_nearest(word, nearest):
    """Where the value is one of a few names, the nearest is proposed."""
    (problem,) = problems_of(["--task", word])
    assert problem.endswith(f"(did you mean {nearest!r}?)")


@pytest.mark.parametrize("settings", STEPS)
def test_all_problems_are_told_at_once(settings):
    """Wrong values, unknown names, strays and repeats are told together, one line each."""
    argv = ["stray", "--folds", "x", "--seeds", "1", "--test_size=2", "--data", "wine", "--data", "iris", "--task"]
    problems = problems_of(argv, settings)
    assert len(problems) == 6
    for part in ("'stray'", "--folds 'x'", "--seeds '1'", "--test_size '2'", "--data 'iris'", "--task: needs a value"):
        assert sum(part in problem for problem in problems) == 1


@pytest.mark.parametrize(
    ("argv", "problem"),
    [
        (["--n_trails", "5"], "--n_trails '5': unknown parameter (did you mean 'n_trials'?); --help lists them"),
        (["--n_trails=5"], "--n_trails '5': unknown parameter (did you mean 'n_trials'?); --help lists them"),
        (["--fold", "5"], "--fold '5': unknown parameter (did you mean 'folds'?); --help lists them"),
        (["--zzz", "5"], "--zzz '5': unknown parameter; allowed: data, "),
        (["--estimator", "auto"], "--estimator 'auto': unknown parameter"),
        (["--max_depth", "-1e-05"], "--max_depth '-1e-05': unknown parameter"),
        (["--folds"], "--folds: needs a value"),
        (["--folds", "5", "--seed"], "--seed: needs a value"),
        (["--folds", "5", "--folds", "5"], "--folds '5': given twice"),
        (["--folds", "5", "--folds=6"], "--folds '6': given twice"),
        (["folds=5"], "'folds=5': expected --parameter value"),
        (["-folds=5"], "'-folds=5': expected --parameter value"),
        (["-1e-05"], "'-1e-05': expected --parameter value"),
        (["--"], "'--': expected --parameter value"),
        (["--=5"], "'--=5': expected --parameter value"),
        ([""], "'': expected --parameter value"),
    ],
)
def test_what_is_no_pair_of_a_known_name_and_a_value_is_a_problem(argv, problem):
    """An unknown name gets the nearest known one, and no abbreviation is taken; a name needs one value, once."""
    (line,) = problems_of(argv, TuneSettings)
    assert line.startswith(problem)


@pytest.mark.parametrize(
    ("argv", "hyperparameters"),
    [
        (["--max_depth", "7"], {"max_depth": 7}),
        (["--max_depth=7"], {"max_depth": 7}),
        (["--estimator__max_depth", "7"], {"max_depth": 7}),
        (["--alpha", "-1e-05"], {"alpha": -1e-05}),
        (["--alpha=-1e-05"], {"alpha": -1e-05}),
        (["--shift", "-3"], {"shift": -3}),
        (["--max_features", "sqrt"], {"max_features": "sqrt"}),
        (["--max_depth", "None"], {"max_depth": None}),
        (["--name", "'None'"], {"name": "None"}),
        (["--sizes", "(50, 50)"], {"sizes": (50, 50)}),
        (["--text", "a=b"], {"text": "a=b"}),
        (["--text=a=b"], {"text": "a=b"}),
        (["--text="], {"text": ""}),
        (["--text", "--folds"], {"text": "--folds"}),
        (["--fold", "3"], {"fold": 3}),
        (["--estimator__metric", "minkowski"], {"metric": "minkowski"}),
        (["--estimator__estimator__alpha", "1"], {"estimator__alpha": 1}),
        (["--C", "1.0", "--kernel", "rbf"], {"C": 1.0, "kernel": "rbf"}),
    ],
)
def test_what_is_no_parameter_is_a_hyperparameter(argv, hyperparameters):
    """Any other pair is a typed hyperparameter, plain or with the prefix, and no parameter changes by it."""
    settings, read = command_line.read_open(argv, TrainSettings, ESTIMATOR_PREFIX)
    assert settings == TrainSettings()
    assert repr(read) == repr(hyperparameters)


def test_the_prefix_tells_a_hyperparameter_from_the_parameter_of_the_same_name():
    """`--metric` is the step's, `--estimator__metric` the estimator's, and both can be given."""
    argv = ["--metric", "r2", "--estimator__metric", "minkowski"]
    settings, hyperparameters = command_line.read_open(argv, TrainSettings, ESTIMATOR_PREFIX)
    assert settings.metric == "r2"
    assert hyperparameters == {"metric": "minkowski"}


def test_a_hyperparameter_given_plain_and_with_the_prefix_is_a_problem():
    """One hyperparameter in both spellings is given twice; wrong values are told beside it."""
    with pytest.raises(WrongValue) as caught:
        command_line.read_open(["--C", "1", "--estimator__C", "2", "--folds", "x"], TrainSettings, ESTIMATOR_PREFIX)
    first, second = caught.value.problems
    assert first.startswith("--folds 'x'")
    assert second == "--estimator__C '2': given twice, plain and as estimator__C"


def test_the_prefix_alone_names_no_hyperparameter():
    """`--estimator__ 5` lacks the name: a problem, and no hyperparameter without one."""
    with pytest.raises(WrongValue) as caught:
        command_line.read_open(["--estimator__", "5"], TrainSettings, ESTIMATOR_PREFIX)
    assert caught.value.problems == ("--estimator__ '5': needs the name of a hyperparameter after estimator__",)


@given(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text())
@hypothesis_settings(deadline=None)
def test_any_value_arrives_in_both_spellings(value):
    """A hyperparameter that is encoded by the tuner is read by the training step as the same value."""
    word = encode(value)
    for argv in (["--estimator__x", word], [f"--x={word}"]):
        _, read = command_line.read_open(argv, TrainSettings, ESTIMATOR_PREFIX)
        assert repr(read) == repr({"x": value})


@pytest.mark.parametrize(
    ("step", "settings"),
    [(train, TrainSettings), (tune, TuneSettings), (reproduce, ReproduceSettings), (space, SpaceSettings)],
)
@pytest.mark.parametrize("argv", [["--help"], ["-h"], ["--folds", "x", "--help"]])
@pytest.mark.parametrize("columns", [20, 80, 240])
def test_help_shows_every_parameter_with_its_default(step, settings, argv, columns, capsys, monkeypatch):
    """Help goes to stdout, with each parameter, its default, its text, what is allowed and where more stands.

    It is as wide as the terminal, unless that is too narrow for anything.
    """
    monkeypatch.setenv("COLUMNS", str(columns))
    assert step.main(argv) == 0
    out, err = capsys.readouterr()
    assert err == ""
    *most, _ = [line for line in out.splitlines() if line.startswith("  ")]
    assert max(len(line) for line in most) <= max(columns, 80)
    words = " ".join(out.split())
    for p in parameters(settings):
        text = f"{p.name} ({shown(p.default)}) {p.help} [{p.kind.allowed}]{f', see docs/{p.see}' if p.see else ''}"
        assert text in words


def test_the_help_of_tune_is_by_subject(capsys):
    """Its parameters stand under seven headings, each after an empty line."""
    tune.main(["--help"])
    headings = re.findall(r"\n\n([A-Z].+)\n  [a-z]", capsys.readouterr().out)
    assert headings == list(dict.fromkeys(p.subject for p in parameters(TuneSettings)))
    assert len(headings) == 7


@pytest.mark.parametrize(("step", "name"), [(train, "train"), (tune, "tune")])
def test_a_step_says_each_problem_on_a_line_of_its_own_and_exits_with_2(step, name, capsys):
    """The step itself turns wrong values into lines on stderr and exit code 2, before anything starts."""
    assert step.main(["--folds", "x", "--seed", "-1"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert [line.partition(" '")[0] for line in err.splitlines()] == [f"{name}: --folds", f"{name}: --seed"]
