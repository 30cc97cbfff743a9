"""Bad values of each parameter of `train` and `tune`, and command lines that are none."""

from tests.inputs.rows import Row

_WHOLE = "must be a whole number from"
_SPLIT = "must be auto, stratified, random, group:<column> or time:<column>"


def _train(id: str, lines: str, **parameters: str) -> Row:
    return Row(f"train-{id}", "train", lines, parameters)


def _tune(id: str, lines: str, **parameters: str) -> Row:
    return Row(f"tune-{id}", "tune", lines, parameters)


# What is wrong whatever the data are: a step says it before its imports.
AT_ONCE = [
    _train("target-empty", "--target '': must be auto or a column's name", target=""),
    _train("early-stopping", "--early_stopping 'True': must be none or a whole number from 1", early_stopping="True"),
    _tune("early-stopping", "--early_stopping '0': must be …none or a whole number from 1", early_stopping="0"),
    _train("drop-empty", "--drop '': must be none or columns' names with commas between", drop=""),
    _train("split-misspelled", f"--split 'rondom': {_SPLIT}", split="rondom"),
    _train("split-without-column", f"--split 'group:': {_SPLIT}", split="group:"),
    _train("task", "--task 'clustering': must be auto or one of classification, regression", task="clustering"),
    _train(
        "estimator-no-path",
        "--estimator 'forest': must be auto or the import path of a scikit-learn estimator, or several joined by +",
        estimator="forest",
    ),
    _train("metric-no-name", "--metric 'a b': must be auto or the name of a scikit-learn scorer", metric="a b"),
    _train("folds-zero", f"--folds '0': {_WHOLE} 1 to 1000", folds="0"),
    _train("folds-fraction", f"--folds '2.5': {_WHOLE} 1 to 1000", folds="2.5"),
    _train("repeats-zero", f"--repeats '0': {_WHOLE} 1 to 100", repeats="0"),
    _tune("repeats", f"--repeats '101': must be auto or a{_WHOLE[9:]} 1 to 100", repeats="101"),
    _train("test_size-nan", "--test_size 'nan': must be a number above 0 and below 1", test_size="nan"),
    _train("test_size-all", "--test_size '1': must be a number above 0 and below 1", test_size="1"),
    _train("seed-negative", f"--seed '-1': {_WHOLE} 0 to 4294967295", seed="-1"),
    _train("threads-zero", f"--threads '0': {_WHOLE} 1 to 1024", threads="0"),
    _train("refit", "--refit '2': must be true or false", refit="2"),
    _train("evaluate", "--evaluate 'all': must be one of scores, full", evaluate="all"),
    _train("fold_seed", "--fold_seed '-1': must be auto or a whole number from 0 to 4294967295", fold_seed="-1"),
    _train("log_folds", "--log_folds 'never': must be one of end, live", log_folds="never"),
    Row("train-no-value", "train", "--folds: needs a value", words=("--folds",)),
    Row("train-no-parameter", "train", "'folds=3': expected --parameter value", words=("folds=3",)),
    Row("train-twice", "train", "--folds '4': given twice", words=("--folds", "3", "--folds", "4")),
    Row(
        "train-twice-prefixed",
        "train",
        "--estimator__max_depth '6': given twice, plain and as estimator__max_depth",
        words=("--max_depth", "5", "--estimator__max_depth", "6"),
    ),
    Row(
        "train-prefix-alone",
        "train",
        "--estimator__ '3': needs the name of a hyperparameter after estimator__",
        words=("--estimator__", "3"),
    ),
    Row(
        "train-several",
        "train",
        (f"--folds 'x': {_WHOLE} 1 to 1000", f"--seed 'y': {_WHOLE} 0 to 4294967295"),
        {"folds": "x", "seed": "y"},
    ),
    Row(
        "tune-unknown",
        "tune",
        "--n_trails '3': unknown parameter (did you mean 'n_trials'?); --help lists them",
        words=("--n_trails", "3"),
    ),
    _tune("study-slash", "--study 'a/b': must be auto or a name of letters, digits, blanks and . _ + -", study="a/b"),
    _tune("n_trials-zero", f"--n_trials '0': {_WHOLE} 1", n_trials="0"),
    _tune("n_trials-float", f"--n_trials '1e3': {_WHOLE} 1", n_trials="1e3"),
    _tune("timeout_s", "--timeout_s 'inf': must be none or a number above 0", timeout_s="inf"),
    _tune("patience", f"--patience '0': must be none or a{_WHOLE[9:]} 1", patience="0"),
    _tune("target_value", "--target_value 'high': must be none or a number", target_value="high"),
    _tune("trial_timeout_s", "--trial_timeout_s '-1': must be none or a number above 0", trial_timeout_s="-1"),
    _tune("retries", f"--retries '-1': {_WHOLE} 0 to 100", retries="-1"),
    _tune("max_failures", f"--max_failures '0': {_WHOLE} 1", max_failures="0"),
    _tune("checkpoint_dir", "--checkpoint_dir '': must be none or the path of a folder", checkpoint_dir=""),
    _tune("keep_checkpoints", "--keep_checkpoints '2': must be true or false", keep_checkpoints="2"),
    _tune("jobs", f"--jobs '0': must be auto or a{_WHOLE[9:]} 1 to 4096", jobs="0"),
    _tune(
        "gpus",
        "--gpus '0.3': must be 0, a whole number, or a share that divides a GPU evenly: 0.5, 0.33, 0.25, … 0.01",
        gpus="0.3",
    ),
    _tune("devices", "--devices '0,': must be auto, or numbers or ids of GPUs with commas between", devices="0,"),
    _tune("places", "--places '': must be none or the path of a file", places=""),
    _tune("window", f"--window '0': {_WHOLE} 1 to 4096", window="0"),
    _tune(
        "sampler",
        "--sampler 'tpa': must be one of tpe, random, qmc, grid, cmaes, gp (did you mean 'tpe'?)",
        sampler="tpa",
    ),
    _tune(
        "pruner",
        "--pruner 'medain': must be none or one of median, … (did you mean 'median'?)",
        pruner="medain",
    ),
    Row(
        "pruner-settings",
        "tune",
        (
            "--pruner '…': patient: steps 'soon' must be a whole number from 0",
            "--pruner '…': percentile: has no setting 'stratup' (did you mean 'startup'?); allowed: keep, startup, …",
            "--pruner '…': percentile: interval '0' must be a whole number from 1",
            "--pruner '…': percentile: needs keep, a number above 0 and below 100: percentile:keep=25",
        ),
        {"pruner": "patient:soon percentile:stratup=3,interval=0"},
    ),
    _tune(
        "fidelity",
        "--fidelity 'epochs': must be none or name:min..max:factor, such as epochs:1..81:3",
        fidelity="epochs",
    ),
    _tune("reshuffle", "--reshuffle 'all': must be true or false", reshuffle="all"),
    _tune("baseline", "--baseline 'no': must be true or false", baseline="no"),
    _tune("champion", "--champion 'maybe': must be true or false", champion="maybe"),
    _tune("confirm", f"--confirm '-1': {_WHOLE} 0 to 100", confirm="-1"),
    _tune("try_first", "--try_first 'maybe': must be true or false", try_first="maybe"),
    _tune("report", "--report 'maybe': must be true or false", report="maybe"),
    _tune("register", "--register '': must be none or the name of a registered model", register=""),
    _tune("dry_run", "--dry_run 'maybe': must be true or false", dry_run="maybe"),
    _tune("require_clean", "--require_clean 'maybe': must be true or false", require_clean="maybe"),
    _tune(
        "entry_point-no-name",
        "--entry_point '-x.py': must be auto, an entry point of MLproject, or the path of a .py or .sh file",
        entry_point="-x.py",
    ),
    _tune("project-empty", "--project '': must be auto, a folder or a Git URL, with #subfolder or without", project=""),
    _tune("version-blank", "--version 'a b': must be none or a branch, a tag or a full commit", version="a b"),
    _tune(
        "env_manager",
        "--env_manager 'condo': must be one of auto, conda, uv, virtualenv, local (did you mean 'conda'?)",
        env_manager="condo",
    ),
]

