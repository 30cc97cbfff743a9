"""What `scripts/docs` writes: docs/parameters.md, and the site."""
