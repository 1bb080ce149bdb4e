"""Our engine in the place of scikit-learn's: the same trajectories, whatever the input."""

import warnings
from itertools import product

import joblib
import numba
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn import config_context
from sklearn.datasets import make_classification, make_multilabel_classification, make_regression
from sklearn.neural_network import MLPClassifier, MLPRegressor

from skneuron import PrunableMLPClassifier, PrunableMLPRegressor
from skneuron.kernels.forward import ACTIVATION_CODES
from skneuron.utils import _threads

PAIRS = {
    "classifier": (PrunableMLPClassifier, MLPClassifier),
    "regressor": (PrunableMLPRegressor, MLPRegressor),
}
N = 60
unconverged = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def _task(n_classes):
    return make_classification(N, 5, n_informative=4, n_redundant=0, n_classes=n_classes,
                               random_state=0)  # fmt: skip


def _numbers(n_targets=1):
    """Of ordinary size: on large ones, lbfgs's line search blows rounding up."""
    X, y = make_regression(N, 5, n_targets=n_targets, random_state=0)
    return X, y / 50


def _counts():
    X, y = _numbers()
    return X, np.abs(2 * y).astype(int)


TASKS = {
    "binary": _task(2),
    "multiclass": _task(3),
    "multilabel": make_multilabel_classification(N, 5, n_classes=3, random_state=0),
    "regression": _numbers(),
    "multioutput": _numbers(2),
    "poisson": _counts(),
}
REGRESSIONS = {"regression", "multioutput", "poisson"}
LEARNED = (
    "coefs_", "intercepts_", "loss_curve_", "loss_", "best_loss_", "n_iter_", "t_",
    "validation_scores_", "best_validation_score_", "n_layers_", "n_outputs_", "out_activation_",
    "_no_improvement_count", "_best_coefs", "_best_intercepts",
)  # fmt: skip


def pair(task, **parameters):
    """One network of ours and one of scikit-learn's, not fitted, with the same parameters."""
    parameters = {"hidden_layer_sizes": (6, 5), "max_iter": 12, "random_state": 0} | parameters
    if task == "poisson":
        parameters["loss"] = "poisson"
    kind = "regressor" if task in REGRESSIONS else "classifier"
    return [cls(**parameters) for cls in PAIRS[kind]]


def assert_close(ours, theirs, rtol, name):
    """Equal but for rounding, which is relative to the largest number of an array."""
    if theirs is None or isinstance(theirs, str):
        assert ours == theirs, name
    elif isinstance(theirs, list) and theirs and isinstance(theirs[0], np.ndarray):
        for mine, expected in zip(ours, theirs, strict=True):
            assert mine.dtype == expected.dtype, name
            assert_close(mine, expected, rtol, name)
    else:
        scale = np.abs(theirs).max(initial=0)
        atol = rtol * scale if np.isfinite(scale) else 0
        assert_allclose(ours, theirs, rtol=0, atol=atol, err_msg=name)


def assert_same_training(ours, theirs, X, rtol=1e-9):
    extra = {"dropout"} | ({"class_weight"} if hasattr(theirs, "classes_") else set())
    if getattr(ours, "validation_scores_", None):
        extra |= {"validation_loss_curve_"}
        extra |= {"dead_neurons_"} if ours.activation == "relu" else set()
    assert set(vars(ours)) - set(vars(theirs)) == extra
    assert set(vars(theirs)) <= set(vars(ours))
    for name in [name for name in LEARNED if hasattr(theirs, name)]:
        assert_close(getattr(ours, name), getattr(theirs, name), rtol, name)
    optimizers = [vars(getattr(mlp, "_optimizer", object)) for mlp in (ours, theirs)]
    for name in ("t", "learning_rate", "ms", "vs", "velocities"):
        if name in optimizers[1]:
            assert_close(optimizers[0][name], optimizers[1][name], rtol, name)
    for method in ("predict", "predict_proba"):
        if hasattr(theirs, method):
            results = [getattr(mlp, method)(X) for mlp in (ours, theirs)]
            assert_allclose(*results, rtol=1e3 * rtol, atol=1e3 * rtol)


