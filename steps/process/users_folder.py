"""Where the person stood who started this step: a relative path that they typed begins there.

`mlflow run` starts a step in the project's folder, from a Git URL in a temporary clone. scripts/run says where it was
started; where `mlflow run` was, Linux knows. A step that was started by hand is there itself.
"""

import os

from steps.names import Variable
from steps.process import orphans, proc


def note() -> None:
    """Say where it is in an environment variable, for this process and those that it starts."""
    if Variable.USERS_FOLDER not in os.environ and Variable.RUN_ID in os.environ:
        for launcher in orphans.launchers(os.environ[Variable.RUN_ID])[-1:]:
            folder = proc.folder_of(launcher)
            if folder is not None:
                os.environ[Variable.USERS_FOLDER] = str(folder)
