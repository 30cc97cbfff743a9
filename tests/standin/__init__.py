"""A stand-in for conda: an installation of it, as far as MLflow and scripts/environment look."""

import os
from pathlib import Path

HOME = Path(__file__).parent


def standin_conda(envs: Path, *, found_by: str = "CONDA_EXE") -> dict[str, str]:
    """Return the environment variables that make MLflow use the stand-in for conda, with its environments in `envs`.

    `found_by` is how MLflow finds it, each another way through its code: "CONDA_EXE" or "MLFLOW_CONDA_HOME" (it sources
    `conda.sh`), or "PATH" (it sources `activate`). The stand-in comes first on PATH in every case, and uv has to be on
    it. MLflow quotes none of these paths: they may have no space.
    """
    value = {"CONDA_EXE": str(HOME / "bin" / "conda"), "MLFLOW_CONDA_HOME": str(HOME), "PATH": ""}[found_by]
    return {
        found_by: value,
        "STANDIN_CONDA_ENVS": str(envs),
        "PATH": f"{HOME / 'bin'}{os.pathsep}{os.environ['PATH']}",
    }


def standin_gpus(count: int = 0, *, nvidia: str = "", amd: str = "", intel: str = "") -> dict[str, str]:
    """Return the variables of a machine with GPUs, as the tools of their makers list them; `count`: of NVIDIA's."""
    listed = nvidia or "\n".join(f"GPU {n}: NVIDIA A100-SXM4-40GB (UUID: GPU-{n}{n}{n}-aaaa)" for n in range(count))
    given = {"STANDIN_NVIDIA": listed, "STANDIN_AMD": amd, "STANDIN_INTEL": intel}
    return {
        **{name: text for name, text in given.items() if text},
        "PATH": f"{HOME / 'gpu'}{os.pathsep}{os.environ['PATH']}",
    }
