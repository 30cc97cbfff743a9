"""MLflow's environment variables, read all at once: one that MLflow can't read is refused before anything is done."""

import json
import os
import re

from mlflow import environment_variables

from steps.errors import WrongValue

_CONTEXT = environment_variables.MLFLOW_RUN_CONTEXT
# What MLflow says before its reason, which has the variable and its value again.
_BEFORE = re.compile(r"Failed to convert .*? for \w+: |\w+ value (?=must be)")
_OUT_OF_RANGE = re.compile(
    r"The (?:configured |current )?(max_retries|backoff_factor|backoff_jitter) value [^\n]*|"
    r"Attempted to set \w+ timeout to [^.\n]*"
)
# What MLflow says where variables lack a package, or contradict each other.
_REFUSED = {
    "'requests_auth_aws_sigv4'": "MLFLOW_TRACKING_AWS_SIGV4: needs requests-auth-aws-sigv4; add it to the pip list of "
    "conda.yaml",
    "'MLFLOW_TRACKING_INSECURE_TLS' and": "MLFLOW_TRACKING_INSECURE_TLS, MLFLOW_TRACKING_SERVER_CERT_PATH: only one of "
    "them may be set",
    "package `psutil` is not installed": "MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING: needs psutil, which conda.yaml pins",
}


def check() -> None:
    """Raise WrongValue, with a line for each, if some of MLflow's variables have values that it can't read."""
    problems = []
    for variable in vars(environment_variables).values():
        # The class is private, and the only way to tell a variable from what else the module has.
        if isinstance(variable, environment_variables._EnvironmentVariable) and variable.is_set():
            try:
                variable.get()
                if variable is _CONTEXT:
                    dict(json.loads(variable.get()))
            except (ValueError, TypeError) as error:
                problems.append(unreadable(variable.name, str(variable.get_raw()), str(error)))
    if problems:
        raise WrongValue(*problems)


def explain(text: str) -> WrongValue | None:
    """Translate the text of an error that a variable has caused; return None for any other."""
    if match := re.search(r"Failed to convert ('.*?') for (MLFLOW_\w+): (.*)", text):
        value, variable, reason = match.groups()
        return WrongValue(f"{variable} {value}: can't be read: {reason}")
    if match := _OUT_OF_RANGE.search(text):
        variable = f"MLFLOW_HTTP_REQUEST_{(match[1] or 'timeout').upper()}"
        return WrongValue(f"{variable} {os.environ.get(variable)!r}: MLflow takes no such value: {match[0]}")
    return next((WrongValue(sentence) for said, sentence in _REFUSED.items() if said in text), None)


def unreadable(name: str, value: str, reason: str) -> str:
    """Say that MLflow can't read a variable."""
    return f"{name} {value!r}: can't be read: {_BEFORE.sub('', reason).partition(', but got ')[0]}"
