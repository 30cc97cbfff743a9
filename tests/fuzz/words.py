"""What a person types: command lines, and the texts of single parameters."""

from functools import partial
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from steps.backends.warm.command_words import python_words
from steps.names import ESTIMATOR_PREFIX
from steps.parameters import command_line, declared
from steps.parameters.settings import ReproduceSettings, SpaceSettings, TrainSettings
from steps.parameters.tune_settings import TuneSettings
from steps.project import location, paths, secrets
from steps.training.data import columns
from steps.tuning.checks import devices, places_file
from steps.tuning.search import constraints, objective, promotion, pruners
from tests.fuzz.target import Target, written
from tests.fuzz.texts import changed, soup, texts
from tests.tuning import fakes

_SETTINGS = (TuneSettings, TrainSettings, ReproduceSettings, SpaceSettings)
_NAMES = sorted({p.name for settings in _SETTINGS for p in declared.parameters(settings)})
_VALUES = (
    "1", "0", "-1", "0.5", "1e-3", "inf", "nan", "true", "False", "none", "None", "auto", "tpe", "iris", "a,b",
    '"a,b"', "x=1..2",
    "group:a", "time:", "median:startup=1", "epochs:1..81:3", "loss:best", "fit_time_s<=1", "minimize",
    "https://a.example/b#c",
    "git@host:x", "file:///x", "s3://b/k?x=y", "https://me:pw@host/x.csv", "~nobody/x", "0,1", "GPU-1",
    "1" * 5000, "٣", "1_0",
)  # fmt: skip
_KEYS = st.one_of(
    st.sampled_from(_NAMES).map("--{}".format), st.sampled_from(("--", "-x", "--n_trails", "--estimator__C")), texts()
)


@st.composite
def _lines(draw: st.DrawFn) -> list[str]:
    line: list[str] = []
    for _ in range(draw(st.integers(0, 5))):
        key, value = draw(_KEYS), draw(st.one_of(st.sampled_from(_VALUES), texts()))
        line += [f"{key}={value}"] if draw(st.booleans()) else [key, value]
    return line[: draw(st.sampled_from((len(line), max(0, len(line) - 1))))]


def _command_line(folder: Path, line: list[str]) -> None:
    for kind in _SETTINGS:
        Target(st.none(), partial(_same_again, line, kind)).check(folder, None)
    hyperparameters = command_line.read_open(line, TrainSettings, ESTIMATOR_PREFIX)[1]
    assert all(isinstance(name, str) and name for name in hyperparameters)


def _same_again(line: list[str], kind: type[Any], _folder: Path, _drawn: None) -> None:
    """Read a line, and what an MLproject would be given for it."""
    settings: Any = command_line.read(line, kind)
    words = [word for pair in declared.words(settings).items() for word in (f"--{pair[0]}", pair[1])]
    assert command_line.read(words, kind) == settings
    if isinstance(settings, TuneSettings):
        columns.dropped(settings.shared.drop)
        columns.split_of(settings.shared.split)
        location.is_this_project(settings.project, settings.version)
        paths.users_file(settings.data)
        devices.find({"CUDA_VISIBLE_DEVICES": settings.devices}, 1)
        secrets.hidden(settings.data)
        secrets.hidden(settings.project)


def _pruner(_folder: Path, text: str) -> None:
    settings = command_line.read(["--pruner", text], TuneSettings)
    assert command_line.read(["--pruner", str(settings.pruner).lower()], TuneSettings).pruner == settings.pruner
    for steps in (None, 1, 5):
        pruners.make(settings.pruner, steps)


def _fidelity(_folder: Path, text: str) -> None:
    settings = command_line.read(["--fidelity", text], TuneSettings)
    if settings.fidelity is not None:
        budgets = promotion.read(settings.fidelity).budgets
        assert budgets == sorted(set(budgets))


def _judging(_folder: Path, drawn: tuple[str, str, str]) -> None:
    words = [word for pair in zip(("--objective", "--direction", "--constraint"), drawn, strict=True) for word in pair]
    settings = command_line.read(words, TuneSettings)
    entry = fakes.plan().entry
    bounds = constraints.resolve(settings, entry, objective.resolve(settings, entry))
    values = {each.metric.name: 0.5 for each in bounds}
    constraints.broken(bounds, [each.excess(values) for each in bounds])


def _places(folder: Path, text: str) -> None:
    path = written(folder, "places.txt", text)
    for place in places_file.read(str(path)):
        assert place, "a place without a variable"


_PRUNER = ("median", "percentile", "patient", "hyperband", "halving", "wilcoxon", "threshold", ":", "=", ",", " ",
    "25", "0.5", "-1",
           "startup", "warmup", "interval", "keep", "steps", "min_delta", "min", "max", "factor", "p", "lower",
           "upper", "auto", "inf",
           "1e308", "9" * 400)  # fmt: skip
_FIDELITY = ("epochs", ":", "1", "..", "81", "3", "0", "-1", "²", "٣", "9" * 5000, "9" * 30, " ", "2")
_JUDGING = ("loss", "acc", ":", "best", "last", "mean_last_5", "mean_last_0", ",", "<=", ">=", "<", "=", "1", "0.5",
    "1e999", "nan", " ",
            "minimize", "maximize", "auto", "none", "peak_memory_mb", "fit_time_s")  # fmt: skip
_PLACES = (
    "A=1",
    "B='x y'",
    '"',
    "'",
    "#",
    " #",
    "\\",
    "\n",
    "MLFLOW_X=1",
    "=",
    "A",
    " ",
    "$(x)",
    "\\\n",
    "\u2028",
    "\r",
)

TARGETS = {
    "words": Target(_lines(), _command_line),
    "pruner": Target(st.one_of(soup(_PRUNER, 8), changed(["patient:10,min_delta=0.5 median:startup=3",
    "hyperband:max=9"], _PRUNER)), _pruner),
    "fidelity": Target(st.one_of(soup(_FIDELITY, 8), changed(["epochs:1..81:3"], _FIDELITY)), _fidelity),
    "judging": Target(
        st.tuples(*(st.one_of(soup(_JUDGING, 8), changed(samples, _JUDGING)) for samples in (
            ["loss", "loss:best,acc"], ["minimize", "minimize,maximize"], ["loss<=1", "fit_time_s<=0.1,acc>=0.5",
            "none"],
        ))), _judging),
    "places": Target(st.one_of(soup(_PLACES), changed(["A=1 B='x y'\nA=2 B=z # two\n"], _PLACES)), _places),
    "command": Target(
        st.one_of(soup(("python", " ", "-m", "-u", "x.py", "steps.train", "'", '"', "$", "\\")),
        changed(["python -u x.py --a 'b c'"])),
        lambda _, text: python_words(text)),
}  # fmt: skip
