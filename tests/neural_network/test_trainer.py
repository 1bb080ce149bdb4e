"""Tests of neural_network._trainer: how estimators' arrays reach the kernel and come back."""

import numpy as np
import pytest
from helpers import oracle
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from skneuron.neural_network import _trainer
from skneuron.neural_network._trainer import Trainer
from skneuron.utils import _threads

# Without the compiler NumPy warns of the overflow that dropout's random numbers are made of.

SIZES = [(6, 5), (5, 4), (4, 3)]
N = 30
ADAM = {"learning_rate": 0.02, "beta_1": 0.9, "beta_2": 0.99, "epsilon": 1e-6}
SGD = {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True}


def parameters(dtype=np.float64):
    rng = np.random.default_rng(0)
    shapes = [*SIZES, *[shape[1:] for shape in SIZES]]
    return [rng.normal(size=shape).astype(dtype) for shape in shapes]


def samples(dtype=np.float64):
    rng = np.random.default_rng(1)
    X = rng.normal(size=(N, 6)) * (rng.random((N, 6)) < 0.5)
    return X.astype(dtype), np.eye(3)[rng.integers(3, size=N)]


def make(X=None, weight=None, *, dtype=np.float64, targets=None, batch_size=10, **settings):
    settings = {"optimizer": "lbfgs", "alpha": 0.1} | settings
    X = samples(dtype)[0] if X is None else X
    targets = samples()[1] if targets is None else targets
    return Trainer(
        parameters(dtype), X, targets, weight,
        activation="tanh", output="softmax", batch_size=batch_size, **settings,
    )  # fmt: skip


def stored(trainer, name="parameters", dtype=np.float64):
    arrays = [np.full(p.shape, np.nan, dtype) for p in parameters()]
    trainer.store(name, arrays)
    return arrays


def bits(trainer, *names):
    return [a.tobytes() for name in names or ["parameters"] for a in stored(trainer, name)]


def assert_gradient_matches_the_oracle(trainer, X, weight=None, dtype=np.float64):
    """Of all samples as one batch."""
    coefs, intercepts = parameters(dtype)[:3], parameters(dtype)[3:]
    net = oracle.Net(coefs, intercepts, "tanh", "softmax")
    expected_loss, expected = oracle.loss_and_gradient(net, X, samples()[1], weight, 0.1)
    assert_allclose(trainer.epoch(np.arange(N)), expected_loss, rtol=1e-10)
    for ours, theirs in zip(stored(trainer, "gradient"), expected, strict=True):
        assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)


def test_parameters_are_loaded_by_the_constructor_and_copied():
    given = parameters()
    trainer = Trainer(
        given, *samples(), None,
        activation="relu", output="softmax", optimizer="sgd", batch_size=10, alpha=0.0, **SGD,
    )  # fmt: skip
    trainer.epoch(np.arange(N))
    for array, before in zip(given, parameters(), strict=True):
        assert_array_equal(array, before)
    assert bits(trainer) != [p.tobytes() for p in given]


@pytest.mark.parametrize("name", ["parameters", "first", "second"])
def test_load_and_store_are_inverse(name):
    trainer = make(optimizer="adam", **ADAM)
    arrays = [np.asfortranarray(p + 1) for p in parameters()]
    trainer.load(name, arrays)
    for result, array in zip(stored(trainer, name), arrays, strict=True):
        assert_array_equal(result, array)


def test_only_the_optimizers_moments_exist():
    for optimizer, moments in [("lbfgs", []), ("sgd", ["first"]), ("adam", ["first", "second"])]:
        assert list(make(optimizer=optimizer)._views) == ["parameters", "gradient", *moments]


def test_moments_and_the_number_of_updates_are_all_that_training_goes_on_from():
    names = ("parameters", "first", "second")
    full, first, second = (make(optimizer="adam", **ADAM) for _ in range(3))
    for start in (0, 10, 20):
        full.epoch(np.arange(start, start + 10))
    first.epoch(np.arange(20))
    assert first.n_updates == 2
    for name in names:
        second.load(name, stored(first, name))
    second.n_updates = first.n_updates
    second.epoch(np.arange(20, 30))
    assert bits(second, *names) == bits(full, *names)
    assert second.n_updates == full.n_updates == 3


def test_learning_rate_may_change_between_epochs():
    trainer = make(optimizer="sgd", **SGD)
    assert trainer.learning_rate == SGD["learning_rate"]
    trainer.learning_rate = 0
    assert trainer.learning_rate == 0
    trainer.epoch(np.arange(N))
    assert bits(trainer) == [p.tobytes() for p in parameters()]
    trainer.learning_rate = SGD["learning_rate"]
    trainer.epoch(np.arange(N))
    assert bits(trainer) != [p.tobytes() for p in parameters()]


