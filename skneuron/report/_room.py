"""Less of what takes most room, until the page is not too large: first pictures, then rows."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from skneuron.report._contents import NetworkContents, NeuronContents, ReportContents
from skneuron.report._neurons import extremes

MOST_BYTES = 3 * 2**20


class Allowance(NamedTuple):
    """Of how many neurons of each network a page shows something, from both extremes."""

    images: int
    examples: int
    rows: int


ALLOWANCES = (
    Allowance(400, 30, 3000),
    Allowance(120, 16, 1500),
    Allowance(60, 8, 800),
    Allowance(20, 4, 200),
    Allowance(6, 0, 40),
)


def rendered_in_room(
    contents: ReportContents, render: Callable[[ReportContents], str], most: int = MOST_BYTES
) -> str:
    """A page of at most so many bytes, with as much in it as fits; or the smallest there is."""
    html = render(contents)
    for smaller in _smaller(contents):
        if len(html.encode()) < most:
            break
        html = render(smaller)
    return html


def _smaller(contents: ReportContents) -> Iterator[ReportContents]:
    for allowance in ALLOWANCES:
        networks = [limited(network, allowance) for network in contents.networks]
        yield replace(contents, networks=networks)


def limited(network: NetworkContents, allowance: Allowance) -> NetworkContents:
    """A network's contents with no more than is allowed."""
    effects = np.array([neuron.effect for neuron in network.neurons])
    listed, with_image, with_examples = (
        extremes(effects, n) for n in (allowance.rows, allowance.images, allowance.examples)
    )
    neurons = [
        _limited_neuron(neuron, i in with_image, i in with_examples)
        for i, neuron in enumerate(network.neurons)
        if i in listed
    ]
    n_left_out = len(network.neurons) - len(neurons)
    return replace(network, neurons=neurons, n_not_listed=n_left_out)


def _limited_neuron(
    neuron: NeuronContents, with_image: bool, with_examples: bool
) -> NeuronContents:
    less: dict[str, object] = {} if with_image else {"image": None}
    if not with_examples:
        less |= {"fixed": (), "broken": ()}
    return replace(neuron, **less)  # type: ignore[arg-type]


def room_note(network: NetworkContents) -> str:
    """Which neurons lack a picture, examples, or a row; empty if none does."""
    neurons: Sequence[NeuronContents] = network.neurons
    n_images = sum(neuron.image is not None for neuron in neurons)
    n_examples = sum(bool(neuron.fixed or neuron.broken) for neuron in neurons)
    n_changing = sum(bool(neuron.n_fixed or neuron.n_broken) for neuron in neurons)
    parts = []
    if network.n_not_listed:
        parts.append(f"of {network.n_neurons:,} neurons the extreme {len(neurons):,} are listed")
    if 0 < n_images < len(neurons):
        parts.append(f"pictures are there of the extreme {n_images:,}")
    if 0 < n_examples < n_changing:
        parts.append(
            f"samples that a neuron fixes and breaks are shown for {n_examples:,} of the extreme"
        )
    if not parts:
        return ""
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}, or the page would be too large."
