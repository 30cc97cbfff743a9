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
    """Another value, or a variable that only one has set: what both had imported before it stays."""
    first = note("json", "numpy", "torch", "plot", A=("1", 1), B=("x", 3))
    both = first.and_also(note("json", "numpy", "torch", "plot", A=("1", 1), B=("y", 2)))
    assert (both.modules, both.values, both.later) == (("json", "numpy"), {"A": "1"}, ["B"])
    both = first.and_also(note("json", "numpy", "torch", "plot", A=("1", 1)))
    assert (both.modules, both.values, both.later) == (("json", "numpy", "torch"), {"A": "1"}, ["B"])
    both = first.and_also(note("json", "numpy"))
    assert (both.modules, both.values, both.later) == (("json",), {}, ["A", "B"])
    both = first.and_also(note("json", "numpy", "torch", A=(None, 0), B=("x", 3)))
    assert (both.modules, both.values, both.later) == ((), {}, ["A", "B"])


def test_the_place_of_a_variable_is_that_among_the_modules_of_its_own_run():
    """What the other run imported earlier, or later, than that does not count by its number."""
    both = note("a", "b", "c").and_also(note("p", "q", "r", "a", "b", "c", X=("1", 4)))
    assert (both.modules, both.later) == (("a",), ["X"])


def test_a_variable_that_is_set_last_concerns_nothing():
    """It may differ; and stays the last if the other run has imported more."""
    both = note("json", X=("1", 1)).and_also(note("json", "numpy", X=("2", 2)))
    assert (both.modules, both.values, both.later) == (("json", "numpy"), {}, ["X"])


def test_packages_are_those_beside_the_standard_library():
    """By the names that stand before the first dot."""
    assert note("json", "json.decoder", "numpy", "numpy.core", "os").packages == {"numpy"}
