"""A study on record as one of Optuna's."""

from datetime import timedelta

from steps.tuning.report import files, load_study
from tests.tuning.report.conftest import FAILED, ROWS


def test_optuna_opens_the_study(record, make_plan, tmp_path):
    """study.db is Optuna's own: trials, states, scores, distributions, times."""
    import optuna

    loaded = load_study.load(make_plan(), "shown", record([*ROWS, FAILED]))
    path = files.study_db(loaded, tmp_path)
    study = optuna.load_study(study_name="shown", storage=f"sqlite:///{path}")
    assert [trial.state.name for trial in study.trials] == ["COMPLETE"] * 3 + ["FAIL"]
    assert study.best_trial.params == {"n_estimators": 52, "max_depth": 5}
    assert study.best_trial.user_attrs["run_id"] == loaded.trials[2].run_id
    assert study.metric_names == ["cv_accuracy"]
    assert (study.trials[0].duration or timedelta()).total_seconds() == 1.5
