"""What to try next, what to prune, when to stop. Pure: no MLflow, no process, no clock."""
