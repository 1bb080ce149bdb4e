"""Data sets, networks and splits that `bench_quality.py` compares methods on.

Images, and tables of ordinary data that come with scikit-learn or are drawn by it, scaled by
`StandardScaler`. What may be looked at is in a `Problem`; the test part is in the `Split` alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import numpy as np
from sklearn.datasets import load_digits, make_classification, make_friedman1
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from skneuron import PrunableMLPClassifier, PrunableMLPRegressor
from skneuron.datasets import load_images
from skneuron.utils._interrupt import training_in_full

# Training samples that methods choose neurons by, at most.
N_CHOOSING = 30_000


@dataclass(frozen=True)
class Split:
    """Training part and test part; samples of equal ``groups`` are alike."""

    X_train: np.ndarray
    y_train: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray
    groups: np.ndarray | None = None


@dataclass(frozen=True)
class Case:
    """A data set, its network, and the shares that are removed of every hidden layer.

    ``load`` takes a data home and a seed. ``rates`` are learning rates, for ``max_iter`` epochs
    each. ``as_in_torch`` is about the weights that training starts with.
    """

    load: Callable[[Any, int], Split]
    hidden: tuple[int, ...]
    max_iter: int
    shares: tuple[float, ...]
    rates: tuple[float, ...] = (0.001,)
    network: type = PrunableMLPClassifier
    parameters: Mapping[str, Any] = field(default_factory=dict)
    as_in_torch: bool = False

    def sizes(self, share: float) -> tuple[int, ...]:
        return tuple(round(n * (1 - share)) for n in self.hidden)

    def about(self) -> dict[str, Any]:
        """What JSON can hold of it."""
        return vars(self) | {"load": self.load.__name__, "network": self.network.__name__}


@dataclass(frozen=True)
class Problem:
    """A trained network, and the training samples that methods may look at.

    ``more`` is for repairs that take all there are.
    """

    mlp: Any
    X: np.ndarray
    y: np.ndarray
    groups: np.ndarray | None
    more: Split

    @property
    def sizes(self) -> tuple[int, ...]:
        return self.mlp.hidden_layer_sizes_

    @property
    def has_more(self) -> bool:
        """Whether there are more training samples than those to choose by."""
        return len(self.more.X_train) > len(self.X)

    @property
    def is_classification(self) -> bool:
        return hasattr(self.mlp, "classes_")


@cache
def _images(name: str, data_home: Any) -> Split:
    images = load_images(name, data_home=data_home)
    return Split(images.X_train, images.y_train, images.X_test, images.y_test, images.groups_train)


def mnist(data_home: Any, seed: int) -> Split:
    return _images("mnist", data_home)


def fashion_mnist(data_home: Any, seed: int) -> Split:
    return _images("fashion_mnist", data_home)


def fashion_mnist_around_zero(data_home: Any, seed: int) -> Split:
    """Pixels from -1 to 1, as in the paper on neuron merging."""
    split = _images("fashion_mnist", data_home)
    return replace(split, X_train=2 * split.X_train - 1, X_test=2 * split.X_test - 1)


@cache
def _standardised_svhn(data_home: Any) -> Split:
    # On pixels from 0 to 1, most relu neurons die in the first epochs.
    split = _images("svhn", data_home)
    mean, std = split.X_train.mean(), split.X_train.std()
    return replace(split, X_train=(split.X_train - mean) / std, X_test=(split.X_test - mean) / std)


def svhn(data_home: Any, seed: int) -> Split:
    return _standardised_svhn(data_home)


def _scaled(X: np.ndarray, y: np.ndarray, n_test: int, seed: int, stratify: bool = True) -> Split:
    X_train, X_test, y_train, y_test = train_test_split(
        X, y, test_size=n_test, random_state=seed, stratify=y if stratify else None
    )
    scaler = StandardScaler().fit(X_train)
    parts = (scaler.transform(part).astype(np.float32) for part in (X_train, X_test))
    X_train, X_test = parts
    return Split(X_train, y_train, X_test, y_test)


def digits(data_home: Any, seed: int) -> Split:
    return _scaled(*load_digits(return_X_y=True), n_test=600, seed=seed)


def classes(data_home: Any, seed: int) -> Split:
    """Five classes of two clusters each in 30 columns, some noise among the labels."""
    X, y = make_classification(
        20_000, 30, n_informative=12, n_redundant=8, n_classes=5, n_clusters_per_class=2,
        flip_y=0.02, class_sep=1.5, random_state=seed,
    )  # fmt: skip
    return _scaled(X, y, n_test=10_000, seed=seed)


def friedman(data_home: Any, seed: int) -> Split:
    """A regression: 20 columns, five of which matter."""
    X, y = make_friedman1(20_000, 20, noise=1.0, random_state=seed)
    # Targets of about mean 0 and spread 1, without a look at the test part's.
    return _scaled(X, (y - 14.4) / 5, n_test=10_000, seed=seed, stratify=False)


FASHION = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
TABLES = (0.5, 0.75, 0.9)
CASES = {
    "fashion_mnist": Case(fashion_mnist, (300, 100), 15, FASHION),
    "mnist": Case(mnist, (512,), 20, (0.5, 0.75, 0.9, 0.95)),
    "svhn": Case(svhn, (300, 100), 30, FASHION),
    "digits": Case(digits, (100, 50), 60, TABLES),
    "classes": Case(classes, (100, 50), 40, TABLES),
    "friedman": Case(friedman, (100, 50), 40, TABLES, network=PrunableMLPRegressor),
    # As W. Kim et al. trained theirs (supplement of the paper, and main.py of their repository).
    # Decay of 1e-4 for a mean over 128 samples is alpha = 0.0128 for their sum.
    "fashion_mnist_sgd": Case(
        fashion_mnist_around_zero, (300, 100), 15, FASHION, rates=(0.1, 0.01, 0.001, 0.0001),
        parameters={"solver": "sgd", "momentum": 0.9, "nesterovs_momentum": False,
                    "batch_size": 128, "alpha": 0.0128, "n_iter_no_change": 60},
        as_in_torch=True,
    ),
}  # fmt: skip
QUICK = {"digits": Case(digits, (12, 8), 5, (0.5,))}


def _start_as_in_torch(mlp: Any, split: Split, seed: int) -> None:
    """Weights and biases as PyTorch's `Linear` has them at first."""
    # An epoch makes room for them.
    mlp.partial_fit(split.X_train, split.y_train, classes=np.unique(split.y_train))
    rng = np.random.default_rng(seed)
    for W, b in zip(mlp.coefs_, mlp.intercepts_, strict=True):
        reach = 1 / np.sqrt(len(W))
        W[...], b[...] = (rng.uniform(-reach, reach, part.shape) for part in (W, b))


def trained(case: Case, hidden: tuple[int, ...], split: Split, seed: int) -> Any:
    """A network of the case, with these hidden layers, after all its epochs."""
    mlp = case.network(
        hidden_layer_sizes=hidden, max_iter=case.max_iter, random_state=seed, warm_start=True,
        **case.parameters,
    )  # fmt: skip
    if case.as_in_torch:
        _start_as_in_torch(mlp, split, seed)
    with training_in_full():
        for rate in case.rates:
            mlp.set_params(learning_rate_init=rate).fit(split.X_train, split.y_train)
    # Or `partial_fit` would need all classes in every call.
    return mlp.set_params(warm_start=False)


def without_test(split: Split) -> Split:
    """The training part alone."""
    return replace(split, X_test=split.X_test[:0], y_test=split.y_test[:0])


def problem_of(mlp: Any, split: Split, seed: int) -> Problem:
    rows = np.random.default_rng(seed).permutation(len(split.X_train))[:N_CHOOSING]
    groups = None if split.groups is None else split.groups[rows]
    return Problem(mlp, split.X_train[rows], split.y_train[rows], groups, without_test(split))
