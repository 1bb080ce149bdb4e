"""`Samples`: features, true targets and weights, checked, in the form that kernels take."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.base import is_classifier

from skneuron.kernels.ablation import LABEL, MULTILABEL, POISSON_REGRESSION, REGRESSION, Truth
from skneuron.surgery import Network
from skneuron.utils import checked_sample_weight, is_multilabel, label_codes, output_targets


@dataclass(frozen=True)
class Samples:
    """Samples to score networks on, with what their outputs are compared with.

    Attributes
    ----------
    X : {ndarray, sparse matrix} of shape (n_samples, n_features)
        As they reach the network.
    task : int
        One of the tasks of `skneuron.kernels.ablation`: `LABEL`, `MULTILABEL`, `REGRESSION` or
        `POISSON_REGRESSION`.
    codes : ndarray of shape (n_samples,) or (0,), int32
        Position of the right class, where there is just one.
    targets : ndarray of shape (n_samples or 0, n_outputs), float64
        What the outputs should be, for other tasks; with one column more, and for all tasks, if
        ``of_network``. See `skneuron.kernels.ablation.Truth`.
    sample_weight : ndarray of shape (n_samples,), float64, or None
    n_classes : int
        0 for regression, the number of labels for multilabel networks.
    of_network : bool
        Whether outputs are compared with those of a network instead of true targets; see
        `samples_of_network`.
    """

    X: Any
    task: int
    codes: np.ndarray
    targets: np.ndarray
    sample_weight: np.ndarray | None
    n_classes: int
    of_network: bool = False

    @property
    def n_samples(self) -> int:
        return self.X.shape[0]

    @property
    def output_targets(self) -> np.ndarray:
        """The columns of ``targets`` that belong to an output."""
        return self.targets[:, : self.targets.shape[1] - self.of_network]

    @property
    def weights(self) -> np.ndarray:
        return np.ones(self.n_samples) if self.sample_weight is None else self.sample_weight

    def network_to_score(self, network: Network) -> Network:
        """The network in the precision of the samples, with one output for each class."""
        network = network.for_rows(self.X)
        return one_logit_per_class(network, self.n_classes) if self.task == LABEL else network

    def subset(self, rows: np.ndarray) -> "Samples":
        """Some of the samples only."""
        weight = self.sample_weight
        return replace(
            self,
            X=self.X[rows],
            codes=self.codes[rows] if len(self.codes) else self.codes,
            targets=self.targets[rows] if len(self.targets) else self.targets,
            sample_weight=None if weight is None else weight[rows],
        )

    def truth_of(self, rows: slice | np.ndarray) -> Truth:
        """What the outputs of some of the samples should be, as kernels take it."""
        weight = np.zeros(0) if self.sample_weight is None else self.sample_weight
        columns = (
            each[rows] if len(each) else each for each in (self.codes, self.targets, weight)
        )
        return Truth(self.task, *columns)


def checked_weight(sample_weight: Any, X: Any) -> np.ndarray:
    """Weights of the samples, ones if None; none is negative, not all are zero."""
    return checked_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)


def weights_for_kernels(sample_weight: Any, X: Any) -> np.ndarray | None:
    """Weights of the samples, checked; None if there are none."""
    if sample_weight is None:
        return None
    # Kernels would be compiled again for a read-only array.
    return np.require(checked_weight(sample_weight, X), requirements=["C", "W"])


def task_of(mlp: Any) -> int:
    """Which of the tasks of `skneuron.kernels.ablation` a fitted network has."""
    if is_multilabel(mlp):
        return MULTILABEL
    if is_classifier(mlp):
        return LABEL
    return POISSON_REGRESSION if mlp.out_activation_ == "exp" else REGRESSION


def samples_for(mlp: Any, X: Any, y: np.ndarray, sample_weight: Any = None) -> Samples:
    """Check targets and weights against a fitted network.

    Parameters
    ----------
    mlp : estimator
    X : {ndarray, sparse matrix} of shape (n_samples, n_features)
        From `skneuron.surgery._network.rows_for`.
    y : ndarray
        From `skneuron.utils._targets.checked_target`.
    sample_weight : array-like of shape (n_samples,), default=None
    """
    weights, task = weights_for_kernels(sample_weight, X), task_of(mlp)
    n_classes = len(mlp.classes_) if is_classifier(mlp) else 0
    if task == LABEL:
        # One-hot targets might take as much memory as the samples.
        codes, targets = label_codes(mlp, y), np.zeros((0, n_classes))
    else:
        codes, targets = np.zeros(0, np.int32), output_targets(mlp, y)
    return Samples(X, task, codes, targets, weights, n_classes)


def one_logit_per_class(network: Network, n_classes: int) -> Network:
    """A network with the same predictions whose largest output names the class.

    scikit-learn's binary networks have one output, positive for the second class: beside a
    constant 0 for the first class it decides in the same way, ties included, and softmax gives
    the same probabilities.
    """
    if network.coefs[-1].shape[1] == n_classes and n_classes > 1:
        return network
    pad = n_classes - network.coefs[-1].shape[1]
    if pad == 0:  # A single class, which is always predicted.
        coefs, intercepts = network.coefs[-1] * 0, network.intercepts[-1] * 0
    else:
        coefs = np.pad(network.coefs[-1], ((0, 0), (pad, 0)))
        intercepts = np.pad(network.intercepts[-1], (pad, 0))
    return replace(
        network,
        coefs=(*network.coefs[:-1], np.ascontiguousarray(coefs)),
        intercepts=(*network.intercepts[:-1], intercepts),
    )