def recorded(train, capsys):
    """Result, warnings and output of a call."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = train()
    return result, [(w.category, str(w.message)) for w in caught], capsys.readouterr().out


# ---- the same trajectory ---------------------------------------------------------------------

STOCHASTIC = {
    "plain": {},
    "verbose": {"verbose": True},
    "one batch": {"batch_size": N},
    "clipped batch": {"batch_size": 1000},
    "short last batch": {"batch_size": 16},
    "not shuffled": {"batch_size": 7, "shuffle": False},
    "no penalty": {"alpha": 0.0},
    "strong penalty": {"alpha": 3.0},
    "no hidden layer": {"hidden_layer_sizes": ()},
    "one hidden layer": {"hidden_layer_sizes": 40},
    "deep": {"hidden_layer_sizes": (3, 9, 2, 17)},
    "early stopping": {
        "early_stopping": True,
        "n_iter_no_change": 2,
        "batch_size": 8,
        "verbose": True,
    },
    "early, not shuffled": {"early_stopping": True, "shuffle": False, "validation_fraction": 0.3},
    "converges": {"tol": 10.0, "n_iter_no_change": 3, "verbose": True},
    "seeded": {"random_state": 17, "batch_size": 20},
}
OPTIONS = {
    "adam": STOCHASTIC
    | {"betas": {"beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-4, "learning_rate_init": 0.05}},
    "sgd": STOCHASTIC
    | {
        "plain descent": {"momentum": 0.0, "nesterovs_momentum": False},
        "classical momentum": {"momentum": 0.7, "nesterovs_momentum": False, "batch_size": 9},
        "inverse scaling": {"learning_rate": "invscaling", "power_t": 0.3, "batch_size": 9},
        "adaptive": {
            "learning_rate": "adaptive", "tol": 1.0, "n_iter_no_change": 1, "verbose": True
        },
    },
    "lbfgs": {
        name: STOCHASTIC[name]
        for name in ("plain", "no penalty", "strong penalty", "no hidden layer", "deep", "seeded")
    },
}  # fmt: skip
COMBINATIONS = [
    (solver, activation, task, option)
    for solver, activation, task in product(OPTIONS, ACTIVATION_CODES, TASKS)
    for option in OPTIONS[solver]
]


@pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])
@pytest.mark.parametrize(("solver", "activation", "task", "option"), COMBINATIONS)
def test_parity_with_scikit_learn(solver, activation, task, option, weighted, capsys):
    X, y = TASKS[task]
    options = {"solver": solver, "activation": activation} | OPTIONS[solver][option]
    weight = np.random.default_rng(0).random(N) + 0.1 if weighted else None
    results = [
        recorded(lambda mlp=mlp: mlp.fit(X, y, sample_weight=weight), capsys)
        for mlp in pair(task, **options)
    ]
    (ours, our_warnings, our_output), (theirs, their_warnings, their_output) = results
    assert_same_training(ours, theirs, X, rtol=1e-9 if solver != "lbfgs" else 1e-5)
    assert our_warnings == their_warnings
    assert our_output == their_output


@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("shuffled", [True, False])
def test_parity_by_partial_fit(task, solver, shuffled):
    X, y = TASKS[task]
    first = {} if task in REGRESSIONS else {"classes": [0, 1, 2] if task != "binary" else [0, 1]}
    ours, theirs = pair(task, solver=solver, shuffle=shuffled, learning_rate_init=1e-4)
    for mlp in (ours, theirs):
        mlp.partial_fit(X[:40], y[:40], **first).partial_fit(X[40:], y[40:]).partial_fit(X, y)
    assert ours.n_iter_ == 1
    assert ours.t_ == 2 * N
    assert_same_training(ours, theirs, X)


@unconverged
@pytest.mark.parametrize("options", [{}, {"solver": "lbfgs"}, {"early_stopping": True}], ids=str)
@pytest.mark.parametrize("task", ["multiclass", "regression"])
def test_parity_by_warm_and_cold_starts(task, options):
    X, y = TASKS[task]
    ours, theirs = pair(task, **options)
    for mlp in (ours, theirs):
        mlp.set_params(warm_start=True).fit(X, y).fit(X, y)
    assert_same_training(ours, theirs, X, rtol=1e-6)
    for mlp in (ours, theirs):
        mlp.set_params(warm_start=False, hidden_layer_sizes=(3,)).fit(X, y)
    assert_same_training(ours, theirs, X, rtol=1e-6)
    assert ours.hidden_layer_sizes_ == (3,)


@unconverged
def test_random_states_are_used_up_alike():
    X, y = TASKS["multiclass"]
    states = [np.random.RandomState(3), np.random.RandomState(3)]
    for mlp, state in zip(pair("multiclass"), states, strict=True):
        mlp.set_params(random_state=state, early_stopping=True).fit(X, y)
    assert states[0].randint(10**9) == states[1].randint(10**9)


# ---- all kinds of input ----------------------------------------------------------------------


def as_memmap(X, folder):
    joblib.dump(X, folder / "X")
    return joblib.load(folder / "X", mmap_mode="r")


def unsorted_csr(X):
    rows = sparse.csr_matrix(X)
    for start, stop in zip(rows.indptr[:-1], rows.indptr[1:], strict=True):
        rows.indices[start:stop] = rows.indices[start:stop][::-1].copy()
        rows.data[start:stop] = rows.data[start:stop][::-1].copy()
    rows.has_sorted_indices = False
    return rows


def read_only(X):
    X = X.copy()
    X.flags.writeable = False
    return X


def int64_indices(X):
    rows = sparse.csr_array(X)
    rows.indices, rows.indptr = rows.indices.astype(np.int64), rows.indptr.astype(np.int64)
    return rows


INPUTS = {
    "csr": sparse.csr_matrix,
    "csc": sparse.csc_matrix,
    "csr array": sparse.csr_array,
    "csc array": sparse.csc_array,
    "unsorted csr": unsorted_csr,
    "int64 indices": int64_indices,
    "read-only": read_only,
    "Fortran": np.asfortranarray,
    "strided": lambda X: np.repeat(X, 2, axis=1)[:, ::2],
    "list": np.ndarray.tolist,
    "frame": pd.DataFrame,
}


def holed():
    X, y = TASKS["multiclass"]
    return np.where(np.abs(X) < 0.5, 0, X), y


@unconverged
@pytest.mark.parametrize("solver", OPTIONS)
@pytest.mark.parametrize("shape", [*INPUTS, "memmap"])
def test_all_forms_of_rows(shape, solver, tmp_path):
    X, y = holed()
    rows = as_memmap(X, tmp_path) if shape == "memmap" else INPUTS[shape](X)
    if shape == "frame":
        rows.columns = [f"f{i}" for i in range(5)]
    before = rows.copy() if hasattr(rows, "copy") else None
    ours, theirs = pair("multiclass", solver=solver, early_stopping=solver == "adam")
    for mlp in (ours, theirs):
        mlp.fit(rows, y)
    assert_same_training(ours, theirs, rows, rtol=1e-7)
    if sparse.issparse(rows):
        assert (rows != before).nnz == 0
        assert_array_equal(rows.indices, before.indices)


@unconverged
@pytest.mark.parametrize("solver", OPTIONS)
@pytest.mark.parametrize("dtype", [np.float32, np.int64, np.uint8, bool, ">f8", np.float16])
@pytest.mark.parametrize("container", [np.asarray, sparse.csr_matrix])
def test_all_types_of_numbers(dtype, container, solver):
    X, y = holed()
    rows = np.abs(X).astype(dtype)
    if container is sparse.csr_matrix and dtype in (">f8", np.float16):
        pytest.skip("SciPy has no sparse matrices of this type")
    ours, theirs = (mlp.fit(container(rows), y) for mlp in pair("multiclass", solver=solver))
    rounding = 2e-4 if dtype == np.float32 else 1e-7
    assert_same_training(ours, theirs, rows, rtol=rounding)
    assert ours.coefs_[0].dtype == theirs.coefs_[0].dtype


@unconverged
@pytest.mark.parametrize(("first", "second"), [(np.float32, np.float64), (np.float64, np.float32)])
def test_partial_fit_with_another_type(first, second):
    X, y = TASKS["multiclass"]
    ours, theirs = pair("multiclass")
    for mlp in (ours, theirs):
        mlp.partial_fit(X.astype(first), y, classes=[0, 1, 2]).partial_fit(X.astype(second), y)
    assert ours.coefs_[0].dtype == first
    assert_close(ours.coefs_, theirs.coefs_, 2e-4, "coefs_")


@unconverged
@pytest.mark.parametrize("n_features", [1, 3000])
def test_few_and_many_features(n_features):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(30, n_features)), np.arange(30) % 3
    for rows in (X, sparse.random(30, n_features, density=0.2, random_state=0, format="csr")):
        ours, theirs = (mlp.fit(rows, y) for mlp in pair("multiclass", max_iter=3))
        assert_same_training(ours, theirs, rows)


# ---- the same bits ---------------------------------------------------------------------------


def trained(solver="adam", activation="relu", **options):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(700, 40)), rng.integers(0, 3, 700)
    mlp = PrunableMLPClassifier(
        (50, 30), solver=solver, activation=activation, max_iter=3, random_state=0, **options
    )
    return mlp.fit(X, y)


def assert_same_bits(one, other):
    assert one.loss_ == other.loss_
    for a, b in zip(one.coefs_ + one.intercepts_, other.coefs_ + other.intercepts_, strict=True):
        assert_array_equal(a, b)


@unconverged
@pytest.mark.parametrize("solver", OPTIONS)
@pytest.mark.parametrize("options", [{}, {"dropout": 0.3}, {"batch_size": 700}], ids=str)
def test_any_number_of_threads_gives_the_same_bits(solver, options, monkeypatch):
    if solver == "lbfgs" and "dropout" in options:
        options = {}
    reference = trained(solver, **options)
    for n_threads in (1, 2, 3):
        monkeypatch.setattr(_threads, "effective_n_threads", lambda n=n_threads: n)
        if n_threads <= numba.config.NUMBA_NUM_THREADS:
            assert_same_bits(trained(solver, **options), reference)


@unconverged
@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_workers_give_the_same_bits(backend):
    reference = trained("adam")
    with joblib.parallel_backend(backend, n_jobs=2):
        for mlp in joblib.Parallel()(joblib.delayed(trained)("adam") for _ in range(3)):
            assert_same_bits(mlp, reference)


# ---- prediction ------------------------------------------------------------------------------


@unconverged
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("container", [np.asarray, sparse.csr_matrix, sparse.csc_array])
@pytest.mark.parametrize("working_memory", [1e-9, 1e-3, 1024])
def test_predictions_in_chunks(task, container, working_memory):
    X, y = TASKS[task]
    mlp = pair(task, max_iter=2)[0].fit(X, y)
    rows = container(X)
    with config_context(working_memory=working_memory):
        results = {
            m: getattr(mlp, m)(rows) for m in ("predict", "predict_proba") if hasattr(mlp, m)
        }
    plain = mlp.to_sklearn()
    for method, result in results.items():
        expected = getattr(plain, method)(rows)
        assert result.dtype == expected.dtype
        assert_allclose(result, expected, rtol=1e-12)


@unconverged
def test_predictions_of_no_rows():
    mlp = trained()
    with pytest.raises(ValueError, match="0 sample"):
        mlp.predict(np.empty((0, 40)))
