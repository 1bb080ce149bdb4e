"""Kernels that train a network: one call is an epoch of mini-batches.

- `loop`: the epoch: forward, loss, backward, update, for one block of samples after the other
- `buffers`: where weights, gradients and activations lie in memory
- `losses`: the loss at the outputs and its derivative
- `optimizers`: the updates of Adam and of stochastic gradient descent
- `dropout`: which units are left out, drawn by counting so that threads do not matter
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
