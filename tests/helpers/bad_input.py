"""Tables of bad input, and what has to be true of every error.

A table is data: something public to call, arguments with which it works, and for some of these
arguments values with which it must not.
"""

import functools
import re
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import joblib
import numba
import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn import get_config
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import ThreadpoolController

from skneuron import (
    PrunableMLPClassifier,
    PrunableMLPRegressor,
    RottenNeuronPruner,
    neuron_ablation,
    neuron_pruning_path,
)

# No others: what NumPy and others derive from them is meant for somebody else.
CLEAN = {
    "TypeError", "ValueError", "InvalidParameterError", "NotFittedError", "InvalidStudyError"
}  # fmt: skip
# Too long to be told, or told in the words of scikit-learn.
ARRAYS = {
    "X", "X_ref", "X_refit", "y", "sample_weight", "y_true", "y_proba", "labels", "classes",
    "scores", "patterns", "groups", "thresholds", "input_features", "unknown", "ablation",
    "n_neurons", "sizes", "standard_errors", "random_scores", "verdicts", "shapley", "pairs",
    "cv_results", "layer", "index", "X_val", "y_val", "sample_weight_val",
}  # fmt: skip


class Nothing:
    """An object, and a class, that is of no use anywhere."""

    def __repr__(self):
        return "Nothing()"


class Case(NamedTuple):
    """One argument that is wrong."""

    prepare: Callable[[], tuple[Callable, dict[str, Any]]]
    argument: str
    value: Any
    names: str


def table(name, prepare, bad, *, names=None):
    """Test parameters: every argument of ``bad`` with every one of its values.

    Parameters
    ----------
    name : str
        Of what is called.
    prepare : callable
        Returns what is called, and good arguments, both fresh or not to be changed.
    bad : dict of str to dict or list
        By argument, values, or values by name.
    names : dict of str to str, default=None
        By argument, what errors call it where that is another name.
    """
    params = []
    for argument, values in bad.items():
        named = values if isinstance(values, dict) else {_id(value): value for value in values}
        for key, value in named.items():
            case = Case(prepare, argument, value, (names or {}).get(argument, argument))
            params.append(pytest.param(case, id=f"{name}-{argument}-{key}"))
    return params


def _id(value):
    text = repr(value)
    return text if len(text) <= 24 else f"{text[:21]}..."


def settings():
    """What a call must leave as it is."""
    return {
        "filters": list(warnings.filters),
        "scikit-learn": get_config(),
        "NumPy": np.geterr(),
        "numba": numba.get_num_threads(),
        "BLAS": [(pool["filepath"], pool["num_threads"]) for pool in _pools().info()],
        "figures": _figures(),
    }


@functools.cache
def _pools():
    return ThreadpoolController()  # to look for libraries takes longer than most calls


def _figures():
    from matplotlib import pyplot as plt

    return plt.get_fignums()


def check(case):
    """Call with a bad argument: a clean error that names it, and nothing has changed."""
    call, good = case.prepare()
    arguments = good | {case.argument: case.value}
    owner = getattr(call, "__self__", None)
    before, settings_before = fingerprint(owner, arguments), settings()
    with pytest.raises(Exception) as caught:  # noqa: PT011 - which one is asserted here
        call(**arguments)
    error, text = caught.value, str(caught.value)
    assert type(error).__name__ in CLEAN, f"{type(error).__qualname__}: {text}"
    assert re.search(rf"(?<!\w){re.escape(case.names)}(?!\w)", text), text
    if case.argument not in ARRAYS and isinstance(case.value, str | int | float | None):
        assert repr(case.value) in text, text
    assert fingerprint(owner, arguments) == before
    assert settings() == settings_before


def check_good(prepare):
    """With good arguments it works, so that errors come from what is wrong with others."""
    call, good = prepare()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        call(**good)


def fingerprint(owner, arguments):
    """What must not have changed: an estimator whose method is called, and arguments."""

    def of(value):
        module = type(value).__module__
        if module.startswith("matplotlib") or callable(value):
            return id(value)
        if hasattr(value, "get_params"):  # Also what pickles leave out.
            value = [type(value), vars(value)]
        if isinstance(value, pd.Series | pd.DataFrame):  # They remember what has been looked at.
            value = [value.to_numpy(), value.index.to_numpy()]
        return joblib.hash(value)

    return of(owner), {name: of(value) for name, value in arguments.items()}


