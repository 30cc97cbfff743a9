"""The tuning step with a clock on its loop; run by `scale`.

    python -m scripts.benchmarks.clocked --n_trials 100 …

Prints, as the last line, JSON: the loop's seconds and CPU seconds (of this process alone), and its memory in MB.
"""

import json
import sys
import time
from pathlib import Path

from steps import tune
from steps.tuning.loop import StudyLoop
from steps.tuning.trials.results import StudyResult


def main(words: list[str]) -> int:
    """Run the step; return its exit code."""
    run = StudyLoop.run
    times: dict[str, float] = {}

    def clocked(loop: StudyLoop) -> StudyResult:
        wall, cpu = time.monotonic(), time.process_time()
        try:
            return run(loop)
        finally:
            times.update(wall_s=time.monotonic() - wall, cpu_s=time.process_time() - cpu)

    StudyLoop.run = clocked  # type: ignore[assignment, method-assign]
    code = tune.main(words)
    print(json.dumps({**times, "memory_mb": _most_mb()}))
    return code


def _most_mb() -> float:
    """Return the most memory that this process has had: `getrusage` counts in the one that started it."""
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) / 1000


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
