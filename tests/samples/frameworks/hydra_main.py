"""A training that Hydra configures, in a folder that Hydra makes for it: python hydra_main.py lr=0.25."""

from pathlib import Path

import hydra
import mlflow
from hydra.utils import get_original_cwd
from omegaconf import DictConfig


@hydra.main(version_base="1.1", config_path="conf", config_name="config")
def main(config: DictConfig) -> None:
    """Log the rate of learning as the objective, and where it works."""
    with mlflow.start_run():
        mlflow.log_metric("below_outputs", Path.cwd().is_relative_to(Path(get_original_cwd()) / "outputs"))
        mlflow.log_metric("configured", Path(".hydra", "overrides.yaml").read_text() == f"- lr={config.lr}\n")
        mlflow.log_metric("loss", config.lr)


if __name__ == "__main__":
    main()
