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
from steps.parameters.settings import IMPORT_PATH
from steps.training.model.labels import LabelEncoded, need_encoding

DEFAULTS = {
    "classification": "sklearn.ensemble.RandomForestClassifier",
    "regression": "sklearn.ensemble.RandomForestRegressor",
}
_MIXINS = {"classification": ClassifierMixin, "regression": RegressorMixin}
_FITS = {"classification": is_classifier, "regression": is_regressor}
# What makes an estimator: its class, or a function without arguments. Duck-typed: catboost's inherit little.
Maker = Callable[[], Any]
_METHODS = ("fit", "predict", "get_params", "set_params")
# Names of one thing, of which an estimator that has several takes only one.
_SEED = ("random_state", "random_seed")
_THREADS = ("n_jobs", "thread_count")
_FILES = ("allow_writing_files",)  # catboost's: into the current folder, unless told otherwise
# xgboost and catboost say in which line of theirs: [18:18:56] /src/gbm/gbm.cc:24:
_SOURCE = re.compile(r"^(\[[\d:]+\] )?\S+\.(cc|cpp|h):\d+: ")


def find(path: str, task: str) -> Maker:
    """Import what makes an estimator and check that it does the task (classification or regression).

    The path of a class or of a function without arguments; or several joined by +, transformers and an estimator at the
    end, which make a pipeline. Raises WrongValue where it leads to no estimator or to one of the other task.
    """
    where = f"--estimator {path!r}:"
    if not re.fullmatch(IMPORT_PATH, path):
        raise WrongValue(f"{where} must be an import path, such as sklearn.svm.SVC, or several joined by +")
    makers = [_import(part, where, task) for part in path.split("+")]
    made = [_make(maker, where) for maker in makers]
    for transformer in made[:-1]:
        if not (hasattr(transformer, "fit") and hasattr(transformer, "transform")):
            raise WrongValue(f"{where} {type(transformer).__name__} is no transformer, as all before the last must be")
    # The class is looked at: what its instance has of them may depend on a fit.
    lacking = [name for name in _METHODS if not hasattr(type(made[-1]), name)]
    if lacking:
        raise WrongValue(f"{where} is no estimator for {task}: {type(made[-1]).__name__} has no {', '.join(lacking)}")
    try:
        fits = _FITS[task](made[-1])
    except (AttributeError, TypeError) as error:
        raise WrongValue(
            f"{where} does not say, made without arguments, whether it is a classifier or a regressor: it lacks an "
            "estimator inside, or what BaseEstimator with ClassifierMixin or RegressorMixin would give it"
        ) from error
    if not fits:
        raise WrongValue(f"{where} is no estimator for {task}, the task of this target (see --task)")
    if len(makers) == 1:
        return makers[0]
    return lambda: make_pipeline(*(maker() for maker in makers))


def _import(path: str, where: str, task: str) -> Maker:
    module_name, _, name = path.rpartition(".")
    try:
        module = importlib.import_module(module_name)
        found = getattr(module, name, None)
    except ImportError as error:  # from getattr too: scikit-learn guards what is experimental
        raise WrongValue(f"{where} can't import {module_name!r}: {_first_line(error)}") from error
    except Exception as error:
        reason = f"{type(error).__name__}: {_first_line(error)}"
        raise WrongValue(f"{where} can't import {module_name!r}: {reason}") from error
    if not callable(found):
        classes = {
            key: value for key, value in vars(module).items() if inspect.isclass(value) and hasattr(value, "fit")
        }
        near = did_you_mean(name, [key for key in classes if issubclass(classes[key], _MIXINS[task])] or classes)
        raise WrongValue(
            f"{where} must be the import path of a scikit-learn estimator; {module_name} has none of that name{near}"
        )
    return found  # type: ignore[no-any-return]


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


def unknown(maker: Maker, names: Iterable[str]) -> dict[str, str]:
    """Say of each name that is no hyperparameter of an estimator which is meant and which there are."""
    made = maker()
    allowed = _names(made)
    problems = {}
    for name in names:
        if name not in allowed:
            inner = [other for other in allowed if other.endswith(f"__{name}")]
            near = f" (did you mean {inner[0]!r}?)" if inner else did_you_mean(name, allowed)
            problems[name] = (
                f"{type(made).__name__} has no such hyperparameter{near}; allowed: {', '.join(sorted(allowed))}"
            )
    return problems


