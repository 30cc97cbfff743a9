"""Search-space files that are none."""

from tests.inputs.rows import Row

_INT = "{type: int, low: 1, high: 3}"
_WHERE = "{folder}/space.yaml"
# Lists of lists of lists: each is written once, and there are 9**5 values behind the last.
_BOMB = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 4)
)
_BOMB += f"max_depth: {{type: categorical, choices: [[{', '.join(['*a3'] * 9)}]]}}\n"


def _space(id: str, line: str, text: str | bytes, **parameters: str) -> Row:
    """Make a row of a file; the line begins with its path."""
    return Row(f"space-{id}", "tune", f"{_WHERE}{line}", {"space": _WHERE, **parameters}, files={"space.yaml": text})


def _path(id: str, line: str, space: str) -> Row:
    return Row(f"space-{id}", "tune", line, {"space": space}, files={"folder/.keep": ""})


ROWS = [
    _path("missing", "--space '{folder}/none.yaml': there is no such file", "{folder}/none.yaml"),
    _path(
        "missing-relative", "--space 'none.yaml': there is no such file in {root}; give an absolute path", "none.yaml"
    ),
    _path("folder", "--space '{folder}/folder': is a folder; name a YAML file in it", "{folder}/folder"),
    _path("too-long", f"--space '{'x' * 300}.yaml': there is no such file in …", "x" * 300 + ".yaml"),
    _path("no-such-user", "--space '~no-such-user/x.yaml': there is no such file", "~no-such-user/x.yaml"),
    _path(
        "unknown-name", "--space 'random_florist': must be one of … (did you mean 'random_forest'?)", "random_florist"
    ),
    _space("empty", ": is empty", ""),
    _space("comment", ": is empty", "# nothing yet\n"),
    _space("binary", ": can't be read: 'utf-8' codec can't decode …", b"\xff\xfe\x00"),
    _space("text", ": must map each hyperparameter to its type and bounds, got just text", "just text"),
    _space("list", ": must map each hyperparameter to its type and bounds, got - 1 - 2", "- 1\n- 2"),
    _space("broken", ":2: must be YAML: expected the node content, but found '}'", "a: [1,\nb: }"),
    _space("tab", ":1: must be YAML: found character '\\t' that cannot start any token", "\tx: 1"),
    _space(
        "two-documents",
        ":2: must be YAML: expected a single document in the stream but found another document",
        f"a: {_INT}\n---\nb: 1",
    ),
    _space("deep", ": must be YAML: maximum recursion depth exceeded…", f"max_depth: {'[' * 500}{']' * 500}"),
    _space(
        "python-apply",
        ":1: max_depth: the tag !!python/object/apply:os.system is not allowed: write a plain value",
        "max_depth: !!python/object/apply:os.system ['touch {folder}/done']",
    ),
    _space(
        "python-name",
        ":1: max_depth: the tag !!python/name:os.system is not allowed: write a plain value",
        "max_depth: !!python/name:os.system",
    ),
    _space(
        "own-tag",
        ":2: n_estimators: the tag !forest is not allowed: write a plain value",
        f"max_depth: {_INT}\nn_estimators: !forest 3",
    ),
    _space(
        "alias-bomb",
        ":5: max_depth: choices: must be of at most 10000 values, those behind aliases counted each time",
        _BOMB,
    ),
    _space("list-within-itself", ":1: max_depth: is a list within itself", "max_depth: &a [*a]"),
    _space(
        "mapping-within-itself",
        ":1: max_depth: must be a plain value, or have a type, such as {type: int, low: 1, high: 9}",
        "max_depth: &a {x: *a}",
    ),
    _space(
        "unknown-key",
        ":1: max_depth: hgih: unknown key (did you mean 'high'?); allowed: type, low, high, log, step, when",
        "max_depth: {type: int, low: 1, high: 3, hgih: 3}",
    ),
    _space(
        "unknown-type",
        ":1: max_depth: type: must be one of int, float, categorical, got 'integer' (did you mean 'int'?)",
        "max_depth: {type: integer, low: 1, high: 3}",
    ),
    _space(
        "no-type",
        ":1: max_depth: must be a plain value, or have a type, such as {type: int, low: 1, high: 9}",
        "max_depth: {low: 1, high: 3}",
    ),
    _space(
        "wrong-kind",
        ":1: max_depth: low: must be a whole number, got 'one'",
        "max_depth: {type: int, low: one, high: 3}",
    ),
    _space(
        "low-above-high",
        ":1: max_depth: low: must not be above high, got 5 > 3",
        "max_depth: {type: int, low: 5, high: 3}",
    ),
    _space(
        "log-from-zero",
        ":1: max_features: low: must be above 0 with log, got 0.0",
        "max_features: {type: float, low: 0, high: 3, log: true}",
    ),
    _space(
        "step-does-not-divide",
        ":1: max_depth: step: must divide the range from low to high, got 3",
        "max_depth: {type: int, low: 1, high: 9, step: 3}",
    ),
    _space(
        "infinite",
        ":1: max_features: high: must be a finite number, got .inf",
        "max_features: {type: float, low: 1, high: .inf}",
    ),
    _space(
        "number-that-is-text",
        ":1: max_features: low: 1e-3 is text to YAML: write 0.001 for the number, or put the text in quotes",
        "max_features: {type: float, low: 1e-3, high: 1}",
    ),
    _space(
        "no-choices",
        ":1: max_features: choices: must be a list of at least one value",
        "max_features: {type: categorical, choices: []}",
    ),
    _space(
        "choice-twice",
        ":1: max_features: choices: 2 is there twice",
        "max_features: {type: categorical, choices: [1, 2, 2]}",
    ),
    _space("key-twice", ":2: max_depth: is there twice, first in line 1", f"max_depth: {_INT}\nmax_depth: {_INT}"),
    _space(
        "unknown-condition",
        ":1: max_depth: when: nothing: must name a categorical that stands above",
        "max_depth: {type: int, low: 1, high: 3, when: {nothing: 3}}",
    ),
    _space(
        "cycle",
        ":1: a: when: b: must name a categorical that stands above",
        "a: {type: categorical, choices: [x], when: {b: y}}\nb: {type: categorical, choices: [y], when: {a: x}}",
    ),
    _space(
        "condition-no-choice",
        ":2: max_depth: when: criterion: must be one of gini, got entropy",
        "criterion: {type: categorical, choices: [gini]}\n"
        "max_depth: {type: int, low: 1, high: 3, when: {criterion: entropy}}",
    ),
    _space(
        "nothing-to-search",
        ":1: names nothing to search, …; a range is written {type: int, low: 1, high: 9}",
        "max_depth: 3",
    ),
    _space(
        "no-estimator",
        ":1: names nothing to search, …; a range is written {type: int, low: 1, high: 9}",
        "estimator: {}",
    ),
    _space(
        "null-estimator",
        ":1: 'None': must be an import path, such as sklearn.svm.SVC, or several joined by +",
        f"estimator: null\nn_estimators: {_INT}",
    ),
    _space(
        "estimator-no-path",
        ":1: 'forest': must be an import path, such as sklearn.svm.SVC, or several joined by +",
        f"estimator: forest\nn_estimators: {_INT}",
    ),
    _space(
        "estimator-misspelled",
        ":2: 'sklearn.svm.SVCC': … (did you mean 'SVC'?)",
        f"estimator:\n  sklearn.svm.SVCC:\n    C: {_INT}",
    ),
    _space(
        "hyperparameter-misspelled",
        ":1: n_estimatrs: RandomForestClassifier has no such hyperparameter (did you mean 'n_estimators'?); allowed: …",
        f"n_estimatrs: {_INT}",
    ),
    _space("try-no-list", ":2: try: must be a list of points, such as [{max_depth: 3}]", f"max_depth: {_INT}\ntry: 3"),
    _space(
        "try-out-of-bounds",
        ":2: try: max_depth: must be a whole number from 1 to 3, got 7",
        f"max_depth: {_INT}\ntry: [{{max_depth: 7}}]",
    ),
    _space(
        "of-the-other-task",
        ": has no space for regression, the task of this target (see --task), only for classification",
        f"classification:\n  max_depth: {_INT}\n",
        data="diabetes",
    ),
]
