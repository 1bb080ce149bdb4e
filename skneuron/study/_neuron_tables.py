"""The report's tables of neurons: how many are rotten in each layer, and the extreme ones."""

import numpy as np

from skneuron.study._cells import SCORE_FORMATS
from skneuron.study._network_study import NetworkStudy
from skneuron.surgery import neuron_name
from skneuron.utils import IntArray

# How many of the most rotten and most useful neurons are named.
N_SHOWN = 5


def layer_counts(network: NetworkStudy) -> list[dict[str, int]]:
    """Numbers of rotten, neutral and useful neurons of every hidden layer."""
    signs = np.sign(network.ablation.importances)
    return [
        {
            "layer": layer,
            "rotten": int((signs[of_layer] < 0).sum()),
            "neutral": int((signs[of_layer] == 0).sum()),
            "useful": int((signs[of_layer] > 0).sum()),
        }
        for layer in range(len(network.hidden))
        for of_layer in [network.ablation.layer == layer]
    ]


def layer_rows(network: NetworkStudy) -> list[list[str]]:
    """Header and rows of the counts of neurons by layer."""
    columns = ("rotten", "neutral", "useful")
    rows = [["neurons", *columns]]
    rows += [
        [f"hidden layer {count['layer']}", *(str(count[column]) for column in columns)]
        for count in layer_counts(network)
    ]
    return rows


def extreme_neurons(network: NetworkStudy, n: int = N_SHOWN) -> tuple[IntArray, IntArray]:
    """Positions of the ``n`` most rotten (fewer if there are fewer) and most useful neurons."""
    importances = network.ablation.importances
    order = np.argsort(importances, kind="stable")
    rotten, useful = order[:n], np.argsort(-importances, kind="stable")[:n]
    return rotten[importances[rotten] < 0], useful[importances[useful] > 0]


def neuron_rows(network: NetworkStudy, positions: IntArray, title: str) -> list[list[str]]:
    """Header and rows of a table of the neurons at these positions."""
    ablation, change = network.ablation, SCORE_FORMATS[network.score_name].change
    counts = [name for name in ("n_fixed", "n_broken") if name in ablation]
    names = [name.removeprefix("n_") for name in counts]
    rows = [[title, "importance", *names, "importance on test"]]
    rows += [
        [
            neuron_name(ablation.layer[i], ablation.index[i]),
            change(ablation.importances[i]),
            *(str(ablation[name][i]) for name in counts),
            change(network.test_importances[i]),
        ]
        for i in positions
    ]
    return rows


def still_rotten(network: NetworkStudy) -> tuple[int, int]:
    """How many neurons are rotten, and how many of these are so on the test samples too."""
    rotten = network.ablation.importances < 0
    return int(rotten.sum()), int((network.test_importances[rotten] < 0).sum())
