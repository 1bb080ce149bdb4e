"""Tests of skneuron.surgery._network: reading networks out of estimators and rows out of X."""

import re

import joblib
import numba
import numpy as np
import pytest
from helpers import oracle
from helpers.networks import KINDS, OURS, SKLEARN, cases, deterministic, make
from hypothesis import given
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skneuron import RottenNeuronPruner
from skneuron.surgery import _network
from skneuron.surgery._network import (
    Network,
    as_block,
    hidden_activations,
    row_blocks,
    rows_for,
    rows_per_block,
    unwrap,
    with_network,
)

# ---- Network


@pytest.mark.parametrize("kind", KINDS)
def test_from_mlp_reads_everything(kind):
    case = make(kind, (4, 3), "tanh")
    network = Network.from_mlp(case.mlp)
    assert network.hidden_layer_sizes == (4, 3)
    assert network.activation == "tanh"
    assert network.out_activation == case.mlp.out_activation_
    for ours, theirs in zip(network.coefs, case.mlp.coefs_, strict=True):
        assert_array_equal(ours, theirs)
    for ours, theirs in zip(network.intercepts, case.mlp.intercepts_, strict=True):
        assert_array_equal(ours, theirs)


@pytest.mark.parametrize(
    ("first", "rest", "expected"),
    [("f4", "f4", "f4"), ("f8", "f8", "f8"), ("f4", "f8", "f8"), (">f4", ">f4", "f4"),
     ("f2", "f2", "f4")],
)  # fmt: skip
def test_from_mlp_unifies_dtypes_and_order(first, rest, expected):
    mlp = make(hidden=(4, 3)).mlp
    mlp.coefs_ = [np.asfortranarray(c, dtype=rest) for c in mlp.coefs_]
    mlp.coefs_[0] = mlp.coefs_[0].astype(first)
    mlp.intercepts_ = [b.astype(rest) for b in mlp.intercepts_]
    network = Network.from_mlp(mlp)
    assert {a.dtype for a in network.coefs + network.intercepts} == {np.dtype(expected)}
    assert network.dtype == np.dtype(expected)
    assert all(c.flags.c_contiguous for c in network.coefs)


def test_networks_are_frozen():
    network = Network.from_mlp(make().mlp)
    with pytest.raises(AttributeError):
        network.coefs = ()


@pytest.mark.parametrize("network_dtype", ["f4", "f8"])
@pytest.mark.parametrize("X_dtype", ["f2", "f4", "f8", ">f8", "i1", "i2", "i4", "i8", "bool"])
def test_for_rows_computes_in_the_precision_of_sklearn(X_dtype, network_dtype):
    case = make("regression", dtype=network_dtype)
    X = rows_for(case.mlp, [], case.X.astype(X_dtype))
    network = Network.from_mlp(case.mlp).for_rows(X)
    assert network.dtype == case.mlp.predict(X).dtype
    assert hidden_activations(network, X, 0).dtype == network.dtype


def test_extended_precision_rows_are_taken_as_float64():
    case = make("regression")
    X = case.X.astype(np.longdouble)
    activations = hidden_activations(Network.from_mlp(case.mlp), rows_for(case.mlp, [], X), 0)
    assert activations.dtype == np.float64
    assert_allclose(activations, oracle.hidden(case.net, case.X, 0), rtol=1e-12)


@pytest.mark.parametrize("layer", [0, 1, 2])
def test_behind_computes_outputs_from_activations(layer):
    case = make(hidden=(4, 3, 2))
    later_layers = Network.from_mlp(case.mlp).later_layers(layer)
    net = oracle.Net(
        later_layers.coefs,
        later_layers.intercepts,
        later_layers.activation,
        later_layers.out_activation,
    )
    activations = oracle.hidden(case.net, case.X, layer)
    assert_allclose(
        oracle.output(net, activations), case.mlp.predict_proba(case.X), rtol=1e-10, atol=1e-14
    )


def test_kernel_arguments_lay_out_weights_and_biases_in_turn():
    network = Network.from_mlp(make("regression", (2,), n_features=3).mlp)
    parameters, sizes, code = network.kernel_arguments()
    (W0, W1), (b0, b1) = network.coefs, network.intercepts
    assert parameters.tolist() == [*W0[0], *W0[1], *W0[2], *b0, *W1[0], *W1[1], *b1]
    assert sizes.tolist() == [3, 2, 1]
    assert code == 3


def test_with_network_leaves_the_original_alone():
    case, other = make(seed=0), make(hidden=(7, 2), seed=1)
    case.mlp.set_params(early_stopping=True)
    before = joblib.hash(case.mlp)
    changed = with_network(case.mlp, Network.from_mlp(other.mlp))
    assert_array_equal(changed.predict_proba(case.X), other.mlp.predict_proba(case.X))
    changed.coefs_[0][:] = changed.n_features_in_ = 0
    assert joblib.hash(case.mlp) == before


# ---- unwrap


def _scaled(case):
    return make_pipeline(StandardScaler().fit(case.X), case.mlp)


