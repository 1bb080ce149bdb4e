"""Which training images networks are trained on, which neurons are chosen by, and wrong labels."""

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from sklearn.model_selection import GroupShuffleSplit, train_test_split
from sklearn.utils import Bunch

from skneuron.utils import FloatArray, IntArray, NDArray

# A sixth of MNIST's 60,000 training images: as many as it has test images.
VALIDATION_SHARE = 1 / 6

Labels: TypeAlias = NDArray[Any]
LabelledImages: TypeAlias = tuple[FloatArray, Labels]


class InvalidStudyError(ValueError):
    """A parameter of the study does not fit the data set."""


class DataSplit(NamedTuple):
    """Two parts of the training images, as row numbers.

    Attributes
    ----------
    train : ndarray of shape (n_fit,)
        Images that networks are trained on.
    validation : ndarray of shape (n_validation,)
        Images that neurons are ablated on, and that choose which neurons to prune.
    """

    train: IntArray
    validation: IntArray


def standardize(images: Bunch) -> None:
    """Shift and scale all pixels, in place, to mean 0 and variance 1 over the training images.

    On pixels between 0 and 1 most relu units of a network for SVHN die in the first epochs.
    """
    mean, std = images.X_train.mean(dtype=np.float64), images.X_train.std(dtype=np.float64)
    for X in (images.X_train, images.X_test):
        X -= mean
        X /= std


def split_training_images(images: Bunch, n_train: int | None, seed: int) -> DataSplit:
    """Draw ``n_train`` of the training images (None: all), and split them by `VALIDATION_SHARE`.

    Raises InvalidStudyError if there are not so many, or too few for all classes.
    """
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
        train, validation = next(splitter.split(rows, groups=groups[rows]))
        return DataSplit(rows[train], rows[validation])
    train, validation = train_test_split(
        rows, test_size=VALIDATION_SHARE, random_state=seed, stratify=y[rows]
    )
    return DataSplit(train, validation)


def labelled_images(
    images: Bunch, split: DataSplit, label_noise: float, seed: int
) -> tuple[LabelledImages, LabelledImages]:
    """The training and the validation images; a share of the labels of both is random."""
    # Not the stream that draws neurons for random removal.
    rng = np.random.default_rng([seed, 1])
    train, validation = (
        (images.X_train[rows], with_wrong_labels(images.y_train[rows], label_noise, rng))
        for rows in split
    )
    return train, validation


def with_wrong_labels(y: Labels, share: float, rng: np.random.Generator) -> Labels:
    """A share of the labels replaced by random ones, which may be right by chance."""
    wrong = rng.random(len(y)) < share
    return np.where(wrong, rng.permutation(y), y)
