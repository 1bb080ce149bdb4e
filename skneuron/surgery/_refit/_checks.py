"""Whether a network is a smaller version of another, and samples are like theirs."""

from collections.abc import Callable
from typing import Any

import numpy as np

from skneuron.surgery._network import Network
from skneuron.surgery._refit._objective import mean_divergence
from skneuron.surgery._refit._stage_samples import StageSamples
from skneuron.utils import naming

# Nats, or in units of what the targets are: networks that are pruned to almost nothing, without
# replacement, start with some 10.
MOST_AT_START = 1e3


def check_smaller_version(pruned_mlp: Any, full_mlp: Any) -> tuple[Network, Network]:
    """Both networks, if one is of the kind that pruning makes of the other.

    Raises
    ------
    ValueError
        If one of them has no hidden layers, their layers, features, outputs, classes or functions
        differ, or a layer of ``pruned`` is larger.
    """
    with naming("pruned"):
        pruned = Network.from_mlp(pruned_mlp)
    with naming("full"):
        full = Network.from_mlp(full_mlp)
    if not full.hidden_layer_sizes:
        raise ValueError("full has no hidden layer: there is nothing to prune or to refit.")
    for what, ours, theirs in (
        ("hidden layers", len(pruned.hidden_layer_sizes), len(full.hidden_layer_sizes)),
        ("features", len(pruned.coefs[0]), len(full.coefs[0])),
        ("outputs", len(pruned.intercepts[-1]), len(full.intercepts[-1])),
        ("activation", pruned.activation, full.activation),
        ("output activation", pruned.out_activation, full.out_activation),
        ("classes", *(_classes(mlp) for mlp in (pruned_mlp, full_mlp))),
    ):
        if ours != theirs:
            raise ValueError(
                f"pruned is no smaller version of full: {what} {ours!r}, where full has "
                f"{theirs!r}."
            )
    sizes = pruned.hidden_layer_sizes, full.hidden_layer_sizes
    if any(small > large for small, large in zip(*sizes, strict=True)):
        raise ValueError(
            f"pruned is no smaller version of full: its hidden layers have {sizes[0]} neurons, "
            f"those of full {sizes[1]}. Is it the other way round?"
        )
    return pruned, full


def _classes(mlp: Any) -> list[Any] | None:
    classes = getattr(mlp, "classes_", None)
    return None if classes is None else np.asarray(classes).tolist()


def check_start(network: Network, samples: StageSamples) -> None:
    """Raise ValueError if outputs have nothing to do with the targets before the refit."""
    divergence = mean_divergence(network, samples)
    size = _SIZES[network.out_activation](samples)
    if not (np.isfinite(size) and divergence <= MOST_AT_START * size):
        raise ValueError(
            "before the refit, outputs for the samples (X_refit, or else X) differ from the whole "
            f"network's by {divergence:.3g} on average, which is beyond any sense: are they like "
            "those that it was trained on (scaled in the same way), and is pruned a smaller "
            "version of full? If so, replacement='mean' leaves outputs where they were."
        )


def _mean_square(samples: StageSamples) -> float:
    total = sum(float(np.square(b.targets, dtype=np.float64).sum()) for b in samples.blocks())
    return max(total / samples.n_samples, float(np.finfo(np.float32).tiny))


def _mean_count(samples: StageSamples) -> float:
    total = sum(float(b.targets.sum(dtype=np.float64)) for b in samples.blocks())
    return 1 + total / samples.n_samples


# What a divergence is large or small beside, by ``out_activation``.
_SIZES: dict[str, Callable[[StageSamples], float]] = {
    "softmax": lambda samples: 1.0,
    "logistic": lambda samples: 1.0,
    "identity": _mean_square,
    "exp": _mean_count,
}
