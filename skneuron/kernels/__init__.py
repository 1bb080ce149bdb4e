"""Compiled functions on plain arrays: forward passes, and what training and ablation share.

- `_jit`: the options that everything is compiled with, serial and threaded
- `_tile`: the processor's vector instructions, written out for small matrix products
- `product`: matrix products of any shape, made of tiles
- `elementary`: exp, log, tanh and logistic, the same bits in every position of a vector
- `forward`: activations of a layer for all samples
- `training/` and `ablation/`: rooms of their own

Kernels know numpy and numba; they never see an estimator or an array of unknown type.
"""

from skneuron.kernels._jit import Twins
from skneuron.kernels.forward import ACTIVATION_CODES, CHUNK_ROWS, layer_activations

__all__ = [
    "ACTIVATION_CODES",
    "CHUNK_ROWS",
    "Twins",
    "layer_activations",
]