def test_settings_are_of_the_types_that_kernels_are_compiled_for():
    floats = {"alpha": 1.0, "learning_rate": 1.0, "momentum": 0.0, "nesterov": True}
    others = {"alpha": 1, "learning_rate": np.float32(1), "momentum": 0, "nesterov": np.True_}
    usual, unusual = (make(optimizer="sgd", **settings) for settings in (floats, others))
    usual.learning_rate, unusual.learning_rate = 2.0, np.int64(2)
    assert list(map(type, usual._settings)) == list(map(type, unusual._settings))
    for trainer in (usual, unusual):
        trainer.epoch(np.arange(N))
    assert bits(usual) == bits(unusual)


def test_loss_is_the_mean_over_samples():
    """Of batches of 20 and of 10 samples."""
    trainer = make(batch_size=20)
    both = trainer.epoch(np.arange(30))
    first, last = trainer.epoch(np.arange(20)), trainer.epoch(np.arange(20, 30))
    assert_allclose(both, (20 * first + 10 * last) / 30, rtol=1e-12)


def inputs(tmp_path):
    """The same samples in every form; what the arrays are, to see whether they change."""
    X = samples()[0]
    yield X, [X]
    frozen = X.copy()
    frozen.flags.writeable = False
    yield frozen, [frozen]
    fortran = np.asfortranarray(X)
    yield fortran, [fortran]
    every_second = np.repeat(X, 2, axis=1)[:, ::2]
    yield every_second, [every_second]
    np.save(tmp_path / "X.npy", X)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    yield mapped, [mapped]
    for kind in (sparse.csr_matrix, sparse.csr_array, sparse.csc_array, sparse.coo_array):
        S = kind(X)
        arrays = [S.data, S.row, S.col] if kind is sparse.coo_array else []
        yield S, arrays or [S.data, S.indices, S.indptr]
    wide = sparse.csr_array(X)
    wide.indices, wide.indptr = wide.indices.astype(np.int64), wide.indptr.astype(np.int64)
    yield wide, [wide.data, wide.indices, wide.indptr]
    backwards = sparse.csr_array(X)
    for start, stop in zip(backwards.indptr[:-1], backwards.indptr[1:], strict=True):
        for array in (backwards.data, backwards.indices):
            array[start:stop] = array[start:stop][::-1].copy()
    backwards.has_sorted_indices = False
    yield backwards, [backwards.data, backwards.indices, backwards.indptr]
    once = sparse.csr_array(X)
    data, indices = np.repeat(once.data / 2, 2), np.repeat(once.indices, 2)
    duplicates = sparse.csr_array((data, indices, once.indptr * 2), shape=X.shape)
    yield duplicates, [duplicates.data, duplicates.indices, duplicates.indptr]
    frozen = sparse.csr_array(X)
    for array in (frozen.data, frozen.indices, frozen.indptr):
        array.flags.writeable = False
    yield frozen, [frozen.data, frozen.indices, frozen.indptr]


def test_samples_in_every_form_are_understood_and_left_alone(tmp_path):
    dense = samples()[0]
    for X, arrays in inputs(tmp_path):
        before = [array.copy() for array in arrays]
        flags = [array.flags.writeable for array in arrays]
        assert_gradient_matches_the_oracle(make(X, batch_size=N), dense)
        for array, copy, writeable in zip(arrays, before, flags, strict=True):
            assert_array_equal(array, copy)
            assert array.flags.writeable == writeable


def test_samples_without_any_number_in_them():
    empty = np.zeros((N, 6))
    for X in (empty, sparse.csr_array(empty)):
        assert_gradient_matches_the_oracle(make(X, batch_size=N), empty)


def test_targets_and_weights_are_left_alone():
    weight = np.random.default_rng(2).random(N)
    targets = samples()[1]
    for kept in (targets, np.asfortranarray(targets), targets.astype(np.int64)):
        before = kept.copy(), weight.copy()
        trainer = make(None, weight, targets=kept, batch_size=N)
        assert_gradient_matches_the_oracle(trainer, samples()[0], weight)
        assert_array_equal(kept, before[0])
        assert_array_equal(weight, before[1])
        assert kept.flags.writeable
        assert weight.flags.writeable


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("parameter_dtype", [np.float32, np.float64])
def test_samples_are_not_copied(parameter_dtype, dtype, tmp_path):
    X = samples(dtype)[0]
    np.save(tmp_path / "X.npy", X)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    csr = sparse.csr_array(X)
    for given, array in [(X, X), (mapped, mapped), (csr, csr.data)]:
        values = make(given, dtype=parameter_dtype)._rows.values
        assert np.shares_memory(values, array)
        assert values.dtype == dtype
        assert not values.flags.writeable


