"""Intervals of the bars of NeuronAblationDisplay."""

import numpy as np
import pytest
from helpers.ablation_display import made_up
from helpers.made_up_results import judged_ablation
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPRegressor

from skneuron import neuron_ablation
from skneuron.plotting import NeuronAblationDisplay

pytestmark = pytest.mark.usefixtures("plt")

LABEL = "95 % interval"


def lines(ax):
    """Ends of the lines at the bars, from left to right: (low, high)."""
    (collection,) = [c for c in ax.collections if c.get_label() == LABEL]
    return np.array([segment[:, 1] for segment in collection.get_segments()])


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


@pytest.mark.parametrize("test", ["mcnemar", "loss"])
def test_few_bars_have_lines_that_are_the_intervals_of_the_verdicts(test):
    ablation = judged_ablation(8, 5, test=test)
    display = NeuronAblationDisplay.from_ablation(ablation)
    expected = ablation.verdicts(test=test).confidence_intervals
    for layer, ax in enumerate(display.axes_):
        members = np.flatnonzero(ablation.layer == layer)
        order = members[np.argsort(ablation.importances[members], kind="stable")]
        np.testing.assert_allclose(lines(ax), expected[order])
        assert legend(ax)[-1] == LABEL


def test_many_bars_have_a_band():
    ablation = judged_ablation(800)
    ax = NeuronAblationDisplay.from_ablation(ablation).ax_
    (band,) = [c for c in ax.collections if c.get_label() == LABEL]
    corners = band.get_paths()[0].vertices
    expected = ablation.verdicts().confidence_intervals
    assert corners[:, 0].min() == 0.5
    assert corners[:, 0].max() == 800.5
    assert corners[:, 1].min() == expected.min()
    assert corners[:, 1].max() == expected.max()


@pytest.mark.parametrize("n_neurons", [9, 80])
def test_intervals_are_inside_the_picture_and_not_below_the_legend(n_neurons):
    ablation = judged_ablation(n_neurons)
    display = NeuronAblationDisplay.from_ablation(ablation)
    low, high = display.ax_.get_ylim()
    intervals = ablation.verdicts().confidence_intervals
    assert low < intervals.min()
    assert high > intervals.max()
    assert low < display.ax_.dataLim.y0


def test_without_intervals():
    display = NeuronAblationDisplay.from_ablation(judged_ablation(8), intervals=False)
    assert len(legend(display.ax_)) == 3
    assert not display.ax_.collections


def test_ablations_that_know_none_have_none_unless_told():
    display = NeuronAblationDisplay(made_up(8))
    assert not display.plot().ax_.collections
    with pytest.raises(ValueError, match="intervals=True: the ablation does not say how"):
        display.plot(intervals=True)


def test_r2_has_the_intervals_of_the_squared_error_in_its_own_unit():
    X, _ = load_digits(return_X_y=True)
    X, y = X[:300, 1:] / 16, X[:300, 0] + X[:300, 20] / 16
    network = MLPRegressor(
        hidden_layer_sizes=(6,), random_state=0, max_iter=30, tol=1e9, n_iter_no_change=2
    )
    ablation = neuron_ablation(network.fit(X, y), X, y)
    assert ablation.default_test == "loss"
    drawn = lines(NeuronAblationDisplay.from_ablation(ablation).ax_)
    order = np.argsort(ablation.importances, kind="stable")
    expected = ablation.verdicts().confidence_intervals[order] / np.var(y)
    np.testing.assert_allclose(drawn, expected, rtol=1e-6)


def test_scores_that_are_no_multiple_of_what_is_tested_have_none():
    ablation = judged_ablation(8, test="loss")
    ablation["importances"] = ablation.importances**3
    display = NeuronAblationDisplay(ablation)
    assert not display.plot().ax_.collections
    with pytest.raises(ValueError, match="draw the verdicts instead, by VerdictDisplay"):
        display.plot(intervals=True)


def test_what_would_have_to_be_computed_is_only_if_told():
    ablation = judged_ablation(8, test="score")

    class Costly(type(ablation)):
        calls = 0

        def verdicts(self, **options):
            type(self).calls += 1
            return ablation.verdicts(test="mcnemar", **options)

    costly = Costly(**ablation)
    costly["importances"] = ablation.verdicts(test="mcnemar").effects
    display = NeuronAblationDisplay(costly)
    assert not display.plot().ax_.collections
    assert Costly.calls == 0
    assert len(lines(display.plot(intervals=True).ax_)) == 8
    assert Costly.calls == 1


def test_resampled_ablations_show_the_spread_of_the_draws():
    ablation = made_up(8)
    ablation["importances_std"] = np.full(8, 0.25)
    ax = NeuronAblationDisplay.from_ablation(ablation).ax_
    assert legend(ax)[-1] == "± one std of the draws"
    (collection,) = ax.collections
    ends = np.array([segment[:, 1] for segment in collection.get_segments()])
    np.testing.assert_allclose(ends[:, 1] - ends[:, 0], 0.5)
    np.testing.assert_allclose(ends.mean(axis=1), np.sort(ablation.importances))


def test_one_sample_has_no_interval_that_could_be_drawn():
    ablation = judged_ablation(8, test="loss", n_samples=1)
    display = NeuronAblationDisplay.from_ablation(ablation)
    display.figure_.canvas.draw()
    assert np.isfinite(display.ax_.get_ylim()).all()
