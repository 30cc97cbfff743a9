"""A training whose options are absl's flags: python absl_flags.py --lr=0.25."""

import mlflow
from absl import app, flags, logging

LR = flags.DEFINE_float("lr", 0.5, "the rate of learning", lower_bound=0)


def main(argv: list[str]) -> None:
    """Log the rate of learning as the objective."""
    logging.warning("the rate is %s, of %s", LR.value, argv[1:])
    with mlflow.start_run():
        mlflow.log_metric("loss", LR.value)


if __name__ == "__main__":
    app.run(main)
