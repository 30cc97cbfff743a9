import pytest
import yaml

from steps.backends.ray import config
from steps.errors import WrongValue
from steps.project import environment


def test_by_default_a_trial_takes_a_cpu_for_each_thread_and_the_project_is_shipped():
    """Of the cluster that Ray finds by itself."""
    takes = config.read({}, threads=2)
    assert takes.address == "auto"
    assert takes.options() == {"num_cpus": 2, "resources": {}}
    assert takes.runtime_env["working_dir"] == str(environment.PROJECT)


def test_what_a_trial_takes_is_handed_to_ray_by_its_own_names():
    """Amounts may be parts of one; others than CPUs, GPUs and memory have names of the cluster's own."""
    takes = config.read({"cpus": 0.5, "gpus": 1, "memory": 2e9, "resources": {"licence": 1}}, threads=1)
    assert takes.options() == {"num_cpus": 0.5, "num_gpus": 1, "memory": 2e9, "resources": {"licence": 1}}


@pytest.mark.parametrize("maker", ["uv", "pip", "conda"])
def test_the_environment_can_be_made_from_conda_yaml(maker):
    """Each way has the very lines, their markers for the nodes to judge, and still the project."""
    env = config.read({"runtime_env": maker}, threads=1).runtime_env
    whole = yaml.safe_load(environment.conda_yaml())
    pins = whole["dependencies"][-1]["pip"]
    made = {"uv": {"packages": pins}, "pip": pins, "conda": whole}
    assert env[maker] == made[maker]
    assert "working_dir" in env


def test_ones_own_runtime_environment_goes_to_ray_as_it_is():
    """Also another working directory."""
    own = {"working_dir": "/elsewhere", "env_vars": {"A": "b"}}
    assert config.read({"runtime_env": own}, threads=1).runtime_env.items() >= own.items()


WRONG = [
    ({"adress": "auto"}, "'adress': must be one of address, cpus", "did you mean 'address'?"),
    ({"address": "ray://head:10001"}, "address 'ray://head:10001': must be auto, or host:port"),
    ({"address": 6379}, "address 6379"),
    ({"cpus": -1}, "CPU -1: must be a number from 0 on"),
    ({"gpus": "all"}, "GPU 'all'"),
    ({"memory": True}, "memory True"),
    ({"resources": ["licence"]}, "resources ['licence']: must be an object"),
    ({"resources": {"licence": "one"}}, "licence 'one'"),
    ({"runtime_env": "venv"}, "runtime_env 'venv': must be uv, pip, conda"),
]


@pytest.mark.parametrize(("content", "parts"), [(content, parts) for content, *parts in WRONG])
def test_a_wrong_configuration_is_told(content, parts):
    """Each value with what is allowed."""
    with pytest.raises(WrongValue) as caught:
        config.read(content, threads=1)
    assert all(part in str(caught.value) for part in parts)


def test_all_problems_are_told_at_once():
    """Those of keys and of values."""
    with pytest.raises(WrongValue) as caught:
        config.read({"cpu": 1, "gpus": -1}, threads=1)
    assert len(caught.value.problems) == 2


def test_the_study_s_gpus_are_those_of_each_trial():
    """A configuration may say the same, and nothing else."""
    assert config.read({}, 1, gpus=0.5).amounts == {"CPU": 1, "GPU": 0.5}
    assert config.read({"gpus": 2}, 1, gpus=2).amounts["GPU"] == 2
    with pytest.raises(WrongValue, match="gpus 1: must be as --gpus 2, or left out"):
        config.read({"gpus": 1}, 1, gpus=2)
