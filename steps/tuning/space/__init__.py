"""A search space: a YAML file of estimators, hyperparameters and conditions -> Optuna's distributions. Pure."""

from steps.tuning.space.file import SpaceFile, load
from steps.tuning.space.search_space import Choice, Space, class_of

__all__ = ["Choice", "Space", "SpaceFile", "class_of", "load"]
