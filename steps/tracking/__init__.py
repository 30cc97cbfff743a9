"""The tracking server: a step's own run, writing to runs, and what is said when the server fails."""
