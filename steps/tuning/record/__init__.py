"""What the tracking server remembers of a study, which is all that a study has of itself."""
