"""Where a child run executes: MLflow project backends. Knows nothing of studies or of training."""
