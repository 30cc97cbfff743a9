import shlex
import string
import subprocess

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from steps.backends.warm.command_words import python_words

WORDS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
# Text that a shell and Python's shlex might read differently.
SHELL_TEXT = st.text(alphabet="ab \t\r\n'\"$`\\!#;&|<>(){}[]*?~=^%@:,-é\N{NO-BREAK SPACE}\f\v", max_size=14)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("python -m steps.train", ["python", "-m", "steps.train"]),
        ("python3 -m steps.train --folds 5", ["python3", "-m", "steps.train", "--folds", "5"]),
        ("PYTHONSAFEPATH= python -m steps.train", ["python", "-m", "steps.train"]),
        ("python train.py", ["python", "train.py"]),
        ("python -u train.py a", ["python", "-u", "train.py", "a"]),
        ("python -u -m m", ["python", "-u", "-m", "m"]),
        ("python 'my train.py' a", ["python", "my train.py", "a"]),
        ("  python \t -m  m  ", ["python", "-m", "m"]),
        ("python -m m ''", ["python", "-m", "m", ""]),
        ("python -m m 'two words'", ["python", "-m", "m", "two words"]),
        ('python -m m "two words"', ["python", "-m", "m", "two words"]),
        ("python -m m 'a'b\"c\"", ["python", "-m", "m", "abc"]),
        ("python -m m 'it'\"'\"'s'", ["python", "-m", "m", "it's"]),
        ("python -m m '$HOME `ls` \\ ; | & > < * ? ~ # !'", ["python", "-m", "m", "$HOME `ls` \\ ; | & > < * ? ~ # !"]),
        ("python -m m '( ) { } [ ]'", ["python", "-m", "m", "( ) { } [ ]"]),
        ('python -m m "; | & > < * ? ~ # ( ) { } [ ] \'"', ["python", "-m", "m", "; | & > < * ? ~ # ( ) { } [ ] '"]),
        ("python -m m 'a\nb'", ["python", "-m", "m", "a\nb"]),
        ("python -m m -1e-05 --x=1 a,b a:b@c%d+e/f", ["python", "-m", "m", "-1e-05", "--x=1", "a,b", "a:b@c%d+e/f"]),
        ("python -m m é\N{SNOWMAN}", ["python", "-m", "m", "é\N{SNOWMAN}"]),
    ],
)
def test_a_plain_python_command_is_split_into_its_words(command, words):
    """What a shell would only split is split here: its quotes taken away, nothing expanded."""
    assert python_words(command) == words


@pytest.mark.parametrize(
    "command",
    [
        "",
        "python",
        "python -m",
        "python -u",
        "python -u -m",
        "python -c pass",
        "python -",
        "python train",
        "python --version.py",
        "python3.11 -m m",
        "/usr/bin/python -m m",
        "pythonx -m m",
        "bash train.sh",
        "echo python -m m",
        "VARIABLE=1 python -m m",
        "cd x && python -m m",
        *(f"python -m m a{sign}b" for sign in "$`;&|<>(){}[]*?~#!\\'\"\n"),
        "python -m m $HOME",
        'python -m m "$HOME"',
        'python -m m "`ls`"',
        'python -m m "a\\"b"',
        'python -m m "a!b"',
        "python -m m $'a'",
        "python -m m 'a' $HOME 'b'",
        "python -m m 'open",
        "python -m m \"a$b' c\"'d'",
        "python -m m | tee log",
        "python -m m 2>&1",
        "python -m m &",
        "python -m m # remark",
        "python -m m\npython -m n",
    ],
)
def test_any_other_command_is_left_to_a_shell(command):
    """What a shell would expand, redirect or join, and what is not `python -m module` or `python file.py`, is None."""
    assert python_words(command) is None


@given(st.lists(WORDS | SHELL_TEXT, max_size=5))
@settings(deadline=None)
@example(["it's", '"', "$HOME", "a\nb", "", "--x", "-1e-05", "\r"])
def test_words_that_are_quoted_for_a_shell_arrive_as_they_are(words):
    """Any words, quoted as MLflow quotes the parameters of a command, are the words that the module gets."""
    assert python_words("python -m m " + shlex.join(words)) == ["python", "-m", "m", *words]


@given(SHELL_TEXT | st.text(alphabet=string.printable, max_size=10))
@settings(deadline=None, max_examples=100)
@example("a\rb")
@example("a^b %1 =x")
@example("'a'b\"c\"")
def test_what_is_split_here_is_split_as_bash_does(text):
    """Whatever a command says: it either needs a shell, or bash would make the same words of it."""
    words = python_words(f"python -m m {text}")
    if words is not None:
        # Harmless: it gets here only if nothing in it is special to a shell.
        script = f"python() {{ printf '%s\\0' python \"$@\"; }}\npython -m m {text}"
        done = subprocess.run(["bash", "-c", script], capture_output=True, check=True)
        assert [word.decode() for word in done.stdout.split(b"\0")[:-1]] == words
