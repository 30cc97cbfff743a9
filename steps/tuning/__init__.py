"""What happens between runs: the search space, the next trial, its child run. Never imports `steps.training`."""
