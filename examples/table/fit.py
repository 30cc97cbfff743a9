"""Predict the rent of a flat, by one of three kinds of model: python fit.py --model boosting --learning_rate 0.05."""

import argparse

import mlflow
import pandas as pd
from sklearn.base import RegressorMixin
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold, cross_val_score
from skrub import tabular_pipeline


def make(args: argparse.Namespace) -> RegressorMixin:
    if args.model == "forest":
        return RandomForestRegressor(
            min_samples_leaf=args.min_samples_leaf, max_features=args.max_features, random_state=args.seed
        )
    if args.model == "boosting":
        return HistGradientBoostingRegressor(
            learning_rate=args.learning_rate, max_leaf_nodes=args.max_leaf_nodes, random_state=args.seed
        )
    return Ridge(alpha=args.alpha)


def main(args: argparse.Namespace) -> None:
    flats = pd.read_csv("flats.csv", parse_dates=["free_from"])
    rent = flats.pop("rent")
    model = tabular_pipeline(make(args))  # texts, dates and gaps become numbers
    folds = KFold(5, shuffle=True, random_state=args.seed)
    with mlflow.start_run():
        errors = -cross_val_score(model, flats, rent, cv=folds, scoring="neg_mean_absolute_error")
        for fold, error in enumerate(errors):
            mlflow.log_metric("fold_mae", error, step=fold)
        mlflow.log_metric("mae", errors.mean())


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", choices=["forest", "boosting", "ridge"], default="forest")
    parser.add_argument("--min_samples_leaf", type=int, default=1)
    parser.add_argument("--max_features", type=float, default=1.0)
    parser.add_argument("--learning_rate", type=float, default=0.1)
    parser.add_argument("--max_leaf_nodes", type=int, default=31)
    parser.add_argument("--alpha", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0)
    main(parser.parse_args())
