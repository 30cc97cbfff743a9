"""The project as a folder: its environment, its git repository, paths and secrets in what it is given."""
