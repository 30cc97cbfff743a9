"""A training that uses joblib's processes: folds, bags and a stack side by side."""

import argparse

import mlflow
from sklearn.datasets import load_iris
from sklearn.ensemble import BaggingClassifier, StackingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.tree import DecisionTreeClassifier

parser = argparse.ArgumentParser()
parser.add_argument("--n_jobs", type=int)
n_jobs = parser.parse_args().n_jobs

X, y = load_iris(return_X_y=True)
tree = DecisionTreeClassifier(max_depth=2, random_state=0)
bags = BaggingClassifier(tree, n_estimators=4, n_jobs=n_jobs, random_state=0)
stack = StackingClassifier([("tree", tree), ("line", LogisticRegression(max_iter=500))], cv=3, n_jobs=n_jobs)
with mlflow.start_run():
    mlflow.log_metric("folds", cross_val_score(tree, X, y, cv=3, n_jobs=n_jobs).mean())
    mlflow.log_metric("bags", bags.fit(X, y).score(X, y))
    mlflow.log_metric("stack", stack.fit(X, y).score(X, y))
    mlflow.log_metric("loss", 1 - cross_val_score(bags, X, y, cv=3).mean())
