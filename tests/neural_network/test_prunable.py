"""What prunable networks can do beyond scikit-learn's: show, remove, hand over neurons."""

import pickle
from copy import deepcopy

import joblib
import numpy as np
import pytest
from helpers import networks, oracle
from helpers.leaves import n_compiled
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone, is_regressor
from sklearn.datasets import make_classification, make_multilabel_classification, make_regression
from sklearn.exceptions import NotFittedError
from sklearn.neural_network import MLPClassifier, MLPRegressor

from skneuron import PrunableMLPClassifier, PrunableMLPRegressor
from skneuron.kernels import forward

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

PAIRS = {
    "classifier": (PrunableMLPClassifier, MLPClassifier),
    "regressor": (PrunableMLPRegressor, MLPRegressor),
}
both_kinds = pytest.mark.parametrize("kind", PAIRS)


def classes(n_classes=3, **options):
    return make_classification(
        80, 6, n_informative=4, n_classes=n_classes, random_state=0, **options
    )


def as_strings(data):
    return data[0], np.array(["ape", "bee", "cat"])[data[1]]


def counts(data):
    return data[0], np.abs(data[1]).astype(int) % 5


DATA = {
    "binary": classes(2),
    "multiclass": classes(),
    "strings": as_strings(classes()),
    "multilabel": make_multilabel_classification(80, 6, n_classes=3, random_state=0),
    "sparse": (sparse.csr_matrix(classes()[0]), classes()[1]),
    "float32": (classes()[0].astype(np.float32), classes()[1]),
    "regression": make_regression(80, 6, random_state=0),
    "multioutput": make_regression(80, 6, n_targets=2, random_state=0),
    "counts": counts(make_regression(80, 6, random_state=0)),
}
REGRESSION = {"regression", "multioutput", "counts"}


def pair(data, **parameters):
    """One network of ours and one of scikit-learn's, not fitted, with the same parameters."""
    kind = "regressor" if data in REGRESSION else "classifier"
    parameters = {"hidden_layer_sizes": (5, 4), "max_iter": 6, "random_state": 0} | parameters
    return [cls(**parameters) for cls in PAIRS[kind]]


def fitted(kind="classifier", **parameters):
    data = "multiclass" if kind == "classifier" else "regression"
    return pair(data, **parameters)[0].fit(*DATA[data]), *DATA[data]


# ---- hidden activations ----------------------------------------------------------------------


@pytest.mark.parametrize("activation", networks.ACTIVATIONS)
@pytest.mark.parametrize("layer", range(3))
def test_hidden_activations(activation, layer):
    case = networks.make(hidden=(4, 3, 5), activation=activation, ours=True, n=70)
    expected = oracle.hidden(case.net, case.X, layer)
    for address in (layer, layer - 3, np.int32(layer)):
        activations = case.mlp.hidden_activations(case.X, address)
        assert_allclose(activations, expected, rtol=1e-12, atol=1e-14)
    if layer == 2:
        assert_array_equal(case.mlp.hidden_activations(case.X), activations)


@pytest.mark.parametrize(
    "make_rows", [sparse.csr_matrix, sparse.csc_array, np.asfortranarray, list]
)
def test_hidden_activations_of_other_rows(make_rows):
    case = networks.make(ours=True, n=300)
    expected = case.mlp.hidden_activations(case.X)
    assert_array_equal(case.mlp.hidden_activations(make_rows(case.X)), expected)


@pytest.mark.parametrize(
    ("network", "rows", "expected"),
    [
        (np.float32, np.float32, np.float32),
        (np.float32, np.float64, np.float64),
        (np.float32, int, np.float64),
        (np.float64, np.float32, np.float64),
        (np.float64, np.float64, np.float64),
    ],
)
def test_dtype_of_hidden_activations(network, rows, expected):
    case = networks.make(ours=True, dtype=network)
    assert case.mlp.coefs_[0].dtype == network
    assert case.mlp.hidden_activations(case.X.astype(rows)).dtype == expected


def test_layer_of_any_int_type_is_compiled_once():
    case = networks.make(ours=True)
    case.mlp.hidden_activations(case.X, 0)
    signatures = n_compiled(forward.layer_activations)
    case.mlp.hidden_activations(case.X, np.int8(0))
    assert n_compiled(forward.layer_activations) == signatures


@pytest.mark.parametrize("layer", [2, -3, 1.0, True, None, "0"])
def test_hidden_activations_of_no_layer(layer):
    mlp, X, _ = fitted()
    with pytest.raises(ValueError, match=rf"layer={layer!r} is not one of the network's 2 "):
        mlp.hidden_activations(X, layer)


