"""Where a child run executes: MLflow project backends. Knows nothing of studies or of training."""

WARM = "warm"
RAY = "ray"
# This project's own: they create a run with its name, tags and metrics, and write its output to a file.
OURS = (WARM, RAY)