@pytest.mark.parametrize(
    ("wrap", "n_transformers"),
    [
        (lambda case: case.mlp, 0),
        (lambda case: Pipeline([("mlp", case.mlp)]), 0),
        (_scaled, 1),
        (lambda case: FrozenEstimator(case.mlp), 0),
        (lambda case: FrozenEstimator(FrozenEstimator(_scaled(case))), 1),
        (lambda case: make_pipeline(StandardScaler().fit(case.X), FrozenEstimator(case.mlp)), 1),
        (lambda case: make_pipeline(FunctionTransformer(), _scaled(case)), 2),
        (lambda case: make_pipeline("passthrough", StandardScaler().fit(case.X), case.mlp), 1),
        (lambda case: make_pipeline(StandardScaler().fit(case.X), "passthrough", case.mlp), 1),
    ],
)
@pytest.mark.parametrize("ours", [False, True])
def test_unwrap_finds_the_network_and_its_rows(wrap, n_transformers, ours):
    case = make("regression", ours=ours)
    estimator = wrap(case)
    mlp, transformers = unwrap(estimator)
    assert mlp is case.mlp
    assert len(transformers) == n_transformers
    rows = rows_for(mlp, transformers, case.X)
    assert_array_equal(mlp.predict(rows), estimator.predict(case.X))


def test_unwrap_finds_the_network_of_a_fitted_pruner():
    case = make("regression", (6,))
    for estimator in (case.mlp, _scaled(case)):
        pruner = RottenNeuronPruner(estimator, cv="prefit").fit(case.X, case.y)
        mlp, transformers = unwrap(pruner)
        assert_array_equal(
            mlp.predict(rows_for(mlp, transformers, case.X)), pruner.predict(case.X)
        )


@pytest.mark.parametrize(
    ("estimator", "said"),
    [
        (Ridge(), "Ridge"),
        (Ridge, repr(Ridge)),
        (None, "None"),
        ("mlp", "'mlp'"),
        (SKLEARN["classifier"], repr(SKLEARN["classifier"])),
        (make_pipeline(StandardScaler(), Ridge()), "Pipeline around Ridge"),
        (make_pipeline(Ridge(), "passthrough"), "Pipeline around 'passthrough'"),
        (FrozenEstimator(Ridge()), "FrozenEstimator around Ridge"),
        (GridSearchCV(MLPRegressor(), {}), "GridSearchCV: pass its best_estimator_"),
        (
            make_pipeline(TransformedTargetRegressor(MLPRegressor())),
            "Pipeline around TransformedTargetRegressor: pass its regressor_, with targets that "
            "its transformer_ has transformed",
        ),
    ],
)
def test_unwrap_names_what_is_no_network_and_what_to_pass(estimator, said):
    with pytest.raises(TypeError) as caught:
        unwrap(estimator)
    assert str(caught.value).startswith("estimator must be a fitted MLPClassifier or MLPRegressor")
    assert str(caught.value).endswith(f"; got {said}.")


@pytest.mark.parametrize("classes", [SKLEARN, OURS])
@pytest.mark.parametrize("family", ["classifier", "regressor"])
def test_unwrap_wants_a_fitted_network(classes, family):
    mlp = classes[family]()
    for estimator in (
        mlp,
        make_pipeline(StandardScaler(), mlp),
        FrozenEstimator(mlp),
        RottenNeuronPruner(mlp),
        RottenNeuronPruner(make_pipeline(StandardScaler(), clone(mlp))),
    ):
        with pytest.raises(NotFittedError, match=r"not fitted"):
            unwrap(estimator)


