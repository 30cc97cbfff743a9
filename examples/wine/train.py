"""Predict the alcohol of a wine from its other measurements, by an elastic net."""

import argparse

import mlflow
from sklearn.datasets import load_wine
from sklearn.linear_model import ElasticNet
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--alpha", type=float, default=0.5)
    parser.add_argument("--l1-ratio", type=float, default=0.1)
    arguments = parser.parse_args()

    table = load_wine().data
    x, x_test, y, y_test = train_test_split(table[:, 1:], table[:, 0], random_state=42)
    model = make_pipeline(StandardScaler(), ElasticNet(alpha=arguments.alpha, l1_ratio=arguments.l1_ratio))
    predicted = model.fit(x, y).predict(x_test)
    with mlflow.start_run():
        mlflow.log_metric("rmse", root_mean_squared_error(y_test, predicted))
        mlflow.log_metric("mae", mean_absolute_error(y_test, predicted))
        mlflow.log_metric("r2", r2_score(y_test, predicted))


if __name__ == "__main__":
    main()
