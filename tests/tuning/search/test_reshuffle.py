"""The seeds of folds of each trial's own."""

from steps.tuning.search.reshuffle import fold_seed


def test_each_trial_has_its_own() -> None:
    """By the study's seed and the trial's number alone."""
    seeds = [fold_seed(seed, number) for seed in (7, 8) for number in range(500)]
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= seed < 2**32 for seed in seeds)
    assert fold_seed(7, 3) == seeds[3]