def test_narrow_samples_are_computed_with_in_the_parameters_type():
    X = samples(np.float32)[0]
    trainer = make(X, batch_size=N)
    assert trainer._state.parameters.dtype == np.float64
    assert_gradient_matches_the_oracle(trainer, X)  # to more digits than float32 has


def test_narrow_parameters_are_computed_with_in_the_samples_type():
    X = samples()[0]
    trainer = make(X, dtype=np.float32, batch_size=N)
    assert trainer._state.parameters.dtype == X.dtype
    assert_gradient_matches_the_oracle(trainer, X, dtype=np.float32)


@pytest.mark.parametrize("position", [0, 10, 25])
def test_a_batch_without_weight_is_an_error_and_changes_nothing(position):
    weight = np.ones(N)
    order = np.random.default_rng(0).permutation(N)
    weight[order[position : position + 10]] = 0
    trainer = make(None, weight, optimizer="sgd", **SGD)
    if position % 10:
        trainer.epoch(order)  # samples of weight 0 are in two batches
        return
    with pytest.raises(ZeroDivisionError, match=r"mini-batch of 10 .* larger batch_size"):
        trainer.epoch(order)
    assert bits(trainer) == [p.tobytes() for p in parameters()]
    assert trainer.n_updates == 0


def test_a_short_last_batch_without_weight_is_an_error():
    weight = np.ones(N)
    weight[-2:] = 0
    with pytest.raises(ZeroDivisionError, match="Weights sum to zero"):
        make(None, weight, batch_size=14).epoch(np.arange(N))


@pytest.mark.parametrize("dropout", [0.0, 0.4])
@pytest.mark.parametrize("n_batches_per_call", [1, 2])
def test_several_calls_of_the_kernel_give_the_bits_of_one(
    monkeypatch, dropout, n_batches_per_call
):
    names = ("parameters", "first", "second")
    settings = ADAM | {"dropout": dropout, "dropout_key": np.uint64(4)}
    calls = []
    run = _threads._run

    def counted(*args, **kwargs):
        calls.append(args)
        return run(*args, **kwargs)

    monkeypatch.setattr(_threads, "_run", counted)
    losses, results = [], []
    for is_split in (False, True):
        trainer = make(optimizer="adam", batch_size=7, **settings)
        if is_split:
            limit = (n_batches_per_call + 0.5) * 7 * trainer._operations_per_row
            monkeypatch.setattr(_trainer, "OPERATIONS_PER_CALL", limit)
        losses.append(trainer.epoch(np.arange(N), counter=100))
        results.append(bits(trainer, *names))
    assert len(calls) == 1 + -(-N // (7 * n_batches_per_call))
    assert_allclose(*losses, rtol=1e-13)
    assert results[0] == results[1]


def test_a_batch_beyond_the_limit_is_one_call(monkeypatch):
    monkeypatch.setattr(_trainer, "OPERATIONS_PER_CALL", 1)
    trainer = make(batch_size=10)
    assert [(start, len(part)) for start, part in trainer._calls(np.arange(25))] == [
        (0, 10), (10, 10), (20, 5),
    ]  # fmt: skip


def test_blocks_are_bounded(monkeypatch):
    def capacity(**limits):
        for name, value in limits.items():
            monkeypatch.setattr(_trainer, name, value)
        return make(batch_size=N)._workspace.offsets.shape[1]

    assert capacity() == N
    assert capacity(MAX_TRAINING_ROWS=20) == 20
    row_bytes = 2 * 8 * 3 * 8  # activations and deltas of three layers, padded to 8 numbers
    assert capacity(WORKSPACE_BYTES=12 * row_bytes + 1) == 12
    assert capacity(WORKSPACE_BYTES=1) == 1
    assert_gradient_matches_the_oracle(make(batch_size=N), samples()[0])


def test_n_parts():
    unit = _trainer.OPERATIONS_PER_PART
    for n_operations, expected in [
        (0, 1), (unit, 1), (1.99 * unit, 1), (2 * unit, 2), (7 * unit, 4), (8 * unit, 8),
        (1e3 * unit, _trainer.MAX_PARTS), (np.inf, _trainer.MAX_PARTS),
    ]:  # fmt: skip
        n_parts = _trainer._n_parts(n_operations)
        assert n_parts == expected
        assert isinstance(n_parts, int)


def test_small_networks_wake_no_threads(monkeypatch):
    asked = []
    monkeypatch.setattr(
        _trainer._runs, "run", lambda *_, worthwhile, **__: asked.append(worthwhile) or 0.0
    )
    make().epoch(np.arange(N))
    monkeypatch.setattr(_trainer, "OPERATIONS_PER_PART", 1.0)
    make().epoch(np.arange(N))
    assert asked == [False, True]
