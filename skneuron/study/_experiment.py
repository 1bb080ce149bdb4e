"""The experiment: which hidden neurons help, which do harm, and is it true on other data?

For every network configuration and seed: train on one part of the training images, remove every
hidden neuron in turn on the other part (validation), choose what to prune there, and judge the
choice on test images that nothing was chosen on. With wrong labels among those to fit on and to
choose by, also: does removal help more than what a sceptic would do instead?
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from numbers import Real
from typing import Any

import numpy as np
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GroupShuffleSplit, train_test_split
from sklearn.utils import Bunch

from skneuron.datasets import load_images
from skneuron.inspection._ablation import NeuronAblation, as_ablation, neuron_ablation
from skneuron.inspection._pruning_path import pruning_path
from skneuron.inspection._scoring import evaluator_for
from skneuron.neural_network import PrunableMLPClassifier
from skneuron.pruning import MIN_ROWS, RottenNeuronPruner
from skneuron.study._control_methods import CONTROLS, N_TRAININGS, Task, with_wrong_labels
from skneuron.study._held_out_evaluation import Choice, Control, HeldOutEvaluation, RemovalResult
from skneuron.surgery import Network, keep_masks, remove_neurons, split_by_layer, unwrap
from skneuron.utils import training_in_full, watched_fit

DEFAULT_HIDDEN = ((100,), (100, 50))
# Epochs that are enough on each data set; more train longer without changing the picture.
DEFAULT_MAX_ITER = {"digits": 200, "mnist": 20, "fashion_mnist": 20, "svhn": 60}
# A sixth of MNIST's 60,000 training images: as many as it has test images.
VALIDATION_SHARE = 1 / 6
# The automatic choice where labels may be wrong. These mislead expected accuracy no more than
# accuracy, and it is far less noisy. With "mean", the next layer's biases stay as fitted.
RECOMMENDED: dict[str, Any] = {
    "threshold": "auto",
    "replacement": "mean",
    "scoring": "expected_accuracy",
    "step": 4,
}

# Called with (work done, what is being done); work is in multiply-adds.
OnProgress = Callable[[float, str], None]


class InvalidStudyError(ValueError):
    """A parameter of the study does not fit the data set."""


@dataclass(frozen=True)
class NetworkStudy:
    """All that was found out about one trained network.

    Attributes
    ----------
    hidden : tuple of int
    seed : int
    mlp : PrunableMLPClassifier
        The whole network.
    ablation : NeuronAblation
        On validation images.
    test_importances : ndarray of shape (n_neurons,)
        Of the same neurons on test images; nothing is chosen by them.
    baseline_accuracy : float
        On test images.
    removals : dict of str to Removal
        "one_shot" (all rotten neurons at once), "greedy" and, if labels are wrong, "automatic"
        (``RottenNeuronPruner(threshold="auto")``, which may remove nothing).
    controls : dict of str to Control
        Networks trained otherwise, if labels are wrong: "early_stopping", "alpha", "dropout" and
        "small_from_scratch", of the size of the automatic choice. Empty if none are.
    path : Bunch
        The greedy path down to one neuron a layer: ``layer``, ``index`` in order of removal;
        ``n_neurons``, ``validation_accuracy``, ``test_accuracy`` (one longer).
    """

    hidden: tuple[int, ...]
    seed: int
    mlp: PrunableMLPClassifier
    ablation: NeuronAblation
    test_importances: np.ndarray
    baseline_accuracy: float
    removals: dict[str, RemovalResult]
    controls: dict[str, Control]
    path: Bunch


@dataclass(frozen=True)
class Study:
    """The networks studied on one data set, and how the images were shared out.

    ``label_noise`` is the share of random labels among those to fit on and to choose by.
    """

    images: Bunch
    max_iter: int
    n_fit: int
    n_validation: int
    n_test: int
    label_noise: float
    networks: list[NetworkStudy]


def run_study(
    name: str,
    *,
    hidden: Sequence[tuple[int, ...]] = DEFAULT_HIDDEN,
    seeds: Sequence[int] = (0,),
    data_home: Any = None,
    max_iter: int | None = None,
    n_train: int | None = None,
    label_noise: float = 0.0,
    on_start: Callable[[float], None] = lambda total: None,
    on_progress: OnProgress = lambda work, phase: None,
    verbose: bool = False,
) -> Study:
    """Study networks on an image data set.

    Parameters
    ----------
    name : str
        As for `skneuron.datasets.load_images`.
    hidden : sequence of tuple of int, default=((100,), (100, 50))
        Hidden layer sizes of the network configurations.
    seeds : sequence of int, default=(0,)
        Each configuration is trained once a seed, which also shares out the images.
    data_home : path-like, default=None
        scikit-learn's data folder.
    max_iter : int, default=None
        Epochs at most; None means enough for the data set.
    n_train : int, default=None
        Use only so many training images (validation included), drawn by the seed.
    label_noise : float, default=0.0
        The share of the training images' labels (validation included), from 0 and below 1, that
        are replaced by random ones, drawn by the seed, which may be right by chance. Test labels
        stay as they are. If not 0, the automatic choice and controls are added, which takes
        several times as long.
    on_start : callable, default does nothing
        Called with the work to do, in the units of ``on_progress``.
    on_progress : callable, default does nothing
        Called with (work, phase) when a piece of work is done.
    verbose : bool, default=False
        Say on stderr when data is fetched.

    Returns
    -------
    study : Study

    Raises
    ------
    ValueError
        If ``name`` is unknown.
    InvalidStudyError
        If ``n_train`` does not fit the data, or ``label_noise`` is no such share.
    DataUnavailableError
        If the data is neither in ``data_home`` nor to be downloaded.

    Examples
    --------
    >>> from skneuron.study import run_study
    >>> study = run_study("digits", hidden=[(20,)], max_iter=30)
    >>> study.networks[0].ablation.importances.shape
    (20,)
    """
    if not isinstance(label_noise, Real) or not 0 <= label_noise < 1:
        raise InvalidStudyError(f"label_noise={label_noise!r} must be a number from 0, below 1.")
    images = load_images(name, data_home=data_home, verbose=verbose)
    _standardize(images)
    if max_iter is None:
        max_iter = DEFAULT_MAX_ITER[name]
    shares = {seed: _shared_out(images, n_train, seed) for seed in seeds}
    if label_noise:
        _check_can_choose(label_noise, min(len(validation) for _, validation in shares.values()))
    fit, validation = shares[seeds[0]]
    n_fit, n_validation, n_test = len(fit), len(validation), len(images.y_test)
    work = {
        sizes: _Work(images, sizes, n_fit, n_validation, max_iter, label_noise > 0)
        for sizes in hidden
    }
    on_start(len(seeds) * sum(w.total for w in work.values()))
    networks = [
        _study_network(
            images, *shares[seed], label_noise, sizes, seed, max_iter, work[sizes], on_progress
        )
        for seed in seeds
        for sizes in hidden
    ]
    return Study(images, max_iter, n_fit, n_validation, n_test, float(label_noise), networks)


def _check_can_choose(label_noise: float, n_validation: int) -> None:
    if n_validation < MIN_ROWS:
        raise InvalidStudyError(
            f"label_noise={label_noise!r} needs at least {MIN_ROWS} validation images, which are "
            f"a sixth of the training images; there are {n_validation}."
        )


def _standardize(images: Bunch) -> None:
    """Shift and scale all pixels, in place, to mean 0 and variance 1 over the training images.

    On pixels between 0 and 1 most relu units of a network for SVHN die in the first epochs.
    """
    mean, std = images.X_train.mean(dtype=np.float64), images.X_train.std(dtype=np.float64)
    for X in (images.X_train, images.X_test):
        X -= mean
        X /= std


def _shared_out(images: Bunch, n_train: int | None, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Row numbers of the training images to fit on, and to judge neurons on."""
    y, groups = images.y_train, images.groups_train
    rows = np.arange(len(y))
    if n_train is not None:
        least = 12 * len(images.class_names)
        if not least <= n_train <= len(y):
            raise InvalidStudyError(
                f"n_train={n_train} must be from {least} to {len(y)}, the number of training "
                f"images in {images.name}."
            )
        if n_train < len(y):
            # Too few rows left out to hold every class cannot be stratified, and need not be.
            can_stratify = len(y) - n_train >= len(images.class_names)
            rows = train_test_split(
                rows, train_size=n_train, random_state=seed, stratify=y if can_stratify else None
            )[0]
    if groups is not None:  # Neighbours overlap: a random split would leak.
        splitter = GroupShuffleSplit(1, test_size=VALIDATION_SHARE, random_state=seed)
        fit, validation = next(splitter.split(rows, groups=groups[rows]))
        return rows[fit], rows[validation]
    fit, validation = train_test_split(
        rows, test_size=VALIDATION_SHARE, random_state=seed, stratify=y[rows]
    )
    return fit, validation


