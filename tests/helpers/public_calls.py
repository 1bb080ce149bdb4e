"""Calls of every public function that runs kernels, on little data of many kinds, by name.

`python -m helpers.public_calls float64` makes all of them and prints, as JSON, which kernels were
compiled meanwhile and the signatures that every kernel has been loaded for.
"""

import importlib
import json
import pkgutil
import sys
import warnings
from unittest.mock import patch

import numpy as np
from helpers.drowning import drown
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import make_scorer, matthews_corrcoef
from sklearn.model_selection import cross_val_score
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skneuron.kernels
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
    refit_outputs,
    refit_pruned,
    remove_redundant_neurons,
)
from skneuron.datasets import load_images
from skneuron.inspection._criteria import CRITERIA
from skneuron.kernels import Kernel, compilation_notice
from skneuron.study import _study_data, run_study

N, N_FEATURES, N_CLASSES = 240, 8, 3
RNG = np.random.default_rng(0)
DENSE = RNG.random((N, N_FEATURES)) * (RNG.random((N, N_FEATURES)) < 0.5)
LABELS = np.arange(N) % N_CLASSES
TARGETS = {
    "classes": LABELS,
    "binary": LABELS % 2,
    "strings": np.array(["a", "b", "c"])[LABELS],
    "multilabel": (RNG.random((N, 3)) < 0.5).astype(int),
    "regression": RNG.normal(size=N),
    "multioutput": RNG.normal(size=(N, 2)),
    "poisson": RNG.poisson(2.0, size=N).astype(float),
}
WEIGHT = RNG.random(N) + 0.5


def read_only(array):
    copy = array.copy()
    copy.flags.writeable = False
    return copy


def sparse_rows(dtype, index_dtype=np.int32, writeable=True):
    X = sparse.csr_array(DENSE.astype(dtype))
    X.indices, X.indptr = X.indices.astype(index_dtype), X.indptr.astype(index_dtype)
    for each in (X.data, X.indices, X.indptr):
        each.flags.writeable = writeable
    return X


# What the same samples look like: by name, a function of the type that networks are trained in.
SAMPLES = {
    "C order": lambda dtype: DENSE.astype(dtype),
    "Fortran order": lambda dtype: np.asfortranarray(DENSE, dtype),
    "strided": lambda dtype: np.repeat(DENSE.astype(dtype), 2, axis=1)[:, ::2],
    "read-only": lambda dtype: read_only(DENSE.astype(dtype)),
    "one row": lambda dtype: DENSE[:1].astype(dtype),
    "CSR": sparse_rows,
    "CSR, int64": lambda dtype: sparse_rows(dtype, np.int64),
    "CSR, read-only": lambda dtype: sparse_rows(dtype, writeable=False),
    "CSR, int64, read-only": lambda dtype: sparse_rows(dtype, np.int64, writeable=False),
    "CSC": lambda dtype: sparse_rows(dtype).tocsc(),
    "sparse matrix": lambda dtype: sparse.csr_matrix(DENSE.astype(dtype)),
}
# Networks of either type compute on these in float64.
OTHER_SAMPLES = {
    "integers": lambda: (DENSE * 16).astype(np.int64),
    "float32": lambda: DENSE.astype(np.float32),
    "CSR, float32": lambda: sparse_rows(np.float32),
    "CSR, float32, read-only": lambda: sparse_rows(np.float32, writeable=False),
    "CSR, integers": lambda: sparse.csr_array((DENSE * 16).astype(np.int64)),
    "list": lambda: DENSE.tolist(),
}


def small(cls=PrunableMLPClassifier, **parameters):
    return cls(**{"hidden_layer_sizes": (5, 4), "max_iter": 3, "random_state": 0} | parameters)


def family(kind):
    is_regression = kind in ("regression", "multioutput", "poisson")
    return PrunableMLPRegressor if is_regression else PrunableMLPClassifier


