"""Gradients asked of fitted networks by scikit-learn's private methods, as its own tests do."""

import numpy as np
import pytest
from helpers import oracle
from helpers.networks import KINDS, make
from numpy.testing import assert_allclose, assert_array_equal

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def targets_of(mlp, y):
    """What the network is trained on: one-hot or 0/1 columns, or numbers."""
    if hasattr(mlp, "classes_"):
        y = mlp._label_binarizer.transform(y)
    return np.reshape(y, (len(y), -1)).astype(float)


def buffers_of(mlp, X):
    """What scikit-learn computes the gradient in."""
    sizes = [len(b) for b in mlp.intercepts_]
    return (
        [X, *(np.empty((len(X), size)) for size in sizes)],
        [np.empty((len(X), size)) for size in sizes],
        [np.empty_like(c) for c in mlp.coefs_],
        [np.empty_like(b) for b in mlp.intercepts_],
    )


def loss_and_gradients(mlp, X, Y, weight):
    loss, by_coefs, by_intercepts = mlp._backprop(X, Y, weight, *buffers_of(mlp, X))
    return loss, [*by_coefs, *by_intercepts]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("kind", KINDS)
def test_fitted_networks_answer_as_scikit_learns_do(kind, solver, weighted):
    case = make(kind, (5, 3), "tanh", ours=True, alpha=0.1)
    mlp = case.mlp.set_params(solver=solver, max_iter=3)
    mlp.fit(case.X, case.y)
    Y = targets_of(mlp, case.y)
    weight = np.random.default_rng(0).random(len(Y)) if weighted else None
    loss, gradients = loss_and_gradients(mlp, case.X, Y, weight)
    same_loss, same_gradients = loss_and_gradients(mlp.to_sklearn(), case.X, Y, weight)
    assert loss == same_loss
    for gradient, same in zip(gradients, same_gradients, strict=True):
        assert_array_equal(gradient, same)
    net = oracle.net_of(mlp)
    _, expected = oracle.loss_and_gradient(net, case.X, Y, weight, alpha=0.1)
    for gradient, right in zip(gradients, expected, strict=True):
        assert_allclose(gradient, right, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_packed_parameters_move_the_network_and_its_gradient(kind):
    """`_loss_grad_lbfgs` writes what it is given into the network."""
    case = make(kind, (4,), "logistic", ours=True)
    mlp = case.mlp.set_params(solver="lbfgs", max_iter=2).fit(case.X, case.y)
    Y, plain = targets_of(mlp, case.y), mlp.to_sklearn()
    theta = np.concatenate([p.ravel() for p in mlp.coefs_ + mlp.intercepts_])
    for step in (0.0, 0.01, -0.3):
        arguments = (theta + step, case.X, Y, None, *buffers_of(mlp, case.X))
        loss, gradient = mlp._loss_grad_lbfgs(*arguments)
        same_loss, same_gradient = plain._loss_grad_lbfgs(*arguments)
        assert loss == same_loss
        assert_array_equal(gradient, same_gradient)
        assert_array_equal(mlp.intercepts_[-1], theta[len(theta) - Y.shape[1] :] + step)


def test_samples_may_be_others_than_those_of_the_fit():
    case = make("multiclass", (4,), ours=True)
    mlp = case.mlp.set_params(solver="lbfgs", max_iter=2).fit(case.X, case.y)
    Y = targets_of(mlp, case.y)
    for n_samples in (40, 7, 1):
        loss, _ = loss_and_gradients(mlp, case.X[:n_samples], Y[:n_samples], None)
        assert (
            loss
            == loss_and_gradients(mlp.to_sklearn(), case.X[:n_samples], Y[:n_samples], None)[0]
        )


def test_training_goes_on_as_if_nobody_had_asked():
    case, same = (make("multiclass", (4,), ours=True) for _ in range(2))
    for mlp, asked in ((case.mlp, True), (same.mlp, False)):
        mlp.set_params(solver="lbfgs", max_iter=3, warm_start=True).fit(case.X, case.y)
        if asked:
            loss_and_gradients(mlp, case.X, targets_of(mlp, case.y), None)
        mlp.fit(case.X, case.y)
    for mine, other in zip(case.mlp.coefs_, same.mlp.coefs_, strict=True):
        assert_array_equal(mine, other)
