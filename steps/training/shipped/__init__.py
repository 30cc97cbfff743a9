"""Code that travels with each logged model, so that the model needs nothing of this project."""
