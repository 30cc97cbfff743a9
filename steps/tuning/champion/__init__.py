"""The winner of a study: run once more, compared, registered."""
