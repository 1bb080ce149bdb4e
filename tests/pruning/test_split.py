"""The split of the rows into those to train on and those to evaluate on."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.model_selection import (
    KFold,
    PredefinedSplit,
    ShuffleSplit,
    StratifiedShuffleSplit,
    train_test_split,
)

from skneuron.pruning._split import train_evaluation_split

CLASSES = np.repeat([0, 1, 2], [60, 30, 10])


def split(y, cv=0.2, stratify=True, random_state=0):
    train, evaluation = train_evaluation_split(
        np.asarray(y), cv, stratify=stratify, random_state=random_state
    )
    assert_array_equal(np.sort(np.append(train, evaluation)), np.arange(len(y)))
    assert len(train)
    assert len(evaluation)
    return train, evaluation


@pytest.mark.parametrize("cv", [0.1, 0.2, 0.5, 0.9])
def test_a_share_of_every_class(cv):
    _, evaluation = split(CLASSES, cv)
    assert_array_equal(np.bincount(CLASSES[evaluation]), np.array([60, 30, 10]) * cv)


@pytest.mark.parametrize(
    ("y", "stratify", "splitter"),
    [
        (CLASSES, True, StratifiedShuffleSplit),
        (CLASSES.astype(str), True, StratifiedShuffleSplit),
        (CLASSES.astype(float), False, ShuffleSplit),
        (np.eye(2)[CLASSES % 2], True, ShuffleSplit),  # several columns: multilabel
    ],
)
def test_same_rows_as_scikit_learn(y, stratify, splitter):
    expected = next(splitter(n_splits=1, test_size=0.3, random_state=7).split(y, CLASSES))
    for found, rows in zip(split(y, 0.3, stratify, random_state=7), expected, strict=True):
        assert_array_equal(found, rows)
    other = split(y, 0.3, stratify, random_state=8)[1]
    assert set(other) != set(expected[1])


def test_any_real_number():
    for cv in (np.float32(0.25), np.float64(0.25)):
        assert_array_equal(split(CLASSES, cv)[1], split(CLASSES, 0.25)[1])


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize(
    "y",
    [
        [0] * 30 + [1],  # a class with one row
        [0] * 30 + [1, 2, 3],
        [0] * 4 + [1] * 4 + [2, 2],  # fewer samples to evaluate on than classes
        np.arange(30) // 2,
    ],
    ids=["single", "singles", "few", "pairs"],
)
def test_no_class_is_evaluated_that_was_not_trained(y, seed):
    train, evaluation = split(y, random_state=seed)
    assert set(np.asarray(y)[train]) == set(y)
    assert set(np.asarray(y)[evaluation]) <= set(np.asarray(y)[train])


def test_nothing_left_to_evaluate_on():
    with pytest.raises(ValueError, match=r"cv=0.2 leaves no sample .* n_samples=5"):
        split(np.arange(5))


def test_too_few_rows():
    with pytest.raises(ValueError, match="n_samples=1"):
        split([0])


ROWS = train_test_split(np.arange(100), random_state=0)


@pytest.mark.parametrize(
    "cv",
    [
        [ROWS],
        iter([ROWS]),
        PredefinedSplit(np.where(np.isin(np.arange(100), ROWS[1]), 0, -1)),
    ],
    ids=["list", "generator", "splitter"],
)
def test_one_split_that_is_given(cv):
    for found, rows in zip(split(CLASSES, cv), ROWS, strict=True):
        assert set(found) == set(rows)


def test_masks_are_splits_too():
    masks = [np.isin(np.arange(100), rows) for rows in ROWS]
    for found, rows in zip(split(CLASSES, [masks]), ROWS, strict=True):
        assert_array_equal(found, np.sort(rows))


@pytest.mark.parametrize(
    "cv",
    [[(slice(75), slice(75, None))], np.arange(100).reshape(1, 2, 50), [iter(ROWS)]],
    ids=["slices", "array", "iterator"],
)
def test_other_forms_of_a_pair(cv):
    train, evaluation = split(CLASSES, cv)
    assert len(evaluation) in (25, 50)
    assert_array_equal(np.sort([*train, *evaluation]), np.arange(100))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ((ROWS[0], []), r"a part of shape \(0,\), without samples"),
        ((ROWS[0], np.full(100, False)), r"a part of shape \(0,\), without samples"),
        ((ROWS[0], [[1, 2]]), r"a part of shape \(1, 2\)"),
        ((ROWS[0], 3), r"a part of shape \(\), without"),
        (
            (ROWS[0], [99, 100]),
            r"\[ 99, 100\]\), which are no positions of samples out of n_samples=100",
        ),
        (([-101], ROWS[1]), r"no positions of samples"),
        (([0.5, 3.0], ROWS[1]), r"no positions of samples"),
        (([True, False], ROWS[1]), r"no positions of samples"),
        ((1, 2, 3), r"yields \(1, 2, 3\) where a pair is needed"),
        (7, r"yields 7 where a pair is needed"),
    ],
)
def test_parts_that_are_none(wrong, message):
    with pytest.raises(ValueError, match=message) as error:
        split(CLASSES, [wrong])
    assert str(error.value).startswith("cv=[")


def test_splitter_sees_the_classes():
    cv = StratifiedShuffleSplit(n_splits=1, test_size=0.3, random_state=0)
    assert_array_equal(np.bincount(CLASSES[split(CLASSES, cv)[1]]), [18, 9, 3])


@pytest.mark.parametrize(
    ("cv", "n_splits"),
    [(5, 5), (np.int64(3), 3), (None, 5), (KFold(2), 2), ([], 0), ([ROWS] * 4, 4)],
)
def test_any_other_number_of_splits(cv, n_splits):
    with pytest.raises(ValueError, match=rf"yields {n_splits} splits") as error:
        split(CLASSES, cv)
    assert f"cv={cv!r}" in str(error.value)


@pytest.mark.parametrize("stratify", [True, False])
def test_a_share_of_next_to_nothing_is_refused(stratify):
    assert len(split(CLASSES, 0.005, stratify)[1]) == 1
    with pytest.raises(ValueError, match=r"cv=1e-09 is next to nothing of n_samples=100"):
        split(CLASSES, 1e-9, stratify)
