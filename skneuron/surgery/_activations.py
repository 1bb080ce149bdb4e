"""Activation functions of hidden layers, and their derivatives, for products of NumPy's.

Kernels have their own.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import expit

from skneuron.utils import FloatArray


def _times_relu_derivative(d: FloatArray, a: FloatArray) -> None:
    d *= a > 0


def _times_tanh_derivative(d: FloatArray, a: FloatArray) -> None:
    d *= 1 - a * a


def _times_logistic_derivative(d: FloatArray, a: FloatArray) -> None:
    d *= a * (1 - a)


# In place, by name: the function, and of an activation ``a`` its derivative times ``d``.
ACTIVATIONS: dict[str, Callable[[FloatArray], Any]] = {
    "identity": lambda z: z,
    "relu": lambda z: np.maximum(z, 0, out=z),
    "tanh": lambda z: np.tanh(z, out=z),
    "logistic": lambda z: expit(z, out=z),
}
TIMES_DERIVATIVE: dict[str, Callable[[FloatArray, FloatArray], None]] = {
    "identity": lambda d, a: None,
    "relu": _times_relu_derivative,
    "tanh": _times_tanh_derivative,
    "logistic": _times_logistic_derivative,
}
