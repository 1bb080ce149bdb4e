"""Tests of NeuronAblationDisplay."""

import sys

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import Bunch

from skneuron import RottenNeuronPruner, neuron_ablation
from skneuron.inspection import NeuronAblation
from skneuron.plotting import NeuronAblationDisplay, _style

pytestmark = pytest.mark.usefixtures("plt")

X, Y = (array[:400] for array in load_digits(return_X_y=True))


@pytest.fixture(scope="module")
def mlp():
    return MLPClassifier((9, 5), early_stopping=True, random_state=0).fit(X, Y)


def made_up(*sizes, n_classes=4, seed=0, scale=0.01):
    """An ablation of a network with layers of these sizes, a few neutral neurons included."""
    rng = np.random.default_rng(seed)
    n_neurons = sum(sizes)
    importances = scale * rng.normal(size=n_neurons)
    importances[::4] = 0
    return NeuronAblation(
        layer=np.repeat(np.arange(len(sizes)), sizes),
        index=np.concatenate([np.arange(size) for size in sizes]),
        baseline_score=0.9,
        scores=0.9 - importances,
        importances=importances,
        class_importances=scale * rng.normal(size=(n_neurons, n_classes)),
        classes=np.array([f"c{number}" for number in range(n_classes)]),
    )


def heights(ax):
    """Heights of the bars from left to right."""
    bars = sorted((bar for group in ax.containers for bar in group), key=lambda bar: bar.get_x())
    return np.array([bar.get_height() for bar in bars])


def images(display):
    return [ax.images[0] for ax in display.axes_]


@pytest.mark.parametrize("sizes", [(100, 50), (30,), (7, 40, 3), (1,)])
def test_bars_are_the_importances_in_ascending_order(sizes):
    ablation = made_up(*sizes)
    display = NeuronAblationDisplay.from_ablation(ablation)
    assert display.axes_.shape == (len(sizes),)
    assert display.figure_.axes == list(display.axes_)
    assert display.ax_ is display.axes_[0]
    for layer, ax in enumerate(display.axes_):
        expected = np.sort(ablation.importances[ablation.layer == layer])
        np.testing.assert_array_equal(heights(ax), expected)
        assert ax.get_title() == f"hidden layer {layer}"
        assert ax.get_xlim() == (0.5, sizes[layer] + 0.5)


def test_bars_stand_at_ranks_without_overlap():
    for n_neurons in (12, 200):
        (group, *others) = NeuronAblationDisplay.from_ablation(made_up(n_neurons)).ax_.containers
        bars = [bar for container in (group, *others) for bar in container]
        bars.sort(key=lambda bar: bar.get_x())
        middles = [bar.get_x() + bar.get_width() / 2 for bar in bars]
        np.testing.assert_allclose(middles, np.arange(1, n_neurons + 1))
        assert all(bar.get_width() <= 1 for bar in bars)


def test_colours_tell_rotten_neutral_and_useful():
    from matplotlib.colors import to_rgba

    display = NeuronAblationDisplay.from_ablation(made_up(40, 20))
    for ax in display.axes_:
        for bar in (bar for group in ax.containers for bar in group):
            colours = {-1: _style.ROTTEN, 0: _style.NEUTRAL, 1: _style.USEFUL}
            assert bar.get_facecolor() == to_rgba(colours[int(np.sign(bar.get_height()))])


def test_zero_line_shows_where_the_neutral_neurons_are():
    ablation = made_up(10)
    ablation.importances = np.array([0.0, 0.2, -0.1, 0.0, 0.3, 0.0, -0.2, 0.1, 0.2, 0.4])
    ax = NeuronAblationDisplay.from_ablation(ablation).ax_
    segments = {line.get_color(): line.get_xdata() for line in ax.lines if line.get_lw() == 2}
    np.testing.assert_allclose(segments[_style.ROTTEN], [0.6, 2.4])
    np.testing.assert_allclose(segments[_style.NEUTRAL], [2.6, 5.4])
    np.testing.assert_allclose(segments[_style.USEFUL], [5.6, 10.4])