def test_hidden_activations_without_hidden_layer():
    mlp, X, _ = fitted(hidden_layer_sizes=())
    assert mlp.hidden_layer_sizes_ == ()
    with pytest.raises(ValueError, match="no hidden layer"):
        mlp.hidden_activations(X)


def test_hidden_activations_check_rows():
    mlp, X, _ = fitted()
    with pytest.raises(ValueError, match="expecting 6 features"):
        mlp.hidden_activations(X[:, :5])
    with pytest.raises(ValueError, match="NaN"):
        mlp.hidden_activations(X * np.nan)


# ---- pruning ---------------------------------------------------------------------------------


@both_kinds
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@pytest.mark.parametrize("options", [{}, {"early_stopping": True}], ids=["plain", "early"])
def test_training_goes_on_after_pruning(kind, solver, options):
    mlp, X, y = fitted(kind, solver=solver, **options)
    written = mlp.hidden_layer_sizes
    assert mlp.prune_neurons([(0, 1), (1, 0), (1, 3)], replacement="mean", X=X) is mlp
    assert mlp.hidden_layer_sizes is written
    assert mlp.hidden_layer_sizes_ == (4, 2)
    pruned = [c.copy() for c in mlp.coefs_]
    if solver != "lbfgs" and not options:
        mlp.partial_fit(X, y)
        assert any((a != b).any() for a, b in zip(mlp.coefs_, pruned, strict=True))
    mlp.set_params(warm_start=True, n_iter_no_change=3).fit(X, y)
    assert [c.shape for c in mlp.coefs_] == [c.shape for c in pruned]
    assert mlp.hidden_layer_sizes_ == (4, 2)
    assert mlp.hidden_layer_sizes is written
    mlp.set_params(warm_start=False).fit(X, y)
    assert mlp.hidden_layer_sizes_ == written


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ([(0, 1), (0, 9)], {}, r"\(0, 9\)"),
        ([(2, 0)], {}, r"\(2, 0\)"),
        ([(1, i) for i in range(4)], {}, "all 4 neurons of hidden layer 1"),
        ([np.ones(5, bool)], {}, r"\[5\]"),
        ("01", {}, "neurons contains '01', which names no neuron"),
        ([(0, 1)], {"replacement": "median"}, "replacement='median'"),
        ([(0, 1)], {"replacement": "mean"}, "pass X_ref"),
        ([(0, 1)], {"replacement": "mean", "X_ref": np.ones((3, 5))}, "6 features"),
        ([(0, 1)], {"replacement": "mean", "X": np.full((3, 6), np.nan)}, "NaN"),
    ],
)
def test_failed_pruning_changes_nothing(solver, arguments, options, message):
    mlp, *_ = fitted(solver=solver)
    before = pickle.dumps(mlp)
    with pytest.raises(ValueError, match=message):
        mlp.prune_neurons(arguments, **options)
    assert pickle.dumps(mlp) == before


# ---- copies ----------------------------------------------------------------------------------


@both_kinds
def test_clones_are_unfitted_and_as_written(kind):
    mlp, *_ = fitted(kind)
    copied = clone(mlp.prune_neurons([(0, 0)]))
    assert copied.get_params() == mlp.get_params()
    assert not hasattr(copied, "hidden_layer_sizes_")
    assert not hasattr(copied, "coefs_")


@both_kinds
@pytest.mark.parametrize("duplicate", [deepcopy, lambda mlp: pickle.loads(pickle.dumps(mlp))])
def test_copies_are_pruned_and_trained_alike(kind, duplicate):
    mlp, X, y = fitted(kind)
    mlp.prune_neurons([(0, 0), (1, 2)])
    copied = duplicate(mlp)
    assert copied.hidden_layer_sizes_ == (4, 3)
    before = mlp.predict(X)
    assert_array_equal(copied.predict(X), before)
    copied.prune_neurons([(0, 1)]).partial_fit(X, y)
    assert_array_equal(mlp.predict(X), before)
    mlp.prune_neurons([(0, 1)]).partial_fit(X, y)
    assert_array_equal(copied.predict(X), mlp.predict(X))


