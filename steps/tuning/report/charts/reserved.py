"""Names that Vega fails at: every JavaScript object has a property `constructor`, and no text may have a U+2028."""

import re
from typing import Any

# What `Object.prototype` has: a title or a label that is called so ends in "Operator not defined".
_RESERVED = frozenset(
    (
        "constructor", "hasOwnProperty", "isPrototypeOf", "propertyIsEnumerable", "toLocaleString", "toString",
        "valueOf", "__defineGetter__", "__defineSetter__", "__lookupGetter__", "__lookupSetter__", "__proto__",
    )
)  # fmt: skip
_UNSEEN = "\u200b"  # a space without width
_LINE_ENDS = re.compile("[\u2028\u2029]")  # which end a text in Vega's expressions


def spared(text: str) -> str:
    """Return a text that looks the same, and that Vega takes.

    >>> spared("toString") == "toString", spared("to string")
    (False, 'to string')
    """
    return text + _UNSEEN if text in _RESERVED else _LINE_ENDS.sub(" ", text)


def without(part: Any) -> Any:
    """Return a part of a spec, its data too, without such names."""
    if isinstance(part, str):
        return spared(part)
    if isinstance(part, dict):
        return {key: without(each) for key, each in part.items()}
    return [without(each) for each in part] if isinstance(part, list | tuple) else part
