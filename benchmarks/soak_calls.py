"""What `soak.py` calls: small public calls of every kind, which give the same bits every time.

A call takes `Inputs` and returns arrays, texts or bytes. It changes nothing that it is given.
"""

import io
import pickle
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from typing import Any

import joblib
import numpy as np
from matplotlib.figure import Figure
from scipy import sparse
from sklearn.datasets import load_digits
from sklearn.metrics import f1_score, make_scorer

from skneuron import (
    PrunableMLPClassifier,
    PrunableMLPRegressor,
    RottenNeuronPruner,
    RottenNeuronPrunerCV,
    neuron_ablation,
    neuron_criterion,
    neuron_pruning_path,
    neuron_shapley,
    pairwise_ablation,
    prune_neurons,
    remove_redundant_neurons,
)
from skneuron.plotting import NeuronAblationDisplay, PruningPathDisplay

N = 200
N_SEEDS = 3


@dataclass(frozen=True)
class Inputs:
    """Samples of one type, and a network that was trained on them."""

    X: np.ndarray
    X_sparse: Any
    y: np.ndarray
    seed: int
    network: Any

    def new(self, cls: type = PrunableMLPClassifier, **options: Any) -> Any:
        return cls(
            **{"hidden_layer_sizes": (5, 4), "max_iter": 3, "random_state": self.seed} | options
        )

    def pruner(self, **options: Any) -> RottenNeuronPruner:
        return RottenNeuronPruner(self.new(), **{"random_state": self.seed} | options)


@cache
def inputs(dtype: str, seed: int) -> Inputs:
    X, y = load_digits(return_X_y=True)
    X, y = (X / 16).astype(dtype)[seed * N : (seed + 1) * N], y[seed * N : (seed + 1) * N]
    network = PrunableMLPClassifier((5, 4), max_iter=3, random_state=seed).fit(X, y)
    return Inputs(X, sparse.csr_array(X), y, seed, network)


def _weights(network: Any) -> list[np.ndarray]:
    return [*network.coefs_, *network.intercepts_]


def _partial_fit(i: Inputs) -> Any:
    network = i.new()
    for start in range(0, N, 50):
        network.partial_fit(i.X[start : start + 50], i.y[start : start + 50], classes=range(10))
    return _weights(network)


def _warm_start(i: Inputs) -> Any:
    return _weights(deepcopy(i.network).set_params(warm_start=True).fit(i.X, i.y))


def _ablation(**options: Any) -> Callable[[Inputs], Any]:
    def call(i: Inputs) -> Any:
        result = neuron_ablation(i.network, i.X, i.y, X_ref=i.X, random_state=i.seed, **options)
        return [result.importances]

    return call


def _verdicts(i: Inputs) -> Any:
    verdicts = neuron_ablation(i.network, i.X, i.y).verdicts()
    return [np.asarray(verdicts[key]) for key in sorted(verdicts) if key != "alpha"]


def _path(**options: Any) -> Callable[[Inputs], Any]:
    def call(i: Inputs) -> Any:
        result = neuron_pruning_path(i.network, i.X, i.y, X_ref=i.X, **options)
        return [result.scores, result.order]

    return call


def _pruner(**options: Any) -> Callable[[Inputs], Any]:
    def call(i: Inputs) -> Any:
        pruner = i.pruner(**options).fit(i.X, i.y)
        return [pruner.predict_proba(i.X), pruner.transform(i.X)]

    return call


def _search(i: Inputs) -> Any:
    search = RottenNeuronPrunerCV(i.pruner(), cv=2, n_jobs=2).fit(i.X, i.y)
    return [search.predict_proba(i.X), search.transform(i.X)]


def _pickled(i: Inputs) -> Any:
    return [pickle.loads(pickle.dumps(i.network)).predict_proba(i.X)]


def _dumped(i: Inputs) -> Any:
    file = io.BytesIO()
    joblib.dump(i.pruner().fit(i.X, i.y), file)
    file.seek(0)
    return [joblib.load(file).predict_proba(i.X)]


def _drawn(i: Inputs) -> Any:
    """On figures that pyplot does not know, which is for one thread only."""
    ablation = neuron_ablation(i.network, i.X, i.y)
    path = neuron_pruning_path(i.network, i.X, i.y)
    figure = Figure()
    first, second, third = figure.subplots(1, 3)
    NeuronAblationDisplay.from_ablation(ablation, ax=[first, second])
    PruningPathDisplay.from_path(path, ax=third)
    figure.savefig(io.BytesIO(), format="png", dpi=40)
    return [repr(ablation), ablation._repr_html_()]


