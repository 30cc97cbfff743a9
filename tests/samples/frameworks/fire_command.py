"""A training that Fire calls: python fire_command.py --lr=0.25."""

import fire
import mlflow


def fit(lr: float = 0.5) -> str:
    """Log the rate of learning as the objective."""
    with mlflow.start_run():
        mlflow.log_metric("loss", lr)
    return f"the rate is {lr}"


if __name__ == "__main__":
    fire.Fire(fit)
