"""A finished run, run once more at its own commit, and held against what it has on record."""
