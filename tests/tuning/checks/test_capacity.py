"""How many trials run at a time, and what each place has to itself."""

from pathlib import Path
from typing import Any

import joblib
import pytest

from steps.errors import WrongValue
from steps.parameters.tune_settings import TuneSettings
from steps.tuning.checks import capacity, ray_cluster
from steps.tuning.checks.capacity import Capacity
from tests.standin import standin_gpus
from tests.tuning.checks.test_devices import SEEN

CORES = 6


@pytest.fixture(autouse=True)
def machine(monkeypatch) -> None:
    """A machine of 6 cores and 4 GPUs."""
    monkeypatch.setattr(joblib, "cpu_count", lambda: CORES)
    for name in SEEN:
        monkeypatch.delenv(name, raising=False)
    for name, text in standin_gpus(4).items():
        monkeypatch.setenv(name, text)


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    """A file of three places."""
    file = tmp_path / "places"
    file.write_text("LICENCE=a\nLICENCE=b\nLICENCE=c\n")
    return file


def find(**settings: Any) -> Capacity:
    return capacity.find(TuneSettings(**settings))


AUTO = [
    ({}, CORES),
    ({"threads": 4}, 1),
    ({"gpus": 1}, 4),
    ({"gpus": 1, "threads": 6}, 4),
    ({"gpus": 2}, 2),
    ({"gpus": 3}, 1),
    ({"gpus": 0.5}, 8),
    ({"gpus": 1, "devices": "0,3"}, 2),
    ({"gpus": 1, "jobs": 3}, 3),
    ({"jobs": 9}, 9),
]


@pytest.mark.parametrize(("settings", "jobs"), AUTO)
def test_how_many_trials_run_at_a_time(settings, jobs):
    """Unless it is given: as many as there are devices for; without those the cores."""
    assert len(find(**settings).places) == jobs


@pytest.mark.parametrize(
    ("settings", "jobs"), [({}, 3), ({"threads": 3}, 2), ({"gpus": 2}, 2), ({"gpus": 0.5}, 3), ({"jobs": 1}, 1)]
)
def test_not_more_than_there_are_lines(settings, jobs, lines):
    """Nor, where there are more lines, more than cores or devices."""
    found = find(places=str(lines), **settings)
    assert [each.variables["LICENCE"] for each in found.places] == ["a", "b", "c"][:jobs]


def test_what_each_place_has():
    """Its devices and no others; two that share one have the same."""
    shown = [each.variables["CUDA_VISIBLE_DEVICES"] for each in find(gpus=0.5, devices="1,3").places]
    assert shown == ["1", "3", "1", "3"]
    pairs = find(gpus=2)
    assert [each.variables["CUDA_VISIBLE_DEVICES"] for each in pairs.places] == ["0,1", "2,3"]
    assert ([list(each.devices) for each in pairs.places], pairs.device) == ([["0", "1"], ["2", "3"]], "cuda")
    assert (find(jobs=1).places[0].variables, find(jobs=1).device) == ({}, None)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"gpus": 1, "jobs": 5}, "--jobs 5: more than the 4 for which the devices suffice with --gpus 1; give fewer jobs"),
    ({"gpus": 2, "jobs": 3}, "--jobs 3: more than the 2 for which the devices suffice with --gpus 2"),
    ({"gpus": 0.5, "jobs": 9}, "--jobs 9: more than the 8 for which the devices suffice with --gpus 0.5"),
    ({"devices": "0,1"}, "--devices '0,1': no trial is given them with --gpus 0; give --gpus 1 too"),
    ({"gpus": 1, "backend": "databricks"}, "--gpus 1: must be 0 with --backend 'databricks'"),
    ({"gpus": 1, "devices": "0", "backend": "ray"}, "--devices '0': must be auto with --backend 'ray'"),
]


@pytest.mark.parametrize(("settings", "said"), WRONG)
def test_what_does_not_fit(settings, said):
    """One line: what was given, what there is, what to do."""
    with pytest.raises(WrongValue) as caught:
        find(**settings)
    (problem,) = caught.value.problems
    assert problem.startswith(said)


def test_more_jobs_than_lines(lines):
    """Two trials would have the same."""
    with pytest.raises(WrongValue, match=r"--jobs 4: more than --places .* has lines, 3"):
        find(places=str(lines), jobs=4)


def test_lines_that_name_devices(tmp_path):
    """Either the file gives them out, or --gpus does."""
    file = tmp_path / "places"
    file.write_text("CUDA_VISIBLE_DEVICES=0\nCUDA_VISIBLE_DEVICES=1\n")
    assert len(find(places=str(file)).places) == 2
    with pytest.raises(WrongValue, match="names CUDA_VISIBLE_DEVICES, which --gpus gives out"):
        find(places=str(file), gpus=1)


def test_a_cluster_has_devices_of_its_own(lines, monkeypatch):
    """Its nodes are asked for as many; this machine's tools are not."""
    monkeypatch.setattr(ray_cluster, "jobs", lambda settings: 16 if settings.jobs == "auto" else settings.jobs)
    monkeypatch.setenv("STANDIN_NVIDIA", "")
    found = find(backend="ray", gpus=1)
    assert (len(found.places), found.places[0].variables, found.device) == (16, {}, "cuda")
    assert len(find(backend="ray", gpus=0.5, places=str(lines)).places) == 3
    assert ray_cluster.trial_resources(TuneSettings(backend="ray", gpus=0.5)).amounts["GPU"] == 0.5
