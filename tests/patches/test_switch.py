"""TUNING_PATCHES switches the patches of speed."""

import pytest

from steps import patches, tune
from steps.errors import WrongValue
from steps.names import Variable
from steps.parameters.tune_settings import TuneSettings
from steps.project.declared_environment import LOCAL
from steps.tuning.checks import ray_cluster
from steps.tuning.tuned_project import this_project


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


def test_a_study_refuses_another_value_before_it_starts_anything(monkeypatch, capsys):
    """In one line, with the exit code of a wrong value."""
    monkeypatch.setenv(Variable.PATCHES, "no")
    assert tune.main(["--n_trials", "1"]) == WrongValue.exit_code
    assert capsys.readouterr().err.startswith("tune: the environment variable TUNING_PATCHES='no': must be on")


@pytest.mark.parametrize(("value", "passed_on"), [("", "on"), ("off", "off")])
def test_the_nodes_of_a_cluster_are_told(value, passed_on, monkeypatch):
    """A node's own environment says nothing of the tuner's: the study's setting goes along with the preload."""
    monkeypatch.setenv(Variable.PATCHES, value)
    preload = ray_cluster.preload(TuneSettings(), this_project(), LOCAL)
    assert preload.variables[Variable.PATCHES] == passed_on
