"""Whether docker can be used, for a project that declares a docker_env: MLflow's own local backend runs that."""

import shutil
import subprocess

_ANSWERS_S = 10.0


def problem() -> str:
    """Say what of docker is missing on this machine; empty if nothing is."""
    if shutil.which("docker") is None:
        return "docker is not installed"
    try:
        done = subprocess.run(["docker", "info"], capture_output=True, text=True, timeout=_ANSWERS_S, check=False)
    except subprocess.TimeoutExpired:
        return f"docker does not answer within {_ANSWERS_S:g} s"
    lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
    return "" if done.returncode == 0 else f"docker can't be used: {lines[-1]}"
