"""How much work the study of one network is, for the progress bar."""

from itertools import pairwise
from typing import NamedTuple

from skneuron.study._control_methods import N_TRAININGS
from skneuron.study._data_split import DataSplit
from skneuron.study._held_out_evaluation import N_RANDOM_DRAWS
from skneuron.study._repair import SHARES
from skneuron.study._study_data import StudyData

# How much longer a multiply-add takes than in training, measured on digits, MNIST and SVHN: in a
# step of a path, and where scikit-learn predicts test samples.
OF_STEP, OF_PREDICTION = 6.0, 15.0
# What a repair takes, in epochs of the whole network's training, by what is repaired: measured.
EPOCHS_OF_REPAIR = {"outputs": 8.0, "behind": 14.0, "span": 30.0}


class WorkEstimate(NamedTuple):
    """What the pieces of one network's study take, in multiply-adds of training.

    Attributes
    ----------
    epoch : float
        One epoch of training.
    step : float
        One step of the greedy path: a network without one neuron is ranked again.
    automatic : float
        The automatic choice.
    repair : float
        One repair.
    network_on_path : float
        The evaluation of a network on the path, on test samples.
    removal : float
        That of a pruned network, and of random removals beside it.
    total : float
        All pieces together.
    """

    epoch: float
    step: float
    automatic: float
    repair: float
    network_on_path: float
    removal: float
    total: float


def work_estimate(
    data: StudyData,
    split: DataSplit,
    sizes: tuple[int, ...],
    max_iter: int,
    with_controls: bool,
    refit: str | None = None,
) -> WorkEstimate:
    """The work of a network with hidden layers of these ``sizes``.

    ``with_controls`` says whether the automatic choice and the controls are computed as well,
    ``refit`` what is repaired, if anything is.
    """
    units = [data.X_train.shape[1], *sizes, data.n_outputs]
    products = [a * b for a, b in pairwise(units)]
    later_layers = [sum(products[layer + 1 :]) for layer in range(len(sizes))]
    sweep = sum(size * cost for size, cost in zip(sizes, later_layers, strict=True))
    # Forward and backward are three products; mini-batches run them at half the speed.
    epoch = 6.0 * len(split.train) * sum(products)
    # Networks shrink along the path, so half of a full sweep each on average.
    step = 0.5 * OF_STEP * len(split.validation) * (sum(products) + sweep)
    prediction = OF_PREDICTION * len(data.y_test) * sum(products)
    network_on_path, removal = 0.5 * prediction, (N_RANDOM_DRAWS + 1) * prediction
    n_steps = sum(sizes) - len(sizes)
    path = n_steps * step
    # One path for all samples and one for each half of them, some neurons at a time.
    automatic = 2 * path
    total = max_iter * epoch + path + (n_steps + 1) * network_on_path + 2 * removal
    if with_controls:
        total += automatic + removal + N_TRAININGS * max_iter * epoch
    repair = EPOCHS_OF_REPAIR[refit] * epoch if refit else 0.0
    total += len(SHARES) * repair
    return WorkEstimate(epoch, step, automatic, repair, network_on_path, removal, total)
