"""Panels of NeuronAblationDisplay: bars of the importances, and heat maps of the classes."""

import numpy as np
import pytest
from helpers.ablation_display import heights, images, made_up
from helpers.made_up_results import judged_ablation

from skneuron.plotting import NeuronAblationDisplay, _style

pytestmark = pytest.mark.usefixtures("plt")


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
    assert [bar.get_ylabel() for bar in bars] == ["loss of recall\nwithout the neuron"]
    low, high = images(display)[0].get_clim()
    assert low == -high < 0
    assert images(display)[1].get_clim() == (low, high)
    # Blue is useful, yellow is rotten, nearly as in the other kind of picture.
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


def test_classes_without_rows_are_hatched():
    ablation = made_up(6)
    (image,) = images(NeuronAblationDisplay.from_ablation(ablation, kind="classes"))
    assert image.axes.patch.get_hatch() is None
    ablation.class_importances[:, 2] = np.nan
    (image,) = images(NeuronAblationDisplay.from_ablation(ablation, kind="classes"))
    assert np.isfinite(image.get_clim()).all()
    np.testing.assert_array_equal(np.ma.getmaskarray(image.get_array())[2], True)
    assert np.ma.getmaskarray(image.get_array()).sum() == 6
    assert image.cmap.get_bad()[3] == 0  # transparent, so that hatching is seen
    assert image.axes.patch.get_hatch() == "////"


@pytest.mark.parametrize("name", ["$x^$", r"$\frac$", "_hidden", "50 %", "<b>", "a\nb", "=1+1"])
def test_classes_of_any_name_are_drawn(name):
    ablation = made_up(6, n_classes=3)
    ablation["classes"] = np.array([name, "b", "c"])
    display = NeuronAblationDisplay.from_ablation(ablation, kind="classes")
    display.figure_.canvas.draw()  # where a formula that is none would be an error
    label = display.ax_.get_yticklabels()[0]
    assert label.get_text() == name
    assert not label.get_parse_math()


def test_long_names_of_classes_leave_room_for_the_picture():
    ablation = made_up(6, n_classes=3)
    ablation["classes"] = np.array(["a class that is called by a whole sentence", "b", "c"])
    ax = NeuronAblationDisplay.from_ablation(ablation, kind="classes").ax_
    assert [label.get_text() for label in ax.get_yticklabels()] == [
        "a class that is cal…",
        "b",
        "c",
    ]
    ax.figure.canvas.draw()
    assert ax.get_window_extent().width > 0.4 * ax.figure.bbox.width


def test_other_colormap_and_many_classes():
    display = NeuronAblationDisplay.from_ablation(
        made_up(6, n_classes=100), kind="classes", cmap="PuOr"
    )
    assert images(display)[0].cmap.name == "PuOr"
    assert len(display.ax_.get_yticklabels()) == 20
    assert display.ax_.get_yticklabels()[1].get_text() == "c5"


@pytest.mark.parametrize(("n_neurons", "n_cols"), [(40, 4), (800, 2)])
def test_the_legend_is_a_row_if_it_fits(n_neurons, n_cols):
    display = NeuronAblationDisplay.from_ablation(
        judged_ablation(n_neurons), score_name="accuracy"
    )
    display.figure_.canvas.draw()
    legend = display.ax_.get_legend()
    heights_of_texts = {round(text.get_window_extent().y0) for text in legend.get_texts()}
    assert len(heights_of_texts) == 4 // n_cols
    box, title = legend.get_window_extent(), display.ax_.title.get_window_extent()
    assert not box.overlaps(title)
    assert not box.overlaps(display.ax_.get_window_extent())
    assert box.x1 <= display.figure_.bbox.x1


@pytest.mark.parametrize("n_neurons", [30, 60, 100, 150, 300, 1000])
def test_legends_are_whole_and_leave_the_axes_their_width(n_neurons):
    display = NeuronAblationDisplay.from_ablation(
        judged_ablation(n_neurons, n_samples=3000), score_name="accuracy"
    )
    display.figure_.canvas.draw()
    page, axes = display.figure_.bbox, display.ax_.get_window_extent()
    assert all(
        text.get_window_extent().x1 <= page.x1 for text in display.ax_.get_legend().get_texts()
    )
    # Narrower axes had room at their right that nothing used.
    assert axes.x1 > 0.95 * page.x1


def test_legends_of_panels_in_a_row_keep_to_their_panels(plt):
    figure, ax = plt.subplots(figsize=(7, 3), layout="constrained")
    display = NeuronAblationDisplay.from_ablation(judged_ablation(30, 20, 25), ax=ax)
    figure.canvas.draw()
    starts = [panel.get_window_extent().x0 for panel in display.axes_]
    ends = [panel.get_legend().get_window_extent().x1 for panel in display.axes_]
    assert all(
        end <= start for end, start in zip(ends, [*starts[1:], figure.bbox.x1], strict=True)
    )


def test_legends_of_two_displays_do_not_meet(plt):
    figure, axes = plt.subplots(1, 2, figsize=(6.4, 4.8), layout="constrained")
    for ax in axes:
        NeuronAblationDisplay.from_ablation(judged_ablation(12), ax=ax)
    figure.canvas.draw()
    first, second = (ax.get_legend().get_window_extent() for ax in axes)
    assert first.x1 <= axes[1].get_window_extent().x0
    assert not first.overlaps(second)


@pytest.mark.parametrize("size", [8, 12, 14, 20])
def test_titles_keep_off_legends_in_letters_of_any_size(plt, size):
    with plt.rc_context({"font.size": size}):
        display = NeuronAblationDisplay.from_ablation(judged_ablation(12))
        display.figure_.canvas.draw()
    legend, title = display.ax_.get_legend(), display.ax_.title
    assert not legend.get_window_extent().overlaps(title.get_window_extent())


def test_panels_of_a_figures_part(plt):
    figure = plt.figure(figsize=(8, 3), layout="constrained")
    left, right = figure.subfigures(1, 2)
    for part in (left, right):
        display = NeuronAblationDisplay.from_ablation(judged_ablation(40), ax=part.subplots())
        assert display.ax_.get_legend() is not None
        assert display.figure_ is part


@pytest.mark.parametrize(("sizes", "figsize"), [((30, 20, 25), (6.4, 4.8)), ((30,), (3, 2.5))])
def test_titles_stay_on_figures_without_a_layout(plt, sizes, figsize):
    figure, ax = plt.subplots(figsize=figsize)
    before = ax.get_position().bounds
    display = NeuronAblationDisplay.from_ablation(judged_ablation(*sizes), ax=ax)
    figure.canvas.draw()
    for panel in display.axes_:
        assert panel.title.get_window_extent().y1 <= figure.bbox.y1 + 1
        legend = panel.get_legend().get_window_extent()
        assert not legend.overlaps(panel.title.get_window_extent())
    assert display.ax_.get_position().y0 == pytest.approx(before[1])


def test_axes_with_room_above_stay_where_they_are(plt):
    figure, ax = plt.subplots(figsize=(8, 6))
    before = ax.get_position().bounds
    NeuronAblationDisplay.from_ablation(judged_ablation(30), ax=ax)
    figure.canvas.draw()
    assert ax.get_position().bounds == pytest.approx(before)
