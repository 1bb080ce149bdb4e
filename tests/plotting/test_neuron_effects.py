"""Effects of neurons with intervals, which verdicts and Shapley values are drawn as."""

import numpy as np
import pytest
from helpers.made_up_results import addresses

from skneuron.plotting import _neuron_effects
from skneuron.plotting._neuron_effects import Effects, draw_effects

pytestmark = pytest.mark.usefixtures("plt")


def effects(*sizes, seed=0):
    rng = np.random.default_rng(seed)
    layer, index = addresses(*sizes)
    values, half = rng.normal(size=len(layer)), rng.uniform(0.1, 0.5, len(layer))
    kinds = rng.choice(list(_neuron_effects.VERDICTS), len(layer))
    interval = values - half, values + half
    return Effects.sorted_by_value(layer, index, values, interval, kinds), values


def markers(ax):
    """By kind, the positions of its markers."""
    by_marker = {line.get_marker(): line for line in ax.lines if line.get_linestyle() == "None"}
    return {
        kind: by_marker[marker].get_xydata()
        for kind, (_, marker) in _neuron_effects.VERDICTS.items()
    }


def test_neurons_are_sorted_with_all_that_belongs_to_them():
    found, values = effects(3, 2)
    order = np.argsort(values)
    np.testing.assert_array_equal(found.order, order)
    np.testing.assert_array_equal(found.values, values[order])
    assert (found.low < found.values).all()
    assert (found.values < found.high).all()
    all_names = [f"hidden0_neuron{i}" for i in range(3)] + [f"hidden1_neuron{i}" for i in range(2)]
    assert found.names == [all_names[at] for at in order]


def test_few_neurons_have_names_lines_and_notes(plt):
    found, _ = effects(20, 10)
    _, ax = plt.subplots()
    draw_effects(plt, ax, found, "effect", "interval", notes=[f"no. {n}" for n in range(30)])
    assert [label.get_text() for label in ax.get_yticklabels()] == found.names
    assert ax.yaxis_inverted()
    assert ax.get_xlabel() == "effect"
    assert [text.get_text() for text in ax.texts] == [f"no. {n}" for n in range(30)]
    (lines,) = ax.collections
    segments = np.array(lines.get_segments())
    np.testing.assert_allclose(segments[:, 0, 0], found.low)
    np.testing.assert_allclose(segments[:, 1, 0], found.high)
    for kind, points in markers(ax).items():
        members = found.kinds == kind
        np.testing.assert_allclose(points[:, 0], found.values[members])
        np.testing.assert_allclose(points[:, 1], np.flatnonzero(members) + 1)


@pytest.mark.parametrize("n_neurons", [31, 800])
def test_many_neurons_have_a_band_and_no_names(plt, n_neurons):
    found, _ = effects(n_neurons)
    _, ax = plt.subplots()
    draw_effects(plt, ax, found, "effect", "interval", notes=["never shown"] * n_neurons)
    assert ax.get_ylabel() == "effect"
    assert ax.get_xlabel() == "neurons, sorted by effect"
    assert ax.get_xlim() == (0.5, n_neurons + 0.5)
    np.testing.assert_array_equal(ax.get_xticks(), np.round(ax.get_xticks()))
    assert not ax.texts
    band, rotten, useful = ax.collections
    assert band.get_paths()[0].vertices[:, 1].min() == found.low.min()
    for lines, kind in [(rotten, "rotten"), (useful, "useful")]:
        assert len(lines.get_segments()) == (found.kinds == kind).sum()
    for kind, points in markers(ax).items():
        np.testing.assert_allclose(points[:, 1], found.values[found.kinds == kind])


@pytest.mark.parametrize("n_neurons", [6, 60])
def test_the_legend_counts_kinds_and_hides_nothing(plt, n_neurons):
    found, _ = effects(n_neurons)
    figure = plt.figure(layout="constrained")
    ax = figure.subplots()
    draw_effects(plt, ax, found, "effect", "an interval")
    texts = [text.get_text() for text in ax.get_legend().get_texts()]
    counts = [f"{kind}: {(found.kinds == kind).sum()}" for kind in _neuron_effects.VERDICTS]
    assert texts == [*counts, "an interval"]
    figure.canvas.draw()
    assert not ax.get_legend().get_window_extent().overlaps(ax.get_window_extent())


@pytest.mark.parametrize("n_neurons", [5, 50])
def test_intervals_that_are_not_known_are_left_out(plt, n_neurons):
    found, _ = effects(n_neurons)
    unknown = found._replace(low=np.full(n_neurons, np.nan), high=np.full(n_neurons, np.inf))
    figure, ax = plt.subplots()
    draw_effects(plt, ax, unknown, "effect", "an interval")
    figure.canvas.draw()
    assert len(ax.get_legend().get_texts()) == 3
    assert np.isfinite([*ax.get_xlim(), *ax.get_ylim()]).all()


def test_values_that_are_nan_come_last():
    layer, index = addresses(3)
    values = np.array([0.5, np.nan, -1.0])
    found = Effects.sorted_by_value(layer, index, values, (values, values), np.full(3, "useful"))
    assert found.names == ["hidden0_neuron2", "hidden0_neuron0", "hidden0_neuron1"]


def test_figures_are_as_high_as_their_names_need():
    heights = [_neuron_effects.height_for(n) for n in (5, 30, 31, 800)]
    assert heights[0] < heights[1]
    assert heights[2] == heights[3]
