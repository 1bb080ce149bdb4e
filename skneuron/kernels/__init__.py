"""Functions on plain arrays that numba compiles: forward passes, and what they are made of.

- `_jit`: how functions are compiled: the options, and callees that are linked only
- `_cache`: machine code on disk; `_notice`: what users are told while there is none
- `_forks`: forks wait for compilations
- `_parts`: `Kernel`, what Python calls, and how its work is spread over threads
- `_held`: named tuples that kernels pass on by reference
- `_tile`: vector instructions for a small part of a matrix product; see docs/tile_kernel.md
- `product`: matrix products of any shape, made of tiles
- `elementary`: exp, log, tanh and logistic, with the same bits in every position of a vector
- `forward`: a network's layout in one flat vector, and a hidden layer's activations
- `training/` and `ablation/`: the kernels of the two, behind doors of their own

Kernels import NumPy and numba, never scikit-learn. `skneuron.utils.run_kernel` calls a `Kernel`.
"""

from skneuron.kernels import _forks  # noqa: F401 -- it registers what is done at forks
from skneuron.kernels._cache import cache_folders
from skneuron.kernels._notice import NOTICE as compilation_notice
from skneuron.kernels._parts import Kernel
from skneuron.kernels.forward import (
    ACTIVATION_CODES,
    CHUNK_ROWS,
    layer_activations,
    sparse_first_inputs,
)

__all__ = [
    "ACTIVATION_CODES",
    "CHUNK_ROWS",
    "Kernel",
    "cache_folders",
    "compilation_notice",
    "layer_activations",
    "sparse_first_inputs",
]
