"""A space file as a whole: its forms, its conditions, its points to try, where it is found."""

import pytest

from steps import spaces
from steps.errors import WrongValue
from steps.tuning.space import file, load

FOREST, SVC = "sklearn.ensemble.RandomForestClassifier", "sklearn.svm.SVC"
SEVERAL = """\
estimator:
  sklearn.ensemble.RandomForestClassifier:
    n_estimators: {type: int, low: 50, high: 200}
    max_depth: {type: int, low: 3, high: 20}
    max_features: {type: categorical, choices: [sqrt, log2, null]}
  sklearn.svm.SVC:
    C: {type: float, low: 1.0e-3, high: 1.0e+3, log: true}
    kernel: {type: categorical, choices: [linear, rbf, poly]}
    gamma: {type: float, low: 1.0e-4, high: 10, log: true, when: {kernel: [rbf, poly]}}
    degree: {type: int, low: 2, high: 5, when: {kernel: poly}}
    cache_size: 500
try:
  - {estimator: sklearn.svm.SVC, C: 1.0, kernel: rbf, gamma: 0.1}
"""


def read(text):
    return file.read(text, "my.yaml").for_task("classification")


def problems_of(text):
    with pytest.raises(WrongValue) as caught:
        file.read(text, "my.yaml")
    return list(caught.value.problems)


def test_several_estimators_have_hyperparameters_of_their_own():
    """Several estimators: a categorical `estimator`, then each one's hyperparameters under its class's name."""
    space = read(SEVERAL)
    assert list(space.distributions) == [
        "estimator",
        "RandomForestClassifier.n_estimators",
        "RandomForestClassifier.max_depth",
        "RandomForestClassifier.max_features",
        "SVC.C",
        "SVC.kernel",
        "SVC.gamma",
        "SVC.degree",
    ]
    assert space.distributions["estimator"].choices == (FOREST, SVC)
    assert space.estimators == [FOREST, SVC]
    assert space.hyperparameters(SVC) == ["C", "kernel", "gamma", "degree", "cache_size"]
    assert space.conditional
    assert space.tries == [{"estimator": SVC, "SVC.C": 1.0, "SVC.kernel": "rbf", "SVC.gamma": 0.1}]
    choice = space.child(space.tries[0])
    assert choice.estimator == SVC
    assert choice.hyperparameters == {"C": 1.0, "kernel": "rbf", "gamma": 0.1, "cache_size": 500}


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        ("b: {type: int, low: 1, high: 2}\na: 5\nc: null\n", {None: ["b", "a", "c"]}),
        ("estimator: sklearn.svm.SVC\nC: {type: float, low: 1, high: 2}\n", {SVC: ["C"]}),
        ("estimator: {sklearn.svm.SVC: {C: {type: float, low: 1, high: 2}}}\n", {SVC: ["C"]}),
        ("estimator: {type: categorical, choices: [a, b]}\nx: 1\n", {None: ["estimator", "x"]}),
        ("estimator: {sklearn.svm.SVC: , a.B: {}}\n", {SVC: [], "a.B": []}),
        ("learning-rate: {type: float, low: 0, high: 1}\n", {None: ["learning-rate"]}),
    ],
)
def test_the_forms_of_a_file(text, entries):
    """Hyperparameters at the top belong to no estimator, or to a plain one; else each has its own below it."""
    space = read(text)
    assert {path: space.hyperparameters(path) for path in space.estimators} == entries
    if len(entries) == 1:
        (own,) = entries.values()
        assert set(space.distributions) <= set(own)  # by their own names


def test_equal_class_names_are_told_apart_by_their_paths():
    """Where two classes have one name, Optuna knows their hyperparameters by the whole import path."""
    entry = "{x: {type: int, low: 1, high: 2}}"
    space = read(f"estimator: {{a.Model: {entry}, b.Model: {entry}, b.Other: {entry}}}\n")
    assert list(space.distributions) == ["estimator", "a.Model.x", "b.Model.x", "Other.x"]


def test_a_space_for_each_task():
    """A file may have a space for each task; one that has none for a task says so when it is asked for."""
    text = "regression:\n  estimator: {a.B: &own {x: {type: int, low: 1, high: 2}}, a.C: *own}\n"
    read = file.read(text, "my.yaml")
    assert read.for_task("regression").estimators == ["a.B", "a.C"]
    with pytest.raises(WrongValue) as caught:
        read.for_task("classification")
    assert caught.value.problems == (
        "my.yaml: has no space for classification, the task of this target (see --task), only for regression",
    )


