"""Say what mends an environment that is not the pinned one. Standard library only: packages may be what is missing."""

import os
import shlex
import shutil
import sys
from pathlib import Path

from steps.names import Variable

# How MLflow names the environments that it makes, by conda or in a folder of its own.
_OF_MLFLOW = "mlflow-"
# Where MLflow looks for conda; without either it sources the `activate` that comes first on PATH.
_CONDA = ("CONDA_EXE", "MLFLOW_CONDA_HOME")
ANY = (
    "start the project by scripts/run, or by `mlflow run` with another --env-manager than local, or activate the right "
    "environment"
)


def for_environment() -> str:
    """Return what mends the environment of this process, if that shows; else what a person may do in any case."""
    made = Path(os.environ.get("CONDA_PREFIX", ""))
    if not made.name.startswith(_OF_MLFLOW):  # else conda's, which may be so incomplete that it lacks a Python
        made = Path(sys.prefix)
    if made.name.startswith(_OF_MLFLOW):
        is_conda = (made / "conda-meta").exists()
        command = ["conda", "env", "remove", "-y", "-n", made.name] if is_conda else ["rm", "-rf", str(made)]
        return (
            "MLflow was interrupted when it made this environment, or somebody changed it since: "
            f"`{shlex.join(command)}`, and the next start makes it anew"
        )
    if _is_in_place_of_condas():
        return (
            f"where conda was to make it, `mlflow run` has found the `activate` of {sys.prefix} before conda's: "
            "`export MLFLOW_CONDA_HOME=$(conda info --base)`, or start the project by scripts/run"
        )
    return ANY


def _is_in_place_of_condas() -> bool:
    by_mlflow = Variable.RUN_ID in os.environ or os.environ.get(Variable.BY_MLFLOW) == "true"  # MLflow unsets the first
    if not by_mlflow or any(name in os.environ for name in _CONDA) or not shutil.which("conda"):
        return False
    found = next((Path(folder) for folder in os.get_exec_path() if (Path(folder) / "activate").is_file()), None)
    return found is not None and found.resolve() == Path(sys.prefix, "bin").resolve()
