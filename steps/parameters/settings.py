"""The parameters of `train`, `reproduce` and `space`, and what `train` and `tune` share. Add a parameter here.

Those of `tune` are in `steps.parameters.tune_settings`. Each has a name, a type, a default, what is allowed, a line of
help.

A parameter is a field of one of these frozen classes, and a step makes an object of its class once, from its command
line. MLproject declares the same names and defaults, and README's tables show them; `tests/test_declarations.py` holds
all three together.
"""

from dataclasses import dataclass
from typing import Literal

from steps.parameters.declared import parameter, parameters
from steps.parameters.kinds import auto_or, between, flag, integer, none_or, one_of, text, unset_or

DATA_SETS = ("iris", "wine", "breast_cancer", "digits", "diabetes")
TASKS = ("classification", "regression")

_NAME = r"[^\W\d]\w*(\.[^\W\d]\w*)+"
# Of an estimator: its class or a function that makes it, or several joined by +, a pipeline.
IMPORT_PATH = rf"{_NAME}(\+{_NAME})*"


@dataclass(frozen=True, kw_only=True)
class SharedSettings:
    """What `train` and `tune` have in common, with the defaults of `train`; a study hands it to its trials."""

    data: str = parameter(
        "iris",
        text("a data set of scikit-learn's by name, or the path or URI of a CSV or Parquet file"),
        "a data set that scikit-learn ships, else the path or URI of a CSV or Parquet file",
    )
    target: str = parameter(
        "auto", text("auto or a column's name"), "the column to predict; auto: its own, or the last"
    )
    drop: str | None = parameter(
        None, none_or(text("columns' names with commas between")), "columns to leave out: ids, leaks"
    )
    weight: str | None = parameter(
        None, none_or(text("a column's name")), "a column of sample weights, in fit and score; no feature"
    )
    split: str = parameter(
        "auto",
        text(
            "auto, stratified, random, group:<column> or time:<column>",
            r"auto|stratified|random|(group|time):\S(.*\S)?",
        ),
        "of held-out rows and folds; auto: stratified for classes, else random",
    )
    task: str = parameter("auto", auto_or(one_of(*TASKS)), "auto: by the target")
    metric: str = parameter(
        "auto", text("auto or the name of a scikit-learn scorer", r"\w+"), "the score; auto: accuracy or r2"
    )
    positive: str = parameter(
        "auto",
        text("auto or one of two classes"),
        "of two classes, the one that f1, precision, recall and curves are about; auto: 1, of texts the rarer one",
    )
    early_stopping: int | None = parameter(
        None,
        none_or(integer(1)),
        "rounds of boosting without a better one that end a fit, judged by a tenth of its rows",
    )
    folds: int = parameter(5, integer(1, 1000), "cross-validation folds on the training rows; 1: one split of them")
    repeats: int = parameter(
        1, integer(1, 100), "times that the training rows are split into folds, each time otherwise"
    )
    test_size: float = parameter(0.2, between(0, 1), "share of the rows held out, split off first")
    seed: int = parameter(42, integer(0, 2**32 - 1), "seeds the split, the folds, the estimator and the search")
    threads: int = parameter(1, integer(1, 1024), "BLAS and OpenMP threads of one training run, and its n_jobs")


# Settings of a study that go to its trials, too.
SHARED = tuple(p.name for p in parameters(SharedSettings))


@dataclass(frozen=True, kw_only=True)
class TrainSettings(SharedSettings):
    """The parameters of `train`."""

    estimator: str = parameter(
        "auto",
        text("auto or the import path of a scikit-learn estimator, or several joined by +", rf"auto|{IMPORT_PATH}"),
        "import path, several joined by + make a pipeline; auto: a random forest",
    )
    refit: bool = parameter(True, flag(), "refit on all training rows, score the held-out rows, log the model")
    evaluate: Literal["scores", "full"] = parameter(
        "scores",
        one_of("scores", "full"),
        "of the refitted model; full: intervals, the defaults and a dummy beside it, pictures",
    )
    fold_seed: int | Literal["auto"] = parameter(
        "auto", auto_or(integer(0, 2**32 - 1)), "seeds the folds alone; auto: as seed"
    )
    log_folds: Literal["end", "live"] = parameter("end", one_of("end", "live"), "when the folds' scores are written")


@dataclass(frozen=True, kw_only=True)
class ReproduceSettings:
    """The parameters of `reproduce`."""

    run_id: str | None = parameter(
        None,
        unset_or(text("the id of a finished run: 32 letters and digits", r"[0-9a-f]{32}")),
        "the run to repeat; of a study: some of its trials",
    )
    sample: int = parameter(5, integer(1), "of a study, how many trials")
    seed: int = parameter(42, integer(0, 2**32 - 1), "picks them")


@dataclass(frozen=True, kw_only=True)
class SpaceSettings:
    """The parameters of `space`; each is as in `tune`."""

    project: str = parameter(
        ".", text("a folder or a Git URL, with #subfolder or without"), "the MLflow project; .: this one"
    )
    version: str | None = parameter(
        None, none_or(text("a branch, a tag or a full commit", r"[^-\s]\S*")), "of that project, if it is in git"
    )
    entry_point: str = parameter(
        "auto", text("auto or an entry point of MLproject"), "whose parameters are to be searched; auto: as in tune"
    )
