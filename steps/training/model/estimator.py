"""An estimator by its import path and hyperparameters."""

import importlib
import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib import metadata
from typing import Any

from sklearn.base import ClassifierMixin, RegressorMixin, is_classifier, is_regressor
from sklearn.pipeline import make_pipeline

from steps.errors import WrongValue, did_you_mean
from steps.parameters.option import option
from steps.parameters.settings import IMPORT_PATH
from steps.training.model.labels import LabelEncoded, need_encoding

DEFAULTS = {
    "classification": "sklearn.ensemble.RandomForestClassifier",
    "regression": "sklearn.ensemble.RandomForestRegressor",
}
_MIXINS = {"classification": ClassifierMixin, "regression": RegressorMixin}
_FITS = {"classification": is_classifier, "regression": is_regressor}
# What makes an estimator: its class, or a function without arguments. Any, since catboost's inherit little.
Maker = Callable[[], Any]
_METHODS = ("fit", "predict", "get_params", "set_params")
# Each line: names of one thing. An estimator that has several of them takes only one.
_SEED = ("random_state", "random_seed")
_THREADS = ("n_jobs", "thread_count")
_FILES = ("allow_writing_files",)  # catboost's: into the current folder, unless told otherwise
# xgboost and catboost begin with the line of their own source: [18:18:56] /src/gbm/gbm.cc:24:
_SOURCE = re.compile(r"^(\[[\d:]+\] )?\S+\.(cc|cpp|h):\d+: ")


def import_maker(path: str, task: str) -> Maker:
    """Import what makes an estimator, and check that the estimator does the task (classification or regression).

    The path is that of a class or of a function without arguments. Several joined by +, transformers and then an
    estimator, make a pipeline. Raises WrongValue if it leads to no estimator, or to one of the other task.
    """
    where = f"{option('estimator', path)}:"
    if not re.fullmatch(IMPORT_PATH, path):
        raise WrongValue(f"{where} must be an import path, such as sklearn.svm.SVC, or several joined by +")
    makers = [_import(part, where, task) for part in path.split("+")]
    made = [_make(maker, where) for maker in makers]
    for transformer in made[:-1]:
        if not (hasattr(transformer, "fit") and hasattr(transformer, "transform")):
            kind = type(transformer).__name__
            raise WrongValue(f"{where} {kind} is not a transformer, as all before the last must be")
    # Looked for in the class: an instance may have some of them only after a fit.
    lacking = [name for name in _METHODS if not hasattr(type(made[-1]), name)]
    if lacking:
        kind = type(made[-1]).__name__
        raise WrongValue(f"{where} is not an estimator for {task}: {kind} has no {', '.join(lacking)}")
    try:
        fits = _FITS[task](made[-1])
    except (AttributeError, TypeError) as error:
        raise WrongValue(
            f"{where} does not say, made without arguments, whether it is a classifier or a regressor: it lacks an "
            "estimator inside, or what BaseEstimator with ClassifierMixin or RegressorMixin would give it"
        ) from error
    if not fits:
        raise WrongValue(f"{where} is not an estimator for {task}, the task of this target (see {option('task')})")
    return makers[0] if len(makers) == 1 else lambda: make_pipeline(*(maker() for maker in makers))


def _import(path: str, where: str, task: str) -> Maker:
    module_name, _, name = path.rpartition(".")
    try:
        module = importlib.import_module(module_name)
        maker = getattr(module, name, None)
    except ImportError as error:  # from getattr too: scikit-learn guards what is experimental
        raise WrongValue(f"{where} can't import {module_name!r}: {_first_line(error)}") from error
    except Exception as error:
        reason = f"{type(error).__name__}: {_first_line(error)}"
        raise WrongValue(f"{where} can't import {module_name!r}: {reason}") from error
    if not callable(maker):
        classes = {
            key: value for key, value in vars(module).items() if inspect.isclass(value) and hasattr(value, "fit")
        }
        near = did_you_mean(name, [key for key in classes if issubclass(classes[key], _MIXINS[task])] or classes)
        raise WrongValue(
            f"{where} must be the import path of a scikit-learn estimator; {module_name} has nothing of that name{near}"
        )
    return maker  # type: ignore[no-any-return]


def _make(maker: Maker, where: str) -> Any:
    try:
        made = maker()
    except Exception as error:
        raise WrongValue(
            f"{where} must be an estimator with a default for each hyperparameter, or a function that returns one: "
            f"{_first_line(error)}"
        ) from error
    if not hasattr(made, "fit"):
        raise WrongValue(
            f"{where} must be the import path of a scikit-learn estimator, or of a function that returns one; "
            f"this gives {type(made).__name__}"
        )
    return made


def unknown_hyperparameters(maker: Maker, names: Iterable[str]) -> dict[str, str]:
    """Return, for each name that is no hyperparameter of an estimator, a text: the nearest one, and all there are."""
    made = maker()
    allowed = _hyperparameter_names(made)
    problems = {}
    for name in names:
        if name not in allowed and not _takes_any(made, name):
            inner = [other for other in allowed if other.endswith(f"__{name}")]
            near = f" (did you mean {inner[0]!r}?)" if inner else did_you_mean(name, allowed)
            known = ", ".join(sorted(allowed))
            problems[name] = f"{type(made).__name__} has no such hyperparameter{near}; allowed: {known}"
    return problems


def likely_typos(maker: Maker, names: Iterable[str]) -> dict[str, str]:
    """Say by name which names look like a hyperparameter that an estimator has, and are another that it may know.

    LightGBM's and XGBoost's estimators take what they don't list, and learn at the fit what it is: `feature_fraction`.
    """
    made = maker()
    allowed = _hyperparameter_names(made)
    notes = {}
    for name in names:
        prefix, _, last = name.rpartition("__")
        beside = [other for whole in allowed for place, _, other in [whole.rpartition("__")] if place == prefix]
        if name not in allowed and _takes_any(made, name) and (near := did_you_mean(last, beside)):
            notes[name] = f"{type(made).__name__} is given it, though it does not list it{near}"
    return notes


