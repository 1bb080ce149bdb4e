"""Sparse samples give what the same samples give when they are dense, and stay sparse.

Whatever the number of features, memory stays within `LIMIT_MIB` over the samples, the network's
own parameters and the result.
"""

import json
import subprocess
import sys

import numpy as np
import pytest
from helpers import oracle
from helpers.ablations import assert_is_the_oracles
from helpers.networks import make
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator

from skneuron import (
    PrunableMLPClassifier,
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
from skneuron.inspection._criteria import CRITERIA
from skneuron.inspection._pruning_path._strategies import STRATEGIES

# Plain Python's sums are in BLAS's order, which is another one for sparse samples.
pytestmark = pytest.mark.usefixtures("compiled")

LIMIT_MIB = 128
FORMS = {
    "csr_matrix": sparse.csr_matrix,
    "csc_matrix": sparse.csc_matrix,
    "csr_array": sparse.csr_array,
}
# Of the network, and of the samples: also where one of them has to be computed with in the other.
DTYPES = [("f8", "f8"), ("f4", "f4"), ("f4", "f8"), ("f8", "f4"), ("f8", "i8"), ("f4", "i4")]
each_form = pytest.mark.parametrize("form", FORMS)
each_dtype = pytest.mark.parametrize(("network_dtype", "dtype"), DTYPES)


def case_of(network_dtype="f8", dtype="f8", kind="multiclass", hidden=(6, 5), **options):
    """A network of ours, and samples most of whose features are 0, some of them all."""
    case = make(kind, hidden, n=70, n_features=30, dtype=network_dtype, ours=True, **options)
    rng = np.random.default_rng(1)
    case.X, case.X_ref = (
        np.where(rng.random(X.shape) < 0.8, 0, np.round(3 * X)).astype(dtype)
        for X in (case.X, case.X_ref)
    )
    case.X[[0, 7]] = 0
    return case


def assert_same(actual, expected):
    """Every array of a result, to the last bit."""
    if isinstance(expected, dict):
        assert actual.keys() == expected.keys()
        for name in expected:
            assert_same(actual[name], expected[name])
    elif isinstance(expected, np.ndarray | float | int):
        assert_array_equal(actual, expected)
        assert np.asarray(actual).dtype == np.asarray(expected).dtype


def assert_as_dense(function, case, form):
    """``function(X, X_ref)`` is the same for sparse samples as for the same dense ones."""
    make_sparse = FORMS[form]
    expected = function(case.X, case.X_ref)
    assert_same(function(make_sparse(case.X), make_sparse(case.X_ref)), expected)
    return expected


# ---- the same as of dense samples


@each_form
@each_dtype
@pytest.mark.parametrize("replacement", ["zero", "mean", "linear", "resample"])
def test_ablation(replacement, network_dtype, dtype, form):
    case = case_of(network_dtype, dtype, activation="tanh")

    def ablation(X, X_ref):
        X_ref = None if replacement == "zero" else X_ref
        more = {"n_repeats": 2, "random_state": 0} if replacement == "resample" else {}
        return neuron_ablation(case.mlp, X, case.y, replacement=replacement, X_ref=X_ref, **more)

    found = assert_as_dense(ablation, case, form)
    if replacement != "resample" and network_dtype == dtype == "f8":
        X_ref = None if replacement == "zero" else case.X_ref
        expected = oracle.ablation(
            case.net, case.X, case.y, case.classes, X_ref=X_ref, linear=replacement == "linear"
        )
        assert_is_the_oracles(found, expected)


@each_form
@pytest.mark.parametrize("kind", ["binary", "multilabel", "multioutput", "poisson"])
def test_other_networks(kind, form):
    case = case_of(kind=kind, activation="relu")
    assert_as_dense(lambda X, _: neuron_ablation(case.mlp, X, case.y), case, form)


def plain_callable(estimator, X, y):
    return estimator.score(X, y)


@each_form
@pytest.mark.parametrize(
    "scoring",
    ["roc_auc_ovr", "f1_macro", "neg_log_loss", plain_callable, ["accuracy", "f1_micro"]],
)
def test_any_scorer(scoring, form):
    case = case_of(activation="tanh")
    assert_as_dense(lambda X, _: neuron_ablation(case.mlp, X, case.y, scoring=scoring), case, form)


@pytest.mark.parametrize("scoring", ["balanced_accuracy", "accuracy", "roc_auc_ovr"])
def test_verdicts(scoring):
    case = case_of(activation="tanh")
    found = [
        neuron_ablation(case.mlp, X, case.y, scoring=scoring).verdicts()
        for X in (case.X, sparse.csr_matrix(case.X))
    ]
    assert_array_equal(found[1].p_values, found[0].p_values)
    assert_array_equal(found[1].verdict, found[0].verdict)


@each_form
@each_dtype
def test_pairs(network_dtype, dtype, form):
    case = case_of(network_dtype, dtype)
    assert_as_dense(lambda X, _: pairwise_ablation(case.mlp, X, case.y), case, form)


@each_form
@pytest.mark.parametrize("replacement", ["zero", "mean"])
def test_shapley(replacement, form):
    case = case_of()

    def values(X, X_ref):
        return neuron_shapley(
            case.mlp, X, case.y, replacement=replacement, max_permutations=6, random_state=0,
            X_ref=None if replacement == "zero" else X_ref,
        )  # fmt: skip

    assert_as_dense(values, case, form)


@each_form
@each_dtype
def test_every_criterion(network_dtype, dtype, form):
    case = case_of(network_dtype, dtype, activation="tanh")
    names = sorted(CRITERIA)
    assert_as_dense(
        lambda X, _: neuron_criterion(case.mlp, X, case.y, criterion=names, random_state=0),
        case,
        form,
    )


@each_form
@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("replacement", ["zero", "linear"])
@pytest.mark.parametrize("options", [{}, {"criterion": "taylor1"}, {"scoring": plain_callable}])
def test_paths(options, replacement, strategy, form):
    if strategy in ("swap", "obs") and "criterion" in options:
        options = {"scoring": "roc_auc_ovr"}
    case = case_of(activation="tanh")

    def path_and_network(X, X_ref):
        path = neuron_pruning_path(
            case.mlp, X, case.y, strategy=strategy, replacement=replacement,
            X_ref=None if replacement == "zero" else X_ref, n_neurons_to_select=4, **options,
        )  # fmt: skip
        halfway, last = path.prune_to(7), path.prune_to(4)
        parts = halfway.coefs_ + halfway.intercepts_ + last.coefs_ + last.intercepts_
        results = {"order": path.order, "scores": path.scores, "importances": path.importances}
        return results | {f"part {at}": part for at, part in enumerate(parts)}

    found = assert_as_dense(path_and_network, case, form)
    assert len(found["order"]) == 7


@each_form
@each_dtype
def test_surgery(network_dtype, dtype, form):
    case = case_of(network_dtype, dtype, activation="tanh")
    gone = [(0, 1), (0, 4), (1, 2)]

    def parameters(X, X_ref):
        networks = [prune_neurons(case.mlp, gone, replacement="linear", X=X_ref)]
        networks.append(remove_redundant_neurons(case.mlp, X))
        parts = [part for mlp in networks for part in mlp.coefs_ + mlp.intercepts_]
        return {str(at): part for at, part in enumerate(parts)}

    assert_as_dense(parameters, case, form)


@each_form
@each_dtype
@pytest.mark.parametrize("layer", [0, 1])
def test_hidden_activations(layer, network_dtype, dtype, form):
    case = case_of(network_dtype, dtype, activation="tanh")
    found = assert_as_dense(lambda X, _: case.mlp.hidden_activations(X, layer), case, form)
    tolerance = 1e-5 if found.dtype == np.float32 else 1e-12
    expected = oracle.hidden(case.net, case.X, layer)
    assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@each_form
def test_pruners(form):
    case = case_of(hidden=(6,))
    common = {"max_iter": 8, "random_state": 0}
    inner = PrunableMLPClassifier((6,), **common)
    pruners = [
        RottenNeuronPruner(FrozenEstimator(case.mlp), cv="prefit", random_state=0),
        RottenNeuronPruner(inner, n_neurons_to_select=3, random_state=0),
        RottenNeuronPrunerCV(RottenNeuronPruner(inner, random_state=0), cv=2),
    ]
    for pruner in pruners:

        def fitted(X, _, pruner=pruner):
            pruner = clone(pruner).fit(X, case.y)
            return {
                "support": pruner.support_,
                "predictions": (pruner.predict(X) == case.classes[0]).astype(int),
                "activations": pruner.transform(X),
            }

        dense, thin = fitted(case.X, None), fitted(FORMS[form](case.X), None)
        # scikit-learn's products, when it trains, round otherwise for sparse samples.
        assert_array_equal(thin["support"], dense["support"])
        assert_array_equal(thin["predictions"], dense["predictions"])
        assert_allclose(thin["activations"], dense["activations"], rtol=1e-9, atol=1e-12)


# ---- memory

N_FEATURES, N_SAMPLES, N_PER_SAMPLE = 2**20, 5200, 40
# Prints the most that NumPy and Python take during a call beyond what there was before and its
# result, in MiB: what tracemalloc sees does not depend on when the system takes pages back. A
# small call before loads the kernels.
MEASURED = """
import json, sys, tracemalloc
from functools import cache
import numpy as np
from scipy import sparse
from skneuron import *

@cache
def network(n_features, hidden, dtype):
    mlp = PrunableMLPClassifier(hidden, random_state=0)
    mlp.partial_fit(np.zeros((5, 2), dtype), np.arange(5), classes=np.arange(5))
    mlp.n_features_in_ = n_features
    del mlp._optimizer
    rng = np.random.default_rng(0)
    weights = rng.standard_normal((n_features, hidden[0]), np.float32).astype(dtype, copy=False)
    mlp.coefs_[0] = mlp._best_coefs[0] = weights
    return mlp

@cache
def rows(n, n_features, per_row):
    rng = np.random.default_rng(1)
    indices = np.sort(rng.integers(0, n_features, (n, per_row)), axis=1).astype(np.int32)
    values, ends = rng.standard_normal(n * per_row), np.arange(0, n * per_row + 1, per_row)
    X = sparse.csr_matrix((values, indices.ravel(), ends.astype(np.int32)), (n, n_features))
    return X, rng.integers(0, 5, n)

def measured(name, function, dtype, hidden, sizes):
    for n, n_features, per_row in ((60, 100, 10), sizes):
        mlp = network(n_features, hidden, dtype)
        X, y = rows(n, n_features, per_row)
        prepared = PREPARE.get(name, lambda *given: given[0])(mlp, X, y)
        tracemalloc.start()
        result = function(prepared, X, y)
        left, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    return (peak - left) / 2**20

def ablation(**options):
    def run(mlp, X, y):
        X_ref = {"X_ref": X} if "replacement" in options else {}
        return neuron_ablation(mlp, X, y, **options, **X_ref)
    return run

def criteria(mlp, X, y):
    names = [
        "l1_incoming", "l2_product", "mean_activation", "activation_variance", "apoz", "entropy",
        "obs", "taylor1", "taylor2", "class_selectivity", "mutual_information",
    ]
    return neuron_criterion(mlp, X, y, criterion=names)

def pruner(mlp, X, y):
    some = X[:40], y[:40]
    return RottenNeuronPruner(mlp, cv="prefit", threshold=-np.inf, estimate_gain=False).fit(*some)

PREPARE = {"transform": pruner}
FUNCTIONS = {
    "zero": ablation(),
    "mean": ablation(replacement="mean"),
    "linear": ablation(replacement="linear"),
    "resample": ablation(replacement="resample", n_repeats=1),
    "roc_auc": ablation(scoring="roc_auc_ovr"),
    "callable": ablation(scoring=lambda estimator, X, y: float(estimator.coefs_[1].sum())),
    "hidden": lambda mlp, X, y: mlp.hidden_activations(X),
    "transform": lambda pruner, X, y: pruner.transform(X),
    "criteria": criteria,
    "pairs": lambda mlp, X, y: pairwise_ablation(mlp, X, y),
    "shapley": lambda mlp, X, y: neuron_shapley(mlp, X, y, max_permutations=4),
    "path": lambda mlp, X, y: neuron_pruning_path(mlp, X, y, n_neurons_to_select=40),
    "linear path": lambda mlp, X, y: neuron_pruning_path(
        mlp, X, y, n_neurons_to_select=46, replacement="linear", X_ref=X
    ),
}
dtype, hidden, *sizes = json.loads(sys.argv[1])
for name in sys.argv[2:]:
    peak = measured(name, FUNCTIONS[name], np.dtype(dtype), tuple(hidden), sizes)
    print(json.dumps([name, peak]), flush=True)
"""


def peaks(dtype, hidden, *names):
    """MiB by name, measured in a process of its own."""
    given = json.dumps([dtype, hidden, N_SAMPLES, N_FEATURES, N_PER_SAMPLE])
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, given, *names],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(map(json.loads, done.stdout.splitlines()))


EVERYTHING = (
    "zero", "mean", "linear", "resample", "callable", "hidden", "transform", "criteria", "pairs",
    "shapley", "path", "linear path",
)  # fmt: skip


@pytest.mark.parametrize(
    ("dtype", "hidden", "names"),
    [
        ("float64", (50,), EVERYTHING),
        # float64 samples would make a copy twice as large of float32 weights.
        ("float32", (40, 10), EVERYTHING),
    ],
)
def test_memory_over_samples_and_parameters(dtype, hidden, names):
    found = peaks(dtype, hidden, *names)
    assert set(found) == set(names)
    assert max(found.values()) < LIMIT_MIB, found
    assert min(found.values()) > 0, found
