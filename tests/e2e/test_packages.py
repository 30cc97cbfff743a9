"""What a test does whose packages can't be installed."""

from pathlib import Path

import pytest

from tests.e2e.packages import KEPT, environment

pytestmark = pytest.mark.e2e


@pytest.fixture(autouse=True)
def no_other_index(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.delenv(KEPT, raising=False)


def test_a_pin_that_does_not_exist_fails_the_test(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With what pip says; it must not look like a machine without an index."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(AssertionError, match="No matching distribution found for absl-py"):
        environment(tmp_path, "broken", "absl-py==0.0.999")
    assert not (tmp_path / "broken" / "made-from").exists()


def test_without_an_index_the_test_is_skipped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nobody listens at its address."""
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:1/simple")
    with pytest.raises(pytest.skip.Exception, match="Connection refused"):
        environment(tmp_path, "offline", "absl-py==2.5.1")
