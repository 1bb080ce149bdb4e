"""How much work the study of one network is, for the progress bar."""

from itertools import pairwise
from typing import NamedTuple

from sklearn.utils import Bunch

from skneuron.study._automatic_choice import RECOMMENDED
from skneuron.study._control_methods import N_TRAININGS
from skneuron.study._data_split import DataSplit


class WorkEstimate(NamedTuple):
    """Multiply-adds of the pieces of one network's study.

    Attributes
    ----------
    epoch : float
        One epoch of training.
    step : float
        One step of the greedy path: a network without one neuron is ranked again.
    automatic : float
        The automatic choice.
    total : float
        All pieces together.
    """

    epoch: float
    step: float
    automatic: float
    total: float


def work_estimate(
    images: Bunch, split: DataSplit, sizes: tuple[int, ...], max_iter: int, with_controls: bool
) -> WorkEstimate:
    """The work of a network with hidden layers of these ``sizes``.

    ``with_controls`` says whether the automatic choice and the controls are computed as well.
    """
    units = [images.X_train.shape[1], *sizes, len(images.class_names)]
    products = [a * b for a, b in pairwise(units)]
    later_layers = [sum(products[layer + 1 :]) for layer in range(len(sizes))]
    sweep = sum(size * cost for size, cost in zip(sizes, later_layers, strict=True))
    # Forward and backward are three products; mini-batches run them at half the speed.
    epoch = 6.0 * len(split.train) * sum(products)
    # Networks shrink along the path, so half of a full sweep each on average.
    step = 0.5 * len(split.validation) * (sum(products) + sweep)
    path = (sum(sizes) - len(sizes)) * step
    # One path for all samples and one for each half of them.
    automatic = 2 * path / RECOMMENDED["step"]
    total = max_iter * epoch + path
    if with_controls:
        total += automatic + N_TRAININGS * max_iter * epoch
    return WorkEstimate(epoch, step, automatic, total)
