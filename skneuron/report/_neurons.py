"""`neurons_of`: what is to be said of every neuron, from its ablation on test samples."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from skneuron.inspection import NeuronAblation
from skneuron.report._comparison import ALPHA
from skneuron.report._contents import NeuronContents
from skneuron.report._examples import Examples
from skneuron.report._features import patterns, strongest
from skneuron.report._thumbnails import pattern_image
from skneuron.surgery import Network, flat_addresses, neuron_name
from skneuron.utils import BoolArray, FloatArray, IntArray

# Classes that a neuron helps or hurts, by name; of the others, the number.
N_CLASSES = 3


@dataclass(frozen=True, eq=False)
class Effects:
    """What the score loses without each neuron, and whether that is beyond chance.

    Attributes
    ----------
    effects, low, high, q_values : ndarray of shape (n_neurons,)
        With 95 % intervals, in units of the score.
    verdict : ndarray of shape (n_neurons,), str
    """

    effects: FloatArray
    low: FloatArray
    high: FloatArray
    q_values: FloatArray
    verdict: Any

    @classmethod
    def of(cls, ablation: NeuronAblation) -> "Effects":
        """Of an ablation; without verdicts, if it no longer has what these are made of."""
        effects = ablation.importances
        if not can_be_tested(ablation):
            unknown = np.full(len(effects), np.nan)
            undecided = np.full(len(effects), "undecided")
            return cls(effects, unknown, unknown, unknown, undecided)
        found = ablation.verdicts(alpha=ALPHA)
        ends, scale = found.confidence_intervals, 1.0
        squares = float(np.nansum(found.effects**2))
        if found.test == "loss" and squares > 0:
            # The score is a multiple of the loss: of R2, by the variance of the targets.
            scale = float(np.nansum(effects * found.effects)) / squares
        low, high = scale * ends[:, 0], scale * ends[:, 1]
        return cls(effects, low, high, found.q_values, found.verdict)


def can_be_tested(ablation: NeuronAblation) -> bool:
    """Whether the ablation can say what is beyond chance: copies of some cannot."""
    return ablation.default_test != "score" or not {"jackknife", "errors"}.isdisjoint(
        vars(ablation)
    )


def ranked(effects: FloatArray) -> IntArray:
    """Positions from the most rotten to the most useful; unknown effects last."""
    return np.argsort(np.where(np.isnan(effects), np.inf, effects), kind="stable")


def extremes(effects: FloatArray, n: int) -> set[int]:
    """Positions of ``n`` neurons: half of them the most rotten, half the most useful."""
    order = ranked(effects)
    if n >= len(order):
        return set(order.tolist())
    return {*order[: (n + 1) // 2].tolist(), *order[len(order) - n // 2 :].tolist()}


def classes_of(
    losses: FloatArray, names: Sequence[str]
) -> tuple[list[tuple[str, float]], list[tuple[str, float]], int, int]:
    """Classes that a neuron helps, and those that it hurts: some by name, and how many."""
    known = np.nan_to_num(losses)
    order = np.argsort(-np.abs(known), kind="stable")
    helped = [(names[i], float(known[i])) for i in order if known[i] > 0]
    hurt = [(names[i], float(known[i])) for i in order if known[i] < 0]
    return helped[:N_CLASSES], hurt[:N_CLASSES], len(helped), len(hurt)


def neurons_of(
    ablation: NeuronAblation,
    removed: BoolArray,
    class_names: Sequence[str],
    *,
    network: Network | None = None,
    feature_names: Sequence[str] = (),
    image_shape: tuple[int, ...] | None = None,
    examples: Examples | None = None,
    n_images: int = 0,
    n_examples: int = 0,
    by_targets: NeuronAblation | None = None,
) -> list[NeuronContents]:
    """What is to be said of every neuron of an ablation.

    Parameters
    ----------
    ablation : NeuronAblation
    removed : ndarray of shape (n_hidden,), bool
    class_names : sequence of str
        One a class of the ablation.
    network : Network, default=None
        The whole one; without it there is nothing about features.
    feature_names, image_shape
        Of what reaches it.
    examples : Examples, default=None
        Finds samples that neurons fix and break.
    n_images, n_examples : int, default=0
        How many neurons, the extreme ones, have a picture, and examples.
    by_targets : NeuronAblation, default=None
        Of the same neurons, where ``ablation`` compares with the whole network: has counts.
    """
    counted = ablation if by_targets is None else by_targets
    found = Effects.of(ablation)
    positions = _positions(ablation, network, len(removed))
    with_image, with_examples = (
        extremes(found.effects, n) for n in (n_images if image_shape else 0, n_examples)
    )
    weights = patterns(network) if network is not None else []
    neurons = []
    for i, (layer, index) in enumerate(zip(ablation.layer, ablation.index, strict=True)):
        more: dict[str, Any] = {}
        if "n_fixed" in counted:
            more |= {name: int(counted[name][i]) for name in ("n_fixed", "n_broken")}
        if "class_importances" in ablation:
            keys = ("helped", "hurt", "n_helped", "n_hurt")
            values = classes_of(ablation.class_importances[i], class_names)
            more |= dict(zip(keys, values, strict=True))
        if weights:
            weighed = weights[layer][:, index]
            if image_shape is None:
                more["features"] = strongest(weighed, feature_names)
            elif i in with_image:
                more["image"] = pattern_image(weighed, image_shape)
            if examples is not None and i in with_examples:
                more["fixed"], more["broken"] = examples.of(int(positions[i]), weighed)
        neurons.append(
            NeuronContents(
                name=neuron_name(layer, index),
                layer=int(layer),
                effect=float(found.effects[i]),
                low=float(found.low[i]),
                high=float(found.high[i]),
                verdict=str(found.verdict[i]),
                q_value=float(found.q_values[i]),
                is_removed=bool(removed[positions[i]]),
                **more,
            )
        )
    return neurons


def _positions(ablation: NeuronAblation, network: Network | None, n_hidden: int) -> IntArray:
    """The place of each of its neurons among all of the network, in layer-major order."""
    if network is None:
        return np.arange(n_hidden)
    layer, index = flat_addresses(network.hidden_layer_sizes)
    at = {address: i for i, address in enumerate(zip(layer, index, strict=True))}
    return np.array([at[pair] for pair in zip(ablation.layer, ablation.index, strict=True)])