def test_legend_counts_the_neurons_even_if_there_are_none():
    from matplotlib.colors import to_rgba

    ablation = made_up(5)
    ablation.importances = np.array([0.1, 0.2, 0.0, 0.3, 0.1])
    legend = NeuronAblationDisplay.from_ablation(ablation).ax_.get_legend()
    assert [text.get_text() for text in legend.get_texts()] == [
        "rotten: 0",
        "neutral: 1",
        "useful: 4",
    ]
    expected = [to_rgba(c) for c in (_style.ROTTEN, _style.NEUTRAL, _style.USEFUL)]
    assert [patch.get_facecolor() for patch in legend.get_patches()] == expected


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("flat", [True, False])
def test_legend_covers_no_bar(sign, flat):
    ablation = made_up(60, 30)
    values = np.ones(90) if flat else np.tile(np.linspace(0.02, 1, 30) ** 3, 3)
    ablation.importances = sign * values
    display = NeuronAblationDisplay.from_ablation(ablation)
    display.figure_.canvas.draw()
    for ax in display.axes_:
        legend = ax.get_legend().get_window_extent()
        for bar in (bar for group in ax.containers for bar in group):
            assert not legend.overlaps(bar.get_window_extent())


def test_panels_have_the_same_scale_and_show_all_bars(plt):
    ablation = made_up(30, 10)
    ablation.importances[35] = 0.4
    for ax in (None, plt.subplots(2)[1]):
        display = NeuronAblationDisplay.from_ablation(ablation, ax=ax)
        low, high = display.axes_[0].get_ylim()
        assert display.axes_[1].get_ylim() == (low, high)
        assert low < ablation.importances.min()
        assert high > 0.4


def test_all_neutral():
    ablation = made_up(6)
    ablation.importances = np.zeros(6)
    ax = NeuronAblationDisplay.from_ablation(ablation).ax_
    assert ax.get_ylim() == (-1, 1)
    assert not heights(ax).any()


def test_nan_importances_come_last_and_have_no_bar():
    ablation = made_up(4)
    ablation.importances = np.array([0.2, np.nan, -0.1, 0.0])
    display = NeuronAblationDisplay.from_ablation(ablation)
    np.testing.assert_array_equal(heights(display.ax_), [-0.1, 0.0, 0.2])
    assert [label.get_text() for label in display.ax_.get_xticklabels()] == ["2", "3", "0", "1"]
    assert np.isfinite(display.ax_.get_ylim()).all()


def test_few_neurons_are_named_and_many_are_not():
    few, many = made_up(5), made_up(150)
    ax = NeuronAblationDisplay.from_ablation(few).ax_
    expected = [str(index) for index in np.argsort(few.importances, kind="stable")]
    assert [label.get_text() for label in ax.get_xticklabels()] == expected
    assert ax.get_xlabel() == "neuron (sorted by importance)"
    ax = NeuronAblationDisplay.from_ablation(many).ax_
    assert len(ax.get_xticks()) < 15
    assert ax.get_xlabel() == "neurons, sorted by importance"


@pytest.mark.parametrize("kind", ["distribution", "classes"])
@pytest.mark.parametrize("sizes", [(100, 50), (12, 12, 12)])
def test_labels_do_not_overlap_at_report_size(kind, sizes):
    display = NeuronAblationDisplay.from_ablation(made_up(*sizes, n_classes=47), kind=kind)
    display.figure_.set_dpi(110)
    display.figure_.canvas.draw()
    boxes = []
    for ax in display.axes_:
        texts = [*ax.get_xticklabels(), *ax.get_yticklabels(), ax.title, ax.xaxis.label]
        texts.append(ax.yaxis.label)
        low, high = ax.get_xlim()
        top, bottom = sorted(ax.get_ylim())
        for text in texts:
            outside = text in ax.get_xticklabels() and not low <= text.get_position()[0] <= high
            outside |= text in ax.get_yticklabels() and not (
                top <= text.get_position()[1] <= bottom
            )
            if text.get_text() and text.get_visible() and not outside:
                boxes.append(text.get_window_extent())
    for number, box in enumerate(boxes):
        for other in boxes[:number]:
            assert not box.overlaps(other)


def test_score_name_is_on_the_axis():
    ablation = made_up(8, 8)
    first, second = NeuronAblationDisplay.from_ablation(ablation, score_name="recall").axes_
    assert first.get_ylabel() == "loss of recall\nwithout the neuron"
    assert second.get_ylabel() == ""
    display = NeuronAblationDisplay(ablation).plot()
    assert display.ax_.get_ylabel() == "loss of score\nwithout the neuron"


