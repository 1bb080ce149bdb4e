"""The experiment: which hidden neurons help, which do harm, and is it true on other data?

For every network configuration and seed: train on one part of the training images, remove every
hidden neuron in turn on the other part (validation), choose what to prune there, and judge the
choice on test images that nothing was chosen on.
"""

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GroupShuffleSplit, train_test_split
from sklearn.utils import Bunch

from skneuron._controls import (
    CONTROLS,
    N_CONTROL_TRAININGS,
    automatically_pruned,
    with_wrong_labels,
)
from skneuron._judging import Control, Removal, TestImages, judged_control, judged_removal
from skneuron._mlp import PrunableMLPClassifier
from skneuron._network import Network
from skneuron._neurons import keep_masks, split_by_layer
from skneuron._surgery import remove_neurons
from skneuron.datasets import load_images
from skneuron.inspection._ablation import neuron_ablation
from skneuron.inspection._ablation_result import NeuronAblation, as_ablation
from skneuron.inspection._path import greedy_path, one_shot_path
from skneuron.inspection._scoring import evaluator_for

DEFAULT_HIDDEN = ((100,), (100, 50))
# Epochs that are enough on each data set; more train longer without changing the picture.
DEFAULT_MAX_ITER = {"digits": 200, "mnist": 20, "fashion_mnist": 20, "svhn": 60}
# A sixth of MNIST's 60,000 training images: as many as it has test images.
VALIDATION_SHARE = 1 / 6

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
        "one_shot" (all rotten neurons at once) and "greedy"; of noisy labels also "automatic",
        the pruner's own choice of neurons and their number.
    controls : dict of str to Control
        Of noisy labels: what one would do instead of pruning.
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
    removals: dict[str, Removal]
    controls: dict[str, Control]
    path: Bunch


