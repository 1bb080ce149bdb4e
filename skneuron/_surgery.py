"""Surgery: `Network` + keep-masks + replacement -> smaller `Network`. Pure functions.

The constant that takes a removed neuron's place is folded into the next layer's biases, so the
smaller network computes exactly what analysis computed for the removal.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from skneuron._network import Network, hidden_activations, rows_for


def _zeros(network: Network, layer: int, X_ref: Any) -> np.ndarray:
    return np.zeros(network.hidden_layer_sizes[layer], network.dtype)


def _means(network: Network, layer: int, X_ref: Any) -> np.ndarray:
    activations = hidden_activations(network, X_ref, layer)
    return activations.mean(axis=0, dtype=np.float64).astype(activations.dtype)


# What takes a removed neuron's place: (network, layer, X_ref) -> one constant a neuron.
REPLACEMENTS: dict[str, Callable[[Network, int, Any], np.ndarray]] = {
    "zero": _zeros,
    "mean": _means,
}
_NEEDS_REFERENCE = frozenset({"mean"})


def check_replacement(replacement: str, has_reference: bool, reference_name: str) -> None:
    """Raise ValueError for an unknown replacement, or one whose reference data is missing."""
    if not isinstance(replacement, str) or replacement not in REPLACEMENTS:
        raise ValueError(
            f"replacement={replacement!r} is unknown; use one of {sorted(REPLACEMENTS)}."
        )
    if replacement in _NEEDS_REFERENCE and not has_reference:
        raise ValueError(
            f"replacement={replacement!r} needs reference data: pass {reference_name}, for "
            "example the training data."
        )


def reference_rows(
    mlp: Any, transformers: list[Any], replacement: str, X_ref: Any, *, name: str
) -> Any:
    """Check a replacement and its reference data, the parameter ``name``.

    Returns
    -------
    rows : array, sparse matrix or None
        As `remove_neurons` takes them; None if the replacement needs none.
    """
    check_replacement(replacement, has_reference=X_ref is not None, reference_name=name)
    return rows_for(mlp, transformers, X_ref) if replacement in _NEEDS_REFERENCE else None


def replacement_constants(network: Network, replacement: str, X_ref: Any) -> np.ndarray:
    """The constants of all hidden neurons, flat in layer-major order."""
    constants = [
        REPLACEMENTS[replacement](network, layer, X_ref)
        for layer in range(len(network.hidden_layer_sizes))
    ]
    return np.concatenate(constants) if constants else np.zeros(0, network.dtype)


def keep_neurons(
    coefs: Sequence[np.ndarray], intercepts: Sequence[np.ndarray], masks: Sequence[np.ndarray]
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Cut the rows and columns of removed neurons out of parameters, or of their moments."""
    n_features, n_outputs = coefs[0].shape[0], coefs[-1].shape[1]
    fan_in = [np.full(n_features, True), *masks]
    fan_out = [*masks, np.full(n_outputs, True)]
    return (
        [np.ascontiguousarray(c[i][:, o]) for c, i, o in zip(coefs, fan_in, fan_out, strict=True)],
        [b[o].copy() for b, o in zip(intercepts, fan_out, strict=True)],
    )


def remove_neurons(
    network: Network, masks: Sequence[np.ndarray], replacement: str, X_ref: Any = None
) -> Network:
    """The smaller network without the neurons whose mask is False.

    Layers are operated on from front to back: the reference activations of a layer are those
    that it has once the layers before it are pruned.
    """
    for layer, keep in enumerate(masks):
        if keep.all():
            continue
        gone = ~keep
        constants = REPLACEMENTS[replacement](network, layer, X_ref)
        outgoing = network.coefs[layer + 1][gone].astype(np.float64)
        intercepts = list(network.intercepts)
        intercepts[layer + 1] = (intercepts[layer + 1] + constants[gone] @ outgoing).astype(
            network.dtype
        )
        only_here = [np.full(size, True) for size in network.hidden_layer_sizes]
        only_here[layer] = keep
        coefs, intercepts = keep_neurons(network.coefs, intercepts, only_here)
        network = replace(network, coefs=tuple(coefs), intercepts=tuple(intercepts))
    return network
