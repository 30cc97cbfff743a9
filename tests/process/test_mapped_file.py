"""Files whose arrays several processes map."""

import numpy as np
import pandas as pd
import pytest

from steps.process import mapped_file

PLENTY = 10**9


@pytest.fixture
def frame():
    """A frame with columns of several kinds, and a view of a part of each."""
    return pd.DataFrame(
        {"a": np.arange(9.0), "b": np.arange(9, dtype="float32"), "c": list("xyzxyzxyz"), "d": [True, None, False] * 3}
    ).astype({"c": "category"})[1:8]


def test_an_object_is_read_as_it_was(tmp_path, frame):
    """Values, types, names and the order of an array's axes; other things beside them."""
    by_columns = np.asfortranarray(np.arange(12.0).reshape(3, 4))
    mapped_file.write(tmp_path / "f", (frame, by_columns, {"seconds": 0.5}, np.zeros((0, 3))), PLENTY)
    read, array, more, empty = mapped_file.read(tmp_path / "f")
    pd.testing.assert_frame_equal(read, frame)
    assert np.array_equal(array, by_columns)
    assert (array.flags.f_contiguous, array.flags.c_contiguous) == (True, False)
    assert more == {"seconds": 0.5}
    assert empty.shape == (0, 3)
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


def test_what_a_reader_writes_stays_with_it(tmp_path):
    """An estimator may write to its rows; nobody else sees that."""
    mapped_file.write(tmp_path / "f", np.zeros(1000), PLENTY)
    mine = mapped_file.read(tmp_path / "f")
    mine[:] = 1
    assert mapped_file.read(tmp_path / "f").sum() == 0


def test_an_array_begins_where_numpy_would_have_it(tmp_path):
    """Of whatever length those before it are."""
    mapped_file.write(tmp_path / "f", [np.ones(3, dtype="int8"), np.ones(5), np.ones(7, dtype="float32")], PLENTY)
    assert [array.ctypes.data % 64 for array in mapped_file.read(tmp_path / "f")] == [0, 0, 0]


def test_what_is_too_large_is_not_written(tmp_path):
    """Neither the file nor a part of it is left."""
    with pytest.raises(mapped_file.TooLarge):
        mapped_file.write(tmp_path / "f", np.zeros(1000), 8000)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_nothing(tmp_path):
    """The error is the system's own."""
    (tmp_path / "f").mkdir()  # to which nothing can be renamed
    (tmp_path / "f" / "x").touch()
    with pytest.raises(OSError, match="f"):
        mapped_file.write(tmp_path / "f", np.zeros(10), PLENTY)
    assert [path.name for path in tmp_path.iterdir()] == ["f"]
