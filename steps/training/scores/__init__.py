"""What a model is worth: on the folds, on the held-out rows, against its defaults."""
