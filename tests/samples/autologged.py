"""A training that logs by autologging alone: python autologged.py --how sklearn --depth 2."""

import argparse

import mlflow
from sklearn.datasets import load_iris
from sklearn.tree import DecisionTreeClassifier

parser = argparse.ArgumentParser()
parser.add_argument("--how", default="sklearn")
parser.add_argument("--depth", type=int, default=1)
args = parser.parse_args()

X, y = load_iris(return_X_y=True)
if args.how == "sklearn":
    mlflow.sklearn.autolog(log_models=False)
    DecisionTreeClassifier(max_depth=args.depth, random_state=0).fit(X, y)
else:
    import xgboost

    mlflow.xgboost.autolog(log_models=False, importance_types=[])
    model = xgboost.XGBRegressor(n_estimators=6, max_depth=args.depth, n_jobs=1)
    model.fit(X[::2], y[::2], eval_set=[(X[1::2], y[1::2])], verbose=False)