class _Work:
    """Multiply-adds of the pieces of one network's study, for the progress bar."""

    def __init__(
        self,
        images: Bunch,
        sizes: tuple[int, ...],
        n_fit: int,
        n_validation: int,
        max_iter: int,
        with_controls: bool,
    ):
        units = [images.X_train.shape[1], *sizes, len(images.class_names)]
        products = [a * b for a, b in pairwise(units)]
        behind = [sum(products[layer + 1 :]) for layer in range(len(sizes))]
        sweep = sum(size * cost for size, cost in zip(sizes, behind, strict=True))
        # Forward and backward are three products; mini-batches run them at half the speed.
        self.epoch = 6.0 * n_fit * sum(products)
        # Networks shrink along the path, so half of a full sweep each on average.
        self.step = 0.5 * (n_validation * (sum(products) + sweep))
        path = (sum(sizes) - len(sizes)) * self.step
        # One path for all rows and one for each half of them.
        self.automatic = 2 * path / RECOMMENDED["step"]
        self.total = max_iter * self.epoch + path
        if with_controls:
            self.total += self.automatic + N_TRAININGS * max_iter * self.epoch


def _study_network(
    images: Bunch,
    fit: np.ndarray,
    validation: np.ndarray,
    label_noise: float,
    sizes: tuple[int, ...],
    seed: int,
    max_iter: int,
    work: _Work,
    on_progress: OnProgress,
) -> NetworkStudy:
    # Not the stream that draws neurons for random removal.
    noise = np.random.default_rng([seed, 1])
    train, evaluation = (
        (images.X_train[rows], with_wrong_labels(images.y_train[rows], label_noise, noise))
        for rows in (fit, validation)
    )
    with training_in_full():
        mlp = watched_fit(
            PrunableMLPClassifier(sizes, max_iter=max_iter, random_state=seed),
            *train,
            lambda n: on_progress(n * work.epoch, f"training {sizes}"),
        )
    if not label_noise:  # Nothing else is trained on these rows, which are large.
        del train
    network = Network.from_mlp(mlp)
    everything = np.ones(sum(sizes), dtype=bool)
    by_validation = evaluator_for(mlp, *evaluation)
    held_out = HeldOutEvaluation(mlp, images.X_test, images.y_test)

    phase = f"pruning {sizes}"
    one_shot = pruning_path(
        "one_shot", network, by_validation, everything, lambda importances: 0.0
    )
    full_path = pruning_path(
        "greedy",
        network,
        by_validation,
        everything,
        lambda importances: np.inf,
        on_step=lambda: on_progress(work.step, phase),
    )
    # The greedy strategy removes the same neurons in the same order, but stops at the first
    # step that does not raise the score.
    gains = np.diff(full_path.scores)
    n_greedy = int(np.argmax(gains <= 0)) if (gains <= 0).any() else len(gains)
    order = list(zip(full_path.layer, full_path.index, strict=True))
    masks = [keep_masks(order[:k], sizes) for k in range(len(order) + 1)]
    path = Bunch(
        layer=full_path.layer,
        index=full_path.index,
        n_neurons=sum(sizes) - np.arange(len(masks)),
        validation_accuracy=full_path.scores,
        test_accuracy=np.array(
            [held_out.accuracy(remove_neurons(network, keep, "zero")) for keep in masks]
        ),
    )
    chosen = {
        name: Choice(masks, remove_neurons(network, masks, "zero"), accuracy)
        for name, masks, accuracy in [
            ("one_shot", split_by_layer(one_shot.support, sizes), one_shot.scores[-1]),
            ("greedy", masks[n_greedy], full_path.scores[n_greedy]),
        ]
    }
    controls = {}
    if label_noise:
        chosen["automatic"] = _automatic_choice(mlp, *evaluation, seed)
        on_progress(work.automatic, phase)
        task = Task(
            mlp,
            train,
            evaluation,
            chosen["automatic"].network.hidden_layer_sizes,
            lambda n: on_progress(n * work.epoch, f"training {sizes} otherwise"),
        )
        controls = _evaluated_controls(task, held_out)
    rng = np.random.default_rng(seed)
    return NetworkStudy(
        hidden=sizes,
        seed=seed,
        mlp=mlp,
        ablation=as_ablation(full_path.removal_scores, sizes, everything, mlp.classes_),
        test_importances=neuron_ablation(mlp, held_out.X, held_out.y).importances,
        baseline_accuracy=float(path.test_accuracy[0]),
        removals={name: held_out.removal(choice, rng) for name, choice in chosen.items()},
        controls=controls,
        path=path,
    )


def _automatic_choice(
    mlp: PrunableMLPClassifier, X: np.ndarray, y: np.ndarray, seed: int
) -> Choice:
    """What the pruner chooses by itself, by a score that wrong labels do not mislead."""
    pruner = RottenNeuronPruner(
        FrozenEstimator(mlp), cv="prefit", random_state=seed, **RECOMMENDED
    ).fit(X, y)
    pruned, _ = unwrap(pruner)
    masks = split_by_layer(pruner.support_, mlp.hidden_layer_sizes_)
    return Choice(masks, Network.from_mlp(pruned), pruned.score(X, y), pruner.replacement, X)


def _evaluated_controls(task: Task, held_out: HeldOutEvaluation) -> dict[str, Control]:
    with training_in_full():
        chosen = {name: control(task) for name, control in CONTROLS.items()}
    return {
        name: held_out.control(network, choice, network.score(*task.evaluation))
        for name, (network, choice) in chosen.items()
    }
