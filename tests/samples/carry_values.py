"""Carry values from a space through `mlflow.run` to an estimator's `get_params()`; ends well if all come as they went.

python tests/samples/carry_values.py warm 12      # the backend, the number of launches
"""

import os
import sys
import tempfile
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import mlflow
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from steps.backends import WARM
from steps.backends.warm import warm_backend
from steps.backends.warm.launch import Launcher
from steps.process import threads
from steps.tuning import child_preload
from steps.tuning import entry_point as entries
from steps.tuning.search.objective import Objective
from steps.tuning.search.search import Search
from steps.tuning.space import file
from steps.tuning.trials.child_results import ChildResults
from steps.tuning.trials.child_runs import ChildRuns
from steps.tuning.trials.command import Origin
from steps.tuning.trials.places import Place
from steps.tuning.trials.trial import Job
from steps.tuning.tuned_project import this_project
from tests.samples.any_values import FOLDER, NAMES

# What a shell, YAML, a command line or Python may each take for something else; all kinds are among the first 40.
# fmt: off
HARD: tuple[object, ...] = (
    "two words", " padded ", "it's", 'say "x"', "$HOME", "$(id)", "`id`", "a;b", "a && b", "> /x", "*", "~", "#", "!",
    "--folds", "-x", "", "None", "1", "'", '"', "\\", "a\nb", "\0", "é", "\N{SNOWMAN}", "\ud800",
    None, True, False, 0, -1, 0.1 + 0.2, -1e-05, 5e-324, -0.0, (), (50, 50), ("50", None), ((1, 2.0), ("a b", (True,))),
    " ", "null", "True", "1e-5", "-1e-05", "0x1f", "nan", "(50, 50)", "[1]", "'None'", "${HOME}", "a|b", "--", "-", "=",
    "a=b", "{data}", "{{x}}", "%s", "\t", "\r\n", "\U0001f600", "\u202e", "a, b", "a: b", "&a", "@", "estimator__x",
    "x" * 1000, 1, 2**70, -(2**70), 0.0, 1.0, 1.7976931348623157e308, 1e22, 1e-7, -123456.789e-30, (50,), (1, (None,)),
)
# fmt: on
TEXT = st.text(max_size=12) | st.text(alphabet=" \t\n'\"$;`\\-()[]{}#,=~*?&|<>!_.0123456789eENonTrué", max_size=12)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**80), 2**80)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
    | st.sampled_from(HARD)
)
VALUES = SCALARS | st.lists(SCALARS, max_size=3).map(tuple)
ROWS = st.lists(VALUES, min_size=len(NAMES), max_size=len(NAMES))


SETTINGS: dict[str, Any] = {
    "deadline": None,
    "database": None,
    "derandomize": True,
    "suppress_health_check": list(HealthCheck),
    "phases": [Phase.generate],  # a smaller example would cost a launch for each try
}


def written(value: object) -> str:
    """Write a value into a YAML file as a person would: text in quotes, a tuple as a list."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(written, value))}]"
    if isinstance(value, str):
        return yaml.safe_dump(value, default_style='"', width=10**6).strip()
    if isinstance(value, float):
        return repr(value) if "." in repr(value) else repr(value).replace("e", ".0e")
    return "null" if value is None else str(value).lower()


def entry(number: int, value: object) -> tuple[str, str | None]:
    """Write an entry that has a value: fixed, in bounds, or a choice; and how a point to try names it."""
    if number % 3 == 0:
        return written(value), None
    if number % 3 == 1 and isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 2**53:
        kind, other = ("float", value / 2) if isinstance(value, float) else ("int", value // 2)
        low, high = sorted([value, other])
        return f"{{type: {kind}, low: {written(low)}, high: {written(high)}}}", written(value)
    return f"{{type: categorical, choices: [{written('none of them')}, {written(value)}]}}", written(value)


def space_with(values: list[object]) -> str:
    """Write a space in whose first trial each hyperparameter has its value."""
    lines, tries = ["estimator:", "  tests.samples.any_values.AnyValues:"], []
    for number, (name, value) in enumerate(zip(NAMES, values, strict=True)):
        text, tried = entry(number, value)
        lines.append(f"    {name}: {text}")
        tries += [f"    {name}: {tried}"] if tried is not None else []
    return "\n".join([*lines, "try:", "  -", *tries, ""])


def main() -> None:
    backend, launches = sys.argv[1], int(sys.argv[2])
    threads.limit(1)
    with tempfile.TemporaryDirectory() as name, tempfile.TemporaryDirectory() as given_folder:
        os.environ[FOLDER] = given_folder
        launcher = Launcher(foremost=True)
        if backend == WARM:
            launcher.start(child_preload.MODULES)
        warm_backend.register(Path(name), launcher)
        with mlflow.start_run(experiment_id="0"):
            children = ChildRuns(
                project=this_project(),
                entry=entries.find("train", this_project()),
                parameters={"refit": "false", "folds": "2", "data": "iris"},
                objectives=[Objective("cv_accuracy", "maximize")],
                results=ChildResults([Objective("cv_accuracy", "maximize")], "0"),
                steps_of="fold_accuracy",
                study="values",
                experiment_id="0",
                backend=backend,
                backend_config={},
                digits=3,
                folder=Path(name),
                origin=Origin(),
            )
            carried = 0

            def carry(values: list[object]) -> None:
                nonlocal carried
                space = file.read(space_with(values), "values.yaml").for_task("classification")
                search = Search(space, sampler="tpe", seed=1, window=1)
                number, params = search.ask()
                choice = space.child(params)
                child = children.launch(Job(number, choice.estimator, choice.hyperparameters), Place(0))
                child.submitted.wait()
                output = child.output.read_text() if child.output.exists() else ""
                record = Path(given_folder) / child.run_id
                assert record.exists(), output
                got = record.read_text(encoding="utf-8", errors="surrogatepass")
                assert got == repr(dict(zip(NAMES, values, strict=True))), (got, values)
                carried += len(values)

            hard = [list(islice(cycle(HARD), start, start + len(NAMES))) for start in range(0, len(HARD), len(NAMES))]
            for row in hard[:launches]:
                carry(row)
            if launches > len(hard):
                settings(**SETTINGS, max_examples=launches - len(hard))(given(ROWS)(carry))()
    print(f"carried {carried} values")


if __name__ == "__main__":
    main()
