"""Whatever a parser is given, only errors of ours come out; `scripts/fuzz` draws for an hour, this for some seconds."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzz.targets import TARGETS

_EXAMPLES = 25
_SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much, HealthCheck.large_base_example)


@pytest.mark.parametrize("name", TARGETS)
def test_only_errors_of_ours_come_out(name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A problem is a line that a person can read, however odd the input was."""
    target, folder = TARGETS[name], tmp_path_factory.mktemp(name)

    def check(drawn: object) -> None:
        target.check(folder, drawn)

    bounded = settings(max_examples=_EXAMPLES, database=None, suppress_health_check=_SLOW, phases=(Phase.generate,))
    seed(0)(bounded(given(target.drawn)(check)))()  # the same every time: a new find is scripts/fuzz's


MLPROJECT = "name: theirs\nentry_points: {main: {command: x}}\n"
HEX = "0x" + "f" * 4000
_LIST = "x: {type: categorical, choices: [%s]}"
# What was found with it, by target: each ended with a traceback, or took the machine with it.
FOUND: list[tuple[str, Any]] = [
    ("fidelity", "epochs:1..{}:3".format("9" * 5000)),
    ("inline", "x=" + "(" * 3000),
    ("inline", "x=[{}1,{}]".format("(" * 1200, ")" * 1200)),
    ("inline", f"x={HEX}"),
    ("space", _LIST % f"1, {HEX}"),
    ("space", _LIST % ("[" * 90 + "1" + "]" * 90)),
    ("space", f"x: {{type: int, low: {HEX}, high: 3}}"),
    ("space", f"x: {{type: float, low: {HEX}, high: 3}}"),
    ("space", f"y: {{type: int, low: 1, high: 3}}\nx: {HEX}"),
    ("space", "x: 0o" + "7" * 6000),
    ("table", (b'""', {})),
    ("table", (b"sep=;", {})),
    ("table", (b"#a\n\n", {})),
    ("table", (b"sep=\r\na\rb\n1\r2\n", {})),
    ("words", ["--drop", "a\rb"]),
    ("words", ["--drop", "a" * 140_000]),
    ("words", ["--project", "~\0x"]),
    ("project", (MLPROJECT.replace("x}", "x, parameters: {5: {default: [1]}}}"), "", "", "")),
    ("project", ("entry_points: {1: {command: x}}\n", "", "", "")),
    ("project", (f"{MLPROJECT}conda_env: conda.yaml\n", "", "dependencies: [{pip: 5}]", "")),
    ("project", (f"{MLPROJECT}python_env: python_env.yaml\n", "dependencies: 5", "", "")),
    ("backend_config", "[" * 100_000),
    ("backend_config", "[{}1]".format("1," * 100_000)),
    ("backend_config", '{{"cpus": {}}}'.format("9" * 400)),
]


@pytest.mark.parametrize(("name", "given_"), FOUND, ids=[f"{n}-{name}" for n, (name, _) in enumerate(FOUND)])
def test_what_was_found_is_an_error_of_ours(name: str, given_: object, tmp_path: Path) -> None:
    """Numbers of thousands of digits, brackets without end, files with nothing in them, names that are no text."""
    TARGETS[name].check(tmp_path, given_)
