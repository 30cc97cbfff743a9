"""Folds of each trial's own: the seed that makes them, by the number of the trial.

Nagler et al. ("Reshuffling resampling splits can improve generalization of hyperparameter
optimization", NeurIPS 2024) found that a search which splits anew for each trial overfits one split less.
"""

import numpy as np

# Tells these seeds from those of the sampler, which are drawn by (seed, number).
_FOLDS = 1


def fold_seed(seed: int, number: int) -> int:
    """Return the seed of the folds of a trial, from 0 to 2**32 - 1, by the study's seed and the trial's number.

    >>> fold_seed(42, 0), fold_seed(42, 1)
    (1896493428, 2134191843)
    """
    return int(np.random.SeedSequence([seed, number, _FOLDS]).generate_state(1)[0])
