"""Where the kernels find what: every element once, whole vectors, aligned."""

import numpy as np
import pytest
from helpers.leaves import callable_from_python
from numpy.testing import assert_array_equal

from skneuron.kernels._tile import ALIGNMENT
from skneuron.kernels.training import buffers
from skneuron.kernels.training.buffers import make_layout, make_state, make_workspace
from skneuron.neural_network._trainer import parameter_views

transposed = callable_from_python(buffers.transposed)
units = callable_from_python(buffers.units)
weights = callable_from_python(buffers.weights)

SIZES = [(3, 2), (5, 16, 3), (7, 33, 1, 20, 4)]
layouts = pytest.mark.parametrize(
    ("sizes", "dtype"), [(s, d) for s in SIZES for d in (np.float32, np.float64)]
)


def numbered(n, dtype):
    return np.arange(1, n + 1, dtype=dtype)


@layouts
def test_weights_and_biases_share_nothing_and_fill_the_vector(sizes, dtype):
    layout = make_layout(sizes, dtype)
    flat = numbered(layout.starts[-1], dtype)
    found = []
    for layer in range(len(sizes) - 1):
        W, b = weights(flat, layout, layer)
        assert W.shape == (sizes[layer], layout.strides[layer])
        assert b.shape == (1, layout.strides[layer])
        found += [*W.ravel(), *b.ravel()]
    assert_array_equal(np.sort(found), flat)


@layouts
def test_parameter_views_are_those_parts_without_padding(sizes, dtype):
    layout = make_layout(sizes, dtype)
    flat = numbered(layout.starts[-1], dtype)
    views = parameter_views(layout, flat)
    n_layers = len(sizes) - 1
    for layer in range(n_layers):
        W, b = weights(flat, layout, layer)
        assert_array_equal(views[layer], W[:, : sizes[layer + 1]])
        assert_array_equal(views[n_layers + layer], b[0, : sizes[layer + 1]])
        assert np.shares_memory(views[layer], flat)


@layouts
def test_rows_are_whole_aligned_vectors(sizes, dtype):
    layout = make_layout(sizes, dtype)
    state = make_state(layout, dtype, n_moments=2)
    assert all(stride * np.dtype(dtype).itemsize % ALIGNMENT == 0 for stride in layout.strides)
    assert all(stride >= size for stride, size in zip(layout.strides, sizes[1:], strict=True))
    for name in ("parameters", "gradient", "first", "second"):
        array = getattr(state, name)
        assert array.shape == (layout.starts[-1],)
        assert array.dtype == dtype
        assert array.ctypes.data % ALIGNMENT == 0
        assert not array.any()


@layouts
@pytest.mark.parametrize("capacity", [1, 5])
def test_units_of_all_layers(sizes, dtype, capacity):
    layout = make_layout(sizes, dtype)
    workspace = make_workspace(layout, dtype, capacity, n_parts=4)
    flat = numbered(len(workspace.activations), dtype)
    found = []
    for layer in range(1, len(sizes)):
        view = units(flat, layout, layer, capacity)
        assert view.shape == (capacity, layout.strides[layer - 1])
        starts = workspace.offsets[layer]
        assert_array_equal(view.ravel()[starts], view[:, 0])
        found += [*view.ravel()]
    assert_array_equal(np.sort(found), flat)
    assert workspace.activations.shape == workspace.deltas.shape
    assert workspace.losses.shape == workspace.squares.shape == (4,)
    assert workspace.sums.shape == (4, layout.strides.max())
    assert workspace.sums.dtype == dtype
    assert workspace.sums.ctypes.data % ALIGNMENT == 0
    assert len(workspace.columns) >= max(sizes)
    assert workspace.zeros.shape[1] >= layout.strides.max()


@layouts
def test_transposed_weights_of_all_layers_but_the_first(sizes, dtype):
    layout = make_layout(sizes, dtype)
    flat = numbered(len(make_state(layout, dtype, 0).transposed_weights), dtype)
    found = []
    for layer in range(1, len(sizes) - 1):
        view = transposed(flat, layout, layer)
        assert view.shape == (sizes[layer + 1], layout.strides[layer - 1])
        found += [*view.ravel()]
    assert_array_equal(np.sort(np.array(found, dtype=dtype)), flat)


@pytest.mark.parametrize(
    ("n_moments", "used"), [(0, []), (1, ["first"]), (2, ["first", "second"])]
)
def test_moments_take_memory_only_if_used(n_moments, used):
    state = make_state(make_layout((3, 4, 2), np.float64), np.float64, n_moments)
    assert [name for name in ("first", "second") if len(getattr(state, name))] == used
