"""Kernels that train a network: `train` goes through the samples once, in mini-batches.

- `loop`: `train`: forward, loss, backward and update for one mini-batch after the other
- `buffers`: where weights, gradients and activations are in memory, as named tuples
- `losses`: output activations, the losses that belong to them, and their derivatives
- `optimizers`: the updates of Adam and of stochastic gradient descent
- `dropout`: which activations become 0, the same ones for any number of threads

`train` takes the named tuples of `buffers` field by field: ``*rows, *layout, *state, ...``.
"""

from skneuron.kernels.training.buffers import (
    Layout,
    Rows,
    Settings,
    make_layout,
    make_state,
    make_workspace,
)
from skneuron.kernels.training.loop import train
from skneuron.kernels.training.losses import OUTPUT_CODES
from skneuron.kernels.training.optimizers import N_MOMENTS, OPTIMIZER_CODES

__all__ = [
    "N_MOMENTS",
    "OPTIMIZER_CODES",
    "OUTPUT_CODES",
    "Layout",
    "Rows",
    "Settings",
    "make_layout",
    "make_state",
    "make_workspace",
    "train",
]
