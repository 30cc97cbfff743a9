"""TUNING_PATCHES switches the patches of speed."""

import pytest

from steps import patches
from steps.errors import WrongValue
from steps.names import Variable


@pytest.mark.parametrize(("value", "wanted"), [(None, True), ("", True), ("on", True), ("off", False)])
def test_patches_of_speed_are_wanted_unless_switched_off(value, wanted, monkeypatch):
    """Nothing and `on` are the default; `off` leaves them out."""
    monkeypatch.delenv(Variable.PATCHES, raising=False)
    if value is not None:
        monkeypatch.setenv(Variable.PATCHES, value)
    assert patches.speed_wanted() is wanted


@pytest.mark.parametrize("value", ["no", "OFF", "0", " off"])
def test_another_value_is_refused(value, monkeypatch):
    """The sentence names the variable, what it is and what it may be."""
    monkeypatch.setenv(Variable.PATCHES, value)
    with pytest.raises(WrongValue) as caught:
        patches.speed_wanted()
    assert str(caught.value) == f"the environment variable TUNING_PATCHES={value!r}: must be on (the default) or off"