# What the data, the installed packages or MLproject have a say in.
LATER = [
    _train(
        "early-stopping-forest",
        "--estimator 'sklearn.ensemble.RandomForestClassifier': RandomForestClassifier has no early stopping; …",
        early_stopping="5",
    ),
    _tune(
        "early-stopping-forest",
        "random_forest.yaml:5: …RandomForestClassifier has no early stopping; …",
        early_stopping="5",
    ),
    _tune("pick-none-of-them", "--pick 'cv_r2': must be none or one of the objectives, cv_accuracy", pick="cv_r2"),
    _tune(
        "register-without-champion",
        "--register 'mine': there is no champion to register with --champion 'false'",
        register="mine",
        champion="false",
    ),
    _tune(
        "confirm-two-objectives",
        "--confirm 3: must be 0 with two objectives",
        confirm="3",
        objective="cv_accuracy,fit_time_s",
    ),
    _train("metric-unknown", "--metric 'acuracy': … no such scorer (did you mean 'accuracy'?); …", metric="acuracy"),
    _train(
        "metric-of-two-classes",
        "--metric 'roc_auc': must be a scorer for classification with this target: …; for 3 classes: --metric "
        "'roc_auc_ovr'",
        metric="roc_auc",
    ),
    _train("metric-of-elsewhere", "--metric 'RMSE': … (did you mean 'neg_root_mean_squared_error'?); …", metric="RMSE"),
    _train(
        "estimator-no-module", "--estimator 'no.Such': can't import 'no': No module named 'no'", estimator="no.Such"
    ),
    _train(
        "estimator-misspelled",
        "--estimator 'sklearn.svm.SVCC': … sklearn.svm has nothing of that name (did you mean 'SVC'?)",
        estimator="sklearn.svm.SVCC",
    ),
    _train(
        "estimator-of-the-other-task",
        "--estimator 'sklearn.svm.SVR': is not an estimator for classification, the task of this target (see --task)",
        estimator="sklearn.svm.SVR",
    ),
    _train("estimator-no-estimator", "--estimator 'os.getcwd': … this gives str", estimator="os.getcwd"),
    _train(
        "estimator-no-transformer",
        "--estimator 'sklearn.svm.SVC+sklearn.svm.SVC': SVC is not a transformer, as all before the last must be",
        estimator="sklearn.svm.SVC+sklearn.svm.SVC",
    ),
    _train("test_size-too-small", "--test_size 0.001: 1 of 150 rows of iris held out …", test_size="0.001"),
    _train(
        "folds-too-many", "--folds 1000: must be at most 40, the training rows of the largest class, …", folds="1000"
    ),
    Row(
        "train-hyperparameter-misspelled",
        "train",
        "--max_detph: RandomForestClassifier has no such hyperparameter (did you mean 'max_depth'?); allowed: …",
        words=("--max_detph", "3"),
    ),
    Row(
        "train-hyperparameter-rejected",
        "train",
        "sklearn.ensemble.RandomForestClassifier: The 'n_estimators' parameter … Got 0 instead.",
        words=("--n_estimators", "0"),
    ),
    _tune(
        "hyperparameter-of-tune",
        "--max_depth '5': unknown parameter; allowed: data, …; an estimator and its hyperparameters stand in the "
        "search space, as in --space 'estimator=sklearn.svm.SVC C=log(1e-2,1e2)'",
        max_depth="5",
    ),
    _tune("metric-unknown", "--metric 'acuracy': … no such scorer (did you mean 'accuracy'?); …", metric="acuracy"),
    _tune(
        "metric-of-the-other-task",
        "--metric 'accuracy': must be a scorer for regression with this target: …",
        data="diabetes",
        metric="accuracy",
    ),
    _tune(
        "folds-too-many", "--folds 1000: must be at most 40, the training rows of the largest class, …", folds="1000"
    ),
    _tune("test_size-too-big", "--test_size 0.99: 149 of 150 rows of iris held out …", test_size="0.99"),
    _tune("target-unknown", "--target 'petal': iris has no such column…; allowed: sepal length…", target="petal"),
    _tune("drop-unknown", "--drop 'petal': iris has no such column…; allowed: sepal length…", drop="petal"),
    _tune("split-unknown", "--split 'group:petal': iris has no such column…; allowed: …", split="group:petal"),
    _tune(
        "task-of-fractions",
        "--task 'classification': the target 'petal width (cm)' of iris has 22 different values, with …",
        target="petal width (cm)",
        task="classification",
    ),
    _tune(
        "classes-of-one-row",
        "--data 'diabetes': the class … of the target 'target' has one row, and so have 83 more, …, or give --task "
        "'regression'",
        data="diabetes",
        task="classification",
    ),
    _tune("seed", f"--seed 'lucky': must be auto or a{_WHOLE[9:]} 0 to 4294967295", seed="lucky"),
    _tune("threads", f"--threads 'all': must be auto or a{_WHOLE[9:]} 1 to 1024", threads="all"),
    _tune(
        "entry_point-unknown",
        "--entry_point 'tarin': MLproject declares no such entry point (did you mean 'train'?); allowed: train, …",
        entry_point="tarin",
    ),
    _tune(
        "entry_point-itself",
        "--entry_point 'tune': is the tuning step itself; name a training step",
        entry_point="tune",
    ),
    _tune(
        "objective-unknown",
        "--objective 'loss': 'train' logs no such metric; allowed: cv_accuracy, cv_accuracy_std, fit_time_s, "
        "peak_memory_mb, cpu_s",
        objective="loss",
    ),
    _tune(
        "objective-not-measured",
        "--objective 'peak_memory_mb': the backend 'local' does not measure it; warm, ray do",
        objective="cv_accuracy,peak_memory_mb",
        backend="local",
    ),
    _tune(
        "constraint",
        "--constraint 'fit_time_s<0.1': must be a metric, <= or >=, and a number, such as fit_time_s<=0.1",
        constraint="fit_time_s<0.1",
    ),
    _tune(
        "constraint-and-fidelity",
        "--constraint 'cpu_s<=1': must be none with --fidelity 'n_estimators:3..27:3': a part of the budget says …",
        constraint="cpu_s<=1",
        fidelity="n_estimators:3..27:3",
        space="max_depth=2..8",
    ),
    _tune(
        "constraint-not-searched-by",
        "--sampler 'cmaes': takes no notice of constraints; tpe and gp search by them, random, qmc and grid go …",
        constraint="cpu_s<=1",
        sampler="cmaes",
    ),
    _tune("objective-three", "--objective 'a,b,c': must name one metric, or 2 different ones", objective="a,b,c"),
    _tune("direction", "--direction 'up': must be maximize or minimize", direction="up"),
    _tune(
        "direction-two",
        "--direction 'maximize,minimize': must say one for each of cv_accuracy",
        direction="maximize,minimize",
    ),
    _tune(
        "pruner-of-two-objectives",
        "--pruner 'median:startup=5,warmup=auto,interval=1': must be none with two objectives: Optuna prunes by one",
        objective="cv_accuracy,fit_time_s",
        pruner="median",
    ),
    _tune(
        "pruner-of-a-cost",
        "--pruner 'hyperband:min=1,max=auto,factor=3': must be none with --objective 'peak_memory_mb': a pruner sees "
        "the folds of 'cv_accuracy' alone",
        objective="peak_memory_mb",
        pruner="hyperband",
    ),
    _tune("sampler-gp", "--sampler 'gp': needs the package torch: add it to conda.yaml and install it", sampler="gp"),
    _tune(
        "sampler-grid-without-end",
        "--sampler 'grid': can't walk through a space without end: give each float a `step`; at most 1000000 points",
        sampler="grid",
        space="linear",
    ),
    _tune(
        "sampler-cmaes-conditions",
        "--sampler 'cmaes': can't search a space with conditions or several estimators; …",
        sampler="cmaes",
        space="svm",
    ),
    _tune(
        "warm_start-no-experiment",
        "--warm_start 'nobody': must be run ids with commas between, or the name of an experiment in sqlite:///…",
        warm_start="nobody",
    ),
    _tune("warm_start-no-run", f"--warm_start '{'0' * 32}': Run with id={'0' * 32} not found …", warm_start="0" * 32),
    _tune("backend", "--backend 'slurm': must be one of databricks, kubernetes, local, ray, warm", backend="slurm"),
    _tune(
        "backend_config-missing",
        "--backend_config '{folder}/none.json': must be the path of a JSON file: …No such file…",
        backend_config="{folder}/none.json",
    ),
    Row(
        "tune-backend_config-no-json",
        "tune",
        "--backend_config '{folder}/c.json': must be the path of a JSON file: Expecting value: line 1 …",
        {"backend_config": "{folder}/c.json"},
        files={"c.json": "no JSON"},
    ),
    Row(
        "tune-backend_config-no-object",
        "tune",
        "--backend_config '{folder}/c.json': must hold a JSON object, got [1]",
        {"backend_config": "{folder}/c.json"},
        files={"c.json": "[1]"},
    ),
]

ROWS = [*AT_ONCE, *LATER]
