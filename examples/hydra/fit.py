"""Score a model that Hydra configures by cross-validation.

python fit.py model=boosting model.max_depth=3
"""

import hydra
import mlflow
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import cross_val_score


@hydra.main(version_base="1.3", config_path="conf", config_name="config")
def main(config: DictConfig) -> None:
    X, y = load_breast_cancer(return_X_y=True)
    with mlflow.start_run():
        mlflow.log_dict(OmegaConf.to_container(config, resolve=True), "config.yaml")
        scores = cross_val_score(instantiate(config.model), X, y, cv=config.folds)
        for fold, score in enumerate(scores):
            mlflow.log_metric("fold_accuracy", score, step=fold)
        mlflow.log_metric("accuracy", scores.mean())


if __name__ == "__main__":
    main()
