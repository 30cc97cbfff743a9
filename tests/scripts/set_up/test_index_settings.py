import os
import subprocess
import sys

import pytest

from tests.scripts.clones import ROOT

SCRIPT = ROOT / "scripts" / "set_up" / "index_settings.py"
FIXED = {
    "PIP_CONFIG_FILE": os.devnull,
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_NO_INPUT": "1",
    "PIP_ROOT_USER_ACTION": "ignore",
}


def user(folder, **more):
    """The variables of a user whose home is a folder; the machine's own pip.conf is not read where one is named."""
    named = folder / "named.conf"
    named.touch()
    return {"HOME": str(folder), "PIP_CONFIG_FILE": str(named), "XDG_CONFIG_DIRS": str(folder / "xdg"), **more}


def printed(given):
    """What the script says, less what it always says and what /etc/pip.conf of this machine brings."""
    done = subprocess.run([sys.executable, "-I", SCRIPT], env=given, capture_output=True, text=True, check=True)
    said = dict(line.split("=", 1) for line in done.stdout.splitlines())
    assert said.items() >= FIXED.items()
    return {name: value for name, value in said.items() if name not in {*FIXED, "UV_SYSTEM_CERTS"}}


CASES = [
    ("index-url = https://me:pass@host/simple", {"PIP_INDEX_URL": "https://me:pass@host/simple"}, "UV_INDEX_URL"),
    ("extra-index-url =\n  https://a/simple\n  https://b/", {"PIP_EXTRA_INDEX_URL": "https://a/simple https://b/"}, ""),
    ("trusted_host = a b:8080", {"PIP_TRUSTED_HOST": "a b:8080"}, "UV_INSECURE_HOST"),
    ("default-timeout = 180", {"PIP_TIMEOUT": "180"}, "UV_HTTP_TIMEOUT"),
    ("proxy = http://proxy:3128", {"PIP_PROXY": "http://proxy:3128"}, "ALL_PROXY"),
    ("user = true\ntarget = /x\nrequire-hashes = true\nno-binary = :all:\nconstraint = /x", {}, ""),
    ("retries = 1", {"PIP_RETRIES": "1"}, ""),
    ("100 % no option", {}, ""),
]


@pytest.mark.parametrize(("text", "kept", "for_uv"), CASES)
def test_what_says_from_where_to_download_is_kept(tmp_path, text, kept, for_uv):
    """For pip in its own variables, for uv in uv's; what says how to install is not."""
    (tmp_path / "named.conf").write_text(f"[global]\n{text}\n")
    said = printed(user(tmp_path))
    assert kept.items() <= said.items()
    assert not {"PIP_USER", "PIP_TARGET", "PIP_REQUIRE_HASHES", "PIP_NO_BINARY", "PIP_CONSTRAINT"} & set(said)
    if for_uv:
        assert [said[for_uv]] == list(kept.values())


def test_folders_with_packages_are_given_to_uv_where_they_are_there(tmp_path):
    """To pip a folder that is missing is a warning, to uv an error."""
    given = user(tmp_path, PIP_FIND_LINKS=f"{tmp_path} {tmp_path}/none https://host/links")
    assert printed(given)["UV_FIND_LINKS"] == f"{tmp_path},https://host/links"


def test_indexes_that_uv_knows_itself_stand(tmp_path):
    """By a variable or by a file of uv's; certificates and the like are given to it all the same."""
    given = user(tmp_path, PIP_INDEX_URL="https://pip/simple", PIP_TRUSTED_HOST="pip")
    assert printed(given)["UV_INDEX_URL"] == "https://pip/simple"
    said = printed(given | {"UV_DEFAULT_INDEX": "https://uv/simple"})
    assert (said.get("UV_INDEX_URL"), said["UV_INSECURE_HOST"]) == (None, "pip")
    (tmp_path / ".config" / "uv").mkdir(parents=True)
    (tmp_path / ".config" / "uv" / "uv.toml").write_text('[[index]]\nurl = "https://uv/simple"\n')
    assert "UV_INDEX_URL" not in printed(given)


def test_a_file_of_uvs_that_says_only_how_to_install_is_left_out(tmp_path):
    """There is no variable against each of its lines, so against all of them; one that says from where is read."""
    file = tmp_path / ".config" / "uv" / "uv.toml"
    file.parent.mkdir(parents=True)
    file.write_text("[pip]\nrequire-hashes = true\nsystem = true\n")
    assert printed(user(tmp_path))["UV_NO_CONFIG"] == "true"
    file.write_text('[pip]\nrequire-hashes = true\nindex-url = "https://host/simple"\n')
    assert "UV_NO_CONFIG" not in printed(user(tmp_path))


@pytest.mark.skipif(sys.platform == "darwin", reason="the folders are those of Linux")
@pytest.mark.parametrize("named", [None, "named.conf"])
def test_it_reads_what_pip_reads_in_pips_order(tmp_path, named):
    """Each file outweighs those before it, and the section of `install` that of all commands, as pip documents."""
    files = ("xdg/pip/pip.conf", ".pip/pip.conf", ".config/pip/pip.conf", "named.conf")
    for n, file in enumerate(files):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        lines = "".join(f"{option} = {n}\n" for option in ("timeout", "retries", "proxy", "cert")[n:])
        (tmp_path / file).write_text(f"[global]\n{lines}")
    given = {"HOME": str(tmp_path), "XDG_CONFIG_DIRS": str(tmp_path / "xdg")}
    if named:
        given["PIP_CONFIG_FILE"] = str(tmp_path / named)
    said = printed(given)
    last = ("0", "0", "0", "3") if named else ("0", "1", "2", "2")  # a file that is named stands for the user's
    assert tuple(said[f"PIP_{name}"] for name in ("TIMEOUT", "RETRIES", "PROXY", "CERT")) == last

    (tmp_path / "xdg/pip/pip.conf").write_text("[install]\ntimeout = 70\n[global]\nretries = 71\n")
    assert printed(given)["PIP_TIMEOUT"] == "70"
    assert printed(given | {"PIP_TIMEOUT": "80"})["PIP_TIMEOUT"] == "80"
    assert "PIP_TIMEOUT" not in printed(given | {"PIP_CONFIG_FILE": os.devnull})
