"""PairwiseAblationDisplay."""

import sys

import numpy as np
import pytest
from helpers.made_up_results import pairs
from sklearn.datasets import load_digits
from sklearn.frozen import FrozenEstimator
from sklearn.neural_network import MLPClassifier
from sklearn.utils import Bunch

from skneuron import RottenNeuronPruner, pairwise_ablation
from skneuron.plotting import PairwiseAblationDisplay

pytestmark = pytest.mark.usefixtures("plt")

X, Y = (array[:300] for array in load_digits(return_X_y=True))


@pytest.fixture(scope="module")
def mlp():
    return MLPClassifier((5, 4), early_stopping=True, random_state=0).fit(X, Y)


def n_runs(values):
    return 1 + np.count_nonzero(np.diff(values))


@pytest.mark.parametrize("sizes", [(12,), (9, 6), (300,)])
def test_like_neurons_stand_side_by_side(sizes):
    found, group = pairs(*sizes, n_groups=3)
    display = PairwiseAblationDisplay.from_pairs(found)
    assert sorted(display.order_) == list(range(sum(sizes)))
    assert n_runs(group) > 3
    assert n_runs(group[display.order_]) == 3


def test_layers_are_kept_apart_with_lines_between_them():
    found, group = pairs(9, 6, 5, n_groups=2)
    display = PairwiseAblationDisplay.from_pairs(found, order="layers")
    assert list(found.layer[display.order_]) == list(found.layer)
    for layer in range(3):
        members = found.layer == layer
        assert n_runs(group[display.order_][members]) <= 2
    assert len(display.ax_.lines) == 4
    borders = {line.get_xdata()[0] for line in display.ax_.lines[1::2]}
    assert borders == {9.5, 15.5}


def test_neurons_in_their_own_order():
    found, _ = pairs(9, 6)
    display = PairwiseAblationDisplay.from_pairs(found, order="index")
    assert list(display.order_) == list(range(15))


@pytest.mark.parametrize("values", ["interactions", "joint_importances"])
def test_the_matrix_is_what_it_says_without_its_diagonal(values):
    found, _ = pairs(9, 6)
    display = PairwiseAblationDisplay.from_pairs(found, values=values, score_name="recall")
    drawn = display.image_.get_array()
    order = display.order_
    expected = found[values][np.ix_(order, order)]
    off = ~np.eye(15, dtype=bool)
    np.testing.assert_array_equal(np.asarray(drawn)[off], expected[off])
    assert np.ma.getmaskarray(drawn).diagonal().all()
    label = display.colorbar_.ax.get_ylabel()
    words = {"interactions": "interaction", "joint_importances": "loss without both"}
    assert label == f"{words[values]}, in recall"


def test_the_scale_is_symmetric_and_tells_what_lies_beyond():
    found, _ = pairs(40)
    found["interactions"][:] = 0.01
    found["interactions"][3, 7] = found["interactions"][7, 3] = -9.0
    display = PairwiseAblationDisplay.from_pairs(found)
    low, high = display.image_.get_clim()
    assert (low, high) == (-0.01, 0.01)
    assert display.colorbar_.extend == "min"


def test_few_neurons_have_names():
    found, _ = pairs(14, 6)
    ax = PairwiseAblationDisplay.from_pairs(found, order="index").ax_
    expected = [f"hidden0_neuron{i}" for i in range(14)] + [f"hidden1_neuron{i}" for i in range(6)]
    assert [label.get_text() for label in ax.get_xticklabels()] == expected
    assert [label.get_text() for label in ax.get_yticklabels()] == expected


@pytest.mark.parametrize("order", ["clustered", "layers", "index"])
def test_many_neurons_have_numbers_and_a_line_for_the_diagonal(order):
    found, _ = pairs(400, 200, noise=1e-6)
    display = PairwiseAblationDisplay.from_pairs(found, order=order)
    assert len(display.ax_.get_xticks()) < 15
    assert display.ax_.get_xlabel().startswith("neurons, ")
    assert np.isfinite(display.image_.get_array()).all()
    assert display.image_.get_interpolation() in ("antialiased", "auto")
    diagonal = display.ax_.lines[0]
    np.testing.assert_array_equal(diagonal.get_xydata(), [[0.5, 0.5], [600.5, 600.5]])


