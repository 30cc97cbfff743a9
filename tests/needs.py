"""What some tests need of the system."""

from pathlib import Path

import pytest

# Where there is none, as on macOS, the project knows less of processes, and does without.
PROC = pytest.mark.skipif(not Path("/proc/self").exists(), reason="reads /proc")
