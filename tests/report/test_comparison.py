"""Networks compared on test samples, against what is counted by hand."""

import numpy as np
import pytest
from helpers.study import mid_p
from scipy import stats
from sklearn.metrics import r2_score
from sklearn.neural_network import MLPRegressor

from skneuron import prune_neurons
from skneuron.report._comparison import HeldOut
from skneuron.surgery import Network
from skneuron.utils import training_in_full


def pruned_by_half(mlp):
    return prune_neurons(mlp, [(0, index) for index in range(len(mlp.intercepts_[0]) // 2)])


def test_classification(digits, digits_pruner):
    whole, (X, y) = digits_pruner.pruning_path_.estimator, digits[2:]
    smaller = pruned_by_half(whole)
    before, after = whole.predict(X) == y, smaller.predict(X) == y
    fixed, broken = int((after & ~before).sum()), int((before & ~after).sum())
    found = HeldOut(whole, X, y).compared("half", smaller.predict(X), n_removed=8)
    assert (found.name, found.n_removed, found.n_fixed, found.n_broken) == (
        "half", 8, fixed, broken,
    )  # fmt: skip
    assert found.score == pytest.approx(smaller.score(X, y), abs=1e-12)
    assert found.change == pytest.approx((fixed - broken) / len(y), abs=1e-12)
    assert found.p_value == pytest.approx(mid_p(fixed, broken))
    assert found.low < found.change < found.high < 0
    assert np.isnan(found.chosen_on_score)


def test_regression(regression):
    pruner, X, y = regression
    whole = pruner.pruning_path_.estimator
    smaller = pruned_by_half(whole)
    found = HeldOut(whole, X, y).compared("half", smaller.predict(X), n_removed=4)
    before, after = r2_score(y, whole.predict(X)), r2_score(y, smaller.predict(X))
    assert found.score == pytest.approx(after)
    assert found.change == pytest.approx(after - before)
    squares = [(estimator.predict(X) - y) ** 2 for estimator in (smaller, whole)]
    assert found.p_value == pytest.approx(stats.ttest_rel(*squares).pvalue)
    assert (found.n_fixed, found.n_broken) == (None, None)
    assert found.low < found.change < found.high


def test_several_outputs_and_one_that_is_constant():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3))
    Y = np.column_stack([X[:, 0], X[:, 1] * 5, np.ones(60)])
    with training_in_full():
        mlp = MLPRegressor(hidden_layer_sizes=(5,), max_iter=5, random_state=0).fit(X, Y)
    held_out = HeldOut(mlp, X, Y)
    assert held_out.variances[2] == 1.0
    two = r2_score(Y[:, :2], mlp.predict(X)[:, :2])
    off = ((mlp.predict(X)[:, 2] - 1) ** 2).mean()
    expected = (2 * two + 1 - off) / 3
    assert held_out.score(held_out.whole_errors) == pytest.approx(expected)


def test_the_network_itself_is_no_different(digits, digits_pruner):
    whole, (X, y) = digits_pruner.pruning_path_.estimator, digits[2:]
    held_out = HeldOut(whole, X, y)
    assert np.array_equal(held_out.predictions(Network.from_mlp(whole)), whole.predict(X))
    found = held_out.compared("whole", whole.predict(X), n_removed=0)
    assert (found.change, found.n_fixed, found.n_broken, found.p_value) == (0, 0, 0, 1)


def test_a_data_frame_reaches_the_network_as_it_should(table, table_pipeline):
    frame, y = table
    held_out = HeldOut(table_pipeline, frame[250:], y[250:])
    assert len(held_out) == 150
    assert held_out.rows.shape == (150, 4)
    score = held_out.score(held_out.whole_errors)
    assert score == pytest.approx(table_pipeline.score(frame[250:], y[250:]))