def test_what_is_asked_of_the_estimators():
    """By task, each with its hyperparameters and their choices: one of a fixed one, none of a range."""
    flat = {"auto": {"x": [], "y": [3]}}
    text = "x: {type: int, low: 1, high: 2}\ny: 3\n"
    assert file.read(text, "my.yaml").hyperparameters() == {"classification": flat, "regression": flat}
    assert file.read(SEVERAL, "my.yaml").hyperparameters()["regression"] == {
        FOREST: {"n_estimators": [], "max_depth": [], "max_features": ["sqrt", "log2", None]},
        SVC: {"C": [], "kernel": ["linear", "rbf", "poly"], "gamma": [], "degree": [], "cache_size": [500]},
    }


X = "x: {type: int, low: 1, high: 2}\n"
KERNEL = "kernel: {type: categorical, choices: [rbf, poly, 1, null]}\n"
DEPENDENT = "s{}: {{type: categorical, choices: [1], when: {{s{}: 1}}}}\n"
# A file, and its problems without the file's name.
BAD: list[tuple[str, list[str]]] = [
    ("5", ["my.yaml: must map each hyperparameter to its type and bounds, got 5"]),
    ("[x]", ["my.yaml: must map each hyperparameter to its type and bounds, got [x]"]),
    ("{}", ["my.yaml: must map each hyperparameter to its type and bounds, got {}"]),
    ("", ["my.yaml: is empty"]),
    ("# nothing\n", ["my.yaml: is empty"]),
    ("x: [1,\n", ["my.yaml:2: must be YAML: "]),
    ("x: {type: int\ny: 1", ["my.yaml:2: must be YAML: "]),
    ("\tx: 1", ["my.yaml:1: must be YAML: "]),
    ("x: *there\n", ["my.yaml:1: must be YAML: found undefined alias"]),
    ("x: 1\n---\ny: 2\n", ["my.yaml:2: must be YAML: "]),
    ("x: \x01\n", ["my.yaml: must be YAML: "]),
    ("a: 1\nb: 2\n", [":1: names nothing to search"]),
    ("estimator:\n  a.B: {x: 1}\n", [":1: names nothing to search"]),
    ("estimator: a.B\nx: 1\n", [":1: names nothing to search"]),
    ("estimator: {}\n", [":1: names nothing to search"]),
    (f"{X}{X}", [":2: x: is there twice, first in line 1"]),
    (f"{X}2x: 1\nx y: 2\n? [a]\n: 3\n", [":2: 2x: must be a name", ":3: x y: must be a name", ":4: ?: must be a name"]),
    ("estimators: {a.B: }\n", [":1: estimators: must be a plain value, or have a type, such as {type: int, low: 1, h"]),
    ("clasification:\n  estimator: {a.B: }\n", [":1: clasification: must be a plain value"]),
    (
        f"estimator: {{a.B: , a.C: }}\n{X}tri: 5\n",
        [
            ":2: x: can't stand beside estimator; allowed: try",
            ":3: tri: can't stand beside estimator (did you mean 'try",
        ],
    ),
    (f"classification: {{{X[:-1]}}}\nregresion: {{}}\n", [":2: regresion: can't stand beside classification and regr"]),
    (f"classification: 5\nregression: {{{X[:-1]}}}\n", [":1: classification: must be a mapping"]),
    (
        "estimator:\n  SVC: {}\n  a.b.: {}\n",
        [":2: estimator: SVC: must be the import path of an estimator", ":3: esti"],
    ),
    ("estimator:\n  a.B: 5\n  a.C: {}\n", [":2: estimator: a.B: must map hyperparameters to their types and bounds"]),
    ("estimator:\n  a.B: {}\n  a.B: {}\n  c.D: {}\n", [":3: estimator: a.B: is there twice, first in line 2"]),
    # Conditions.
    (
        f"{KERNEL}d: {{type: int, low: 1, high: 2, when: 5}}\n",
        [":2: d: when: must map a categorical above to its choi"],
    ),
    (f"{KERNEL}d: {{type: int, low: 1, high: 2, when: {{}}}}\n", [":2: d: when: must map a categorical above"]),
    (
        f"{KERNEL}d: {{type: int, low: 1, high: 2, when: {{kernl: rbf}}}}\n",
        [":2: d: when: kernl: must name a categorical that stands above (did you mean 'kernel'?)"],
    ),
    (
        f"{X}d: {{type: int, low: 1, high: 2, when: {{x: 1}}}}\n",
        [":2: d: when: x: must name a categorical, and this i"],
    ),
    (f"{X}k: 5\nd: {{type: int, low: 1, high: 2, when: {{k: 5}}}}\n", [":3: d: when: k: must name a categorical, and"]),
    (
        f"{KERNEL}d: {{type: int, low: 1, high: 2, when: {{kernel: [rbf, poli, '1', [rbf]]}}}}\n",
        [
            ":2: d: when: kernel: must be one of rbf, poly, 1, None, got poli (did you mean 'poly'?)",
            ":2: d: when: kernel: must be one of rbf, poly, 1, None, got '1'",
            ":2: d: when: kernel: must be one of rbf, poly, 1, None, got ('rbf',)",
        ],
    ),
    (
        f"{KERNEL}d: {{type: int, low: 1, high: 2, when: {{kernel: []}}}}\n",
        [":2: d: when: kernel: must name at least o"],
    ),
    # In a circle, and of itself: what is named must stand above.
    (
        "a: {type: categorical, choices: [1], when: {b: 1}}\nb: {type: categorical, choices: [1], when: {a: 1}}\n"
        "c: {type: categorical, choices: [1], when: {c: 1}}\n",
        [
            ":1: a: when: b: must name a categorical that stands above",
            ":3: c: when: c: must name a categorical that sta",
        ],
    ),
    # On each other: the first that is too deep is named, and those that depend on it are not held against it.
    (
        f"s0: {{type: categorical, choices: [1]}}\n{''.join(map(DEPENDENT.format, range(1, 60), range(59)))}",
        [":51: s50: when: has conditions on conditions, more than 50 deep"],
    ),
    # A condition on an entry that is itself wrong is not held against it.
    (
        "k: {type: categorical, choices: []}\nd: {type: int, low: 1, high: 2, when: {k: 1}}\n",
        [":1: k: choices: must be"],
    ),
    # Points to try.
    (f"{X}try: 5\n", [":2: try: must be a list of points"]),
    (f"{X}try: [5, {{}}]\n", [":2: try: must map hyperparameters to values"]),
    (
        f"{X}try:\n  - x: 3\n  - x: 1.0\n",
        [":3: try: x: must be a whole number from 1 to 2, got 3", ":4: try: x: must be"],
    ),
    (f"{X}try: [{{y: 1, x: 1e-5}}]\n", [":2: try: x: 1e-5 is text to YAML", ":2: try: y: is not in this space"]),
    (f"{X}f: 5\ntry: [{{x: 1, f: 6}}]\n", [":3: try: f: is fixed at 5, got 6"]),
    (f"{KERNEL}try: [{{kernel: rfb}}]\n", [":2: try: kernel: must be one of rbf, poly, 1, None, got 'rfb'"]),
    (
        f"{KERNEL}d: {{type: int, low: 1, high: 2, when: {{kernel: [rbf, poly]}}}}\ntry: [{{d: 1}}]",
        [":3: try: d: is not active here: only where kernel is rbf or poly"],
    ),
    (
        SEVERAL + "  - {C: 1}\n",
        [":14: try: estimator: is missing: must be one of sklearn.ensemble.RandomForestClassif"],
    ),
    (
        SEVERAL + "  - {estimator: sklearn.svm.SVR}\n",
        [":14: try: estimator: must be one of sklearn.ensemble.RandomFor"],
    ),
    (SEVERAL + f"  - {{estimator: {SVC}, max_depth: 3}}\n", [":14: try: max_depth: is not in this space"]),
    ("k: {type: categorical, choices: []}\ntry: [{k: 1}]\n", [":1: k: choices: must be a list"]),
]


