"""The beginning of a space that is printed for an entry point: it loads as it is, and is near the defaults."""

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from mlflow.projects._project_spec import Parameter
from mlflow.projects.utils import load_project

from steps.parameters.values import decode
from steps.spaces import starter
from steps.tuning.entry_point import EntryPoint
from steps.tuning.space import file

SCRIPT = EntryPoint("own", {}, runs_train=False)


def declared(tmp_path, parameters):
    """Read parameters from an MLproject, as MLflow does."""
    content = {"entry_points": {"own": {"parameters": parameters}}}
    (tmp_path / "MLproject").write_text(yaml.safe_dump(content, sort_keys=False))
    return load_project(str(tmp_path)).get_entry_point("own").parameters


@pytest.mark.parametrize(
    ("default", "line"),
    [
        (0.01, "x: {type: float, low: 0.003, high: 0.03, log: true}  # default 0.01"),
        ("1e-3", "x: {type: float, low: 0.0003, high: 0.003, log: true}  # default 1e-3"),
        (1e-8, "x: {type: float, low: 3.0e-09, high: 3.0e-08, log: true}  # default 1e-08"),
        (0.9, "x: {type: float, low: 0.3, high: 1.0}  # default 0.9; up to 1, if it is a share"),
        (2.0, "x: {type: float, low: 0.6, high: 6.0}  # default 2.0"),
        (-0.5, "x: {type: float, low: -2.0, high: -0.2}  # default -0.5"),
        (0.0, "x: {type: float, low: 0.0, high: 1.0}  # default 0.0; a guess"),
        (8, "x: {type: int, low: 3, high: 30}  # default 8"),
        ("8", "x: {type: int, low: 3, high: 30}  # default 8"),
        (1, "x: {type: int, low: 1, high: 3}  # default 1"),
        (0, "x: {type: int, low: 0, high: 10}  # default 0; a guess"),
        (-3, "x: {type: int, low: -9, high: -1}  # default -3"),
        (100_000, "x: {type: int, low: 30000, high: 300000, log: true}  # default 100000"),
        (2**60, f"# x: default {2**60}; no range can be told of it"),
        (float("inf"), "# x: default inf; no range can be told of it"),
        ("adam", "x: {type: categorical, choices: [adam]}  # default adam; add others"),
        ("a: b #c", 'x: {type: categorical, choices: ["a: b #c"]}  # default a: b #c; add others'),
        ("None", 'x: {type: categorical, choices: ["None"]}  # default None; add others'),
        ("no", 'x: {type: categorical, choices: ["no"]}  # default no; add others'),
        ("", "x: {type: categorical, choices: [\"\"]}  # default ''; add others"),
        ("a\nb", "x: {type: categorical, choices: [\"a\\nb\"]}  # default 'a\\nb'; add others"),
        ("true", 'x: {type: categorical, choices: ["true", "false"]}  # default true'),
        (True, "x: {type: categorical, choices: [\"True\", \"False\"]}  # default True"),
        ("FALSE", 'x: {type: categorical, choices: ["FALSE", "TRUE"]}  # default FALSE'),
    ],
)  # fmt: skip
def test_a_default_becomes_a_range_around_it(tmp_path, default, line):
    """One order of magnitude in all, log below 0.1 and from 1,000 on; booleans both ways; texts as they are."""
    parameters = declared(tmp_path, {"y": {"default": 1}, "x": {"type": "string", "default": default}})
    assert starter.text(parameters, []).splitlines()[1] == line


@pytest.mark.parametrize(
    ("name", "parameter", "line"),
    [
        ("x", "string", "# x: required; a string: write its value here"),
        ("x", {"type": "path", "default": "a/b.csv"}, "# x: default a/b.csv; a path, not searched"),
        ("x", {"type": "uri"}, "# x: required; a uri: write its value here"),
        ("seed", {"type": "float", "default": 3}, "# seed: default 3; -P seed=… of tune gives it to every trial"),
        ("seed", "float", "# seed: required; -P seed=… of tune gives it to every trial"),
        ("a.b", {"type": "float", "default": 3}, "# a.b: default 3; no name that a space can have"),
    ],
)  # fmt: skip
def test_what_is_not_searched_is_a_comment(tmp_path, name, parameter, line):
    """A path, what has no default, what the study gives, a name that a space can't have."""
    text = starter.text(declared(tmp_path, {name: parameter, "y-z": {"default": 2}}), ["seed"])
    first, second = text.splitlines()
    assert first.startswith(line)
    assert second == "y-z: {type: int, low: 1, high: 6}  # default 2"


@pytest.mark.parametrize("parameters", [{}, {"x": "path", "seed": {"default": 3}}])
def test_there_is_no_space_of_nothing(tmp_path, parameters):
    """An entry point without parameters, or without any that has a default, has none to begin with."""
    assert starter.text(declared(tmp_path, parameters), ["seed"]) == ""


NUMBERS = st.integers() | st.floats()
LITERALS = ["None", "(1, 2)", "[1]", "1j", "~", "2026-11-27", "0x10", "1_0", "on"]
TEXTS = st.text(st.characters(exclude_characters="\0"), max_size=12) | st.sampled_from(LITERALS)


@settings(deadline=None)
@given(st.lists(NUMBERS | TEXTS | st.booleans(), min_size=1, max_size=6))
def test_whatever_the_defaults_what_is_printed_loads_and_has_them_in_it(defaults):
    """Each default lies in its range or among its choices, and a script would be given the very word of it."""
    parameters = {f"p{n}": Parameter("x", {"default": default}) for n, default in enumerate([1, *defaults])}
    space = file.read(starter.text(parameters, []), "space.yaml").for_task("regression")
    for name, entry in space.entries[None].items():
        default = parameters[name].default
        if entry.choices:
            assert str(default) in [SCRIPT.word(choice) for choice in entry.choices]
        else:
            assert entry.rejects(decode(default) if isinstance(default, str) else default) is None