@pytest.mark.parametrize("sizes", [(100, 50), (1,), (3, 30, 2)])
def test_heat_maps_are_the_class_importances_in_the_same_order(sizes):
    ablation = made_up(*sizes)
    display = NeuronAblationDisplay.from_ablation(ablation, kind="classes")
    assert len(display.axes_) == len(sizes)
    for layer, image in enumerate(images(display)):
        members = ablation.layer == layer
        order = np.argsort(ablation.importances[members], kind="stable")
        expected = ablation.class_importances[members][order].T
        np.testing.assert_array_equal(image.get_array(), expected)
        left, right, bottom, top = image.get_extent()
        assert (left, right) == (0.5, sizes[layer] + 0.5)
        assert (bottom, top) == (3.5, -0.5)
        assert display.axes_[layer].get_title() == f"hidden layer {layer}"
    labels = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert labels == ["c0", "c1", "c2", "c3"]
    assert display.ax_.get_ylabel() == "class"


def test_heat_maps_have_one_colour_bar_centred_at_zero():
    display = NeuronAblationDisplay.from_ablation(made_up(20, 10), kind="classes")
    bars = [ax for ax in display.figure_.axes if ax not in list(display.axes_)]
    assert [bar.get_ylabel() for bar in bars] == ["loss of recall without the neuron"]
    low, high = images(display)[0].get_clim()
    assert low == -high < 0
    assert images(display)[1].get_clim() == (low, high)
    # Blue is useful, red is rotten, as in the other kind of picture.
    red, _, blue, _ = images(display)[0].cmap(1.0)
    assert blue > red
    red, _, blue, _ = images(display)[0].cmap(0.0)
    assert red > blue


@pytest.mark.parametrize(
    ("outliers", "extend"),
    [([], "neither"), ([9.0], "max"), ([-9.0], "min"), ([9.0, -9.0], "both")],
)
def test_outliers_do_not_bleach_the_rest_and_the_colour_bar_tells(outliers, extend):
    ablation = made_up(100, n_classes=10)
    ablation.class_importances = np.tile(np.linspace(-0.1, 0.1, 10), (100, 1))
    ablation.class_importances[3, : len(outliers)] = outliers
    display = NeuronAblationDisplay.from_ablation(ablation, kind="classes")
    (image,) = images(display)
    assert image.get_clim() == (-0.1, 0.1)
    assert image.colorbar.extend == extend


def test_classes_without_rows_are_grey():
    from matplotlib.colors import to_rgba

    ablation = made_up(6)
    ablation.class_importances[:, 2] = np.nan
    (image,) = images(NeuronAblationDisplay.from_ablation(ablation, kind="classes"))
    assert np.isfinite(image.get_clim()).all()
    np.testing.assert_array_equal(np.ma.getmaskarray(image.get_array())[2], True)
    assert np.ma.getmaskarray(image.get_array()).sum() == 6
    np.testing.assert_allclose(image.cmap.get_bad(), to_rgba(_style.NEUTRAL))


def test_other_colormap_and_many_classes():
    display = NeuronAblationDisplay.from_ablation(
        made_up(6, n_classes=100), kind="classes", cmap="PuOr"
    )
    assert images(display)[0].cmap.name == "PuOr"
    assert len(display.ax_.get_yticklabels()) == 20
    assert display.ax_.get_yticklabels()[1].get_text() == "c5"


def test_given_axes_are_used(plt):
    figure, axes = plt.subplots(2, 2)
    display = NeuronAblationDisplay(made_up(20, 10)).plot(ax=axes[0])
    assert list(display.axes_) == list(axes[0])
    assert display.figure_ is figure
    assert plt.get_fignums() == [figure.number]
    assert not axes[1, 0].containers
    assert [bool(ax.get_ylabel()) for ax in axes[0]] == [True, True]
    _, ax = plt.subplots()
    assert NeuronAblationDisplay(made_up(20)).plot(ax=ax).ax_ is ax


def test_one_axes_is_divided_among_the_layers(plt):
    figure, (upper, lower) = plt.subplots(2, 1, layout="constrained")
    display = NeuronAblationDisplay(made_up(20, 10, 5))
    assert len(display.plot(ax=upper).axes_) == 3
    assert len(display.plot(ax=lower, kind="classes").axes_) == 3
    figure.canvas.draw()
    with pytest.raises(ValueError, match="ax holds 2 axes, but there are 3 panels"):
        display.plot(ax=[upper, lower])


def test_plot_returns_the_display_and_may_be_called_again():
    display = NeuronAblationDisplay(made_up(4))
    assert not hasattr(display, "figure_")
    assert display.plot() is display
    first = display.figure_
    assert display.plot(kind="classes") is display
    assert display.figure_ is not first


