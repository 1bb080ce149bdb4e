"""Whether the fitted attributes of a multilayer perceptron fit together.

Kernels trust shapes: an array that is too short is read out of bounds, without an error. Networks
that were pruned by hand are often of this kind, so this is checked wherever one is read.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import is_classifier

from skneuron.kernels import ACTIVATION_CODES
from skneuron.utils import NDArray, is_int, trained_classes

# By whether the estimator is a classifier.
_OUT_ACTIVATIONS = {True: ("logistic", "softmax"), False: ("identity", "exp")}


def check_network(mlp: Any) -> None:
    """Raise an error that names the attribute if those of a fitted network do not fit together.

    Looks at types and shapes only, not at the numbers; see `check_finite`.

    Raises
    ------
    TypeError
        If ``coefs_`` or ``intercepts_`` is no list of numeric arrays, or ``classes_`` no array.
    ValueError
        If an attribute is missing, shapes do not fit together, a layer has no neurons, the
        outputs do not fit the classes, these are not those of the training, or an activation
        function is unknown.
    """
    needed = ("n_layers_", "out_activation_", "n_outputs_", *["classes_"] * is_classifier(mlp))
    missing = [name for name in needed if not hasattr(mlp, name)]
    if missing:
        raise ValueError(f"the fitted network lacks the attribute(s) {', '.join(missing)}.")
    _check_arrays("coefs_", mlp, "(n_inputs, n_neurons)", 2)
    _check_arrays("intercepts_", mlp, "(n_neurons,)", 1)
    _check_numbers_of_layers(mlp)
    _check_shapes(mlp.coefs_, mlp.intercepts_)
    n_features = getattr(mlp, "n_features_in_", None)
    if n_features is not None and mlp.coefs_[0].shape[0] != n_features:
        raise ValueError(
            f"coefs_[0] has shape {mlp.coefs_[0].shape}, but n_features_in_={n_features}: it "
            f"needs {n_features} rows, one for every feature."
        )
    _check_activations(mlp)
    _check_outputs(mlp)


def check_finite(mlp: Any) -> None:
    """Raise ValueError that names the first weight or bias which is NaN or infinite."""
    for name in ("coefs_", "intercepts_"):
        for layer, array in enumerate(getattr(mlp, name)):
            if not is_finite(array):
                at = np.argwhere(~np.isfinite(array))
                position = ", ".join(map(str, at[0]))
                raise ValueError(
                    f"{name}[{layer}][{position}] is {array[tuple(at[0])]}, as one of {len(at)} "
                    f"numbers in {name}[{layer}] that are NaN or infinite: all weights and "
                    "biases must be finite. `neuron_ablation`, `neuron_pruning_path` and "
                    "`prune_neurons` take such networks all the same."
                )


def is_finite(array: NDArray[Any]) -> bool:
    """Whether no number is NaN or infinite."""
    with np.errstate(over="ignore", invalid="ignore"):
        # A sum needs no memory. That of large numbers may overflow, though.
        return bool(np.isfinite(array.sum())) or bool(np.isfinite(array).all())


def _check_arrays(name: str, mlp: Any, shape: str, ndim: int) -> None:
    arrays = getattr(mlp, name, None)
    if not isinstance(arrays, list | tuple):
        raise TypeError(f"{name} must be a list of arrays, one a layer; got {_kind(arrays)}.")
    for layer, array in enumerate(arrays):
        is_array = isinstance(array, np.ndarray) and not isinstance(
            array, np.ma.MaskedArray | np.matrix
        )
        if not is_array or array.dtype.kind not in "biuf":
            raise TypeError(
                f"{name}[{layer}] must be a numeric NumPy array of shape {shape}; got "
                f"{_kind(array)}."
            )
        if array.ndim != ndim:
            raise ValueError(
                f"{name}[{layer}] has shape {array.shape}, but must have {ndim} dimension(s): "
                f"{shape}."
            )


def _kind(value: Any) -> str:
    dtype = getattr(value, "dtype", None)
    return type(value).__name__ if dtype is None else f"{type(value).__name__} of dtype {dtype}"


def _check_numbers_of_layers(mlp: Any) -> None:
    n_coefs, n_intercepts = len(mlp.coefs_), len(mlp.intercepts_)
    if n_coefs != n_intercepts or not n_coefs:
        raise ValueError(
            f"coefs_ holds {n_coefs} array(s) and intercepts_ {n_intercepts}: both need one for "
            "every hidden layer and one for the outputs."
        )
    n_layers = getattr(mlp, "n_layers_", n_coefs + 1)
    if not is_int(n_layers) or n_layers != n_coefs + 1:
        raise ValueError(
            f"n_layers_={n_layers!r}, but coefs_ holds {n_coefs} array(s): n_layers_ must be "
            f"{n_coefs + 1}, which counts the inputs as well."
        )


def _check_shapes(coefs: Sequence[NDArray[Any]], intercepts: Sequence[NDArray[Any]]) -> None:
    for layer, (weights, biases) in enumerate(zip(coefs, intercepts, strict=True)):
        if 0 in weights.shape:
            raise ValueError(
                f"coefs_[{layer}] has shape {weights.shape}: every layer needs at least one "
                "neuron, and the network at least one feature."
            )
        if layer and len(weights) != coefs[layer - 1].shape[1]:
            n_before = coefs[layer - 1].shape[1]
            raise ValueError(
                f"coefs_[{layer}] has shape {weights.shape}, but coefs_[{layer - 1}] has shape "
                f"{coefs[layer - 1].shape}: coefs_[{layer}] needs {n_before} rows, one for every "
                "neuron of the layer before."
            )
        if len(biases) != weights.shape[1]:
            raise ValueError(
                f"intercepts_[{layer}] has shape {biases.shape}, but coefs_[{layer}] has shape "
                f"{weights.shape}: intercepts_[{layer}] needs shape ({weights.shape[1]},), one "
                "bias for every column."
            )


def _check_activations(mlp: Any) -> None:
    if not isinstance(mlp.activation, str) or mlp.activation not in ACTIVATION_CODES:
        raise ValueError(
            f"activation={mlp.activation!r} is unknown; use one of {sorted(ACTIVATION_CODES)}."
        )
    allowed = _OUT_ACTIVATIONS[is_classifier(mlp)]
    if not isinstance(mlp.out_activation_, str) or mlp.out_activation_ not in allowed:
        raise ValueError(
            f"out_activation_={mlp.out_activation_!r} does not fit {type(mlp).__name__}; it must "
            f"be one of {list(allowed)}."
        )


def _check_outputs(mlp: Any) -> None:
    last, n_outputs = len(mlp.coefs_) - 1, mlp.coefs_[-1].shape[1]
    found = f"coefs_[{last}] has shape {mlp.coefs_[-1].shape}"
    if n_outputs != mlp.n_outputs_:
        raise ValueError(
            f"{found}, but n_outputs_={mlp.n_outputs_}: it needs {mlp.n_outputs_} column(s), one "
            "for every output."
        )
    if not is_classifier(mlp):
        return
    _check_classes(mlp)
    n_classes = len(mlp.classes_)
    one_for_two = n_outputs == 1 and n_classes <= 2 and mlp.out_activation_ == "logistic"
    if n_outputs != n_classes and not one_for_two:
        wanted = 1 if n_classes <= 2 and mlp.out_activation_ == "logistic" else n_classes
        raise ValueError(
            f"{found}, but classes_ holds {n_classes} classes, which need {wanted} output(s) with "
            f"out_activation_={mlp.out_activation_!r}."
        )
    is_multiclass = trained_classes(mlp)[1] == "multiclass"
    if n_classes > 2 and mlp.out_activation_ == "logistic" and is_multiclass:
        raise ValueError(
            "out_activation_='logistic' does not fit: the network was trained to give a sample "
            f"one of {n_classes} classes, which takes 'softmax'."
        )


def _check_classes(mlp: Any) -> None:
    """Whether ``classes_`` are those that predictions are made of."""
    classes = mlp.classes_
    if not isinstance(classes, np.ndarray) or classes.ndim != 1:
        raise TypeError(
            f"classes_ must be a NumPy array of shape (n_classes,); got {_kind(classes)}"
            f"{f' of shape {classes.shape}' if isinstance(classes, np.ndarray) else ''}."
        )
    known, _ = trained_classes(mlp)
    known = np.unique(classes) if known is None else known
    if not np.array_equal(classes, known):
        raise ValueError(
            f"classes_={classes.tolist()} does not fit: the network was trained on the classes "
            f"{known.tolist()}, which are sorted and each there once."
        )
