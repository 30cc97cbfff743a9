"""Where a child run executes: MLflow project backends. Knows nothing of studies or of training."""

WARM = "warm"
RAY = "ray"
# This project's own: their runs are born with all that is known of them, and they take a child's output.
OURS = (WARM, RAY)
