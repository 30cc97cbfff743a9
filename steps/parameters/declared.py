"""The parameters of each entry point: type, default, bounds, one line of help.

MLproject declares the same names and defaults and README's tables show them; `tests/test_declarations.py` holds all
three together.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from steps.errors import WrongValue, did_you_mean
from steps.parameters.kinds import Kind, auto_or, flag, integer, none_or, number, one_of, share, text
from steps.parameters.values import decode

DATA_SETS = ("iris", "wine", "breast_cancer", "digits", "diabetes")
TASKS = ("classification", "regression")
SAMPLERS = ("tpe", "random", "qmc", "grid", "cmaes", "gp")
PRUNERS = ("none", "median", "hyperband", "wilcoxon")


@dataclass(frozen=True)
class Parameter:
    """One parameter of an entry point."""

    name: str
    default: str | int | float | bool | None
    kind: Kind
    help: str


_NAME = r"[^\W\d]\w*(\.[^\W\d]\w*)+"
# Of an estimator: its class or a function that makes it, or several joined by +, a pipeline.
IMPORT_PATH = rf"{_NAME}(\+{_NAME})*"

_SHARED = (
    Parameter(
        "data",
        "iris",
        text("a data set of scikit-learn's by name, or the path or URI of a CSV or Parquet file"),
        "a data set that scikit-learn ships, else the path or URI of a CSV or Parquet file",
    ),
    Parameter("target", "auto", text("auto or a column's name"), "the column to predict; auto: its own, or the last"),
    Parameter("drop", "none", text("none or columns' names with commas between"), "columns to leave out: ids, leaks"),
    Parameter(
        "split",
        "auto",
        text(
            "auto, stratified, random, group:<column> or time:<column>",
            r"auto|stratified|random|(group|time):\S(.*\S)?",
        ),
        "of held-out rows and folds; auto: stratified for classes, else random",
    ),
    Parameter("task", "auto", auto_or(one_of(*TASKS)), "auto: by the target"),
    Parameter(
        "metric", "auto", text("auto or the name of a scikit-learn scorer", r"\w+"), "the score; auto: accuracy or r2"
    ),
    Parameter("folds", 5, integer(1, 1000), "cross-validation folds on the training rows; 1: one split of them"),
    Parameter("test_size", 0.2, share(), "share of the rows held out, split off first"),
    Parameter("seed", 42, integer(0, 2**32 - 1), "seeds the split, the folds, the estimator and the search"),
    Parameter("threads", 1, integer(1, 1024), "BLAS and OpenMP threads of one training run, and its n_jobs"),
)

TRAIN = (
    *_SHARED[:5],
    Parameter(
        "estimator",
        "auto",
        text("auto or the import path of a scikit-learn estimator, or several joined by +", rf"auto|{IMPORT_PATH}"),
        "import path, several joined by + make a pipeline; auto: a random forest",
    ),
    *_SHARED[5:],
    Parameter("refit", True, flag(), "refit on all training rows, score the held-out rows, log the model"),
    Parameter(
        "evaluate",
        "scores",
        one_of("scores", "full"),
        "of the refitted model; full: intervals, the defaults and a dummy beside it, pictures",
    ),
    Parameter("fold_seed", "auto", auto_or(integer(0, 2**32 - 1)), "seeds the folds alone; auto: as seed"),
    Parameter("log_folds", "end", one_of("end", "live"), "when the folds' scores are written"),
)

TUNE = (
    *_SHARED,
    Parameter(
        "space",
        "random_forest",
        text("the name of a file in steps/spaces or the path of a YAML file"),
        "the search space: a file in steps/spaces/ by name, or a YAML file by path",
    ),
    Parameter("entry_point", "train", text("an entry point of MLproject", r"[\w-]+"), "what a trial runs"),
    Parameter("objective", "auto", text("auto, or a metric's name, or two"), "auto: cv_<metric>"),
    Parameter(
        "direction", "auto", text("auto, maximize or minimize, for each objective"), "auto: scores are maximized"
    ),
    Parameter(
        "study",
        "auto",
        text("auto or a name of letters, digits, blanks and . _ + -", r"\w[\w .+-]{0,199}"),
        "a name under which it can be resumed; auto: a new study, named after its run",
    ),
    Parameter("n_trials", 50, integer(1), "trials in the study, failed and pruned ones too"),
    Parameter("timeout_s", None, none_or(number(0)), "seconds after which the study ends, running trials included"),
    Parameter("patience", None, none_or(integer(1)), "trials without an improvement that end the study"),
    Parameter("target_value", None, none_or(number()), "value of the objective that ends the study"),
    Parameter("trial_timeout_s", None, none_or(number(0)), "seconds after which a trial is ended, and has failed"),
    Parameter("retries", 1, integer(0, 100), "times that a trial is run again whose failure may pass"),
    Parameter("max_failures", 5, integer(1), "failed trials in a row that end the study"),
    Parameter("jobs", "auto", auto_or(integer(1, 4096)), "trials at a time; auto: the cores this process may use"),
    Parameter("window", 4, integer(1, 4096), "trials in flight that the sampler does not wait for"),
    Parameter("sampler", "tpe", one_of(*SAMPLERS), "how the next trial is chosen"),
    Parameter("pruner", "none", one_of(*PRUNERS), "which trials are ended early"),
    Parameter(
        "warm_start",
        "none",
        text("none, run ids with commas between, or an experiment's name"),
        "finished runs that the search knows from the start",
    ),
    Parameter("champion", True, flag(), "run the best trial once more: refitted, held-out rows scored, model logged"),
    Parameter("confirm", 0, integer(0, 100), "best trials that are scored on fresh folds before one is the champion"),
    Parameter("pick", "none", text("none or one of two objectives"), "of two objectives, whose best is the champion"),
    Parameter("register", "none", text("none or the name of a registered model"), "registers the champion's model"),
    Parameter("report", True, flag(), "a page about the study on its run, and files beside it"),
    Parameter("dry_run", False, flag(), "say what would be done, and launch nothing"),
    Parameter("require_clean", False, flag(), "refuse a git work tree that is not as it was committed"),
    Parameter(
        "backend", "warm", text("warm, local, ray or an installed MLflow project backend"), "where a trial executes"
    ),
    Parameter("backend_config", "none", text("none or the path of a JSON file"), "handed to that backend"),
)

REPRODUCE = (
    Parameter(
        "run_id",
        "none",
        text("the id of a finished run: 32 letters and digits", r"none|[0-9a-f]{32}"),
        "the run to repeat; of a study: some of its trials",
    ),
    Parameter("sample", 5, integer(1), "of a study, how many trials"),
    Parameter("seed", 42, integer(0, 2**32 - 1), "picks them"),
)


def read(argv: Sequence[str], parameters: Sequence[Parameter]) -> dict[str, Any]:
    """Read `--key value` pairs into the value of every parameter; an unknown key is an error.

    Raises WrongValue with all problems at once.
    """
    values, others, problems = _read(argv, parameters)
    names = [p.name for p in parameters]
    problems += [
        f"--{key} {word!r}: unknown parameter{did_you_mean(key, names)}; allowed: {', '.join(names)}"
        for key, word in others.items()
    ]
    if problems:
        raise WrongValue(*problems)
    return values


def read_open(
    argv: Sequence[str], parameters: Sequence[Parameter], prefix: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read like `read`, and return what is no parameter as typed values of its own (`prefix` in front is dropped).

    A name that is both, such as `metric`, needs the prefix to be meant as the other one: `--estimator__metric`.
    Raises WrongValue with all problems at once.
    """
    values, others, problems = _read(argv, parameters)
    extra: dict[str, Any] = {}
    for key, word in others.items():
        name = key.removeprefix(prefix)
        if not name:
            problems.append(f"--{key} {word!r}: needs the name of a hyperparameter after {prefix}")
            continue
        if name in extra:
            problems.append(f"--{key} {word!r}: given twice, plain and as {prefix}{name}")
        extra[name] = decode(word)
    if problems:
        raise WrongValue(*problems)
    return values, extra


