"""Print the URI of the newest champion's model, of all experiments of the tracking server.

python -m steps.tuning.champion.newest
"""

from mlflow.tracking import MlflowClient

from steps.errors import WrongValue
from steps.names import Role, Tag
from steps.process.exit import exit_code
from steps.tracking import server_errors
from steps.tuning.champion import registry


def main() -> int:
    """Print it; return the exit code."""
    return exit_code("serve", _print)


def _print() -> int:
    client = MlflowClient()
    try:
        experiments = [experiment.experiment_id for experiment in client.search_experiments()]
        champions = client.search_runs(experiments, f"tags.`{Tag.ROLE}` = '{Role.CHAMPION}'", max_results=50)
    except Exception as error:
        if (explained := server_errors.explain(error)) is not None:
            raise explained from error
        raise
    model = next(filter(None, map(registry.model_of, champions)), None)  # the newest comes first
    if model is None:
        raise WrongValue(f"{server_errors.where()} has no champion yet; name a model, such as models:/wine@champion")
    print(model)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
