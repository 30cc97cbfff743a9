"""Boost trees to read digits, round by round, until the validation loss has not improved for a while.

    python fit.py --eta 0.1 --max_depth 4

It logs `val_loss` after every round, so that a bad trial can be ended early, and `best_round`, where it was least.
"""

import argparse

import mlflow
import xgboost
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

CLASSES = 10


class LogEachRound(xgboost.callback.TrainingCallback):
    """Log the validation loss of each round as a step of a metric."""

    def after_iteration(self, model: xgboost.Booster, epoch: int, evals_log: dict) -> bool:
        mlflow.log_metric("val_loss", evals_log["validation"]["mlogloss"][-1], step=epoch)
        return False  # training goes on


def load() -> tuple[xgboost.DMatrix, xgboost.DMatrix]:
    """Split 1,797 pictures of 8 x 8 pixels into those to learn from and those to score on."""
    X, y = load_digits(return_X_y=True)
    X_train, X_val, y_train, y_val = train_test_split(X, y, test_size=0.25, stratify=y, random_state=0)
    return xgboost.DMatrix(X_train, y_train), xgboost.DMatrix(X_val, y_val)


def main(args: argparse.Namespace) -> None:
    training, validation = load()
    parameters = {
        "objective": "multi:softprob",
        "num_class": CLASSES,
        "eval_metric": "mlogloss",
        "eta": args.eta,
        "max_depth": args.max_depth,
        "min_child_weight": args.min_child_weight,
        "subsample": args.subsample,
        "colsample_bytree": args.colsample_bytree,
        "lambda": args.reg_lambda,
        "nthread": args.threads,
        "seed": args.seed,
    }
    with mlflow.start_run():
        booster = xgboost.train(
            parameters,
            training,
            num_boost_round=args.rounds,
            evals=[(validation, "validation")],
            early_stopping_rounds=args.patience,
            callbacks=[LogEachRound()],
            verbose_eval=False,
        )
        best = booster.predict(validation, iteration_range=(0, booster.best_iteration + 1)).argmax(axis=1)
        mlflow.log_metric("val_accuracy", (best == validation.get_label()).mean())
        mlflow.log_metric("best_round", booster.best_iteration)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--eta", type=float, default=0.3)
    parser.add_argument("--max_depth", type=int, default=6)
    parser.add_argument("--min_child_weight", type=float, default=1)
    parser.add_argument("--subsample", type=float, default=1)
    parser.add_argument("--colsample_bytree", type=float, default=1)
    parser.add_argument("--reg_lambda", type=float, default=1)
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--patience", type=int, default=15)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    main(parser.parse_args())
