"""Which samples networks are trained on, which neurons are chosen by, and wrong labels."""

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from sklearn.model_selection import GroupShuffleSplit, train_test_split

from skneuron.study._study_data import StudyData
from skneuron.utils import FloatArray, IntArray, NDArray

# A sixth of MNIST's 60,000 training images: as many as it has test images.
VALIDATION_SHARE = 1 / 6

Labels: TypeAlias = NDArray[Any]
LabelledSamples: TypeAlias = tuple[FloatArray, Labels]


class InvalidStudyError(ValueError):
    """A parameter of the study does not fit the data set, or a file is no table to learn from.

    See Also
    --------
    run_study : Raises it.
    """


class DataSplit(NamedTuple):
    """Two parts of the training part, as row numbers.

    Attributes
    ----------
    train : ndarray of shape (n_fit,)
        Samples that networks are trained on.
    validation : ndarray of shape (n_validation,)
        Samples that neurons are ablated on, and that choose which neurons to prune.
    """

    train: IntArray
    validation: IntArray


def split_training_samples(data: StudyData, n_train: int | None, seed: int) -> DataSplit:
    """Draw ``n_train`` of the training samples (None: all), and split them by `VALIDATION_SHARE`.

    Raises InvalidStudyError if there are not so many, or too few for all classes.
    """
    y, groups = data.y_train, data.groups_train
    rows = np.arange(len(y))
    # Numbers are all different: there is nothing to keep in proportion.
    classes = y if data.is_classification else None
    if n_train is not None:
        least = 12 * max(2, len(data.class_names))
        if not least <= n_train <= len(y):
            raise InvalidStudyError(
                f"n_train={n_train} must be from {least} to {len(y)}, the number of training "
                f"{data.unit} in {data.name}."
            )
        if n_train < len(y):
            # Too few rows left out to hold every class cannot be stratified, and need not be.
            can_stratify = len(y) - n_train >= len(data.class_names)
            rows = train_test_split(
                rows,
                train_size=n_train,
                random_state=seed,
                stratify=classes if can_stratify else None,
            )[0]
    if groups is not None:  # Neighbours overlap: a random split would leak.
        splitter = GroupShuffleSplit(1, test_size=VALIDATION_SHARE, random_state=seed)
        train, validation = next(splitter.split(rows, groups=groups[rows]))
        return DataSplit(rows[train], rows[validation])
    train, validation = train_test_split(
        rows,
        test_size=VALIDATION_SHARE,
        random_state=seed,
        stratify=None if classes is None else classes[rows],
    )
    return DataSplit(train, validation)


def labelled_samples(
    data: StudyData, split: DataSplit, label_noise: float, seed: int
) -> tuple[LabelledSamples, LabelledSamples]:
    """The training and the validation samples; a share of the labels of both is random."""
    # Not the stream that draws neurons for random removal.
    rng = np.random.default_rng([seed, 1])
    train, validation = (
        (data.X_train[rows], with_wrong_labels(data.y_train[rows], label_noise, rng))
        for rows in split
    )
    return train, validation


def with_wrong_labels(y: Labels, share: float, rng: np.random.Generator) -> Labels:
    """A share of the labels replaced by random ones, which may be right by chance."""
    wrong = rng.random(len(y)) < share
    return np.where(wrong, rng.permutation(y), y)
