"""Neurons that tests of surgery on estimators remove, and what the sizes are then."""

import pytest

GONE = [(0, 1), (1, 0), (0, 3), (1, 2)]  # of hidden layers (5, 4)
KEPT = [[0, 2, 4], [1, 3]]

each_owner = pytest.mark.parametrize("ours", [False, True])


def assert_sizes(mlp, sizes, ours):
    """All that tells a network's sizes tells ``sizes``."""
    assert [c.shape[1] for c in mlp.coefs_[:-1]] == list(sizes)
    assert [c.shape[0] for c in mlp.coefs_[1:]] == list(sizes)
    assert [len(b) for b in mlp.intercepts_[:-1]] == list(sizes)
    assert mlp.n_layers_ == len(sizes) + 2
    if ours:
        assert mlp.hidden_layer_sizes_ == tuple(sizes)
        assert mlp.hidden_layer_sizes == (5, 4)
    else:
        assert tuple(mlp.hidden_layer_sizes) == tuple(sizes)