def check(task: str, estimators: Mapping[str, Iterable[str]], where: Mapping[str, str]) -> list[str]:
    """Check estimators of a task (`auto`: its default) and their hyperparameters; return their import paths.

    `where` says where a path, or a `path: name`, stands. Raises WrongValue with all problems.
    """
    problems, paths = [], []
    for given, names in estimators.items():
        paths.append(DEFAULTS[task] if given == "auto" else given)
        try:
            maker = find(paths[-1], task)
        except WrongValue as error:
            place = where.get(given, "--space")
            problems += [f"{place}: {problem.removeprefix('--estimator ')}" for problem in error.problems]
            continue
        for name, text in unknown(maker, names).items():
            problems.append(f"{where.get(f'{given}: {name}', '--space')}: {name}: {text}")
    if problems:
        raise WrongValue(*problems)
    return paths


def check_names(maker: Maker, names: Iterable[str]) -> None:
    """Raise WrongValue, naming them all, where hyperparameters are not the estimator's."""
    problems = unknown(maker, names)
    if problems:
        raise WrongValue(*(f"--{name}: {text}" for name, text in problems.items()))


def build(maker: Maker, hyperparameters: Mapping[str, Any], *, seed: int, threads: int) -> Any:
    """Make an unfitted estimator; what it has of seeds and threads, inside too, is set unless given.

    Raises WrongValue for an unknown hyperparameter. Labels of any kind are encoded where it needs that.
    """
    check_names(maker, hyperparameters)
    built = maker()
    built.set_params(**_standing(_names(built), hyperparameters, seed, threads))
    built.set_params(**hyperparameters)
    return LabelEncoded(built) if is_classifier(built) and need_encoding(built) else built


def packages(built: Any) -> list[str]:
    """Return the import names of the packages that an estimator, and what is inside it, are of."""
    inside = [built, *(part for part in built.get_params().values() if hasattr(part, "get_params"))]
    steps = [step for part in inside for _, step in getattr(part, "steps", ())]
    return sorted({type(part).__module__.partition(".")[0] for part in [*inside, *steps]})


@contextmanager
def rejections(path: str) -> Iterator[None]:
    """Turn what an estimator raises for a value that it rejects into WrongValue, one sentence.

    That is ValueError (scikit-learn's InvalidParameterError and xgboost's are some), an error of its package's own, or
    a TypeError of an installed package: a user's own code is shown its traceback.
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


def _names(made: Any) -> list[str]:
    """Return the names of an estimator's hyperparameters; catboost's `get_params` has only those that were given."""
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    signature = inspect.signature(type(made)).parameters.values()
    own = [parameter.name for parameter in signature if parameter.kind in kinds]
    return list(dict.fromkeys([*made.get_params(), *own]))


def _standing(names: Iterable[str], given: Iterable[str], seed: int, threads: int) -> dict[str, Any]:
    """Return what is set in an estimator beside its hyperparameters, by name.

    Every seed, since not all of scikit-learn's meta-estimators seed what is inside them. Threads where nothing around
    has some: else as many inside each of as many.
    """
    inside: dict[str, list[str]] = {}  # what each estimator inside has, by the prefix of its names
    for name in names:
        last = name.rpartition("__")[2]
        inside.setdefault(name.removesuffix(last), []).append(last)
    found: dict[str, Any] = {}
    for prefix, own in inside.items():
        around = [other for outer in inside if outer != prefix and prefix.startswith(outer) for other in inside[outer]]
        for synonyms, value in ((_SEED, seed), (_THREADS, threads), (_FILES, False)):
            present = [name for name in synonyms if name in own]
            set_around = synonyms is _THREADS and not set(_THREADS).isdisjoint(around)
            if present and not set_around and not any(f"{prefix}{name}" in given for name in present):
                found[f"{prefix}{present[0]}"] = value
    return found


def _first_line(error: Exception) -> str:
    """Return an error's first line, without the place in C++ where it comes from."""
    return _SOURCE.sub("", (str(error).strip() or type(error).__name__).splitlines()[0])
