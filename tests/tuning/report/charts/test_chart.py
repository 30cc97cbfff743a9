import pytest

from steps.tuning.report.charts import chart


@pytest.mark.parametrize(
    ("values", "beyond"),
    [
        ([], 0),
        ([0.5], 0),
        ([0.5] * 9, 0),
        ([0.5] * 9 + [-1e6], 0),  # the rest is one value whatever the axis is
        ([number / 10 for number in range(10)], 0),
        ([0.87] * 15 + [0.85] * 5 + [0.8] * 10 + [0.6] * 9, 0),  # half of them are ties: the others are no outliers
        ([number / 100 for number in range(30)] + [-50.0], 1),
        ([number / 100 for number in range(30)] + [-1e6] * 9, 9),  # nearly a quarter of them, but so far off
        ([number / 100 for number in range(20)] + [-1e6] * 9, 0),  # more than that are no exceptions
    ],
)
@pytest.mark.parametrize("sign", [1, -1])
def test_an_axis_ends_before_values_that_are_far_worse(values, beyond, sign):
    """Only before such as would press the others together, and on the worse side; a better one is never left out."""
    scale, count = chart.score_scale([sign * value for value in values], sign)
    assert count == beyond
    assert ("domain" in scale) == bool(beyond)
    if beyond:
        low, high = scale["domain"]
        assert low < high
        assert low <= sign * max(values) <= high
        assert sum(low <= sign * value <= high for value in values) == len(values) - beyond
