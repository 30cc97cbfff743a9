"""What is refused, or warned of, before the first child starts."""
