"""The parameters of `train`, `reproduce` and `space`, and what `train` and `tune` share. Add a parameter here.

Those of `tune` are in `steps.parameters.tune_settings` and the modules that it is made of. Each has a name, a type, a
default, what is allowed, a text that says what it means, and the page of docs/ that has more.

A parameter is a field of one of these frozen classes, and a step makes an object of its class once, from its command
line. `--help` prints the text, and `scripts/docs` writes it to docs/parameters.md; MLproject declares the same names
and defaults. `tests/test_declarations.py` holds all of them together.
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
        f"a data set that scikit-learn ships ({', '.join(DATA_SETS)}), or the path or URI of a CSV or Parquet file",
        "data.md",
    )
    target: str = parameter(
        "auto",
        text("auto or a column's name"),
        "the column to predict; auto: the data set's own, else the last column that is neither dropped nor splits",
    )
    drop: str | None = parameter(
        None,
        none_or(text("columns' names with commas between")),
        "columns to leave out, such as ids and leaks; a name with a comma in it stands in double quotes",
    )
    weight: str | None = parameter(
        None,
        none_or(text("a column's name")),
        "a column of sample weights, which is no feature: how much each row counts in fit and score",
        "data.md#weights",
    )
    split: str = parameter(
        "auto",
        text(
            "auto, stratified, random, group:<column> or time:<column>",
            r"auto|stratified|random|(group|time):\S(.*\S)?",
        ),
        "how the held-out rows and the folds are drawn; `group:` keeps the rows of a group on one side, `time:` fits "
        "on the past and scores on the future; auto: stratified for classes, else random",
        "data.md#held-out-rows-and-folds",
    )
    task: str = parameter(
        "auto",
        auto_or(one_of(*TASKS)),
        "what the target is; auto: texts, and whole numbers that look like codes, are classes",
        "data.md#classes-or-a-quantity",
    )
    metric: str = parameter(
        "auto",
        text("auto or the name of a scikit-learn scorer", r"\w+"),
        "the score, which is maximized: scikit-learn's scorers for errors start with `neg_`; auto: accuracy or r2",
    )
    positive: str = parameter(
        "auto",
        text("auto or one of two classes"),
        "of two classes, the one that f1, precision, recall, average_precision and the curves are about; "
        "auto: 1 (or True) if there is such a class, else the rarer one",
        "data.md#one-of-two-classes",
    )
    early_stopping: int | None = parameter(
        None,
        none_or(integer(1)),
        "for boosted trees: how many rounds without improvement end a fit, judged by a seeded tenth of each fold's "
        "rows; the refit has as many rounds as were best",
        "data.md#early-stopping",
    )
    folds: int = parameter(
        5, integer(1, 1000), "cross-validation folds on the training rows, made as `split` says; 1: one 80/20 split"
    )
    repeats: int = parameter(
        1,
        integer(1, 100),
        "sets of folds, each drawn anew by the seed; a score is the mean over all of them, and has less luck in it",
        "search-settings.md#repeats",
    )
    test_size: float = parameter(
        0.2, between(0, 1), "share of the rows (with `group:`, of the groups) that is held out, split off first"
    )
    seed: int = parameter(42, integer(0, 2**32 - 1), "seeds the split, the folds, the estimator and the search")
    threads: int = parameter(
        1,
        integer(1, 1024),
        "BLAS and OpenMP threads of one training run, and `n_jobs` where the estimator has it",
    )


# Settings of a study that go to its trials, too.
SHARED = tuple(p.name for p in parameters(SharedSettings))


@dataclass(frozen=True, kw_only=True)
class TrainSettings(SharedSettings):
    """The parameters of `train`."""

    estimator: str = parameter(
        "auto",
        text("auto or the import path of a scikit-learn estimator, or several joined by +", rf"auto|{IMPORT_PATH}"),
        "import path of an estimator, or of a function that makes one; several joined by `+` are a pipeline; "
        "auto: scikit-learn's random forest for the task",
        "estimators.md",
    )
    refit: bool = parameter(
        True, flag(), "refit on all training rows, score the held-out rows as `test_<metric>`, log the model"
    )
    evaluate: Literal["scores", "full"] = parameter(
        "scores",
        one_of("scores", "full"),
        "how the refitted model is evaluated; full: also with intervals, beside the estimator's defaults and a dummy, "
        "with pictures and importances",
    )
    fold_seed: int | Literal["auto"] = parameter(
        "auto",
        auto_or(integer(0, 2**32 - 1)),
        "seeds only the folds, while `seed` seeds everything else; auto: as `seed`",
    )
    log_folds: Literal["end", "live"] = parameter(
        "end", one_of("end", "live"), "when the folds' scores are written: in one batch at the end, or as they come"
    )


@dataclass(frozen=True, kw_only=True)
class ReproduceSettings:
    """The parameters of `reproduce`."""

    run_id: str | None = parameter(
        None,
        unset_or(text("the id of a finished run: 32 letters and digits", r"[0-9a-f]{32}")),
        "the run to repeat: of `train`, a trial, a champion, an entry point of yours; of a study, some of its trials",
        "reproduce.md",
    )
    sample: int = parameter(5, integer(1), "how many trials of a study")
    seed: int = parameter(42, integer(0, 2**32 - 1), "picks them")


@dataclass(frozen=True, kw_only=True)
class SpaceSettings:
    """The parameters of `space`; each is as in `tune`."""

    project: str = parameter(
        "auto",
        text("auto, a folder or a Git URL, with #subfolder or without"),
        "the MLflow project that is to be tuned; auto: this one",
        "projects.md",
    )
    version: str | None = parameter(
        None, none_or(text("a branch, a tag or a full commit", r"[^-\s]\S*")), "of that project, if it is in git"
    )
    entry_point: str = parameter(
        "auto",
        text("auto or an entry point of MLproject"),
        "whose parameters are to be searched; auto: as in `tune`",
        "own-script.md",
    )
