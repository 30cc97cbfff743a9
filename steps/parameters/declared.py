"""What the fields of a settings class declare: the parameters of an entry point."""

import dataclasses
import inspect
from typing import Any

from steps.parameters.kinds import Kind


@dataclasses.dataclass(frozen=True)
class Parameter:
    """One parameter of an entry point: what it means, and of which subject it is, if its step has several.

    `see` is where docs/ has more of it: a page, with an anchor or without.
    """

    name: str
    default: Any
    kind: Kind
    help: str
    see: str
    subject: str


def parameter(default: object, kind: Kind, help: str, see: str = "") -> Any:
    """Declare a field of a settings class; the result is Any, as that of `dataclasses.field` is to a type checker."""
    return dataclasses.field(default=default, metadata={"kind": kind, "help": help, "see": see})


def parameters(settings: type[Any]) -> tuple[Parameter, ...]:
    """Return what a settings class declares, in the order of its fields."""
    return tuple(
        Parameter(field.name, field.default, **field.metadata, subject=_subject(settings, field.name))
        for field in dataclasses.fields(settings)
    )


def _subject(settings: type[Any], name: str) -> str:
    """Return the `subject` of the class that a field stands in, or none."""
    declares = next(kind for kind in settings.__mro__ if name in inspect.get_annotations(kind))
    return str(declares.__dict__.get("subject", ""))


def shown(value: object) -> str:
    """Write a parameter's value as MLproject and the command line have it.

    >>> shown(None), shown(True), shown(0.2)
    ('none', 'true', '0.2')
    """
    return str(value).lower() if isinstance(value, bool) or value is None else str(value)


def words(settings: Any) -> dict[str, str]:
    """Write all values of a settings object as `mlflow.run` takes them, by name."""
    return {field.name: shown(getattr(settings, field.name)) for field in dataclasses.fields(settings)}


def changed(settings: Any) -> dict[str, str]:
    """Write those values of a settings object that are not their defaults, by name."""
    defaults = words(type(settings)())
    return {name: word for name, word in words(settings).items() if word != defaults[name]}
