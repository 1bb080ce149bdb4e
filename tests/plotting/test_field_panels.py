"""The panels of ReceptiveFieldDisplay for tables: bars of the strongest features."""

import numpy as np
import pytest
from matplotlib.colors import to_rgba

from skneuron.plotting import ReceptiveFieldDisplay, _field_panels

pytestmark = pytest.mark.usefixtures("plt")

PATTERNS = np.array([[0.1, -0.9, 0.5, 0.0], [2.0, 0.2, -0.3, 0.4]])
NAMES = ["age", "income", "$x^$", "a name that is longer than all others"]


def bars(ax):
    """From above: label, length and colour."""
    labels = [label.get_text() for label in ax.get_yticklabels()]
    drawn = sorted(ax.containers[0], key=lambda bar: bar.get_y())
    return [
        (label, bar.get_width(), bar.get_facecolor())
        for label, bar in zip(labels, drawn, strict=True)
    ]


def test_the_strongest_features_come_first():
    display = ReceptiveFieldDisplay(PATTERNS, feature_names=NAMES).plot(n_features=3)
    dark, light = to_rgba(_field_panels.POSITIVE), to_rgba(_field_panels.NEGATIVE)
    assert bars(display.axes_[0]) == [
        ("income", -0.9, light), ("$x^$", 0.5, dark), ("age", 0.1, dark),
    ]  # fmt: skip
    assert bars(display.axes_[1])[1] == ("a name that is long…", 0.4, dark)
    assert display.axes_[0].yaxis_inverted()
    assert display.axes_[0].get_xlabel() == "weight"


def test_names_are_no_formulas():
    display = ReceptiveFieldDisplay(PATTERNS, feature_names=NAMES).plot()
    display.figure_.canvas.draw()
    assert not any(label.get_parse_math() for label in display.ax_.get_yticklabels())


def test_features_without_names_have_numbers():
    display = ReceptiveFieldDisplay(PATTERNS).plot()
    assert [label for label, _, _ in bars(display.ax_)] == ["x1", "x2", "x0", "x3"]
    assert display.colorbar_ is None


@pytest.mark.parametrize("scale", ["shared", "own"])
def test_scales(scale):
    display = ReceptiveFieldDisplay(PATTERNS).plot(scale=scale)
    limits = [ax.get_xlim() for ax in display.axes_]
    assert all(low == -high for low, high in limits)
    assert (limits[0] == limits[1]) == (scale == "shared")
    assert limits[1][1] > 2


def test_no_more_features_than_there_are():
    display = ReceptiveFieldDisplay(PATTERNS).plot(n_features=100)
    assert len(bars(display.ax_)) == 4
    assert display.ax_.get_ylim() == (4.5, 0.5)


def test_weights_that_are_nan_come_last():
    display = ReceptiveFieldDisplay([[np.nan, 0.5, -1.0]]).plot()
    assert [label for label, _, _ in bars(display.ax_)] == ["x2", "x1", "x0"]
    display.figure_.canvas.draw()


def test_two_tables_stand_side_by_side():
    display = ReceptiveFieldDisplay(np.vstack([PATTERNS, PATTERNS[:1]])).plot()
    assert display.ax_.get_subplotspec().get_gridspec().get_geometry() == (2, 2)
    above = ReceptiveFieldDisplay(PATTERNS).plot(n_cols=1)
    assert above.ax_.get_subplotspec().get_gridspec().get_geometry() == (2, 1)


def test_limits_of_patterns():
    assert _field_panels.limits_of(PATTERNS, "shared") == [2.0, 2.0]
    assert _field_panels.limits_of(PATTERNS, "own") == [0.9, 2.0]
    assert _field_panels.limits_of(np.zeros((1, 3)), "own") == [1.0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"feature_names": NAMES[:2]}, "feature_names has 2 entries for 4 features"),
        ({"feature_names": "abcd"}, "feature_names='abcd' is no sequence of texts"),
        (
            {"feature_names": NAMES, "image_shape": (2, 2)},
            r"feature_names=\[.*\] are for tables, and image_shape",
        ),
        ({"patterns": np.zeros((2, 0))}, r"patterns has the shape \(2, 0\) instead of"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        ReceptiveFieldDisplay(**{"patterns": PATTERNS, **arguments})
