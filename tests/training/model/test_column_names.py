"""Columns with any names are learned from, by estimators that refuse some."""

import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from steps.training.model import column_names, estimator, pipeline

NAMES = ["size [mm]", "age <30", "{a}", 'b"c', "d, e", "Größe: Länge", "рост, см", "two\twords"]


@pytest.mark.e2e
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("values", [[0.5, 1.5] * 20, [0.5, None] * 20, ["x [1]", "y <2>"] * 20])
def test_a_name_that_xgboost_refuses_is_mapped(name, values):
    """Of a plain column, of one with gaps, of one whose texts become names; the model is asked by the table's names."""
    features = pd.DataFrame({name: values, "other": range(40)})
    target = pd.Series(["no", "yes"] * 20)
    maker = estimator.import_maker("xgboost.XGBClassifier", "classification")
    built = estimator.build(maker, {"n_estimators": 3}, seed=0, threads=1)
    if values[1] != 1.5:
        built = pipeline.around(built, maker, features, seed=0)
    fitted = column_names.mapped(built).fit(features, target)
    assert set(fitted.predict(features)) <= {"no", "yes"}
    assert list(fitted.classes_) == ["no", "yes"]


def test_names_that_none_refuses_stay():
    """And so does an estimator that takes any name."""
    frame = pd.DataFrame({"a": [1], "b_2": [2]})
    assert list(column_names.numbered(frame)) == ["a", "b_2"]
    assert list(column_names.numbered(frame.rename(columns={"a": "a b"}))) == ["column_0", "column_1"]
    model = LogisticRegression()
    assert column_names.mapped(model) is model
