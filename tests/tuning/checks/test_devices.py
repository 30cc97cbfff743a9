"""GPUs: found by stand-ins for the tools of their makers, or by a variable; chosen, and divided."""

import os
from typing import Any

import pytest

from steps.errors import WrongValue
from steps.parameters.tune_settings import TuneSettings
from steps.tuning.checks import devices
from steps.tuning.checks.gpu_tools import Devices
from tests.standin import HOME, standin_gpus

MIG = """GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-000-aaaa)
GPU 1: NVIDIA A100-SXM4-40GB (UUID: GPU-111-aaaa)
  MIG 3g.20gb     Device  0: (UUID: MIG-c7384736-a75d-5afc-978f-d2f1294409fd)
  MIG 1g.5gb      Device  1: (UUID: MIG-a28ad590-3fda-56dd-84fc-0a0b96edc58d)"""
PARTS = ["MIG-c7384736-a75d-5afc-978f-d2f1294409fd", "MIG-a28ad590-3fda-56dd-84fc-0a0b96edc58d"]
AMD = '{"card0": {"GPU ID": "0x740f"}, "card10": {}, "card2": {}, "system": {}}'
INTEL = '{"device_list": [{"device_id": 0, "device_name": "Max"}, {"device_id": 1}]}'
SEEN = ("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "ZE_AFFINITY_MASK", "CUDA_DEVICE_ORDER")


@pytest.fixture
def machine(monkeypatch) -> Any:
    """Make this machine one that has such variables, and no others of GPUs."""

    def make(**variables: str) -> None:
        for name in SEEN:
            monkeypatch.delenv(name, raising=False)
        for name, text in {**standin_gpus(), **variables}.items():
            monkeypatch.setenv(name, text)

    return make


def take(**settings: Any) -> Devices:
    return devices.take(TuneSettings(**{"gpus": 1, **settings}))


def problem(**settings: Any) -> str:
    with pytest.raises(WrongValue) as caught:
        take(**settings)
    return str(caught.value)


ORDER = {"CUDA_DEVICE_ORDER": "PCI_BUS_ID"}
TWO_OF_HIP = {"CUDA_VISIBLE_DEVICES": "1,0", "HIP_VISIBLE_DEVICES": "1,0"}
SECOND_OF_HIP = {"CUDA_VISIBLE_DEVICES": "0", "HIP_VISIBLE_DEVICES": "0"}
# What there is, the names, the variables that show the second one, what frameworks call it.
FOUND: dict[str, tuple[dict[str, str], list[str], dict[str, str], str]] = {
    "NVIDIA": (standin_gpus(3), ["0", "1", "2"], {"CUDA_VISIBLE_DEVICES": "1", **ORDER}, "cuda"),
    "MIG": (standin_gpus(nvidia=MIG), ["0", *PARTS], {"CUDA_VISIBLE_DEVICES": PARTS[0], **ORDER}, "cuda"),
    "AMD": (standin_gpus(amd=AMD), ["0", "2", "10"], {"HIP_VISIBLE_DEVICES": "2"}, "cuda"),
    "Intel": (standin_gpus(intel=INTEL), ["0", "1"], {"ZE_AFFINITY_MASK": "1"}, "xpu"),
    "variable": (
        {**standin_gpus(8), "CUDA_VISIBLE_DEVICES": "6, 3"},
        ["6", "3"],
        {"CUDA_VISIBLE_DEVICES": "3"},
        "cuda",
    ),
    "ids": (
        {"CUDA_VISIBLE_DEVICES": "GPU-12ab,MIG-3"},
        ["GPU-12ab", "MIG-3"],
        {"CUDA_VISIBLE_DEVICES": "MIG-3"},
        "cuda",
    ),
    "what CUDA stops at": ({"CUDA_VISIBLE_DEVICES": "2,3,-1,4"}, ["2", "3"], {"CUDA_VISIBLE_DEVICES": "3"}, "cuda"),
    "Slurm on AMD": ({"ROCR_VISIBLE_DEVICES": "4,5"}, ["4", "5"], {"ROCR_VISIBLE_DEVICES": "5"}, "cuda"),
    "two variables of HIP": (TWO_OF_HIP, ["1", "0"], SECOND_OF_HIP, "cuda"),
    "tiles": ({"ZE_AFFINITY_MASK": "0.0,0.1"}, ["0.0", "0.1"], {"ZE_AFFINITY_MASK": "0.1"}, "xpu"),
}


@pytest.mark.parametrize(("variables", "names", "second", "kind"), FOUND.values(), ids=FOUND)
def test_which_devices_there_are_and_how_a_trial_is_shown_one(variables, names, second, kind, machine):
    """The variable of this process comes first; else the first tool that lists any counts."""
    machine(**variables)
    found = take()
    assert (list(found.names), found.kind) == (names, kind)
    assert found.showing(names[1:2]) == second


def test_an_order_that_the_user_has_set_stays(machine):
    """The numbers are then CUDA's in that order."""
    machine(**standin_gpus(2), CUDA_DEVICE_ORDER="FASTEST_FIRST")
    assert take().showing(["0"]) == {"CUDA_VISIBLE_DEVICES": "0"}


@pytest.mark.parametrize("text", ["", "-1", "NoDevFiles"])
def test_a_variable_that_shows_none(text, machine):
    """As Slurm sets it for a job without GPUs: what a tool lists is not this process's."""
    machine(**standin_gpus(4), CUDA_VISIBLE_DEVICES=text)
    assert problem().startswith(f"CUDA_VISIBLE_DEVICES {text!r}: shows this process no GPU; ")


def test_a_machine_without(machine, monkeypatch):
    """Says what was asked, and why it has told nothing."""
    machine()
    assert problem() == (
        "--gpus 1: no GPU was found: nvidia-smi fails (NVIDIA-SMI has failed because it couldn't communicate with the "
        "NVIDIA driver.), rocm-smi lists none, xpu-smi lists none; name those that trials may use, as in "
        "CUDA_VISIBLE_DEVICES=0,1, or give --gpus 0"
    )
    monkeypatch.setenv("PATH", os.environ["PATH"].replace(str(HOME / "gpu"), ""))
    assert "nvidia-smi is not on PATH, rocm-smi is not on PATH" in problem()


CHOSEN = [
    ("auto", ["0", "1", "2", "3"]),
    ("0,1,3", ["0", "1", "3"]),
    ("3 , 0", ["3", "0"]),
    ("GPU-222-aaaa,0", ["2", "0"]),
]


@pytest.mark.parametrize(("wanted", "names"), CHOSEN)
def test_some_of_them(wanted, names, machine):
    """By number or id, in the order in which they are given."""
    machine(**standin_gpus(4))
    assert take(devices=wanted).names == names


WRONG = [
    ({"devices": "0,7"}, "--devices '0,7': there is no device 7: nvidia-smi has 0, 1, 2, 3"),
    ({"devices": "1,1"}, "--devices '1,1': has 1 twice"),
    ({"devices": "1,GPU-111-aaaa"}, "--devices '1,GPU-111-aaaa': has 1 twice"),
    ({"devices": "GPU-11-aaaa"}, "there is no device GPU-11-aaaa (did you mean 'GPU-111-aaaa'?)"),
    ({"gpus": 5}, "--gpus 5: more than the devices for trials, 0, 1, 2, 3"),
    ({"gpus": 2, "devices": "0"}, "--gpus 2: more than the devices for trials, 0"),
]


@pytest.mark.parametrize(("settings", "said"), WRONG)
def test_what_is_not_there(settings, said, machine):
    """One line for each problem."""
    machine(**standin_gpus(4))
    assert said in problem(**settings)


def test_parts_of_a_gpu_are_not_added_up(machine):
    """CUDA shows a process one of them, whatever the variable says."""
    machine(**standin_gpus(nvidia=MIG))
    assert problem(gpus=2).startswith("--gpus 2: must be 1 or less, since a process sees one MIG device only")
    assert take(gpus=0.5).names == ["0", *PARTS]


DIVIDED = [
    (1, [("0",), ("1",), ("2",)]),
    (2, [("0", "1")]),
    (3, [("0", "1", "2")]),
    (0.5, [("0",), ("1",), ("2",)] * 2),
    (0.33, [("0",), ("1",), ("2",)] * 3),
]


@pytest.mark.parametrize(("gpus", "places"), DIVIDED)
def test_each_place_has_its_own(gpus, places):
    """Where several share one, the first places are on different ones."""
    assert devices.divide(["0", "1", "2"], gpus) == places
