"""Give every parser of ours what people, other programs and accidents may give it, for as long as one likes.

python -m tests.fuzz.run [target] [seconds]
"""

import io
import sys
import tempfile
import time
import traceback
import warnings
from contextlib import redirect_stderr
from pathlib import Path

import hypothesis
from hypothesis import HealthCheck, Phase, given, settings

from tests.fuzz.target import Target
from tests.fuzz.targets import TARGETS

_HOUR_S = 3600.0
# As many examples are drawn from one seed; then comes another, which begins anew.
_BATCH = 200
_PHASES = (Phase.generate, Phase.target, Phase.shrink)
_SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much, HealthCheck.large_base_example)


def fuzz(target: Target, seconds: float, folder: Path) -> tuple[int, str]:
    """Draw and read until the time is up; return how many examples that were, and the first failure."""
    end, count = time.monotonic() + seconds, 0

    def check(drawn: object) -> None:
        nonlocal count
        if time.monotonic() > end:
            return
        count += 1
        with redirect_stderr(io.StringIO()):  # what a study says of itself
            target.check(folder, drawn)

    seed = time.time_ns()
    while time.monotonic() < end:
        seed += 1
        batch = given(target.drawn)(check)
        batch = settings(
            max_examples=_BATCH, deadline=None, database=None, phases=_PHASES, suppress_health_check=_SLOW
        )(batch)
        try:
            hypothesis.seed(seed)(batch)()
        except Exception:
            return count, traceback.format_exc()
    return count, ""


def main(name: str = "all", seconds: str = str(_HOUR_S)) -> int:
    """Fuzz one target, or each; say what came of it. Return how many failed."""
    if name not in {"all", *TARGETS}:
        raise SystemExit(f"expected all or one of {', '.join(TARGETS)}, got {name}")
    failed = 0
    warnings.simplefilter("error")
    with tempfile.TemporaryDirectory() as folder:
        for each in TARGETS if name == "all" else [name]:
            count, failure = fuzz(TARGETS[each], float(seconds), Path(folder))
            failed += failure != ""
            print(failure, f"{each}: {'FAILED' if failure else 'passed'} after {count} examples", sep="", flush=True)
    return failed


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
