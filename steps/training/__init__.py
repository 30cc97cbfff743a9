"""What happens inside one run: data, estimator, folds, model. Knows nothing of Optuna or of studies."""