def test_log_scale_reaches_all_panels_as_documented():
    display = NeuronAblationDisplay.from_ablation(made_up(20, 10))
    display.ax_.set_yscale("symlog", linthresh=1e-3)
    assert display.axes_[1].get_yscale() == "symlog"
    display.figure_.canvas.draw()


@pytest.mark.parametrize("kind", ["distribution", "classes"])
def test_the_ablation_is_not_changed(kind):
    ablation = made_up(9, 4)
    before = {name: np.array(value, copy=True) for name, value in ablation.items()}
    display = NeuronAblationDisplay.from_ablation(ablation, kind=kind)
    display.figure_.canvas.draw()
    assert display.ablation is ablation
    assert before.keys() == ablation.keys()
    for name, value in before.items():
        np.testing.assert_array_equal(ablation[name], value)


def test_from_estimator_is_the_ablation_drawn(mlp):
    pipeline = make_pipeline(StandardScaler(), mlp)
    pipeline.steps[0][1].fit(X)
    display = NeuronAblationDisplay.from_estimator(
        pipeline, X, Y, replacement="mean", X_ref=X[:50], layers=-1, sample_weight=1.0 + Y
    )
    expected = neuron_ablation(
        pipeline, X, Y, replacement="mean", X_ref=X[:50], layers=-1, sample_weight=1.0 + Y
    )
    np.testing.assert_array_equal(display.ablation.importances, expected.importances)
    assert [ax.get_title() for ax in display.axes_] == ["hidden layer 1"]
    np.testing.assert_array_equal(heights(display.ax_), np.sort(expected.importances))
    assert "accuracy" in display.ax_.get_ylabel()


def test_from_estimator_draws_classes_in_given_axes(mlp, plt):
    _, axes = plt.subplots(1, 2)
    display = NeuronAblationDisplay.from_estimator(mlp, X, Y, kind="classes", ax=axes, cmap="PuOr")
    assert list(display.axes_) == list(axes)
    assert [image.get_array().shape for image in images(display)] == [(10, 9), (10, 5)]
    assert [label.get_text() for label in axes[0].get_yticklabels()] == list("0123456789")


def test_from_estimator_names_the_scoring(mlp):
    display = NeuronAblationDisplay.from_estimator(mlp, X, Y, scoring="neg_log_loss", layers=1)
    assert display.ax_.get_ylabel() == "loss of negative log loss\nwithout the neuron"
    display = NeuronAblationDisplay.from_estimator(mlp, X, Y, layers=1, score_name="hits")
    assert display.ax_.get_ylabel() == "loss of hits\nwithout the neuron"


def test_ablation_of_a_pruner(mlp):
    pruner = RottenNeuronPruner(mlp, cv="prefit").fit(X, Y)
    display = NeuronAblationDisplay.from_ablation(pruner.ablation_, kind="classes")
    assert len(display.axes_) == 2


def test_regressors_have_importances_but_no_classes():
    regressor = MLPRegressor(hidden_layer_sizes=(6,), random_state=0).partial_fit(X, Y)
    display = NeuronAblationDisplay.from_estimator(regressor, X, Y)
    assert display.ax_.get_ylabel() == "loss of R²\nwithout the neuron"
    with pytest.raises(ValueError, match="needs class_importances, which only ablations of"):
        display.plot(kind="classes")


def test_unknown_kind(plt):
    with pytest.raises(ValueError, match="kind='bars' is not 'distribution' or 'classes'"):
        NeuronAblationDisplay(made_up(3)).plot(kind="bars")
    assert not plt.get_fignums()


@pytest.mark.parametrize("wrong", [{"accuracy": made_up(3)}, Bunch(r2=1), [0.1], None])
def test_only_one_ablation_can_be_drawn(wrong):
    with pytest.raises(TypeError, match=r"ablation must be one NeuronAblation.*; got"):
        NeuronAblationDisplay(wrong)


def test_without_matplotlib_nothing_is_computed(monkeypatch, mlp):
    for name in ("matplotlib", "matplotlib.pyplot"):
        monkeypatch.setitem(sys.modules, name, None)
    display = NeuronAblationDisplay(made_up(3))
    with pytest.raises(ImportError, match=r"NeuronAblationDisplay\.plot needs matplotlib"):
        display.plot()
    monkeypatch.setattr("skneuron.plotting._ablation.neuron_ablation", None)
    with pytest.raises(ImportError, match=r"pip install 'skneuron\[plot\]'"):
        NeuronAblationDisplay.from_estimator(mlp, X, Y)