@both_kinds
def test_memory_mapped_networks(tmp_path, kind):
    """As joblib hands them to workers: read-only arrays in a file."""
    mlp, X, y = fitted(kind)
    joblib.dump((mlp, X), tmp_path / "mlp")
    mapped, rows = joblib.load(tmp_path / "mlp", mmap_mode="r")
    assert isinstance(mapped.coefs_[0], np.memmap)
    assert not rows.flags.writeable
    assert_array_equal(mapped.hidden_activations(rows), mlp.hidden_activations(X))
    for m, r in ((mapped, rows), (mlp, X)):
        m.prune_neurons([(0, 0), (1, 0)], replacement="mean", X=r).partial_fit(X, y)
    assert_array_equal(mapped.predict(rows), mlp.predict(X))


@both_kinds
@pytest.mark.parametrize("prune", [False, True])
def test_there_and_back(kind, prune):
    ours, theirs = PAIRS[kind]
    mlp, X, y = fitted(kind, hidden_layer_sizes=[5, 4], max_iter=3)
    if prune:
        mlp.prune_neurons([(0, 2), (1, 1)])
    plain = mlp.to_sklearn(keep_optimizer=True)
    assert type(plain) is theirs
    sizes = (4, 3) if prune else (5, 4)
    own = {"dropout": 0.0} | ({"class_weight": None} if kind == "classifier" else {})
    assert plain.get_params() | own == mlp.get_params() | {"hidden_layer_sizes": sizes}
    back = ours.from_sklearn(plain)
    assert type(back) is ours
    assert back.get_params() == plain.get_params() | own
    assert back.hidden_layer_sizes_ == sizes
    for copied in (plain, back):
        assert_array_equal(copied.predict(X), mlp.predict(X))
        assert set(vars(copied)) | set(own) == set(vars(mlp))
    # All of them, trained on, stay the same.
    for copied in (plain, back, mlp):
        copied.partial_fit(X, y)
    assert_allclose(plain.coefs_[0], mlp.coefs_[0], rtol=1e-12)
    assert_array_equal(back.predict(X), mlp.predict(X))


@both_kinds
def test_conversions_share_no_arrays(kind):
    ours, _ = PAIRS[kind]
    mlp, X, _ = fitted(kind)
    before = mlp.predict(X)
    plain = mlp.to_sklearn(keep_optimizer=True)
    back = ours.from_sklearn(plain)
    for copied in (plain, back):
        assert not any(
            np.shares_memory(a, b)
            for name in ("coefs_", "intercepts_", "_best_coefs")
            for a, b in zip(getattr(copied, name), getattr(mlp, name), strict=True)
        )
    for arrays in (plain.coefs_, plain.intercepts_, plain._optimizer.ms):
        for array in arrays:
            array[:] = 0
    assert_array_equal(mlp.predict(X), before)
    assert_array_equal(back.predict(X), before)
    assert back._optimizer.ms[0].any()


@both_kinds
def test_conversions_of_unfitted_networks(kind):
    ours, theirs = PAIRS[kind]
    plain = ours(hidden_layer_sizes=(7, 3), alpha=0.3).to_sklearn()
    assert type(plain) is theirs
    assert plain.hidden_layer_sizes == (7, 3)
    back = ours.from_sklearn(plain)
    assert back.get_params().items() >= plain.get_params().items()
    for mlp in (plain, back):
        assert not [name for name in vars(mlp) if name.endswith("_")]


@pytest.mark.parametrize(
    ("cls", "other"),
    [
        (PrunableMLPClassifier, MLPRegressor()),
        (PrunableMLPRegressor, PrunableMLPClassifier()),
        (PrunableMLPRegressor, MLPRegressor),
        (PrunableMLPClassifier, None),
    ],
    ids=str,
)
def test_conversions_of_other_things(cls, other):
    expected = "MLPRegressor" if is_regressor(cls()) else "MLPClassifier"
    with pytest.raises(TypeError, match=rf"scikit-learn {expected}; got ") as error:
        cls.from_sklearn(other)
    assert repr(other) in str(error.value)


@both_kinds
@pytest.mark.parametrize(
    "use",
    [
        lambda mlp: mlp.hidden_activations(np.ones((2, 3))),
        lambda mlp: mlp.prune_neurons([(0, 0)]),
        lambda mlp: mlp.hidden_layer_sizes_,
        lambda mlp: mlp.predict(np.ones((2, 3))),
    ],
    ids=["hidden_activations", "prune_neurons", "hidden_layer_sizes_", "predict"],
)
def test_unfitted_networks(kind, use):
    ours, _ = PAIRS[kind]
    with pytest.raises(NotFittedError, match=ours.__name__):
        use(ours())
