"""Reaches into other packages: one module for each package, and nowhere else.

A patch stands here only if nothing public does the same and it matters. Patches of correctness (`mlflow`: broken-off
answers are sent again) always apply. Patches of speed (`sklearn`, `optuna`) change no result, and TUNING_PATCHES=off
leaves all of them out.
"""

import os

from steps.errors import WrongValue
from steps.names import Variable


def speed_wanted() -> bool:
    """Tell whether patches of speed are to be applied. Raises WrongValue if TUNING_PATCHES is neither on nor off."""
    value = os.environ.get(Variable.PATCHES, "")
    if value not in ("", "on", "off"):
        raise WrongValue(f"the environment variable {Variable.PATCHES}={value!r}: must be on (the default) or off")
    return value != "off"