def usage(module: str, summary: str, parameters: Sequence[Parameter], more: str = "") -> str:
    """Write the help text of a step."""
    width = max(len(f"{p.name} ({shown(p.default)})") for p in parameters)
    rows = [f"  --{p.name + f' ({shown(p.default)})':<{width}}  {p.help}" for p in parameters]
    return "\n".join([f"python -m {module} [--parameter value ...]", "", summary, "", *rows, *([more] if more else [])])


def shown(value: object) -> str:
    """Write a parameter's value as MLproject and the command line have it."""
    return str(value).lower() if isinstance(value, bool) or value is None else str(value)


def as_parameters(values: Mapping[str, object]) -> dict[str, str]:
    """Write parameter values as `mlflow.run` takes them."""
    return {name: shown(value) for name, value in values.items()}


def wants_help(argv: Sequence[str]) -> bool:
    """Tell whether the command line asks for the help text."""
    return any(word in ("-h", "--help") for word in argv)


def arguments(argv: Sequence[str] | None) -> list[str]:
    """Return the given command line, or this process's own."""
    return list(sys.argv[1:] if argv is None else argv)


def defaults(parameters: Sequence[Parameter]) -> dict[str, Any]:
    """Return every parameter's default."""
    return {p.name: p.default for p in parameters}


def _read(argv: Sequence[str], parameters: Sequence[Parameter]) -> tuple[dict[str, Any], dict[str, str], list[str]]:
    known = {p.name: p for p in parameters}
    given: dict[str, str] = {}
    problems: list[str] = []
    words = iter(argv)
    # No argparse: it takes `-1e-05` for an option and `--dat` for `--data`.
    for word in words:
        key, equals, value = word.removeprefix("--").partition("=")
        if not word.startswith("--") or not key:
            problems.append(f"{word!r}: expected --parameter value")
            continue
        if not equals:
            following = next(words, None)
            if following is None:
                problems.append(f"--{key}: needs a value")
                continue
            value = following
        if key in given:
            problems.append(f"--{key} {value!r}: given twice")
        given[key] = value
    values = defaults(parameters)
    for key in [key for key in given if key in known]:
        word = given.pop(key)
        try:
            values[key] = known[key].kind.read(word)
        except (ValueError, KeyError):
            problems.append(
                f"--{key} {word!r}: must be {known[key].kind.allowed}{did_you_mean(word, known[key].kind.names)}"
            )
    return values, given, problems
