"""What `scripts/bench bayesmark` is made of: problems, optimizers, scores, and the published baselines."""
