"""Fitted networks for tests, of every kind and in milliseconds: random weights, no training."""

import os
import signal
from dataclasses import dataclass
from typing import Any

import numpy as np
from helpers import oracle
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from sklearn.frozen import FrozenEstimator
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline

from skneuron import PrunableMLPClassifier, PrunableMLPRegressor

# CI runs all examples once, and some of them in every other way.
SHARE_OF_EXAMPLES = float(os.environ.get("SKNEURON_SHARE_OF_EXAMPLES", "1"))


def mask(positions, size):
    """True at some positions."""
    return np.isin(np.arange(size), positions)


def deterministic(max_examples=100):
    """Property tests draw the same examples in every run."""
    return settings(
        max_examples=max(1, round(max_examples * SHARE_OF_EXAMPLES)),
        derandomize=True,
        deadline=None,  # The first examples may have to compile kernels.
        database=None,
        suppress_health_check=[HealthCheck.too_slow],
    )


ACTIVATIONS = ["relu", "tanh", "logistic", "identity"]
SINGLE_LABEL = ["binary", "multiclass", "strings"]
REGRESSIONS = ["regression", "multioutput", "poisson"]
KINDS = [*SINGLE_LABEL, "multilabel", *REGRESSIONS]

SKLEARN = {"classifier": MLPClassifier, "regressor": MLPRegressor}
OURS = {"classifier": PrunableMLPClassifier, "regressor": PrunableMLPRegressor}


@dataclass
class Case:
    """A fitted network, data that it gets partly right, and what the oracle needs."""

    mlp: Any
    X: np.ndarray
    y: np.ndarray
    X_ref: np.ndarray

    @property
    def net(self):
        return oracle.net_of(self.mlp)

    @property
    def classes(self):
        return self.mlp.classes_


def _targets(kind, rng, n):
    if kind == "binary":
        return np.arange(n) % 2
    if kind == "multiclass":
        return np.arange(n) % 4 * 10 - 5  # not sorted in the order 0, 1, 2
    if kind == "strings":
        return np.array(["setosa", "virginica", "versicolor"])[np.arange(n) % 3]
    if kind == "single class":
        return np.full(n, 7)
    if kind == "multilabel":
        return (rng.random((n, 3)) < 0.5).astype(int)
    if kind == "regression":
        return rng.normal(size=n)
    if kind == "multioutput":
        return rng.normal(size=(n, 2))
    if kind == "poisson":
        return rng.poisson(2.0, size=n).astype(float)
    raise KeyError(kind)


def _weights(rng, shape, dyadic):
    if dyadic:  # few bits: products and sums are exact in float32, and ties are real
        return rng.integers(-4, 5, shape) / 4
    return rng.normal(size=shape) * (2 / np.sqrt(shape[0]))


def make(
    kind="multiclass", hidden=(4,), activation="relu", *, n=40, n_features=3, seed=0,
    dtype=np.float64, ours=False, dyadic=False, **parameters,
):  # fmt: skip
    """A network with random weights; ``parameters`` go to its constructor."""
    rng = np.random.default_rng(seed)
    family = "regressor" if kind in REGRESSIONS else "classifier"
    if kind == "poisson":
        parameters["loss"] = "poisson"
    mlp = (OURS if ours else SKLEARN)[family](
        hidden_layer_sizes=hidden, activation=activation, random_state=seed, **parameters
    )

    def rows(n):
        X = rng.integers(-3, 4, (n, n_features)) if dyadic else rng.normal(size=(n, n_features))
        return X.astype(dtype)

    X = rows(n)
    y = _targets(kind, rng, n)
    if family == "regressor":
        mlp.partial_fit(X, y)
    else:
        mlp.partial_fit(X, y, classes=[0, 1, 2] if kind == "multilabel" else np.unique(y))
    for c, b in zip(mlp.coefs_, mlp.intercepts_, strict=True):
        c[:] = _weights(rng, c.shape, dyadic)
        b[:] = _weights(rng, b.shape, dyadic) / 2
    if kind == "poisson":
        mlp.coefs_[-1][:] /= 4  # exp() of the output

    # Half right, half not, so that removals fix and break predictions.
    y = np.where((rng.random(len(y)) < 0.5).reshape(-1, *[1] * (y.ndim - 1)), mlp.predict(X), y)
    return Case(mlp, X, y, rows(16))  # 16: means of dyadic activations are exact


def cases(kinds=KINDS, **fixed):
    """Strategy: cases of these kinds, with 1 to 3 hidden layers."""
    drawn = {
        "kind": st.sampled_from(kinds),
        "hidden": st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple),
        "activation": st.sampled_from(ACTIVATIONS),
        "ours": st.booleans(),
        "seed": st.integers(0, 10**6),
    }
    drawn |= {name: st.just(value) for name, value in fixed.items()}
    return st.builds(make, **drawn)


def several_layers(**fixed):
    return cases(hidden=(3, 2, 4), **fixed)


def small(cls=PrunableMLPClassifier, **parameters):
    """A network that trains in milliseconds, not fitted."""
    return cls(**{"hidden_layer_sizes": (4,), "max_iter": 6, "random_state": 0} | parameters)


class Interrupted(MLPClassifier):
    """Somebody presses Ctrl-C after an epoch, unless ``calm``."""

    calm = False

    def _update_no_improvement_count(self, *arguments):
        if not type(self).calm:
            signal.raise_signal(signal.SIGINT)
        return super()._update_no_improvement_count(*arguments)


class OursInterrupted(Interrupted, PrunableMLPClassifier):
    pass


# What networks come in: (scaler, mlp) -> estimator.
WRAPPERS = {
    "pipeline": lambda scaler, mlp: make_pipeline(scaler, mlp),
    "bare pipeline": lambda scaler, mlp: Pipeline([("mlp", mlp)]),
    "frozen": lambda scaler, mlp: FrozenEstimator(mlp),
    "frozen pipeline": lambda scaler, mlp: FrozenEstimator(make_pipeline(scaler, mlp)),
    "frozen in pipeline": lambda scaler, mlp: make_pipeline(scaler, FrozenEstimator(mlp)),
}