# ---- what works

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 3))
Y = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0.5)
Y_MULTILABEL = (X > 0).astype(int)


def small(cls=PrunableMLPClassifier, **params):
    """A network that is trained in no time."""
    return cls(**{"hidden_layer_sizes": (5, 4), "max_iter": 3, "random_state": 0} | params)


def _fitted(estimator, y):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return estimator.fit(X, y)


@functools.cache
def classifier():
    return _fitted(small(), Y)


@functools.cache
def regressor():
    return _fitted(small(PrunableMLPRegressor), X[:, 0])


@functools.cache
def multilabel():
    return _fitted(small(), Y_MULTILABEL)


@functools.cache
def pruner():
    return _fitted(RottenNeuronPruner(small(), random_state=0), Y)


@functools.cache
def pruner_of_pipeline():
    return _fitted(RottenNeuronPruner(make_pipeline(StandardScaler(), small())), Y)


@functools.cache
def ablation():
    return neuron_ablation(classifier(), X, Y)


@functools.cache
def path():
    return neuron_pruning_path(classifier(), X, Y, replacement="mean", X_ref=X)


# ---- what does not


def _with(values, first):
    result = values.astype(object)
    result[0] = first
    return result


NO_ESTIMATORS = {
    "None": None,
    "text": "mlp",
    "class": PrunableMLPClassifier,
    "array": X,
    "object": Nothing(),
}
NO_SAMPLES = {
    "None": None,
    "text": "X",
    "number": 3,
    "dict": {0: 1},
    "object": Nothing(),
    "1-D": X[:, 0],
    "3-D": X[None],
    "empty": X[:0],
    "no feature": X[:, :0],
    "NaN": np.where(X > 2, np.nan, X),
    "inf": np.where(X > 2, np.inf, X),
    "texts": [["a", "b", "c"]] * 60,
    "complex": X * 1j,
    "ragged": [[1], [1, 2]],
    "NA": pd.DataFrame(np.where(X > 2, pd.NA, X.astype(object))),
}
TOO_WIDE = {"wide": np.hstack([X, X])}
TOO_FEW = {"few": X[:5]}
NO_TARGETS = {
    "None": None,
    "text": "y",
    "number": 3,
    "dict": {0: 1},
    "object": Nothing(),
    "3-D": np.zeros((60, 2, 2)),
    "empty": [],
    "few": Y[:5],
    "None inside": _with(Y, None),
    "NA inside": _with(Y, pd.NA),
    "NaN inside": _with(Y, np.nan),
    "all None": [None] * 60,
    "nullable": pd.Series(Y, dtype="Int64").where(Y < 2),
    "mixed": _with(Y, "a"),
    "list inside": _with(Y, [1]),
    "complex": Y * 1j,
    "ragged": [[1], [1, 2], *[[1]] * 58],
    "sparse column": sparse.csr_array(Y[:, None]),
}
NO_LABELS = NO_TARGETS | {"fractions": Y + 0.5}
OTHER_LABELS = {"unknown": Y + 10, "several": np.ones((60, 2), int), "texts": ["a"] * 60}
NO_NUMBERS = NO_TARGETS | {
    "texts": ["a"] * 60,
    "times": np.full(60, np.datetime64("2020-01-01")),
}
NO_WEIGHTS = {
    "text": "a",
    "dict": {0: 1},
    "object": Nothing(),
    "class": Nothing,
    "few": [1.0, 2.0],
    "empty": [],
    "2-D": np.ones((60, 2)),
    "NaN": np.r_[np.nan, np.ones(59)],
    "inf": np.r_[np.inf, np.ones(59)],
    "zeros": np.zeros(60),
    "texts": ["1"] * 60,
    "words": ["a"] * 60,
    "Nones": [None] * 60,
    "complex": np.ones(60) * 1j,
    "times": np.full(60, np.datetime64("2020-01-01")),
    "sparse": sparse.csr_array(np.ones((1, 60))),
    "ragged": [[1], [1, 2], *[1] * 58],
}
NEGATIVE = {"negative": np.r_[-1, np.ones(59)], "-1.0": -1.0}
NO_RANDOM_STATES = ["a", [1], 1.5, -1, 2**40, np.nan, Nothing, Nothing(), {"seed": 1}]
# Of single numbers, names and switches.
JUNK = [[], {}, Nothing(), Nothing, b"a", 1j]