@pytest.mark.parametrize(("text", "problems"), BAD, ids=[text[:60] for text, _ in BAD])
def test_each_problem_of_a_file_is_named(text, problems):
    """A problem says the file, the line, the keys, what is allowed and what was given, in the order of the lines."""
    reported = problems_of(text)
    assert len(reported) == len(problems), reported
    for line, problem in zip(reported, problems, strict=True):
        start = problem if problem.startswith("my.yaml") else f"my.yaml{problem}"
        assert line.startswith(start)
        assert "\n" not in line


def test_problems_of_all_parts_are_told_at_once():
    """A wrong bound, a wrong condition, a wrong point and an unknown key of one file are four lines."""
    text = (
        SEVERAL.replace("low: 50", "low: 500").replace("kernel: poly}", "kernel: plo}").replace("gamma: 0.1", "gama: 1")
    )
    reported = problems_of(f"{text}tri: 1\n")
    assert [line.split(": ")[0] for line in reported] == ["my.yaml:3", "my.yaml:10", "my.yaml:13", "my.yaml:14"]


def test_a_point_may_leave_some_to_the_sampler():
    """A try names what is known to be good; what it leaves out is drawn."""
    assert read(f"{X}y: {{type: float, low: 0, high: 9}}\ntry: [{{y: 3}}, {{x: 1}}]\n").tries == [{"y": 3.0}, {"x": 1}]


