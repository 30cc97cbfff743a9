"""A finished run is run once more at its own commit, and compared with what it has on record."""
