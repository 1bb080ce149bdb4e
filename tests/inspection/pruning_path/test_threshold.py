"""The ``threshold`` parameter."""

import numpy as np
import pytest

from skneuron.inspection._pruning_path._threshold import is_automatic, threshold_rule

IMPORTANCES = np.array([-0.5, 0.0, 0.25, 1.0, 3.0])


@pytest.mark.parametrize(
    ("threshold", "expected"),
    [
        (0.0, 0.0),
        (-2, -2.0),
        (np.float32(0.5), 0.5),
        (np.int64(3), 3.0),
        (np.inf, np.inf),
        (-np.inf, -np.inf),
        ("mean", 0.75),
        ("median", 0.25),
        (" median ", 0.25),
        ("2*mean", 1.5),
        ("1.25*median", 0.3125),
        ("1.25 * mean", 0.9375),
        ("-1*mean", -0.75),
        ("5e-1*mean", 0.375),
    ],
)
def test_thresholds(threshold, expected):
    result = threshold_rule(threshold)(IMPORTANCES)
    assert result == expected
    assert type(result) is float


@pytest.mark.parametrize(
    "threshold",
    [
        "foo", "", "*", "*mean", "mean*", "mean*2", "2*", "2*max", "2x*mean", "2*2*mean", "2mean",
        "nan*mean", "inf*mean",
        "-inf*median", "1e999*mean", True, "MEAN", "0.5", np.nan, np.float32("nan"), None,
        [0.1], np.array([0.1, 0.2]), 1j, b"mean",
    ],
)  # fmt: skip
def test_no_threshold(threshold):
    with pytest.raises(
        ValueError, match="is not a number, 'mean', 'median' or a multiple"
    ) as error:
        threshold_rule(threshold)
    assert f"threshold={threshold!r}" in str(error.value)


def test_errors_list_auto_where_it_is_allowed():
    with pytest.raises(ValueError, match="'atuo' is not a number, 'auto', 'mean', 'median' or a"):
        threshold_rule("atuo", or_automatic=True)
    with pytest.raises(ValueError, match="is not a number") as error:
        threshold_rule("atuo")
    assert "auto" not in str(error.value)


@pytest.mark.parametrize("threshold", ["mean", 0.0, None, np.array(["auto", "auto"])])
def test_automatic_is_one_word(threshold):
    assert is_automatic("auto")
    assert not is_automatic(threshold)
