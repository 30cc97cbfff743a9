"""How conda.yaml is read where there is no YAML parser."""

import re

import pytest
import yaml

from tests.scripts.clones import CONDA_YAML, conda_yaml, sourced

# As people and programs write them: MLflow and conda, with comments, quotes and the ends of lines of Windows.
WRITTEN = [
    conda_yaml("    - ranged>=1,<2", "    - extra[one,two]", "    - same~=1.0", "    - any"),
    conda_yaml('    - "double>=1 ; python_version < \\"3.12\\""', "    - 'single ; os_name == ''nt'''  # why"),
    conda_yaml("    # why", "    - one # it's needed", "", "  # less deep", "    - 'two' # 'two'", "    - three"),
    conda_yaml("    - --extra-index-url https://me:${TOKEN}@host/simple", "    - --index-url=https://host/simple"),
    conda_yaml("    - -e ./my lib", "    - -r more.txt", "    - ./a.whl", "    - -c $HOME/c.txt", '    - "~/b.whl"'),
    conda_yaml("    - at @ https://host/at-1.whl#sha256=ab", "    - git @ git+https://host/git@main#egg=git"),
    conda_yaml(
        '    -   "back\\\\slash"', "    - hash==1 --hash=sha256:ab", end="prefix: /home/me\nvariables:\n  - one\n"
    ),
    conda_yaml("  - as", "  - deep", "  - as-its-dash")
    .replace("\n  - p", "\n- p")
    .replace("\n- pip:", "\n- pip:  # list"),
    conda_yaml("    - one", "  - after=1").replace("- pip:", '- "pip":  # packages'),
    conda_yaml("    - one", "    - two").replace("\n", "\r\n"),
    conda_yaml("    - one", "    - last").rstrip(),
    "channels:\n  - pip:\n" + conda_yaml("    - one"),
]


@pytest.mark.parametrize("text", [*WRITTEN, CONDA_YAML.read_text()])
def test_the_list_of_pip_is_what_a_yaml_parser_reads(tmp_path, text):
    """Every line of it, in its order, without the quotes that it may have."""
    (wanted,) = [item["pip"] for item in yaml.safe_load(text)["dependencies"] if isinstance(item, dict)]
    done = sourced(tmp_path, text, "pip_lines")
    assert (done.returncode, done.stderr) == (0, "")
    assert [re.sub(" +#.*", "", line) for line in done.stdout.splitlines()] == wanted


UNREADABLE = [
    (conda_yaml().replace("- pip:", "- pip: [one, two]"), "line 5: '- pip: [one, two]'"),
    (conda_yaml("    [one,", "    two]"), "line 6: '[one,'"),
    (conda_yaml("    - >-", "      one"), "line 6: '- >-'"),
    (conda_yaml("    - one", "      >=1"), "line 7: '>=1'"),
    (conda_yaml("    - {one: two}"), "line 6: '- {one: two}'"),
    (conda_yaml('    - "one'), "line 6: '- \"one'"),
    (conda_yaml(), "packages under '- pip:', a line each"),
    ("name: any\n", "packages under '- pip:', a line each"),
]


@pytest.mark.parametrize(("text", "message"), UNREADABLE)
def test_a_list_that_it_can_not_read_ends_the_set_up(tmp_path, text, message):
    """One line that says where and what is expected; nothing is installed."""
    done = sourced(tmp_path, text, "build_with_uv")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("conda.yaml")
    assert message in line
    assert "expected" in line
    assert not (tmp_path / "read" / ".venv").exists()


def test_packages_that_only_conda_has_are_named(tmp_path):
    """Those beside python, pip and the list of pip."""
    text = conda_yaml("    - one", "  - cudatoolkit >=11", "  - 'conda-forge::numpy'").replace("=3.11", " # any")
    done = sourced(tmp_path, text, "left_to_conda")
    message = "only conda installs what stands outside the list of pip: cudatoolkit >=11, conda-forge::numpy"
    assert done.stderr == f"conda.yaml: {message}\n"
    assert sourced(tmp_path, CONDA_YAML.read_text(), "left_to_conda").stderr == ""


def test_a_file_that_a_line_names_is_part_of_what_the_environment_is_made_from(tmp_path):
    """A change in it, or in one that it names itself, makes the environment anew; a circle has an end."""
    text = conda_yaml("    - '-r more/it is.txt' # why", "    - one", "    - --requirement=none.txt")
    more = tmp_path / "read" / "more"
    more.mkdir(parents=True)
    (more / "it is.txt").write_text("-r deep.txt\ntwo>=2\n")

    def stamp(deep):
        (more / "deep.txt").write_text(f"{deep}\n--requirement it is.txt\n")
        done = sourced(tmp_path, text, "maker=uv; made_from conda.yaml")
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    assert stamp("three==3") == stamp("three==3")
    assert "\ntwo>=2\n" in stamp("three==3")
    assert "\nthree==3\n" in stamp("three==3")
    assert stamp("three==3") != stamp("three==30")
