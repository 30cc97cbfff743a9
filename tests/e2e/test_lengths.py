"""A study whose settings and parameters are longer than MLflow's tags and parameters."""

import random
from typing import Any

import pytest

from tests.e2e.tools import Place

pytestmark = pytest.mark.e2e

KEPT = 6_000  # characters of a parameter, by MLflow


def test_a_study_of_many_long_names_goes_on_and_is_reproduced(place: Place) -> None:
    """80 columns in Cyrillic are left out: the record has them whole, so a second start and `reproduce` read them."""
    chance = random.Random(0)
    names = [f"столбец с очень длинным именем, какие бывают в таблицах из учётных систем, номер {n}" for n in range(80)]
    table = place.folder / "table.csv"
    rows = [[f"{chance.random():.3f}" for _ in (*names, "a", "b")] for _ in range(60)]
    quoted = ",".join(f'"{name}"' for name in names)
    lines = [f"{','.join(row)},{number % 2}" for number, row in enumerate(rows)]
    table.write_text("\n".join([f"{quoted},a,b,y", *lines]) + "\n", encoding="utf-8")
    drop = ",".join(f'"{name}"' for name in names)
    small: dict[str, Any] = {"data": table, "target": "y", "space": "linear", "folds": 2, "study": "long"}

    place.step("steps.tune", check=True, drop=drop, n_trials=1, **small)
    again = place.step("steps.tune", check=True, study="long", n_trials=2)
    assert "goes on, with its" in again.stderr
    study = place.named("long")
    first, second = study.trials
    assert len(drop) > KEPT
    assert [len(run.data.params["drop"]) for run in (first, second)] == [KEPT, KEPT]
    assert study.parent.data.tags["tuning.settings"].startswith("sha256:")
    artifacts = {file.path for file in place.client.list_artifacts(study.parent.info.run_id, "tags")}
    assert artifacts == {"tags/tuning.identity.txt", "tags/tuning.settings.txt"}

    repeated = place.step("steps.reproduce", check=True, run_id=second.info.run_id)
    assert "verdict: identical" in repeated.stdout