def loss_of(kind):
    return {"loss": "poisson"} if kind == "poisson" else {}


def fit_every_kind_of_samples(dtype):
    samples = [make(dtype) for make in SAMPLES.values()]
    if dtype == np.float64:
        samples += [make() for name, make in OTHER_SAMPLES.items() if "float32" not in name]
    for X in samples:
        y = LABELS[: np.shape(X)[0]]
        small().fit(X, y).predict(X)
        small(MLPClassifier, max_iter=2).fit(X, y)


def fit_every_solver(dtype):
    X = DENSE.astype(dtype)
    for kind, y in TARGETS.items():
        for solver in ("adam", "sgd", "lbfgs"):
            small(family(kind), solver=solver, **loss_of(kind)).fit(X, y).predict(X)
    for activation in ("identity", "logistic", "tanh", "relu"):
        small(activation=activation).fit(X, LABELS)


def fit_with_options(dtype):
    X = DENSE.astype(dtype)
    small(early_stopping=True).fit(X, LABELS)
    small(early_stopping=True).fit(X, LABELS, X_val=X[:60], y_val=LABELS[:60])
    small(dropout=0.3).fit(X, LABELS, sample_weight=WEIGHT)
    small(solver="sgd", nesterovs_momentum=False, learning_rate="adaptive", alpha=1).fit(X, LABELS)
    small(class_weight="balanced", hidden_layer_sizes=(4,), batch_size=7).fit(X, LABELS)
    small().fit(X, LABELS, sample_weight=read_only(WEIGHT.astype(dtype)))
    network = small()
    for start in range(0, N, 80):
        rows = slice(start, start + 80)
        network.partial_fit(X[rows], LABELS[rows], classes=[0, 1, 2])
    small(warm_start=True).fit(X, LABELS).fit(X, LABELS)


def networks(dtype):
    """(name, fitted network, y) of every kind of targets."""
    for kind, y in TARGETS.items():
        yield kind, small(family(kind), **loss_of(kind)).fit(DENSE.astype(dtype), y), y


def ablate_every_kind_of_samples(dtype):
    network = small().fit(DENSE.astype(dtype), LABELS)
    others = OTHER_SAMPLES if dtype == np.float64 else {}
    samples = [make(dtype) for make in SAMPLES.values()] + [make() for make in others.values()]
    for X in samples:
        y = LABELS[: np.shape(X)[0]]
        reference = X if np.shape(X)[0] > 1 else DENSE.astype(dtype)
        for replacement in ("zero", "mean", "linear", "resample"):
            neuron_ablation(network, X, y, replacement=replacement, X_ref=reference)
        neuron_ablation(network, X, read_only(y), sample_weight=read_only(np.ones(len(y))))
        masks = [np.arange(5) < 3, np.arange(4) < 2]
        prune_neurons(network, masks, replacement="linear", X_ref=reference)


def its_score(estimator, X, y, sample_weight=None):
    return estimator.score(X, y, sample_weight)


def look_at_read_only_networks(dtype):
    """As workers of joblib get them: weights that lie in a file."""
    network = small().fit(DENSE.astype(dtype), LABELS)
    for weights in (network.coefs_, network.intercepts_):
        weights[:] = map(read_only, weights)
    for X in (DENSE.astype(dtype), sparse_rows(dtype), sparse_rows(dtype, np.int64)):
        network.predict(X)
        neuron_ablation(network, X, LABELS, replacement="linear", X_ref=X)
        neuron_pruning_path(network, X, LABELS)
        pairwise_ablation(network, X, LABELS)
        neuron_criterion(network, X, LABELS, criterion="apoz")
    network.partial_fit(DENSE.astype(dtype), LABELS)


