"""The tuning step as if no fold could be prepared for several trials; run by `mixed`.

python -m scripts.benchmarks.unprepared --n_trials 20 …
"""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from steps import tune
from steps.names import Variable
from steps.parameters.tune_settings import TuneSettings
from steps.tuning import child_preload


def main(words: Sequence[str]) -> int:
    """Run the step; return its exit code."""
    calls_of = child_preload.calls

    def calls(settings: TuneSettings) -> Sequence[tuple[str, Mapping[str, Any]]]:
        return [*calls_of(settings), ("scripts.benchmarks.unprepared:forbid", {})]

    child_preload.calls = calls
    return tune.main(words)


def forbid() -> None:
    """Undo `preparation.allow`, in the launcher."""
    (Path(os.environ[Variable.FILES]) / "prepared").rmdir()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
