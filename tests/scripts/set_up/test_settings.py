import pytest

from tests.scripts.clones import bare_path, clone, conda_yaml, installed, set_up, versions_in, with_uv
from tests.scripts.index import served, wheel

# Settings of pip and uv that install elsewhere, otherwise or not at all.
HOSTILE_CONF = """
[global]
user = true
target = {elsewhere}
require-hashes = true
no-deps = true
[install]
prefix = {elsewhere}
require-virtualenv = true
constraint = {elsewhere}/none.txt
no-binary = :all:
"""
HOSTILE = {
    "PIP_USER": "1",
    "PIP_TARGET": "{elsewhere}",
    "PIP_REQUIRE_HASHES": "1",
    "PYTHONPATH": "{elsewhere}",
    "PYTHONHOME": "{elsewhere}",
    "VIRTUAL_ENV": "{elsewhere}",
    "CONDA_PREFIX": "{elsewhere}",
    "UV_REQUIRE_HASHES": "1",
    "UV_PYTHON": "3.12",
    "UV_SYSTEM_PYTHON": "1",
    "UV_NO_BINARY": "1",
}


@pytest.fixture
def index(tmp_path):
    """A folder, and the URL under which it is served."""
    with served(tmp_path / "served") as url:
        yield tmp_path / "served", url


@pytest.mark.e2e
@pytest.mark.parametrize("way", ["variables", "pip.conf", "uv.toml"])
def test_settings_of_pip_and_uv_do_no_harm(tmp_path, way):
    """On a machine without uv: neither those that fetch uv nor those that install the packages."""
    made, elsewhere, conf = clone(tmp_path, few=["six"]), tmp_path / "elsewhere", tmp_path / "pip.conf"
    conf.write_text(HOSTILE_CONF.format(elsewhere=elsewhere))
    (tmp_path / "uv").mkdir()
    (tmp_path / "uv" / "uv.toml").write_text(f"[pip]\nrequire-hashes = true\ntarget = '{elsewhere}'\nno-deps = true\n")
    settings = {
        "variables": {name: text.format(elsewhere=elsewhere) for name, text in HOSTILE.items()},
        "pip.conf": {"PIP_CONFIG_FILE": str(conf)},
        "uv.toml": {"XDG_CONFIG_HOME": str(tmp_path)},
    }
    output, talk = set_up(made, bare_path(), **settings[way])
    assert output == [f"{made}/.venv/bin/python", f" {made}/.venv"]
    assert installed(made) == {"pip", "six"}
    assert not elsewhere.exists()
    assert "WARNING" not in talk


@pytest.mark.e2e
@pytest.mark.parametrize("pip", ["variable", "pip.conf", "uv"])
def test_packages_come_from_where_pip_or_uv_is_told(tmp_path, index, pip):
    """The user's index, in a variable or a file, is where both look; uv's own setting outweighs pip's."""
    folder, url = index
    wheel(folder / "simple" / "notonpypi-six", "notonpypi_six", "1")
    made = clone(tmp_path)
    (made / "conda.yaml").write_text(conda_yaml("    - notonpypi-six"))
    told = {"variable": {"PIP_EXTRA_INDEX_URL": f"{url}/simple"}, "uv": {"UV_EXTRA_INDEX_URL": f"{url}/simple"}}
    if pip == "uv":
        told["uv"]["PIP_EXTRA_INDEX_URL"] = "http://127.0.0.1:1/simple"
    (tmp_path / "pip.conf").write_text(f"[global]\nextra-index-url =\n  {url}/other\n  {url}/simple\n")
    set_up(made, with_uv(tmp_path / "bin"), **told.get(pip, {"PIP_CONFIG_FILE": str(tmp_path / "pip.conf")}))
    assert "notonpypi_six" in installed(made)


@pytest.mark.e2e
def test_packages_come_from_a_folder_alone_where_pip_is_told_so(tmp_path):
    """Without any index, as where there is no network."""
    made, folder = clone(tmp_path), tmp_path / "wheels"
    (made / "conda.yaml").write_text(conda_yaml("    - notonpypi-six"))
    for name in ("notonpypi_six", "pip"):
        wheel(folder, name, "1")
    set_up(made, with_uv(tmp_path / "bin"), PIP_NO_INDEX="yes", PIP_FIND_LINKS=str(folder))
    assert versions_in(made) == {"notonpypi_six": "1", "pip": "1"}
