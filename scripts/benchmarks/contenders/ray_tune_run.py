"""A Ray Tune study, or its restoration, as Ray's documentation has it. Run by the interpreter of its environment.

    python -m scripts.benchmarks.contenders.ray_tune_run <storage> <temporary folder> <address> <what>

The address is a cluster's, or `local`; what is `start` or `restore`. A trial that fails is run again by
`FailureConfig`; a study whose driver died goes on by `Tuner.restore`.
"""

import sys

from scripts.benchmarks.contenders import trial

STUDY = "faults"
_TRIALS, _AT_ONCE = 16, 2  # as in outcome.py, which is not for other environments
_FAILURES = 3


def main(storage: str, temporary: str, address: str, what: str) -> None:
    """Fit the tuner."""
    # Imported here, since only the other environment has it.
    import ray
    from ray import tune
    from ray.tune.search.optuna import OptunaSearch

    if address == "local":
        ray.init(num_cpus=_AT_ONCE, include_dashboard=False, _temp_dir=temporary, log_to_driver=False)
    else:
        ray.init(address, log_to_driver=False)
    trainable = tune.with_resources(_trial, {"cpu": 1})
    bounds = trial.LOW, trial.HIGH
    if what == "restore":
        tuner = tune.Tuner.restore(f"{storage}/{STUDY}", trainable, resume_errored=True)
    else:
        tuner = tune.Tuner(
            trainable,
            param_space={"x": tune.uniform(*bounds), "y": tune.uniform(*bounds)},
            tune_config=tune.TuneConfig(
                metric="loss", mode="min", num_samples=_TRIALS, max_concurrent_trials=_AT_ONCE,
                search_alg=OptunaSearch(seed=0),
            ),
            run_config=tune.RunConfig(
                name=STUDY, storage_path=storage, failure_config=tune.FailureConfig(max_failures=_FAILURES)
            ),
        )  # fmt: skip
    tuner.fit()


def _trial(config: dict[str, float]) -> dict[str, float]:
    return {"loss": trial.run(config["x"], config["y"])}


if __name__ == "__main__":
    main(*sys.argv[1:])
