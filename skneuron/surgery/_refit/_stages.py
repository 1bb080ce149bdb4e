"""Which layers a refit may change, and what these get from samples.

Sources: L-BFGS towards a network's own outputs is distillation (G. Hinton, O. Vinyals and J. Dean,
"Distilling the Knowledge in a Neural Network", 2015, section 2) at temperature 1, of a network
into a part of itself; "span" also looks for that part's first layer among mixtures of the whole
one's.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import linalg

from skneuron.surgery._network import Network
from skneuron.surgery._neurons import neuron_name
from skneuron.surgery._refit._mixed_samples import MixedSamples
from skneuron.surgery._refit._objective import layer_inputs
from skneuron.surgery._refit._stage_samples import FromFeatures, rows_per_block
from skneuron.utils import FloatArray, IntArray


@dataclass(frozen=True)
class Stage:
    """One minimisation.

    Attributes
    ----------
    free : Network
        The layers that may change, as a network of their own.
    inputs_of : callable
        From features to what ``free`` gets.
    n_inputs : int
        Their number.
    finish : callable
        From ``free`` as it has become to the network of which it is a part.
    one_unit : bool
        Whether all inputs of ``free`` are of one kind, whose scale is what matters of them.
    is_affine : bool
        Whether the inputs for a mixture of samples are the mixture of the inputs for these.
    """

    free: Network
    inputs_of: FromFeatures
    n_inputs: int
    finish: Callable[[Network], Network]
    one_unit: bool = False
    is_affine: bool = False


# (pruned network, whole network, samples to fit to) -> Stage
MakeStage = Callable[[Network, Network, MixedSamples], Stage]


def _behind(pruned: Network, layer: int) -> Stage:
    """All that comes behind hidden layer ``layer``."""
    n_fixed = layer + 1
    # The layers behind are not there to be computed: the last one's outputs are activations.
    front = replace(pruned, coefs=pruned.coefs[:n_fixed], intercepts=pruned.intercepts[:n_fixed])

    def finish(free: Network) -> Network:
        return replace(
            pruned,
            coefs=(*front.coefs, *free.coefs),
            intercepts=(*front.intercepts, *free.intercepts),
        )

    return Stage(
        free=pruned.later_layers(layer),
        inputs_of=lambda X: layer_inputs(front, X, activate_last=True)[-1],
        n_inputs=pruned.hidden_layer_sizes[layer],
        finish=finish,
    )


def outputs_stage(pruned: Network, full: Network, samples: MixedSamples) -> Stage:
    """The output layer alone."""
    return _behind(pruned, len(pruned.hidden_layer_sizes) - 1)


def behind_stage(pruned: Network, full: Network, samples: MixedSamples) -> Stage:
    """All layers but the first hidden one."""
    return _behind(pruned, 0)


def span_stage(pruned: Network, full: Network, samples: MixedSamples) -> Stage:
    """All layers, the first one's neurons being mixtures of the whole network's.

    Their inputs are what all neurons of the whole network's first layer get, centred, and in units
    of one number for all of them.
    """
    first = replace(full, coefs=full.coefs[:1], intercepts=full.intercepts[:1])
    means, scale = _centre_and_scale(first, samples)
    dtype, from_weights = pruned.dtype, means - full.intercepts[0]
    mixing = _mixing(full.coefs[0], pruned.coefs[0])
    bias = pruned.intercepts[0] + from_weights @ mixing
    free = replace(
        pruned,
        coefs=((mixing * scale).astype(dtype), *pruned.coefs[1:]),
        intercepts=(bias.astype(dtype), *pruned.intercepts[1:]),
    )
    shift, unit = means.astype(dtype), dtype.type(scale)

    def inputs_of(X: Any) -> FloatArray:
        z = layer_inputs(first, X)[-1]
        z -= shift
        z /= unit
        return z

    def finish(free: Network) -> Network:
        mixing = free.coefs[0].astype(np.float64) / scale
        return replace(
            free,
            coefs=(full.coefs[0] @ mixing.astype(full.coefs[0].dtype), *free.coefs[1:]),
            intercepts=(
                (free.intercepts[0] - from_weights @ mixing).astype(dtype),
                *free.intercepts[1:],
            ),
        )

    return Stage(free, inputs_of, len(means), finish, one_unit=True, is_affine=True)


def _centre_and_scale(first: Network, samples: MixedSamples) -> tuple[FloatArray, float]:
    """The mean of each neuron's input, and the root mean square of all after that."""
    n_neurons = len(first.intercepts[0])
    shift: Any = None  # close to the means: their squares would drown the variances
    total, squares = np.zeros(n_neurons), 0.0
    for _, X in samples.blocks(rows_per_block(samples)):
        z = layer_inputs(first, X)[-1]
        shift = z.mean(axis=0, dtype=np.float64) if shift is None else shift
        z = z - shift
        total += z.sum(axis=0)
        squares += float(np.einsum("ij,ij->", z, z))
    offset = total / len(samples)
    variance = squares / (len(samples) * n_neurons) - float(offset @ offset) / n_neurons
    return shift + offset, float(np.sqrt(variance)) if variance > 0 else 1.0


def _mixing(full: FloatArray, pruned: FloatArray) -> FloatArray:
    """Of which of the whole layer's neurons, in which shares, each one of the smaller layer is.

    Raises
    ------
    ValueError
        If some are no mixtures.
    """
    same = _same_columns(full, pruned)
    if same is not None:
        selection = np.zeros((full.shape[1], pruned.shape[1]))
        selection[same, np.arange(len(same))] = 1
        return selection
    mixing: FloatArray = linalg.lstsq(full.astype(np.float64), pruned.astype(np.float64))[0]
    missing = linalg.norm(full @ mixing - pruned, axis=0) / linalg.norm(pruned, axis=0)
    if (worst := float(missing.max())) > MOST_MISSING:
        raise ValueError(
            f"layers='span': {neuron_name(0, int(missing.argmax()))} of pruned is no mixture of "
            f"those of full ({worst:.0%} of its weights are missing): pass the "
            "network that it was made of, or use layers='behind'."
        )
    return mixing


# Weights of single precision, mixed, are off by some 1e-6.
MOST_MISSING = 1e-3
# Rows of weights by which most neurons differ.
COMPARED = 8


def _same_columns(full: FloatArray, pruned: FloatArray) -> IntArray | None:
    """Which columns of one array those of the other are; None if one is none of them."""
    found: list[int] = []
    for values in pruned.T:
        # A few rows leave few to compare as a whole: there may be millions.
        alike = np.flatnonzero((values[:COMPARED] == full[:COMPARED].T).all(axis=1))
        same = [int(column) for column in alike if np.array_equal(full[:, column], values)]
        if not same:
            return None
        # Of neurons with the same weights, each is taken once.
        found.append(next((column for column in same if column not in found), same[0]))
    return np.array(found)


# What ``refit`` and ``layers`` name, as the stages that follow each other.
REFITS: dict[str, tuple[tuple[str, MakeStage], ...]] = {
    "outputs": (("outputs", outputs_stage),),
    "behind": (("behind", behind_stage),),
    "span": (("behind", behind_stage), ("span", span_stage)),
}
