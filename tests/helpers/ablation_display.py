"""Ablations to draw, and what was drawn of them."""

import numpy as np

from skneuron.inspection import NeuronAblation


def made_up(*sizes, n_classes=4, seed=0, scale=0.01):
    """An ablation of a network with layers of these sizes, a few neutral neurons included."""
    rng = np.random.default_rng(seed)
    n_neurons = sum(sizes)
    importances = scale * rng.normal(size=n_neurons)
    importances[::4] = 0
    return NeuronAblation(
        layer=np.repeat(np.arange(len(sizes)), sizes),
        index=np.concatenate([np.arange(size) for size in sizes]),
        baseline_score=0.9,
        scores=0.9 - importances,
        importances=importances,
        class_importances=scale * rng.normal(size=(n_neurons, n_classes)),
        classes=np.array([f"c{number}" for number in range(n_classes)]),
    )


def heights(ax):
    """Heights of the bars from left to right."""
    bars = sorted((bar for group in ax.containers for bar in group), key=lambda bar: bar.get_x())
    return np.array([bar.get_height() for bar in bars])


def images(display):
    return [ax.images[0] for ax in display.axes_]
