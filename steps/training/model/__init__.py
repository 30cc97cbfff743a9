"""The estimator, what stands in front of it, and how it is logged as an MLflow model."""
