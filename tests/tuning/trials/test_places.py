"""The places of a study: what a child has to itself."""

import socket
from contextlib import closing

from steps.tuning.trials.places import Place, Places


def test_the_free_place_of_the_lowest_number_is_taken():
    """So a study takes few places where few trials run at a time."""
    places = Places([Place(number) for number in range(3)])
    taken = [places.take() for _ in range(4)]
    assert [place.number if place else None for place in taken] == [0, 1, 2, None]
    for number in (2, 0):
        places.give_back(taken[number])  # type: ignore[arg-type]
    assert [place.number if (place := places.take()) else None for _ in range(2)] == [0, 2]


def test_each_place_has_a_port_and_keeps_it():
    """From one child to the next, and beside what the place was given."""
    with closing(Places([Place(0, {"LICENCE": "a"}), Place(1)])) as places:
        one, two = places.take(), places.take()
        for place in (one, two, one):
            assert place is not None
            place.prepare()
        assert one is not None
        assert two is not None
        assert one.variables["TUNING_PORT"] != two.variables["TUNING_PORT"]
        assert {**one.variables, "TUNING_PORT": ""} == {"LICENCE": "a", "TUNING_PORT": ""}


def test_a_port_that_somebody_has_taken_meanwhile_is_exchanged():
    """The next child gets one that is free at its launch."""
    with closing(Place(0)) as place:
        place.prepare()
        before = place.variables["TUNING_PORT"]
        with socket.create_server(("", int(before))):
            place.prepare()
            assert place.variables["TUNING_PORT"] != before
        after = place.variables["TUNING_PORT"]
        place.prepare()
        assert place.variables["TUNING_PORT"] == after


def test_a_place_on_another_machine_has_no_port_of_this_one():
    """A cluster's node gives the child one of its own."""
    place = Place(0, {"LICENCE": "a"}, has_port=False)
    place.prepare()
    assert place.variables == {"LICENCE": "a"}
