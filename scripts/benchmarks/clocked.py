"""The tuning step with a clock on its loop; run by `scale`.

    python -m scripts.benchmarks.clocked --n_trials 100 …

Prints, as the last line, JSON: the loop's seconds and CPU seconds (of this process alone), and its memory in MB.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

from steps import tune
from steps.tuning import wiring


def main(words: list[str]) -> int:
    """Run the step; return its exit code."""
    drive, found = wiring.drive, {}

    def clocked(*given: Any) -> Any:
        wall, cpu = time.monotonic(), time.process_time()
        try:
            return drive(*given)
        finally:
            found.update(wall_s=time.monotonic() - wall, cpu_s=time.process_time() - cpu)

    vars(wiring)["drive"] = clocked
    code = tune.main(words)
    print(json.dumps({**found, "memory_mb": _most_mb()}))
    return code


def _most_mb() -> float:
    """Return the most memory that this process has had: `getrusage` counts in the one that started it."""
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) / 1000


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
