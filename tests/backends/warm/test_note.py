"""What several commands have noted of their imports, taken together."""

from steps.backends.warm.note import Note

OWN = frozenset({"helper"})


def note(*modules: str, **variables: tuple[str | None, int]) -> Note:
    return Note(modules, OWN, variables, gained=True)


def test_commands_that_agree_add_up():
    """Modules that only the second has imported come last; the order of the first stays."""
    both = note("json", "numpy", "numpy.core", A=("1", 0)).and_also(note("numpy", "xgboost", "json", A=("1", 2)))
    assert both == note("json", "numpy", "numpy.core", "xgboost", A=("1", 0))


def test_what_comes_after_a_variable_that_differs_is_left_out():
    """Another value, or a variable that only one has set: the earliest place in either of them is the end."""
    first = note("json", "numpy", "torch", "plot", A=("1", 1), B=("x", 3))
    assert first.and_also(note("json", "numpy", "torch", "plot", A=("1", 1), B=("y", 2))) == note(
        "json", "numpy", A=("1", 1)
    )
    assert first.and_also(note("json", "numpy", "torch", "plot", A=("1", 1))) == note(
        "json", "numpy", "torch", A=("1", 1)
    )
    assert first.and_also(note("json", "numpy")) == note("json")
    assert first.and_also(note("json", "numpy", "torch", A=(None, 0), B=("x", 3))) == note()


def test_packages_are_those_beside_the_standard_library():
    """By the names that stand before the first dot."""
    assert note("json", "json.decoder", "numpy", "numpy.core", "os").packages == {"numpy"}
