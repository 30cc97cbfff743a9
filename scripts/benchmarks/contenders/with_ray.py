"""An environment that has Ray Tune beside all that conda-ray.yaml pins."""

import subprocess
import sys
from pathlib import Path

from tests.host import ROOT


def with_ray(folder: Path) -> Path:
    """Make the environment in a folder; return its interpreter."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = folder / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", *requirements()], check=True)
    return python


def requirements() -> list[str]:
    """Return what conda-ray.yaml pins, and what Ray Tune needs of that release of Ray."""
    lines = [line.strip().removeprefix("- ") for line in (ROOT / "conda-ray.yaml").read_text().splitlines()]
    pins = [line for line in lines if "==" in line]
    return [*pins, *(pin.replace("ray==", "ray[tune]==") for pin in pins if pin.startswith("ray=="))]
