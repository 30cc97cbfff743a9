"""How a value crosses the process border: as one command-line word, and back to the very same value.

A value is a Python literal if the word parses as one, else the text. Text that would itself parse travels as its repr.
"""

import ast


def decode(word: str) -> object:
    """Read a value: `'3'` is 3, `'None'` is None, `'(50, 50)'` a tuple, `'sqrt'` text, `"'None'"` the text None."""
    try:
        return ast.literal_eval(word)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return word


def encode(value: object) -> str:
    """Write a value so that `decode` gives it back with its type; lists become tuples.

    Floats keep their last bit (`repr`). Raises TypeError for what is no Python literal (a function, nan, an object).
    """
    if isinstance(value, list):
        value = tuple(value)
    if isinstance(value, str):
        word = value if value and decode(value) == value and isinstance(decode(value), str) else repr(value)
    else:
        word = repr(value)
    back = decode(word)
    if type(back) is not type(value) or back != value:
        raise TypeError(f"{value!r} is no Python literal: it can't be handed to another process and come back the same")
    return word
