"""Recognize digits by a linear model that learns epoch by epoch: python fit.py <learning rate> <penalty> <epochs>."""

import sys

import mlflow
from sklearn.datasets import load_digits
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split


def main(learning_rate: float, penalty: float, epochs: int) -> None:
    x, y = load_digits(return_X_y=True)
    x, x_val, y, y_val = train_test_split(x / 16, y, random_state=42)
    model = SGDClassifier(loss="log_loss", learning_rate="constant", eta0=learning_rate, alpha=penalty, random_state=42)
    with mlflow.start_run():
        for epoch in range(epochs):
            model.partial_fit(x, y, classes=list(range(10)))
            mlflow.log_metric("val_loss", log_loss(y_val, model.predict_proba(x_val)), step=epoch)
        mlflow.log_metric("val_accuracy", model.score(x_val, y_val))


if __name__ == "__main__":
    main(float(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]))