@pytest.mark.parametrize("entry", ["k: &k [1, *k]", "k: {type: categorical, choices: &k [1, *k]}"])
def test_a_list_within_itself_is_refused(entry):
    """YAML can write a list that contains itself: no traceback."""
    (problem,) = problems_of(f"{X}{entry}\n")
    assert "is a list within itself" in problem


# --- where a file is found


@pytest.mark.parametrize(("name", "near"), [("random_florist", " (did you mean 'random_forest'?)"), ("zzz", "")])
def test_an_unknown_space_gets_the_nearest_name(name, near):
    """A name that is no file in steps/spaces is refused, with those that are."""
    with pytest.raises(WrongValue) as caught:
        load(name)
    (problem,) = caught.value.problems
    assert problem.startswith(f"--space {name!r}: must be one of ")
    assert "random_forest" in problem
    assert problem.endswith(f", or the path of a YAML file{near}")


def test_a_file_anywhere_by_its_path(tmp_path, monkeypatch):
    """A path, absolute or from the current folder or the home folder, leads to a file, whatever its ending is."""
    folder = tmp_path / "it's mine"
    folder.mkdir()
    for name in ("my.yaml", "my.yml", "my.txt"):
        (folder / name).write_text(X)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(folder))
    for space in (f"{folder}/my.yaml", "my.yaml", "my.yml", "./my.txt", "~/my.yaml", "../it's mine/my.yaml"):
        assert list(load(space).for_task("regression").distributions) == ["x"]


def test_a_relative_path_that_is_not_there_says_where_it_was_looked_for(tmp_path, monkeypatch):
    """From a Git URL the current folder is a clone: the message names it and asks for an absolute path."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(WrongValue) as caught:
        load("my.yaml")
    assert caught.value.problems == (f"--space 'my.yaml': there is no such file in {tmp_path}; give an absolute path",)
    with pytest.raises(WrongValue) as caught:
        load("svm.yaml")
    assert caught.value.problems[0].endswith("give an absolute path (did you mean 'svm'?)")
    with pytest.raises(WrongValue) as caught:
        load(f"{tmp_path}/my.yaml")
    assert caught.value.problems == (f"--space '{tmp_path}/my.yaml': there is no such file",)


def test_a_file_that_is_no_text_is_refused(tmp_path):
    """Bytes that are no UTF-8 are told on one line with the path."""
    (tmp_path / "my.yaml").write_bytes(b"x: \xff\xfe\n")
    with pytest.raises(WrongValue) as caught:
        load(str(tmp_path / "my.yaml"))
    (problem,) = caught.value.problems
    assert problem.startswith(f"{tmp_path}/my.yaml: can't be read: ")


def test_problems_of_a_file_begin_with_its_path(tmp_path):
    """A file by path is named as it was given, one that is shipped by its name alone."""
    (tmp_path / "my.yaml").write_text("x: {type: int}\n")
    with pytest.raises(WrongValue) as caught:
        load(f"{tmp_path}/my.yaml")
    assert all(problem.startswith(f"{tmp_path}/my.yaml:1: x: ") for problem in caught.value.problems)


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        (SEVERAL, [FOREST, SVC]),
        (X, []),
        ("estimator: a.B\n", ["a.B"]),
        (
            "classification: {estimator: {a.B: , a.C: {}}}\nregression: {estimator: {a.B: , d.E: }}\n",
            ["a.B", "a.C", "d.E"],
        ),
        ("estimator: 5\n", []),
        ("estimator: [1, a.B]\n", ["a.B"]),
        ("[1]", []),
        ("{", []),
    ],
)
def test_the_import_paths_can_be_had_early(text, paths, tmp_path):
    """What a launcher imports is known before the space is checked; a file that is wrong names what it names."""
    (tmp_path / "my.yaml").write_text(text)
    assert spaces.estimators(f"{tmp_path}/my.yaml") == paths
    assert spaces.estimators(f"{tmp_path}/none.yaml") == []