def _framed(i: Inputs) -> Any:
    return [neuron_ablation(i.network, i.X, i.y).to_frame().to_csv()]


def _refused(
    function: Callable[[Inputs], Any], *errors: type[Exception]
) -> Callable[[Inputs], Any]:
    """A call that has to fail, by an error of one of these types that names something."""

    def call(i: Inputs) -> Any:
        try:
            function(i)
        except errors as error:
            return [type(error).__name__, str(error)]
        raise AssertionError("bad input was taken")

    return call


def _with_nan(X: np.ndarray) -> np.ndarray:
    X = X.copy()
    X[3, 4] = np.nan
    return X


def its_f1(y: Any, predicted: Any) -> float:
    return float(f1_score(y, predicted, average="macro"))


CALLS: dict[str, Callable[[Inputs], Any]] = {
    "fit": lambda i: _weights(i.new().fit(i.X, i.y)),
    "fit, sgd": lambda i: _weights(i.new(solver="sgd", dropout=0.2).fit(i.X, i.y)),
    "fit, lbfgs": lambda i: _weights(i.new(solver="lbfgs").fit(i.X, i.y)),
    "fit, early stopping": lambda i: _weights(i.new(early_stopping=True).fit(i.X, i.y)),
    "fit, sparse": lambda i: _weights(i.new().fit(i.X_sparse, i.y)),
    "fit, many parts": lambda i: _weights(
        i.new(hidden_layer_sizes=(150, 80), batch_size=N, max_iter=2).fit(i.X, i.y)
    ),
    "fit, regressor": lambda i: _weights(i.new(PrunableMLPRegressor).fit(i.X, i.y / 9)),
    "partial_fit": _partial_fit,
    "warm start": _warm_start,
    "predict": lambda i: [i.network.predict(i.X), i.network.predict_proba(i.X_sparse)],
    "ablate, zero": _ablation(),
    "ablate, mean": _ablation(replacement="mean"),
    "ablate, linear": _ablation(replacement="linear"),
    "ablate, resample": _ablation(replacement="resample"),
    "ablate, f1": _ablation(scoring="f1_macro"),
    "ablate, log loss": _ablation(scoring="neg_log_loss"),
    "ablate, scorer": _ablation(scoring=make_scorer(its_f1)),
    "ablate, scorer in processes": _ablation(scoring=make_scorer(its_f1), n_jobs=2),
    "ablate, sparse": lambda i: [neuron_ablation(i.network, i.X_sparse, i.y).importances],
    "verdicts": _verdicts,
    "pairs": lambda i: [pairwise_ablation(i.network, i.X, i.y).interactions],
    "shapley": lambda i: [
        neuron_shapley(i.network, i.X, i.y, max_permutations=4, random_state=i.seed)[
            "shapley_values"
        ]
    ],
    "path, one shot": _path(strategy="one_shot"),
    "path, greedy": _path(strategy="greedy", replacement="linear"),
    "path, swap": _path(strategy="swap"),
    "path, obs": _path(strategy="obs", replacement="linear"),
    "criteria": lambda i: [
        neuron_criterion(i.network, i.X, i.y, criterion=name)
        for name in ("l2_product", "apoz", "taylor1")
    ],
    "prune": lambda i: _weights(
        prune_neurons(i.network, [np.arange(5) < 3, np.arange(4) < 2], replacement="linear", X=i.X)
    ),
    "prune redundant": lambda i: _weights(remove_redundant_neurons(i.network)),
    "pruner": _pruner(),
    "pruner, auto": _pruner(threshold="auto", fine_tune=2),
    "search in processes": _search,
    "to_sklearn": lambda i: [i.network.to_sklearn().predict_proba(i.X)],
    "pickle": _pickled,
    "joblib": _dumped,
    "displays": _drawn,
    "frame": _framed,
    "refuse NaN": _refused(lambda i: i.new().fit(_with_nan(i.X), i.y), ValueError),
    "refuse lengths": _refused(lambda i: neuron_ablation(i.network, i.X, i.y[:9]), ValueError),
    "refuse layers": _refused(
        lambda i: neuron_ablation(i.network, i.X, i.y, layers=9), ValueError
    ),
    "refuse features": _refused(lambda i: i.network.predict(i.X[:, :9]), ValueError),
    "refuse parameter": _refused(
        lambda i: i.pruner(threshold="much").fit(i.X, i.y), ValueError, TypeError
    ),
    "refuse in processes": _refused(
        lambda i: RottenNeuronPrunerCV(i.pruner(), cv=2, n_jobs=2, thresholds=["?"]).fit(i.X, i.y),
        ValueError,
        TypeError,
    ),
}
DTYPES = ("float32", "float64")
