"""Whether an entry point can be given a part of its budget."""

from typing import Any

import pytest

from steps.errors import WrongValue
from steps.parameters.tune_settings import TuneSettings
from steps.tuning.checks import budget
from steps.tuning.entry_point import EntryPoint
from steps.tuning.space import file
from tests.tuning import fakes

OWN = EntryPoint("own", {"x": "0", "y": "0", "epochs": "9"}, runs_train=False)
SCRIPT = EntryPoint("fit.py", {}, runs_train=False, is_script=True)
FIDELITY = "epochs:1..9:3"


def check(entry: EntryPoint = OWN, text: str = fakes.NUMBERS, objectives: int = 1, **settings: Any) -> None:
    budget.check(TuneSettings(**{"fidelity": FIDELITY, **settings}), entry, fakes.space(text), objectives)


def test_what_fits_is_taken():
    """A declared parameter, and any of a script."""
    check()
    check(SCRIPT)
    check(SCRIPT, fidelity="checkpoint:1..9:3")
    check(TAKES, fidelity="folds:2..9:3")
    check(EntryPoint("own", {}, runs_train=False), fidelity=None, pruner="median")


TAKES = EntryPoint("own", {"folds": "3", "refit": "false", "checkpoint": None}, runs_train=False)
ALREADY = "is given to every trial already; name another parameter as the budget"
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"text": "epochs: {type: int, low: 1, high: 9}\n"}, f"--fidelity {FIDELITY!r}: epochs is in the space too"),
    ({"fidelity": "epoch:1..9:3"}, "--fidelity 'epoch:1..9:3': the entry point 'own' declares no parameter 'epoch'"),
    ({"fidelity": "epochs:9..1:3"}, "--fidelity 'epochs:9..1:3': must be name:min..max:factor"),
    ({"warm_start": "exp"}, f"--warm_start 'exp': must be none with --fidelity {FIDELITY!r}"),
    ({"pruner": "median"}, "--pruner 'median': must be none with --fidelity"),
    ({"objectives": 2}, f"--fidelity {FIDELITY!r}: must be none with two objectives"),
    *(
        ({"entry": TAKES, "folds": 5, "fidelity": f"{name}:1..9:3"}, f"--fidelity '{name}:1..9:3': {name} {ALREADY}")
        for name in ("checkpoint", "folds", "refit")
    ),
]


@pytest.mark.parametrize(("how", "said"), WRONG)
def test_what_does_not_fit_is_refused(how, said):
    """In one sentence."""
    with pytest.raises(WrongValue) as caught:
        check(**how)
    (problem,) = caught.value.problems
    assert problem.startswith(said)


def test_an_estimator_must_take_it():
    """It is checked among the hyperparameters of each, and found at the option."""
    read = file.read("estimator: {a.A: {x: 1}, b.B: {}}\n", "my.yaml")
    names, where = budget.with_budget(TuneSettings(fidelity=FIDELITY), read)
    (task,) = {*names} & {"classification"}
    assert names[task] == {"a.A": {"x": [1], "epochs": []}, "b.B": {"epochs": []}}
    assert where[task]["b.B: epochs"] == f"--fidelity {FIDELITY!r}"
    assert budget.with_budget(TuneSettings(), read) == (read.hyperparameters(), read.where)
