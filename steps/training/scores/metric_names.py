"""The scorer of scikit-learn that somebody means who names a metric as papers, other packages or its functions do."""

from sklearn.metrics import get_scorer_names

from steps.errors import did_you_mean

_ELSEWHERE = {
    "acc": "accuracy",
    "ap": "average_precision",
    "auc": "roc_auc",
    "auprc": "average_precision",
    "auroc": "roc_auc",
    "balanced_acc": "balanced_accuracy",
    "brier": "neg_brier_score",
    "cross_entropy": "neg_log_loss",
    "log_loss": "neg_log_loss",
    "logloss": "neg_log_loss",
    "mae": "neg_mean_absolute_error",
    "mape": "neg_mean_absolute_percentage_error",
    "mcc": "matthews_corrcoef",
    "medae": "neg_median_absolute_error",
    "mse": "neg_mean_squared_error",
    "msle": "neg_mean_squared_log_error",
    "pr_auc": "average_precision",
    "r_squared": "r2",
    "rmse": "neg_root_mean_squared_error",
    "rmsle": "neg_root_mean_squared_log_error",
    "roc": "roc_auc",
    "sensitivity": "recall",
}
_OF_MANY_CLASSES = {
    "f1": "f1_macro",
    "jaccard": "jaccard_macro",
    "precision": "precision_macro",
    "recall": "recall_macro",
    "roc_auc": "roc_auc_ovr",
}


def meant(name: str) -> str:
    """Name the scorer that a wrong name means, as the tail of a sentence; an empty text if none is near.

    >>> meant("RMSE"), meant("f1-score"), meant("mean_squared_error"), meant("acuracy"), meant("x")
    (" (did you mean 'neg_root_mean_squared_error'?)", " (did you mean 'f1'?)", \
" (did you mean 'neg_mean_squared_error'?)", " (did you mean 'accuracy'?)", '')
    """
    plain = name.strip().lower().replace("-", "_").replace(" ", "_")
    known = set(get_scorer_names())
    for tried in (plain, plain.removesuffix("_score"), f"neg_{plain}", f"neg_{plain}_score"):
        found = _ELSEWHERE.get(tried, tried)
        if found in known:
            return f" (did you mean {found!r}?)"
    return did_you_mean(name, known)


def of_many_classes(name: str) -> str | None:
    """Return the scorer for more than two classes that is like one of two; None if there is none."""
    return _OF_MANY_CLASSES.get(name)
