"""Tests of what the displays share."""

import subprocess
import sys

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import make_scorer, max_error
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneuron.plotting import _style

pytestmark = pytest.mark.usefixtures("plt")


def test_importing_the_displays_does_not_import_matplotlib():
    code = (
        "import sys, skneuron.plotting as p; p.NeuronAblationDisplay; "
        "sys.exit('matplotlib' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_public_names():
    from skneuron import plotting

    for name in plotting.__all__:
        assert isinstance(getattr(plotting, name), type)
        assert name.endswith("Display")


def test_pyplot_is_pyplot(plt):
    assert _style.pyplot("anything") is plt


def test_pyplot_without_matplotlib_tells_how_to_get_it(monkeypatch):
    for name in ("matplotlib", "matplotlib.pyplot"):
        monkeypatch.setitem(sys.modules, name, None)
    message = r"ADisplay\.plot needs matplotlib: pip install 'skneuron\[plot\]'"
    with pytest.raises(ImportError, match=message) as caught:
        _style.pyplot("ADisplay.plot")
    assert isinstance(caught.value.__cause__, ImportError)


@pytest.mark.parametrize(
    ("n_panels", "n_cols", "shape"), [(1, 1, (1, 1)), (3, 3, (1, 3)), (5, 2, (3, 2))]
)
def test_panels_in_a_new_figure(plt, n_panels, n_cols, shape):
    axes = _style.panels(plt, None, n_panels, n_cols=n_cols, figsize=(6, 2))
    assert axes.shape == (n_panels,)
    figure = axes[0].figure
    assert figure.axes == list(axes)  # no empty cell is left
    assert tuple(figure.get_size_inches()) == (6, 2)
    assert axes[-1].get_subplotspec().get_gridspec().get_geometry() == shape
    for number, ax in enumerate(axes):
        place = ax.get_subplotspec()
        assert (place.rowspan.start, place.colspan.start) == divmod(number, n_cols)


@pytest.mark.parametrize("sharey", [True, False])
def test_panels_share_their_y_axes_if_told(plt, sharey):
    first, second = _style.panels(plt, None, 2, n_cols=2, figsize=(6, 2), sharey=sharey)
    first.set_ylim(-3, 7)
    assert (second.get_ylim() == (-3, 7)) == sharey


def test_a_single_panel_is_the_given_axes(plt):
    _, ax = plt.subplots()
    assert list(_style.panels(plt, ax, 1, n_cols=1, figsize=(1, 1))) == [ax]
    assert ax.axison


def test_one_axes_is_divided_among_several_panels(plt):
    figure, (left, right) = plt.subplots(1, 2)
    axes = _style.panels(plt, right, 3, n_cols=2, figsize=(1, 1))
    assert len(axes) == 3
    assert plt.get_fignums() == [figure.number]
    assert not right.axison
    assert left.axison
    area = right.get_position()
    for ax in axes:
        assert ax.figure is figure
        corners = ax.get_position()
        assert area.x0 - 1e-9 <= corners.x0 < corners.x1 <= area.x1 + 1e-9
        assert area.y0 - 1e-9 <= corners.y0 < corners.y1 <= area.y1 + 1e-9


def test_axes_that_are_no_subplot_cannot_be_divided(plt):
    ax = plt.figure().add_axes((0.1, 0.1, 0.8, 0.8))
    with pytest.raises(ValueError, match="cannot be divided into 2 panels: pass a list of 2"):
        _style.panels(plt, ax, 2, n_cols=2, figsize=(1, 1))


def test_given_axes_are_taken_in_order_and_whatever_their_nesting(plt):
    _, given = plt.subplots(2, 2)
    for container in (given, list(given.ravel()), tuple(given.ravel())):
        axes = _style.panels(plt, container, 4, n_cols=4, figsize=(1, 1))
        assert list(axes) == list(given.ravel())


def test_as_many_axes_as_panels_are_needed(plt):
    _, given = plt.subplots(1, 3)
    with pytest.raises(ValueError, match="ax holds 3 axes, but there are 2 panels"):
        _style.panels(plt, given, 2, n_cols=2, figsize=(1, 1))


def test_rows_of_panels_may_have_different_heights(plt):
    for ax in (None, plt.subplots()[1]):
        high, low = _style.panels(plt, ax, 2, n_cols=1, figsize=(4, 4), height_ratios=[3, 1])
        high.figure.set_layout_engine("none")
        assert high.get_position().height > 2 * low.get_position().height
    (single,) = _style.panels(plt, None, 1, n_cols=1, figsize=(4, 4), height_ratios=[3, 1])
    assert single.get_subplotspec().get_gridspec().get_geometry() == (1, 1)


def test_single_axes_are_the_given_ones_or_new(plt):
    _, given = plt.subplots()
    assert _style.single_axes(plt, given, 2.0) is given
    new = _style.single_axes(plt, None, 2.0)
    assert list(new.figure.get_size_inches()) == [_style.WIDTH, 2.0]


def test_integer_ticks_leave_ticks_of_others_alone(plt):
    from matplotlib.ticker import FixedLocator

    _, (first, second) = plt.subplots(1, 2)
    for ax in (first, second):
        ax.set_xlim(0, 3)
    second.xaxis.set_major_locator(FixedLocator([0.5]))
    for ax in (first, second):
        _style.integer_ticks(plt, ax.xaxis)
    assert list(first.get_xticks()) == [0, 1, 2, 3]
    assert list(second.get_xticks()) == [0.5]


def test_labels_that_fit(plt):
    figure = plt.figure(figsize=(4, 2))
    ax = figure.add_axes((0.25, 0.25, 0.5, 0.5))
    assert _style.labels_that_fit(ax, 0.5, across=True) in (3, 4)  # 2 inches, up to rounding
    assert _style.labels_that_fit(ax, 0.3, across=False) == 3
    assert _style.labels_that_fit(ax, 99.0, across=True) == 0


@pytest.mark.parametrize(
    ("values", "expected"),
    [([0.5, -1.0], "neither"), ([2.0, np.nan], "max"), ([-2.0], "min"), ([-2.0, 2.0], "both")],
)
def test_extension(values, expected):
    assert _style.extension(np.array(values), 1.0) == expected


def test_percent():
    assert [_style.percent(level) for level in (0.95, 1 - 0.05, 0.9, 0.999)] == [
        "95 %", "95 %", "90 %", "99.9 %",
    ]  # fmt: skip


def test_checked_columns():
    values = np.arange(6).reshape(2, 3)
    found = _style.checked_columns("name", values, (None, 3))
    np.testing.assert_array_equal(found, values)
    assert not np.shares_memory(found, values)
    for wrong, message in [
        (values[:, :2], r"name has the shape \(2, 2\) instead of \(n, 3\) with n of at least 1"),
        (values[:0], r"name has the shape \(0, 3\)"),
        (values[0], r"name has the shape \(3,\)"),
    ]:
        with pytest.raises(ValueError, match=message):
            _style.checked_columns("name", wrong, (None, 3))
    with pytest.raises(ValueError, match=r"name has the shape \(3,\) instead of \(2,\)\."):
        _style.checked_columns("name", [1, 2, 3], (2,))
    with pytest.raises(TypeError, match="name: real numbers are needed"):
        _style.checked_columns("name", [1j], (None,))


def test_fitted_inside():
    class Pruner(BaseEstimator):
        _pruned_estimator, results_ = None, 2

        def fit(self, X, y):
            self.fitted_ = True
            return self

    pruner = Pruner().fit(None, None)
    pipeline = make_pipeline(StandardScaler(), FrozenEstimator(pruner))
    assert _style.fitted_inside(pipeline, "results_", "search") is pruner
    frozen = FrozenEstimator(MLPClassifier())
    pipeline = make_pipeline(StandardScaler(), frozen)
    with pytest.raises(TypeError, match="estimator must be a fitted search; got Pipeline"):
        _style.fitted_inside(pipeline, "cv_results_", "search")
    with pytest.raises(NotFittedError, match="This Pruner instance is not fitted"):
        _style.fitted_inside(Pruner(), "results_", "search")


def test_the_legend_above_hides_nothing(plt):
    figure = plt.figure(layout="constrained")
    ax = figure.subplots()
    ax.plot([1, 2], label="a line")
    _style.legend_above(ax)
    figure.canvas.draw()
    box = ax.get_legend().get_window_extent()
    assert not box.overlaps(ax.get_window_extent())
    assert box.y1 <= figure.bbox.y1


def test_despine(plt):
    _, ax = plt.subplots()
    _style.despine(ax)
    visible = {name for name, spine in ax.spines.items() if spine.get_visible()}
    assert visible == {"left", "bottom"}


@pytest.mark.parametrize(
    ("values", "limit"),
    [
        ([-3.0, 2.0], 3.0),
        ([-3.0, 4.0, np.nan], 4.0),
        ([1.0, np.inf], 1.0),
        ([0.0, 0.0], 1.0),
        ([np.nan], 1.0),
        ([], 1.0),
    ],
)
def test_symmetric_limit(values, limit):
    assert _style.symmetric_limit(np.array(values)) == limit


def test_symmetric_limit_cuts_off_the_largest_values_only_if_there_are_many():
    many = np.arange(1.0, 1001.0)
    limit = _style.symmetric_limit(many, 99.0)
    assert 990 <= limit < 1000
    assert np.count_nonzero(many > limit) <= 10
    assert _style.symmetric_limit(many[:100], 99.0) == 100.0


def test_symmetric_limit_of_a_few_values_in_a_sea_of_zeros():
    values = np.zeros(1000)
    values[3] = -0.5
    assert _style.symmetric_limit(values, 99.0) == 0.5


def a_custom_score(estimator, X, y):
    raise NotImplementedError


@pytest.mark.parametrize(
    ("scoring", "name"),
    [
        ("balanced_accuracy", "balanced accuracy"),
        ("neg_log_loss", "negative log loss"),
        (a_custom_score, "a_custom_score"),
        (make_scorer(max_error), None),
    ],
)
def test_name_of_scoring(scoring, name):
    assert _style.name_of_scoring(scoring, MLPClassifier()) == name


def test_name_of_the_default_scoring():
    assert _style.name_of_scoring(None, MLPClassifier()) == "accuracy"
    assert _style.name_of_scoring(None, MLPRegressor()) == "R²"


def test_colours_differ_in_lightness_or_hue(plt):
    from matplotlib.colors import to_rgb

    colours = [to_rgb(c) for c in (_style.ROTTEN, _style.NEUTRAL, _style.USEFUL)]
    # Red against blue is the axis that the common colour blindnesses leave.
    redness = [red - blue for red, _, blue in colours]
    assert redness[0] > 0.5
    assert abs(redness[1]) < 0.1
    assert redness[2] < -0.5
    assert len(set(_style.CURVES)) == len(_style.CURVES)


@pytest.mark.parametrize("length", [1, _style.MAX_LENGTH, _style.MAX_LENGTH + 1, 200])
def test_long_names_are_shortened(length):
    name = "n" * length
    short = _style.shortened(name)
    assert len(short) == min(length, _style.MAX_LENGTH)
    assert (short == name) == (length <= _style.MAX_LENGTH)
    assert short.endswith("…") == (length > _style.MAX_LENGTH)