def ablate_every_scorer(dtype):
    X = DENSE.astype(dtype)
    scorers = [
        "accuracy", "f1_macro", "neg_log_loss", "roc_auc_ovr", "expected_accuracy",
        make_scorer(matthews_corrcoef), its_score,
    ]  # fmt: skip
    network = small().fit(X, LABELS)
    for scoring in scorers:
        for weight in (None, WEIGHT):
            result = neuron_ablation(
                network, X, LABELS, scoring=scoring, sample_weight=weight, layers=0
            )
            result.verdicts()
    neuron_ablation(network, X, LABELS, scoring=["accuracy", "roc_auc_ovr"], n_jobs=2)
    neuron_ablation(network, X, LABELS, scoring="roc_auc_ovr", replacement="resample")
    neuron_ablation(network, X, LABELS, scoring="roc_auc_ovr", replacement="linear", X_ref=X)


def ablate_every_kind_of_network(dtype):
    X = DENSE.astype(dtype)
    for kind, network, y in networks(dtype):
        for target in (y, read_only(y)):
            neuron_ablation(network, X, target, sample_weight=WEIGHT)
            neuron_ablation(network, X, target, replacement="mean", X_ref=X)
        is_regression = kind in ("regression", "multioutput", "poisson")
        scoring = "neg_median_absolute_error" if is_regression else None
        neuron_ablation(network, X, y, scoring=scoring)


def ablate_where_digits_are_lost(dtype):
    for _, network, y in networks(dtype):
        drown(network, 0, 1e8)
        X = DENSE.astype(dtype)
        neuron_ablation(network, X, y)
        neuron_ablation(network, X, y, sample_weight=WEIGHT)
        neuron_ablation(network, X, y, replacement="mean", X_ref=X)


def look_at_pairs_and_values(dtype):
    X = DENSE.astype(dtype)
    for _, network, y in networks(dtype):
        for replacement in ("zero", "mean"):
            pairwise_ablation(network, X, y, replacement=replacement, X_ref=X)
            neuron_shapley(
                network, X, y, replacement=replacement, X_ref=X, max_permutations=4, random_state=0
            )
        pairwise_ablation(network, X, y, replacement="linear", X_ref=X, sample_weight=WEIGHT)
    network = small().fit(X, LABELS)
    for rows in (sparse_rows(dtype), sparse_rows(dtype, np.int64, writeable=False)):
        pairwise_ablation(network, rows, LABELS)
        neuron_shapley(network, rows, LABELS, max_permutations=4, random_state=0)
    for scoring in ("neg_log_loss", "roc_auc_ovr"):
        pairwise_ablation(network, X, LABELS, scoring=scoring)
        neuron_shapley(network, X, LABELS, scoring=scoring, max_permutations=2, random_state=0)


def rank_by_every_criterion(dtype):
    network = small().fit(DENSE.astype(dtype), LABELS)
    for X in (DENSE.astype(dtype), sparse_rows(dtype), read_only(DENSE.astype(dtype))):
        neuron_criterion(network, X, LABELS, criterion=sorted(CRITERIA))


def follow_paths(dtype):
    X = DENSE.astype(dtype)
    network = small().fit(X, LABELS)
    for strategy in ("one_shot", "greedy", "swap", "obs"):
        for replacement in ("zero", "mean", "linear"):
            neuron_pruning_path(
                network, X, LABELS, strategy=strategy, replacement=replacement, X_ref=X
            )
    neuron_pruning_path(network, sparse_rows(dtype), LABELS, criterion="taylor1")
    neuron_pruning_path(network, X, LABELS, scoring="roc_auc_ovr", criterion="obs", X_ref=X)
    _, regressor, y = next(n for n in networks(dtype) if n[0] == "regression")
    neuron_pruning_path(regressor, X, y, sample_weight=WEIGHT)


