"""The artifact that says what a model does on its held-out rows."""

import json
import re
from types import SimpleNamespace
from typing import Any

import pytest

from steps.project.environment import PROJECT
from steps.tracking import evaluation
from steps.tracking.evaluation import Confusion, Curve, Curves, HeldOutEvaluation, Predicted

LEAST = {"version": 1, "task": "regression", "metric": "r2", "rows": 5}
ROWS = {"of": 3, "actual": [1, 2.5], "predicted": [1, 2], "residuals": [0, 0.5]}


def test_what_is_written_is_read():
    """Every field, as it was."""
    line = ([0.0, 1.0], [0.0, 1.0])
    whole = HeldOutEvaluation(
        "classification",
        "accuracy",
        5,
        weighted=True,
        confusion=Confusion(["a", "b"], [[1, 0], [2, 2]]),
        curves=Curves(3, [Curve("a", 0.2, 0.5, 0.4, line, line)], 0.6, line),
        predicted=Predicted(3, [1], [2], [-1], [0.5]),
    )
    assert evaluation.parse(evaluation.text(whole)) == whole


def test_somebody_else_s_may_say_less_or_more():
    """What it lacks is not shown, and what nobody knows is passed over."""
    read = evaluation.parse(json.dumps({**LEAST, "predicted": ROWS, "more": {"of": "theirs"}}))
    assert read.predicted is not None
    assert (read.predicted.actual, read.importances) == ([1, 2.5], None)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "Invalid JSON: EOF while parsing a value at line 1 column 0"),
        ("[]", "Input should be an object"),
        (json.dumps({**LEAST, "version": 2}), "version: Input should be 1"),
        (json.dumps({**LEAST, "task": "ranking"}), "task: Input should be 'classification' or 'regression'"),
        (json.dumps({**LEAST, "predicted": {**ROWS, "of": 0}}), "predicted.of: Input should be greater than 0"),
        (
            json.dumps({**LEAST, "predicted": {**ROWS, "actual": [1, float("nan")]}}),
            "predicted.actual.1: Input should be a finite number",
        ),
        (
            json.dumps({**LEAST, "predicted": {**ROWS, "actual": [1]}}),
            "predicted: Value error, actual, predicted, residuals and weights must be equally many, and are 1, 2, 2",
        ),
        (
            json.dumps({**LEAST, "confusion": {"classes": [], "counts": []}}),
            "confusion.classes: Value should have at least 1 item after validation, not 0",
        ),
        (
            json.dumps({**LEAST, "confusion": {"classes": ["a"] * 21, "counts": [[1] * 21] * 21}}),
            "confusion.classes: Value should have at most 20 items after validation, not 21",
        ),
        (
            json.dumps({**LEAST, "confusion": {"classes": ["a", "a"], "counts": [[1, 2], [3, 4]]}}),
            "confusion: Value error, two classes have the same name",
        ),
        (
            json.dumps({**LEAST, "confusion": {"classes": ["a"], "counts": [[float("inf")]]}}),
            "confusion.counts.0.0: Input should be a finite number",
        ),
        (
            json.dumps({**LEAST, "predicted": {**ROWS, "weights": [1, 2, float("inf")]}}),
            "predicted.weights.2: Input should be a finite number",
        ),
        (
            json.dumps({**LEAST, "curves": {"of": 1, "classes": []}}),
            "curves.classes: Value should have at least 1 item after validation, not 0",
        ),
        (
            json.dumps({**LEAST, "confusion": {"classes": ["a", "b"], "counts": [[1, 2], [3]]}}),
            "confusion: Value error, classes and counts must be equally many, and are 2, 2, 2, 1",
        ),
    ],
)
def test_what_is_none_is_said_in_one_line(content, why):
    """Which field, and what is wrong with it."""
    with pytest.raises(ValueError, match=r"^") as error:
        evaluation.parse(content)
    assert str(error.value) == why


def test_a_number_that_is_not_finite_is_not_written():
    """JSON has none."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        evaluation.text(HeldOutEvaluation("regression", "r2", 1, predicted=Predicted(1, [float("inf")], [1], [1])))


def test_the_example_in_the_docs_is_one():
    """What docs/own-script.md has a script log is read."""
    text = (PROJECT / "docs" / "own-script.md").read_text(encoding="utf-8")
    (code,) = [code for code in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "evaluation.json" in code]
    logged: dict[str, Any] = {}
    exec(code, {"mlflow": SimpleNamespace(log_dict=lambda made, name: logged.update({name: made}))})
    read = evaluation.parse(json.dumps(logged["evaluation.json"]))
    assert read.confusion is not None
    assert sum(map(sum, read.confusion.counts)) == read.rows