@pytest.mark.parametrize("n_neurons", [1, 2])
def test_one_or_two_neurons(n_neurons):
    found, _ = pairs(n_neurons)
    display = PairwiseAblationDisplay.from_pairs(found)
    display.figure_.canvas.draw()
    assert list(display.order_) == list(range(n_neurons))


def test_interactions_that_are_not_defined():
    found, _ = pairs(12)
    found["interactions"][2, 5] = found["interactions"][5, 2] = np.nan
    found["interactions"][3, 5] = found["interactions"][5, 3] = np.inf
    display = PairwiseAblationDisplay.from_pairs(found)
    display.figure_.canvas.draw()
    assert np.isfinite(display.image_.get_clim()).all()


def test_from_estimator_is_the_pairs_drawn(mlp):
    display = PairwiseAblationDisplay.from_estimator(
        mlp, X, Y, scoring="neg_log_loss", replacement="mean", X_ref=X[:50], layers=0
    )
    expected = pairwise_ablation(
        mlp, X, Y, scoring="neg_log_loss", replacement="mean", X_ref=X[:50], layers=0
    )
    np.testing.assert_array_equal(display.pairs.interactions, expected.interactions)
    assert display.colorbar_.ax.get_ylabel() == "interaction, in negative log loss"


def test_pruners_and_frozen_estimators(mlp):
    pruner = RottenNeuronPruner(mlp, cv="prefit").fit(X, Y)
    assert len(PairwiseAblationDisplay.from_estimator(FrozenEstimator(mlp), X, Y).order_) == 9
    drawn = PairwiseAblationDisplay.from_estimator(pruner, X, Y)
    assert len(drawn.order_) == pruner.n_neurons_
    assert drawn.score_name == "accuracy"


def test_given_axes_and_colormap(plt):
    figure, (left, right) = plt.subplots(1, 2)
    display = PairwiseAblationDisplay(pairs(5)[0]).plot(ax=right, cmap="PuOr")
    assert display.ax_ is right
    assert display.figure_ is figure
    assert display.image_.cmap.name == "PuOr"
    assert not left.images


def test_pairs_are_not_changed():
    found, _ = pairs(9)
    before = {name: np.array(value, copy=True) for name, value in found.items()}
    display = PairwiseAblationDisplay(found)
    assert display.plot() is display.plot(values="joint_importances")
    for name, value in before.items():
        np.testing.assert_array_equal(found[name], value)


@pytest.mark.parametrize("wrong", [{"a": pairs(3)}, Bunch(values=1), np.eye(3), None])
def test_only_pairs_can_be_drawn(wrong):
    with pytest.raises(TypeError, match=r"pairs must be a PairwiseAblation.*; got"):
        PairwiseAblationDisplay(wrong)


def test_unknown_options(plt):
    display = PairwiseAblationDisplay(pairs(3)[0])
    with pytest.raises(ValueError, match=r"order='size' is unknown; use one of \['clustered'"):
        display.plot(order="size")
    with pytest.raises(ValueError, match="values='scores' is unknown"):
        display.plot(values="scores")
    assert not plt.get_fignums()


def test_without_matplotlib_nothing_is_computed(monkeypatch, mlp):
    for name in ("matplotlib", "matplotlib.pyplot"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=r"PairwiseAblationDisplay\.plot needs matplotlib"):
        PairwiseAblationDisplay(pairs(3)[0]).plot()
    monkeypatch.setattr("skneuron.plotting._pairs.pairwise_ablation", None)
    with pytest.raises(ImportError, match=r"pip install 'skneuron\[plot\]'"):
        PairwiseAblationDisplay.from_estimator(mlp, X, Y)