def prune(dtype):
    for X in (DENSE.astype(dtype), sparse_rows(dtype), read_only(DENSE.astype(dtype))):
        for options in ({}, {"threshold": "auto"}, {"replacement": "linear"}):
            pruner = RottenNeuronPruner(small(), random_state=0, **options).fit(X, LABELS)
            pruner.predict(X)
            pruner.transform(X)
    X = DENSE.astype(dtype)
    RottenNeuronPruner(make_pipeline(StandardScaler(), small()), fine_tune=2, random_state=0).fit(
        X, LABELS
    )
    pruner = RottenNeuronPruner(small(), random_state=0)
    RottenNeuronPrunerCV(pruner, cv=2, n_jobs=2).fit(X, LABELS)
    RottenNeuronPruner(small(PrunableMLPRegressor), random_state=0).fit(X, TARGETS["regression"])
    cross_val_score(pruner, X, LABELS, cv=2)
    remove_redundant_neurons(small().fit(X, LABELS))
    for rows in (X, sparse_rows(dtype)):
        refit_outputs(small().fit(X, LABELS), rows, LABELS)
        full = small().fit(X, LABELS)
        refit_pruned(prune_neurons(full, [(0, 0)]), full, rows, layers="span", mixed=1.0)


def mix_types(dtype):
    """Networks and samples of different types, which are computed on in float64."""
    if dtype == np.float32:
        return
    for of_network, of_samples in ((np.float32, np.float64), (np.float64, np.float32)):
        of_sklearn = small(MLPClassifier).fit(DENSE.astype(of_network), LABELS)
        network = PrunableMLPClassifier.from_sklearn(of_sklearn)
        for X in (DENSE.astype(of_samples), sparse_rows(of_samples)):
            network.predict(X)
            neuron_ablation(network, X, LABELS, replacement="linear", X_ref=X)
            pairwise_ablation(network, X, LABELS)
            neuron_criterion(network, X, LABELS, criterion="apoz")
            network.partial_fit(X, LABELS)
            network.set_params(warm_start=True).fit(X, LABELS)


def study(dtype):
    images = load_images("digits")
    images.X_train, images.X_test = images.X_train.astype(dtype), images.X_test.astype(dtype)
    with patch.object(_study_data, "load_images", lambda *_, **__: images):
        run_study("digits", hidden=[(6,), (5, 4)], max_iter=3, n_train=300, label_noise=0.2)


def use_threads(dtype):
    """Enough work for threads, wherever threads are worth waking."""
    images = load_images("digits")
    X, y = images.X_train.astype(dtype), images.y_train
    network = small(hidden_layer_sizes=(300, 100), max_iter=2).fit(X, y)
    neuron_ablation(network, X, y, replacement="linear", X_ref=X)
    neuron_ablation(network, sparse.csr_array(X), y)


CALLS = [
    fit_every_kind_of_samples,
    fit_every_solver,
    fit_with_options,
    ablate_every_kind_of_samples,
    look_at_read_only_networks,
    ablate_every_scorer,
    ablate_every_kind_of_network,
    ablate_where_digits_are_lost,
    look_at_pairs_and_values,
    rank_by_every_criterion,
    follow_paths,
    prune,
    mix_types,
    study,
    use_threads,
]


def signatures():
    """Of every kernel anywhere in `skneuron.kernels`, those that it has in this process."""
    packages = pkgutil.walk_packages(skneuron.kernels.__path__, "skneuron.kernels.")
    modules = [skneuron.kernels, *(importlib.import_module(each.name) for each in packages)]
    return {
        value.dispatcher.__name__: sorted(map(str, value.dispatcher.overloads))
        for module in modules
        for value in vars(module).values()
        if isinstance(value, Kernel)
    }


def main(dtype):
    warnings.simplefilter("ignore", ConvergenceWarning)
    compiled = {}
    for call in CALLS:
        before = len(compilation_notice.done)
        call(np.dtype(dtype))
        compiled[call.__name__] = [one.kernel for one in compilation_notice.done[before:]]
    print(json.dumps({"compiled": compiled, "signatures": signatures()}))


if __name__ == "__main__":
    main(sys.argv[1])
