"""Reaches into other packages: one module for each package, and nowhere else."""
