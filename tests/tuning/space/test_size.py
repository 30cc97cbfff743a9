"""How many points a space has: counted at once, however many there are and whatever conditions tie them."""

import random

import pytest

from steps.tuning.space import file, size
from tests.waits import promised


def switch(name, when=""):
    return f"{name}: {{type: categorical, choices: [a, b]{when and f', when: {{{when}}}'}}}\n"


def digit(name, when):
    return f"{name}: {{type: int, low: 0, high: 9, when: {{{when}}}}}\n"


def read(text):
    return file.read(text, "my.yaml").for_task("classification")


OWN = [(switch(f"s{n}"), digit(f"x{n}", f"s{n}: a")) for n in range(40)]
CHAIN = [switch("s0"), *(switch(f"s{n}", f"s{n - 1}: [a, b]") for n in range(1, 40))]


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("".join(switch(f"s{n}") for n in range(40)), 2**40),
        ("".join(a + b for a, b in OWN), 11**40),
        ("".join(a for a, _ in OWN) + "".join(b for _, b in OWN), 11**40),
        ("".join(CHAIN), 2**40),
        ("".join(CHAIN) + digit("x", "s39: a, s0: b"), 2**40 + 9 * 2**38),
        ("".join(switch(f"s{n}") for n in range(2000)), 2**2000),
    ],
    ids=["switches", "each with its own", "the same, switches first", "on each other", "from end to end", "thousands"],
)
def test_many_conditions_are_counted_at_once(text, points):
    """40 parameters that others depend on, each on the one before, or thousands on none: not by way of every point."""
    space = read(text)
    with promised(2):
        assert space.size == points


@pytest.mark.parametrize("seed", range(30))
def test_the_number_is_that_of_the_points(seed):
    """Whatever ties the parameters: there are as many points as were counted."""
    draw = random.Random(seed)
    names: list[str] = []
    text = ""
    for n in range(7):
        above = draw.sample(names, min(len(names), draw.randrange(3)))
        when = ", ".join(f"{name}: {draw.choice(['a', 'b', '[a, b]'])}" for name in above)
        text += switch(f"s{n}", when)
        names.append(f"s{n}")
    space = read(text)
    assert space.size == len(list(space.points()))


def test_a_float_that_never_comes_up_is_not_counted():
    """Without end is a space only if a number without a step can be active in it."""
    unreachable = "y: {type: float, low: 0, high: 1, when: {s0: a, s1: a}}\n"
    assert read(switch("s0") + switch("s1", "s0: b") + unreachable).size == 3
    assert read(switch("s0") + switch("s1", "s0: a") + unreachable).size is None


def test_the_points_of_a_space_with_thousands_of_parameters():
    """Parameters of one choice each make a single point, however many they are."""
    text = "".join(f"c{n}: {{type: categorical, choices: [a]}}\n" for n in range(2000))
    assert len(list(read(text).points())) == 1


def test_a_number_beyond_words_is_a_power_of_ten():
    """Python itself writes no number of more than 4,300 digits."""
    assert [size.text(points) for points in (1, 10**15 - 1, 10**15, 3 * 10**6000)] == [
        "1",
        "999999999999999",
        "about 10^15",
        "about 10^6000",
    ]