# ---- rows


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.zeros((2, 4)), "X has 4 features, but MLPClassifier is expecting 3"),
        (np.array([[0, 1, np.nan]]), "Input X contains NaN"),
        (np.array([[0, 1, np.inf]]), "Input X contains infinity"),
        (np.zeros((0, 3)), "Found array with 0 sample"),
        (np.zeros(3), "Expected 2D array, got 1D array"),
        ([["a", "b", "c"]], "dtype='numeric' is not compatible with arrays of bytes/strings"),
    ],
)
def test_rows_for_refuses_what_predict_refuses(X, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        rows_for(make().mlp, [], X)


@pytest.mark.parametrize("block_rows", [4, 5, 10, 11])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "convert",
    [
        np.asfortranarray,
        lambda X: X[::-1, ::-1],
        lambda X: X.astype(np.int16),
        lambda X: X.astype(">f8"),
    ],
)
def test_row_blocks_have_one_form(convert, dtype, block_rows, monkeypatch):
    monkeypatch.setattr(_network, "BLOCK_ROWS", block_rows)
    X = convert(np.arange(30.0).reshape(10, 3))
    blocks = [
        (rows, as_block(block, np.dtype(dtype)))
        for rows, block in row_blocks(X, rows_per_block(1))
    ]
    assert len(blocks) == -(-10 // block_rows)
    out = np.full((10, 3), np.nan)
    for rows, block in blocks:
        assert type(block) is np.ndarray
        assert block.dtype == dtype
        assert block.dtype.isnative
        assert block.flags.c_contiguous
        assert block.flags.writeable
        out[rows] = block
    assert_array_equal(out, X)


def test_row_blocks_do_not_write_to_read_only_rows():
    X = np.zeros((4, 2))
    X.flags.writeable = False
    for _, block in row_blocks(X, 4):
        as_block(block, X.dtype)[:] = 1
    assert not X.any()


# ---- hidden_activations


@deterministic(max_examples=40)
@given(cases())
def test_hidden_activations_match_the_oracle(case):
    network = Network.from_mlp(case.mlp)
    for layer in range(len(network.hidden_layer_sizes)):
        assert_allclose(
            hidden_activations(network, case.X, layer),
            oracle.hidden(case.net, case.X, layer),
            rtol=1e-10,
            atol=1e-12,
        )


def test_hidden_activations_of_several_blocks_have_the_same_bits(monkeypatch):
    case = make(hidden=(4, 3), n=600)
    network = Network.from_mlp(case.mlp)
    full = hidden_activations(network, case.X, 1)
    assert_allclose(full, oracle.hidden(case.net, case.X, 1), rtol=1e-10, atol=1e-12)
    monkeypatch.setattr(_network, "BLOCK_ROWS", 256)
    assert_array_equal(hidden_activations(network, case.X, 1), full)
    assert_same_products(hidden_activations(network, sparse.csr_array(case.X), 1), full)


# ---- sparse rows


def thin(case, dtype="f8"):
    X = np.where(np.random.default_rng(0).random(case.X.shape) < 0.5, 0, case.X).astype(dtype)
    return X, sparse.csr_array(X)


def assert_same_products(actual, expected):
    """Every bit, if kernels are not plain Python, whose sums are in BLAS's order."""
    if numba.config.DISABLE_JIT:
        assert_allclose(actual, expected, rtol=1e-5, atol=1e-6)
    else:
        assert_array_equal(actual, expected)


@pytest.mark.parametrize("network_dtype", ["f4", "f8"])
@pytest.mark.parametrize("X_dtype", ["f4", "f8"])
def test_first_weights_are_never_copied_for_sparse_rows(X_dtype, network_dtype):
    case = make(hidden=(4, 3), dtype=network_dtype)
    network, (dense, rows) = Network.from_mlp(case.mlp), thin(case, X_dtype)
    found = network.for_rows(rows)
    assert found.coefs[0] is network.coefs[0]
    assert found.dtype == network.for_rows(dense).dtype == np.result_type(X_dtype, network_dtype)
    assert {a.dtype for a in (*found.coefs[1:], *found.intercepts)} == {found.dtype}
    assert found.is_finite
    assert network.for_rows(dense).coefs[0].dtype == found.dtype


@pytest.mark.parametrize("network_dtype", ["f4", "f8"])
@pytest.mark.parametrize("X_dtype", ["f4", "f8", "i1", "i8"])
def test_sparse_rows_have_the_activations_of_dense_ones(X_dtype, network_dtype):
    case = make("regression", (5, 4), "tanh", n=300, dtype=network_dtype)
    network, (dense, rows) = Network.from_mlp(case.mlp), thin(case, X_dtype)
    for layer in (0, 1):
        expected = hidden_activations(network, dense, layer)
        found = hidden_activations(network, rows, layer)
        assert_same_products(found, expected)
        assert found.dtype == expected.dtype


def test_read_only_sparse_rows_and_weights():
    case = make(hidden=(4, 3))
    network, (dense, rows) = Network.from_mlp(case.mlp), thin(case)
    expected = hidden_activations(network, dense, 1)
    for array in (*network.coefs, *network.intercepts, rows.data, rows.indices, rows.indptr):
        array.flags.writeable = False
    assert_same_products(hidden_activations(network, rows, 1), expected)


def test_networks_without_features():
    network = Network.from_mlp(make(hidden=(4, 3)).mlp)
    rest = network.without_features()
    assert rest.coefs[0].shape == (0, 4)
    assert (rest.hidden_layer_sizes, rest.dtype) == (network.hidden_layer_sizes, network.dtype)
    again = rest.with_first_weights(network.coefs[0])
    for a, b in zip(
        again.coefs + again.intercepts, network.coefs + network.intercepts, strict=True
    ):
        assert a is b


@pytest.mark.parametrize("byte_limit", [1, 200, 10**6])
def test_blocks_of_any_size_have_the_same_bits(byte_limit, monkeypatch):
    case = make(hidden=(4, 3), n=300)
    network, (dense, rows) = Network.from_mlp(case.mlp), thin(case)
    expected = hidden_activations(network, dense, 1)
    monkeypatch.setattr(_network, "BLOCK_BYTES", byte_limit)
    assert_same_products(hidden_activations(network, rows, 1), expected)
    assert_same_products(hidden_activations(network, dense, 1), expected)
