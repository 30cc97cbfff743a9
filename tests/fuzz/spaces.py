"""Search spaces: files, and texts in the command."""

from pathlib import Path

import optuna
from hypothesis import strategies as st

from steps import spaces
from steps.tuning import space
from steps.tuning.space import Space, SpaceFile
from tests.fuzz.target import Target, written
from tests.fuzz.texts import changed, soup, yaml_soup

_SHIPPED = [path.read_text() for path in sorted(spaces.FOLDER.glob("*.yaml"))]
_FILES = [
    *_SHIPPED,
    "x: {type: int, low: 1, high: 9}\nkind: {type: categorical, choices: [a, b, [1, 2]]}\n"
    "y: {type: float, low: 0.1, high: 0.9, step: 0.1, when: {kind: [a, b]}}\ntry: [{x: 3, kind: a, y: 0.3}]\n",
    "classification: &c\n  x: &x {type: float, low: 1e-3, high: 10.0, log: true}\nregression: *c\n",
    "estimator:\n  sklearn.svm.SVC: {C: {type: float, low: 1.0, high: 2.0}}\n  sklearn.svm.SVR: {C: 1.0}\n"
    "try:\n- {estimator: sklearn.svm.SVC, C: 1.5}\n",
]
_INLINE = ["lr=log(1e-4,1e-1) hidden=[32,64] layers=1..4", "n=32..512/32 k=['a b',none,(1,2)] d=0.0..0.9", "x=1..2"]
_INLINE_WORDS = (
    "x=", "lr=", "estimator=", "log(", ")", "[", "]", "(", ",", "..", "/", "1", "4", "0.5", "1e-4", "-1", "01", "none",
    "true", "'a'", '"b"', "'", " ", "\t", "=", "log(1e-4,1e-1)", "1..4", "0..1/0.1", "[a,b]", "1_000", "9" * 400,
)  # fmt: skip


def _file(folder: Path, text: str) -> None:
    path = written(folder, "space.yaml", text)
    spaces.estimators(str(path))
    _use(space.load(str(path)))


def _inline(_folder: Path, text: str) -> None:
    spaces.estimators(text)
    if spaces.is_inline(text):
        _use(space.load(text))


def _use(file: SpaceFile) -> None:
    """Do with a space that was taken what a study does with it."""
    assert file.where.keys() == file.hyperparameters().keys() == file.spaces.keys()
    for task in file.spaces:
        _search(file.for_task(task))


def _search(searched: Space) -> None:
    """Suggest a point, and find it again by what a child would be given."""
    assert searched.text().keys()
    assert searched.size is None or searched.size >= 1
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    for point in (None, *searched.tries):
        if point is not None:
            study.enqueue_trial(point)
        params = searched.suggest(study.ask())
        choice = searched.child(params)
        assert searched.place(choice.estimator, choice.hyperparameters) == params


TARGETS = {
    "space": Target(st.one_of(changed(_FILES), changed(_FILES), yaml_soup()), _file),
    "inline": Target(st.one_of(changed(_INLINE, _INLINE_WORDS), soup(_INLINE_WORDS)), _inline),
}
