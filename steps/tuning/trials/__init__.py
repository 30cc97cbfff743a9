"""A trial as a child run: launched through `mlflow.run`, watched, settled."""
