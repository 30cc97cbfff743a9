"""A search space: a YAML file that names each hyperparameter's type and bounds -> Optuna's distributions."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from steps.errors import WrongValue, did_you_mean

FOLDER = Path(__file__).resolve().parent.parent / "spaces"
# What each type takes beside `type`: (required keys, optional keys).
_KEYS = {
    "int": (("low", "high"), ("log", "step")),
    "float": (("low", "high"), ("log", "step")),
    "categorical": (("choices",), ()),
}


def load(name: str) -> dict[str, BaseDistribution]:
    """Read `steps/spaces/<name>.yaml` into a distribution for each hyperparameter, in the file's order.

    Raises WrongValue with all problems of the file at once.
    """
    names = sorted(path.stem for path in FOLDER.glob("*.yaml"))
    if name not in names:
        raise WrongValue(f"--space {name!r}: must be one of {', '.join(names)}{did_you_mean(name, names)}")
    try:
        content = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise WrongValue(f"{name}.yaml: must be YAML: {' '.join(str(error).split())}") from error
    return parse(content, f"{name}.yaml")


def parse(content: object, where: str) -> dict[str, BaseDistribution]:
    """Turn a space file's content into distributions; `where` names the file in problems.

    Optuna's own reader ignores misspelled keys and truncates 5.5 to 5 for an int, so everything is checked here.
    """
    if not isinstance(content, Mapping) or not content:
        raise WrongValue(f"{where}: must map each hyperparameter to its type and bounds, got {content!r}")
    problems = [f"{where}: {key}: {text}" for key, entry in content.items() for text in _problems(entry)]
    if problems:
        raise WrongValue(*problems)
    return {str(key): _distribution(entry) for key, entry in content.items()}


def _problems(entry: object) -> list[str]:
    if not isinstance(entry, Mapping):
        return [f"must be a mapping such as {{type: int, low: 1, high: 9}}, got {entry!r}"]
    kind = entry.get("type")
    if not isinstance(kind, str) or kind not in _KEYS:
        return [f"type: must be one of {', '.join(_KEYS)}, got {kind!r}"]
    required, optional = _KEYS[kind]
    allowed = ("type", *required, *optional)
    found = [f"{key}: unknown key{did_you_mean(str(key), allowed)}" for key in entry if key not in allowed]
    found += [f"{key}: is missing" for key in required if key not in entry]
    if found:
        return found
    return _choice_problems(entry["choices"]) if kind == "categorical" else _number_problems(kind, entry)


def _choice_problems(choices: object) -> list[str]:
    if not isinstance(choices, list) or not choices:
        return [f"choices: must be a list of at least one value, got {choices!r}"]
    if not all(_is_plain(choice) for choice in choices):
        return [f"choices: must be plain values, got {choices!r}"]
    return []


def _is_plain(choice: object) -> bool:
    return choice is None or isinstance(choice, str | int) or (isinstance(choice, float) and math.isfinite(choice))


def _number_problems(kind: str, entry: Mapping[str, Any]) -> list[str]:
    word, types = ("a whole number", int) if kind == "int" else ("a finite number", (int, float))
    log = entry.get("log", False)
    found = [
        f"{key}: must be {word}, got {entry[key]!r}{_hint(entry[key])}"
        for key in ("low", "high", "step")
        if key in entry
        and (not isinstance(entry[key], types) or isinstance(entry[key], bool) or not math.isfinite(entry[key]))
    ]
    if not isinstance(log, bool):
        found.append(f"log: must be true or false, got {log!r}")
    if found:
        return found
    low, high = entry["low"], entry["high"]
    if low > high:
        found.append(f"low: must not be above high, got {low} > {high}")
    if log and low <= 0:
        found.append(f"low: must be above 0 with log, got {low}")
    if log and "step" in entry:
        found.append("step: can't go with log")
    if entry.get("step", 1) <= 0:
        found.append(f"step: must be above 0, got {entry['step']}")
    elif not found and "step" in entry:
        steps = (high - low) / entry["step"]
        if not math.isclose(
            steps, round(steps), abs_tol=1e-8
        ):  # Optuna would lower `high`, with no more than a warning
            found.append(f"step: must divide the range from low to high, got {entry['step']}")
    return found


def _hint(value: object) -> str:
    # YAML 1.1 takes 1e-5 for text.
    return " (write 1.0e-5 for 1e-5)" if isinstance(value, str) and "e" in value.lower() else ""


def _distribution(entry: Mapping[str, Any]) -> BaseDistribution:
    if entry["type"] == "categorical":
        return CategoricalDistribution(entry["choices"])
    log = entry.get("log", False)
    if entry["type"] == "int":
        return IntDistribution(entry["low"], entry["high"], log=log, step=entry.get("step", 1))
    return FloatDistribution(float(entry["low"]), float(entry["high"]), log=log, step=entry.get("step"))