def check_estimators(task: str, estimators: Mapping[str, Iterable[str]], where: Mapping[str, str]) -> list[str]:
    """Check estimators of a task (`auto`: its default) and their hyperparameters; return their import paths.

    `where` has the place in which a path, or a `path: name`, stands. Raises WrongValue with all problems.
    """
    problems, paths = [], []
    for path, names in estimators.items():
        paths.append(DEFAULTS[task] if path == "auto" else path)
        try:
            maker = import_maker(paths[-1], task)
        except WrongValue as error:
            place = where.get(path, option("space"))
            problems += [f"{place}: {without_option(problem, paths[-1])}" for problem in error.problems]
            continue
        for name, text in unknown_hyperparameters(maker, names).items():
            problems.append(f"{where.get(f'{path}: {name}', option('space'))}: {name}: {text}")
    if problems:
        raise WrongValue(*problems)
    return paths


def without_option(problem: str, path: str) -> str:
    """Return a problem of an estimator that a space names, which begins with its path."""
    return f"{path!r}{problem.removeprefix(option('estimator', path))}"


def check_hyperparameters(maker: Maker, names: Iterable[str]) -> None:
    """Raise WrongValue if some names are no hyperparameters of the estimator; it names them all."""
    problems = unknown_hyperparameters(maker, names)
    if problems:
        raise WrongValue(*(f"{option(name)}: {text}" for name, text in problems.items()))


def build(maker: Maker, hyperparameters: Mapping[str, Any], *, seed: int, threads: int) -> Any:
    """Make an unfitted estimator with these hyperparameters; set its seeds and threads, inside too, unless given.

    A classifier that takes no labels but 0, 1, 2, … is wrapped in one that encodes them. Raises WrongValue for an
    unknown hyperparameter.
    """
    check_hyperparameters(maker, hyperparameters)
    built = maker()
    built.set_params(**_seeds_and_threads(_hyperparameter_names(built), hyperparameters, seed, threads))
    built.set_params(**hyperparameters)
    return LabelEncoded(built) if is_classifier(built) and need_encoding(built) else built


def packages_of(built: Any) -> list[str]:
    """Return the import names of the packages that define an estimator and the estimators inside it."""
    inside = [built, *(part for part in built.get_params().values() if hasattr(part, "get_params"))]
    steps = [step for part in inside for _, step in getattr(part, "steps", ())]
    return sorted({type(part).__module__.partition(".")[0] for part in [*inside, *steps]})


@contextmanager
def rejections_as_wrong_values(path: str) -> Iterator[None]:
    """Turn an estimator's rejection of a hyperparameter's value into WrongValue, one sentence.

    A rejection is a ValueError, as scikit-learn's InvalidParameterError and xgboost's errors are, an error class of the
    estimator's own package, or a TypeError if that package is installed. Errors in a user's own code keep their
    traceback.
    """
    packages = {part.partition(".")[0] for part in path.split("+")}
    try:
        yield
    except Exception as error:
        own = type(error).__module__.partition(".")[0].lstrip("_")
        installed = isinstance(error, TypeError) and packages <= metadata.packages_distributions().keys()
        if isinstance(error, ValueError) or own in packages or installed:
            raise WrongValue(f"{path}: {_first_line(error)}") from error
        raise


def _hyperparameter_names(made: Any) -> list[str]:
    """Return the names of an estimator's hyperparameters.

    Its constructor is read too: `get_params` of catboost's estimators has only those that were set.
    """
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    signature = inspect.signature(type(made)).parameters.values()
    constructor = [parameter.name for parameter in signature if parameter.kind in kinds]
    return list(dict.fromkeys([*made.get_params(), *constructor]))


def _takes_any(made: Any, name: str) -> bool:
    """Tell whether the part of an estimator that a name is for takes hyperparameters by `**`."""
    prefix = name.rpartition("__")[0]
    part = made.get_params().get(prefix) if prefix else made
    parameters = inspect.signature(type(part)).parameters.values() if part is not None else ()
    return any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters)


def _seeds_and_threads(names: Iterable[str], chosen: Iterable[str], seed: int, threads: int) -> dict[str, Any]:
    """Return the values, by name, that are set in an estimator unless its hyperparameters were chosen.

    Each estimator inside gets the seed: not all of scikit-learn's meta-estimators seed what is inside them. Only the
    outermost estimator that has threads gets them: else each of its threads would start as many more.
    """
    inside: dict[str, list[str]] = {}  # the names of each estimator's hyperparameters, by their prefix
    for name in names:
        last = name.rpartition("__")[2]
        inside.setdefault(name.removesuffix(last), []).append(last)
    values: dict[str, Any] = {}
    for prefix, own in inside.items():
        outer = [name for other in inside if other != prefix and prefix.startswith(other) for name in inside[other]]
        for synonyms, value in ((_SEED, seed), (_THREADS, threads), (_FILES, False)):
            present = [name for name in synonyms if name in own]
            threads_around = synonyms is _THREADS and not set(_THREADS).isdisjoint(outer)
            if present and not threads_around and not any(f"{prefix}{name}" in chosen for name in present):
                values[f"{prefix}{present[0]}"] = value
    return values


def _first_line(error: Exception) -> str:
    """Return an error's first line, without the place in C++ where it comes from."""
    return _SOURCE.sub("", (str(error).strip() or type(error).__name__).splitlines()[0])
