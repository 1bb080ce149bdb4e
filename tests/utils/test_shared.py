"""Tests of skneuron.utils._shared: what is sent, how large it is, and that it comes back whole."""

import copy
import gc
import pickle
import sys
import weakref
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse

from skneuron.utils import Shared
from skneuron.utils._shared import Parcel, opened


def contents():
    rng = np.random.RandomState(0)
    dense = rng.rand(50, 3)
    factor = 3
    return {
        "array": dense,
        "columns": np.asfortranarray(dense),
        "strided": dense[::2],
        "sparse": sparse.random(50, 3, density=0.2, format="csr", random_state=rng),
        "objects": np.array(["a", None, 3], dtype=object),
        "several": {"X": dense, "y": np.arange(50), "name": "a"},
        "nothing": None,
        "function": lambda value: factor * value,
    }


def same(a, b):
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if sparse.issparse(a):
        return (a != b).nnz == 0
    if callable(a):
        return a(7) == b(7)
    assert_array_equal(a, b)
    return getattr(a, "dtype", None) == getattr(b, "dtype", None)


@pytest.mark.parametrize("name", contents())
def test_parcels_are_opened_to_what_was_put_in(name):
    content = contents()[name]
    parcel = Parcel(content)
    assert same(opened(parcel), content)
    assert same(opened(pickle.loads(pickle.dumps(parcel))), content)
    assert opened(content) is content


def test_arrays_are_not_copied():
    X = np.random.default_rng(0).random(100_000)
    parcel = Parcel({"X": X})
    assert np.shares_memory(parcel.open()["X"], X)
    assert X.nbytes < sys.getsizeof(parcel) < X.nbytes + 1000
    assert np.shares_memory(copy.copy(parcel).open()["X"], X)


class Future:
    def __init__(self, result):
        self.result = result


class Client:
    """Of a cluster, which counts what it is told to send."""

    def __init__(self):
        self.sent = []

    def scatter(self, parcel, *, broadcast, hash):
        assert broadcast
        assert not hash
        self.sent.append(parcel)
        return Future(parcel)


def test_a_cluster_is_sent_it_once():
    shared, backends = Shared([1, 2]), [SimpleNamespace(client=Client()) for _ in range(2)]
    for backend in backends:
        futures = {id(shared.for_backend(backend)) for _ in range(5)}
        assert len(futures) == 1
        (parcel,) = backend.client.sent
        assert opened(parcel) == [1, 2]
    assert shared.for_backend(backends[0]).result is shared.for_backend(backends[1]).result


@pytest.mark.parametrize("backend", [SimpleNamespace(), SimpleNamespace(client="no cluster's")])
def test_other_processes_get_the_parcel_itself(backend):
    shared = Shared([1, 2])
    assert isinstance(shared.for_backend(backend), Parcel)
    assert shared.for_backend(backend) is shared.for_backend(backend)


def test_a_cluster_forgets_it_with_its_owner():
    shared, backend = Shared([1, 2]), SimpleNamespace(client=Client())
    future = weakref.ref(shared.for_backend(backend))
    assert future() is not None
    gc.disable()
    try:
        del shared
        assert future() is None
    finally:
        gc.enable()


def test_copies_are_sent_by_themselves():
    """Futures belong to the process that has sent the data."""
    shared, backend = Shared([1, 2]), SimpleNamespace(client=Client())
    shared.for_backend(backend)
    again = pickle.loads(pickle.dumps(shared))
    assert again.content == [1, 2]
    again.for_backend(backend)
    assert len(backend.client.sent) == 2