@dataclass(frozen=True)
class Study:
    """The networks studied on one data set, and how the images were shared out."""

    images: Bunch
    max_iter: int
    label_noise: float
    n_fit: int
    n_validation: int
    n_test: int
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
        Share of the training and validation labels that are replaced by random ones, below 1.
        Test labels stay right. If there is noise, the automatic choice of the pruner is studied
        as well, and what one would do instead: memorised noise is what removal is for.
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
        If ``n_train`` does not fit the data, or ``label_noise`` is no share.
    DataUnavailableError
        If the data is neither in ``data_home`` nor to be downloaded.

    Examples
    --------
    >>> from skneuron.study import run_study
    >>> study = run_study("digits", hidden=[(20,)], max_iter=30)
    >>> study.networks[0].ablation.importances.shape
    (20,)
    """
    if not 0 <= label_noise < 1:
        raise InvalidStudyError(f"label_noise={label_noise} must be at least 0 and below 1.")
    images = load_images(name, data_home=data_home, verbose=verbose)
    _standardize(images)
    if max_iter is None:
        max_iter = DEFAULT_MAX_ITER[name]
    fit, validation = _shared_out(images, n_train, seeds[0])
    n_fit, n_validation, n_test = len(fit), len(validation), len(images.y_test)
    work = {
        sizes: _Work(images, sizes, n_fit, n_validation, max_iter, label_noise) for sizes in hidden
    }
    on_start(len(seeds) * sum(w.total for w in work.values()))
    networks = [
        _study_network(
            images, n_train, label_noise, sizes, seed, max_iter, work[sizes], on_progress
        )
        for seed in seeds
        for sizes in hidden
    ]
    return Study(images, max_iter, label_noise, n_fit, n_validation, n_test, networks)


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
        label_noise: float,
    ):
        units = [images.X_train.shape[1], *sizes, len(images.class_names)]
        products = [a * b for a, b in pairwise(units)]
        behind = [sum(products[layer + 1 :]) for layer in range(len(sizes))]
        sweep = sum(size * cost for size, cost in zip(sizes, behind, strict=True))
        # Forward and backward are three products; mini-batches run them at half the speed.
        self.epoch = 6.0 * n_fit * sum(products)
        # Networks shrink along the path, so half of a full sweep each on average.
        self.step = 0.5 * (n_validation * (sum(products) + sweep))
        n_trainings = 1 + (N_CONTROL_TRAININGS if label_noise else 0)
        self.training = max_iter * self.epoch
        self.total = n_trainings * self.training + (sum(sizes) - len(sizes)) * self.step


def _study_network(
    images: Bunch,
    n_train: int | None,
    label_noise: float,
    sizes: tuple[int, ...],
    seed: int,
    max_iter: int,
    work: _Work,
    on_progress: OnProgress,
) -> NetworkStudy:
    fit, validation = _shared_out(images, n_train, seed)
    noise_rng = np.random.default_rng(seed)
    X_fit, X_validation = images.X_train[fit], images.X_train[validation]
    y_fit, y_validation = (
        with_wrong_labels(images.y_train[rows], label_noise, noise_rng)
        for rows in (fit, validation)
    )
    mlp = _train(X_fit, y_fit, sizes, seed, max_iter, work, on_progress)
    network = Network.from_mlp(mlp)
    everything = np.ones(sum(sizes), dtype=bool)
    judge = evaluator_for(mlp, X_validation, y_validation)
    test = TestImages(mlp, images.X_test, images.y_test)

    phase = f"pruning {sizes}"
    one_shot = one_shot_path(network, judge, everything, lambda importances: 0.0)
    whole_path = greedy_path(
        network,
        judge,
        everything,
        lambda importances: np.inf,
        on_step=lambda: on_progress(work.step, phase),
    )
    # The greedy strategy removes the same neurons in the same order, but stops at the first
    # step that does not raise the score.
    gains = np.diff(whole_path.scores)
    n_greedy = int(np.argmax(gains <= 0)) if (gains <= 0).any() else len(gains)
    order = list(zip(whole_path.layer, whole_path.index, strict=True))
    masks = [keep_masks(order[:k], sizes) for k in range(len(order) + 1)]
    path = Bunch(
        layer=whole_path.layer,
        index=whole_path.index,
        n_neurons=sum(sizes) - np.arange(len(masks)),
        validation_accuracy=whole_path.scores,
        test_accuracy=np.array(
            [test.accuracy(remove_neurons(network, keep, "zero")) for keep in masks]
        ),
    )
    chosen = {
        "one_shot": (split_by_layer(one_shot.support, sizes), one_shot.scores[-1]),
        "greedy": (masks[n_greedy], whole_path.scores[n_greedy]),
    }
    rng = np.random.default_rng(seed)
    removals = {
        name: judged_removal(
            network, remove_neurons(network, masks, "zero"), masks, score, test, rng
        )
        for name, (masks, score) in chosen.items()
    }
    controls: dict[str, Control] = {}
    if label_noise:
        pruner = automatically_pruned(mlp, X_validation, y_validation, seed)
        removals["automatic"] = judged_removal(
            network,
            Network.from_mlp(pruner.estimator_),
            split_by_layer(pruner.support_, sizes),
            pruner.score(X_validation, y_validation),
            test,
            rng,
            pruner.replacement,
            X_validation,
        )
        for name, control in CONTROLS.items():
            with _trained_to_the_end():
                network_instead = control(
                    mlp, (X_fit, y_fit), (X_validation, y_validation),
                    pruner.estimator_.hidden_layer_sizes_,
                )  # fmt: skip
            controls[name] = judged_control(mlp, network_instead, test)
            on_progress(
                N_CONTROL_TRAININGS / len(CONTROLS) * work.training, f"controls for {sizes}"
            )
    return NetworkStudy(
        hidden=sizes,
        seed=seed,
        mlp=mlp,
        ablation=as_ablation(whole_path.effects, sizes, everything, mlp.classes_),
        test_importances=neuron_ablation(mlp, test.X, test.y).importances,
        baseline_accuracy=float(path.test_accuracy[0]),
        removals=removals,
        controls=controls,
        path=path,
    )


def _train(
    X: np.ndarray,
    y: np.ndarray,
    sizes: tuple[int, ...],
    seed: int,
    max_iter: int,
    work: _Work,
    on_progress: OnProgress,
) -> PrunableMLPClassifier:
    phase = f"training {sizes}"
    mlp = PrunableMLPClassifier(sizes, max_iter=max_iter, random_state=seed)
    with _trained_to_the_end(), mlp.epochs_reported_to(lambda: on_progress(work.epoch, phase)):
        mlp.fit(X, y)
    on_progress((max_iter - mlp.n_iter_) * work.epoch, phase)
    return mlp


@contextmanager
def _trained_to_the_end() -> Iterator[None]:
    with warnings.catch_warnings():
        # The number of epochs is what the study says it is.
        warnings.simplefilter("ignore", ConvergenceWarning)
        # scikit-learn turns Ctrl-C into a warning and a half-trained network: not here.
        warnings.filterwarnings("error", message="Training interrupted by user")
        try:
            yield
        except UserWarning as warning:
            if "interrupted by user" not in str(warning):
                raise
            raise KeyboardInterrupt from warning
