import numpy as np
import pytest
from scipy import stats
from sklearn.datasets import load_diabetes, load_iris
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import RidgeClassifier
from sklearn.metrics import get_scorer, log_loss, mean_squared_error, roc_auc_score

from steps.errors import StepError
from steps.training.scores import gain, held_out
from steps.training.scores.held_out import Answers


def halves(load, text=False):
    features, target = load(return_X_y=True, as_frame=True)
    target = target.map(lambda code: f"class {code}").astype(object) if text else target
    rows = np.random.default_rng(0).permutation(len(target))
    features, target = features.iloc[rows], target.iloc[rows]
    half = len(target) // 2
    return features[:half], target[:half], features[half:], target[half:].to_numpy()


def forest(kind=RandomForestClassifier, load=load_iris, text=False):
    fit, labels, score, target = halves(load, text)
    return kind(n_estimators=10, random_state=0).fit(fit, labels), score, target


@pytest.mark.parametrize("text", [False, True])
def test_the_usual_scores_of_classes(text):
    """Accuracy, balanced accuracy, F1, ROC AUC and log loss are those of scikit-learn's functions, text labels too."""
    fitted, features, target = forest(text=text)
    scores = held_out.scores("classification", "accuracy", Answers(fitted, features), target)
    chances = fitted.predict_proba(features)
    assert scores["test_accuracy"] == fitted.score(features, target)
    assert scores["test_roc_auc"] == pytest.approx(roc_auc_score(target, chances, multi_class="ovr"))
    assert scores["test_log_loss"] == pytest.approx(log_loss(target, chances))
    assert set(scores) == {
        f"test_{name}" for name in ("accuracy", "balanced_accuracy", "f1_macro", "roc_auc", "log_loss")
    }


def test_the_usual_scores_of_a_quantity():
    """R², MAE and RMSE are in the target's units and positive."""
    fitted, features, target = forest(RandomForestRegressor, load_diabetes)
    scores = held_out.scores("regression", "r2", Answers(fitted, features), target)
    assert scores["test_rmse"] == pytest.approx(mean_squared_error(target, fitted.predict(features)) ** 0.5)
    assert set(scores) == {"test_r2", "test_mae", "test_rmse"}


def test_what_a_model_can_t_tell_is_left_out():
    """A classifier without probabilities has no log loss; a metric that is not finite is an error."""
    fit, labels, features, target = halves(load_iris)
    scores = held_out.scores(
        "classification", "accuracy", Answers(RidgeClassifier().fit(fit, labels), features), target
    )
    assert "test_log_loss" not in scores
    assert "test_balanced_accuracy" in scores
    forest_, features, target = forest(RandomForestRegressor, load_diabetes)
    with pytest.raises(StepError, match=r"^held-out rows: the score is nan"):
        held_out.scores("regression", "r2", Answers(forest_, features[:1]), target[:1])


class Counted(RandomForestClassifier):  # type: ignore[misc]
    """Counts how often it predicts."""

    def predict(self, X):
        self.count = getattr(self, "count", 0) + 1
        return super().predict(X)


def test_a_model_answers_once_for_any_number_of_scores():
    """However often rows are scored, the model predicts once, and each score is as of the model itself."""
    fitted, features, target = forest(Counted)
    answers, scorer = Answers(fitted, features), get_scorer("f1_macro")
    some = (np.arange(20), np.array([3, 3, 5, 40, 41]))
    scores = [held_out.score(scorer, answers, target, rows) for rows in some]
    assert fitted.count == 1
    assert scores == [scorer(fitted, features.iloc[rows], target[rows]) for rows in some]


def compared(tuned, baseline, features, target, seed=1):
    answers = [Answers(model, features) for model in (tuned, baseline, DUMMY)]
    return gain.compare("accuracy", answers[0], answers[1], answers[2], target, seed)


DUMMY = DummyClassifier().fit([[0], [1]], [0, 1])


@pytest.fixture
def _fewer_resamples(monkeypatch):
    monkeypatch.setattr(gain, "_RESAMPLES", 200)


