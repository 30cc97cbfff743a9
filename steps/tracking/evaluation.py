"""What a model does on its held-out rows, in numbers: the artifact that its run has, and the report of a study draws.

Any run may log one: see docs/own-script.md.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Literal

from pydantic import Field, FiniteFloat, NonNegativeInt, PositiveInt, TypeAdapter, ValidationError

# Raised when a reader of the version before would misread the file; a field that is only added does not raise it.
VERSION = 1
# So many at most, which keeps the file below 100 kB.
MOST_CLASSES, MOST_CURVES, MOST_POINTS, MOST_BINS, MOST_ROWS, MOST_FEATURES = 20, 5, 200, 10, 500, 50
MOST_BYTES = 100_000
# The points of a line: their x, and their y.
Line = tuple[Sequence[FiniteFloat], Sequence[FiniteFloat]]
# Of such a size that sum and difference of two are numbers, too.
Quantity = Annotated[FiniteFloat, Field(ge=-1e150, le=1e150)]
Amount = Annotated[FiniteFloat, Field(ge=0, le=1e150)]


def _check_equal(what: str, *lengths: int) -> None:
    if len(set(lengths)) > 1:
        raise ValueError(f"{what} must be equally many, and are {', '.join(map(str, lengths))}")


@dataclass(frozen=True)
class Confusion:
    """How often rows of a class (first index) were predicted to be of a class (second): rows, or their weights.

    If there are too many classes, the last one stands for `together` of them, and `together_right` of its own count is
    right: the rest of it is mixed up among these classes.
    """

    classes: Annotated[Sequence[str], Field(min_length=1, max_length=MOST_CLASSES)]
    counts: Sequence[Sequence[Amount]]
    together: NonNegativeInt = 0
    together_right: Amount = 0

    def __post_init__(self) -> None:
        """Check that there is a count for each pair of classes, and that no two have the same name."""
        if len(set(self.classes)) < len(self.classes):
            raise ValueError("two classes have the same name")
        _check_equal("classes and counts", len(self.classes), len(self.counts), *map(len, self.counts))


@dataclass(frozen=True)
class Curve:
    """How well the rows of a class are told from all others: ROC (false, true positive rate), recall and precision.

    `share` is the share of the rows that are of the class.
    """

    name: str
    share: Amount
    roc_auc: FiniteFloat
    average_precision: FiniteFloat
    roc: Line
    precision_recall: Line

    def __post_init__(self) -> None:
        """Check that each point has both numbers."""
        _check_equal("x and y of roc", *map(len, self.roc))
        _check_equal("x and y of precision_recall", *map(len, self.precision_recall))


@dataclass(frozen=True)
class Curves:
    """The curves of some `of` all classes that the rows have; of more than these, those with the lowest ROC AUC.

    `mean_roc` and `mean_roc_auc` are the means over all classes, each counting alike, if there are more than two.
    """

    of: PositiveInt
    classes: Annotated[Sequence[Curve], Field(min_length=1, max_length=MOST_CURVES)]
    mean_roc_auc: FiniteFloat | None = None
    mean_roc: Line | None = None

    def __post_init__(self) -> None:
        """Check that each point has both numbers, and that no two classes have the same name."""
        if len({curve.name for curve in self.classes}) < len(self.classes):
            raise ValueError("two classes have the same name")
        _check_equal("x and y of mean_roc", *map(len, self.mean_roc or ()))


@dataclass(frozen=True)
class CalibrationBin:
    """Some rows with about the same probability: its mean, the share that came true, and the 95 % interval of that."""

    predicted: FiniteFloat
    observed: FiniteFloat
    low: FiniteFloat
    high: FiniteFloat
    rows: PositiveInt


@dataclass(frozen=True)
class Calibration:
    """Whether probabilities are what they say: those of one class, or (`name` is None) of each row's likeliest."""

    name: str | None
    bins: Sequence[CalibrationBin]


@dataclass(frozen=True)
class Predicted:
    """Actual and predicted values of some `of` all rows, and what is left between them: actual less predicted."""

    of: PositiveInt
    actual: Sequence[Quantity]
    predicted: Sequence[Quantity]
    residuals: Sequence[Quantity]
    weights: Sequence[Amount] | None = None

    def __post_init__(self) -> None:
        """Check that each row has all numbers."""
        columns = [self.actual, self.predicted, self.residuals, *([self.weights] if self.weights is not None else [])]
        _check_equal("actual, predicted, residuals and weights", *map(len, columns))


@dataclass(frozen=True)
class FeatureImportance:
    """How much of the score is lost when a feature's values are shuffled: mean and standard deviation of repeats."""

    name: str
    loss: Quantity
    std: Amount


@dataclass(frozen=True)
class FeatureImportances:
    """The most important of `of` features, the most important first; each was shuffled `repeats` times."""

    of: PositiveInt
    repeats: PositiveInt
    features: Sequence[FeatureImportance]


@dataclass(frozen=True)
class HeldOutEvaluation:
    """A model on `rows` held-out rows; `metric` is what it was selected and its importances were measured by."""

    task: Literal["classification", "regression"]
    metric: str
    rows: PositiveInt
    weighted: bool = False
    confusion: Confusion | None = None
    curves: Curves | None = None
    calibration: Calibration | None = None
    predicted: Predicted | None = None
    importances: FeatureImportances | None = None
    version: Literal[1] = 1


def text(evaluation: HeldOutEvaluation) -> str:
    """Return the content of the artifact. Raises ValueError for a number that is not finite."""
    return json.dumps(asdict(evaluation), separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def parse(content: str) -> HeldOutEvaluation:
    """Read the content of the artifact. Raises ValueError, in one line, if it is not such a one."""
    try:
        return TypeAdapter(HeldOutEvaluation).validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ValueError(f"{where + ': ' if where else ''}{first['msg'].splitlines()[0]}") from error