@pytest.mark.e2e
@pytest.mark.usefixtures("_fewer_resamples")
def test_the_interval_of_a_gain():
    """A model that is far better than the baseline has a gain whose interval lies above zero, around the gain."""
    fitted, features, target = forest()
    constant = DummyClassifier().fit(features, target)
    scores = compared(fitted, constant, features, target)
    assert scores["gain"] == fitted.score(features, target) - constant.score(features, target)
    assert 0.3 < scores["gain_low"] < scores["gain"] < scores["gain_high"] < 0.9
    assert scores["test_accuracy_low"] < fitted.score(features, target) < scores["test_accuracy_high"]
    assert scores == compared(fitted, constant, features, target)
    assert scores != compared(fitted, constant, features, target, seed=2)


@pytest.mark.e2e
@pytest.mark.usefixtures("_fewer_resamples")
def test_no_gain_is_no_gain():
    """Against itself a model gains nothing, in no resample: the scores are of the same rows."""
    fitted, features, target = forest()
    scores = compared(fitted, fitted, features, target)
    assert (scores["gain"], scores["gain_low"], scores["gain_high"]) == (0, 0, 0)


@pytest.mark.e2e
@pytest.mark.usefixtures("_fewer_resamples")
def test_the_interval_of_a_score_is_the_binomial_one():
    """Of a share of rows that are right, the interval is that of the binomial distribution, but for its own chance."""
    tosses = np.repeat([1, 0], [56, 24])
    heads = DummyClassifier(strategy="constant", constant=1).fit([[0], [1]], [0, 1])
    scores = compared(heads, heads, np.zeros((80, 1)), tosses)
    expected = stats.binom.ppf([0.025, 0.975], 80, 56 / 80) / 80
    assert [scores["test_accuracy_low"], scores["test_accuracy_high"]] == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize(
    ("metric", "kind", "load"),
    [("accuracy", RandomForestClassifier, load_iris), ("r2", RandomForestRegressor, load_diabetes)],
)
@pytest.mark.parametrize("text", [False, True])
def test_a_quick_interval_is_that_of_scikit_learns_scores(metric, kind, load, text, monkeypatch):
    """For the metrics whose scores are means of the rows' own, and for labels of any kind."""
    fitted, features, target = forest(kind, load, text=text and load is load_iris)
    monkeypatch.setattr(gain, "_RESAMPLES", 20)
    own, other = Answers(fitted, features), Answers(DummyClassifier().fit(features, target), features)
    quick = gain.compare(metric, own, other, other, target, 1)
    monkeypatch.setattr(gain, "_of_rows", lambda _, scorer, answers, target: lambda rows: scorer(answers, rows=rows))
    assert quick == pytest.approx(gain.compare(metric, own, other, other, target, 1), rel=1e-12)
    assert f"test_{metric}_low" in quick


def test_rows_that_lack_a_class_have_no_interval():
    """Where most resamples can't be scored no interval is made up."""
    fit, labels, features, target = halves(load_iris)
    fitted = RandomForestClassifier(n_estimators=5, random_state=0).fit(fit, labels)
    few = np.concatenate([np.flatnonzero(target == 0)[:10], np.flatnonzero(target == 1)[:1]])
    own = Answers(fitted, features.iloc[few])
    with pytest.raises(ValueError, match="classes"):
        gain.compare("roc_auc_ovr", own, own, own, target[few], 1)


@pytest.mark.e2e
@pytest.mark.usefixtures("_fewer_resamples")
@pytest.mark.parametrize("metric", ["average_precision", "f1", "recall"])
def test_rows_that_lack_the_class_that_a_metric_is_about_have_no_interval(metric):
    """One row of it in 60: a third of the resamples lacks it, and scores of 0 there would be made up."""
    fit, labels, features, target = halves(load_iris)
    model = RandomForestClassifier(n_estimators=5, random_state=0).fit(fit, labels == 2)
    some = np.concatenate([np.flatnonzero(target != 2)[:40], np.flatnonzero(target == 2)[:15]])
    for few, has_one in ((some[:41], False), (some, True)):
        own = Answers(model, features.iloc[few])
        compared = gain.compare(metric, own, own, own, target[few] == 2, 1)
        assert (f"test_{metric}_low" in compared, "gain_low" in compared) == (has_one, has_one)
