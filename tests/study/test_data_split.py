"""Which images are trained on and chosen by, and labels that are wrong."""

import math

import numpy as np
import pytest
from helpers.study import noisy_rows, shares
from sklearn.utils import Bunch

from skneuron.datasets import load_images
from skneuron.study import InvalidStudyError
from skneuron.study._data_split import with_wrong_labels


def test_pixels_are_standardized_by_the_training_images(images):
    raw = load_images("digits")
    assert images.X_train.mean() == pytest.approx(0, abs=1e-5)
    assert images.X_train.std() == pytest.approx(1, rel=1e-5)
    expected = (raw.X_test - raw.X_train.mean()) / raw.X_train.std()
    np.testing.assert_allclose(images.X_test, expected, atol=1e-5)


def test_no_image_is_both_trained_on_and_chosen_by(images):
    fit, validation = shares(images)
    assert not set(fit) & set(validation)
    assert len(fit) + len(validation) == len(images.y_train)
    assert len(validation) == math.ceil(len(images.y_train) / 6)


def test_shares_depend_on_the_seed_alone(images):
    np.testing.assert_array_equal(shares(images, seed=3)[0], shares(images, seed=3)[0])
    assert not np.array_equal(shares(images, seed=3)[0], shares(images, seed=4)[0])


def test_n_train_takes_so_many_images_of_all_classes(images):
    fit, validation = shares(images, n_train=120)
    assert len(fit) + len(validation) == 120
    assert set(images.y_train[validation]) == set(range(10))


@pytest.mark.parametrize("n_train", [1288, 1296, 1297])
def test_n_train_may_leave_out_a_few(images, n_train):
    fit, validation = shares(images, n_train)
    assert len(set(fit) | set(validation)) == n_train


@pytest.mark.parametrize("n_train", [119, 1298])
def test_n_train_out_of_range_is_named(images, n_train):
    with pytest.raises(InvalidStudyError, match=rf"n_train={n_train} must be from 120 to 1297"):
        shares(images, n_train=n_train)


def test_neighbours_stay_together():
    y = np.tile(np.arange(10), 60)
    groups = np.repeat(np.arange(30), 20)
    images = Bunch(
        y_train=y, groups_train=groups, class_names=list("0123456789"), name="svhn",
        is_classification=True,
    )  # fmt: skip
    for n_train in (None, 400):
        fit, validation = shares(images, n_train)
        assert not set(groups[fit]) & set(groups[validation])
        assert len(validation)


def test_share_of_wrong_labels():
    y = np.arange(20_000) % 10
    wrong = with_wrong_labels(y, 0.4, np.random.default_rng(0))
    # A tenth of the random labels are right by chance.
    assert np.mean(wrong != y) == pytest.approx(0.4 * 0.9, abs=0.01)
    np.testing.assert_array_equal(y, np.arange(20_000) % 10)


def test_random_labels_are_as_frequent_as_the_right_ones():
    y = (np.arange(20_000) % 10 == 0).astype(int)
    wrong = with_wrong_labels(y, 0.5, np.random.default_rng(0))
    assert wrong.mean() == pytest.approx(0.1, abs=0.01)
    assert np.mean(wrong != y) == pytest.approx(0.5 * 2 * 0.1 * 0.9, abs=0.01)


def test_no_wrong_labels_and_all():
    y = np.arange(50)
    np.testing.assert_array_equal(with_wrong_labels(y, 0.0, np.random.default_rng(0)), y)
    all_random = with_wrong_labels(y, 1.0, np.random.default_rng(0))
    assert sorted(all_random) == y.tolist() != all_random.tolist()


def test_wrong_labels_are_those_of_the_seed():
    y = np.arange(50)
    first, again, other = (with_wrong_labels(y, 0.5, np.random.default_rng(s)) for s in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_share_of_labels_that_are_wrong(noisy_study, images):
    (X, y), (X_validation, y_validation) = noisy_rows(images, noisy_study)
    assert (len(X), len(X_validation)) == (500, 100)
    right = [images.y_train[rows] for rows in shares(images, n_train=600, seed=2)]
    # A tenth of the random labels are right by chance.
    assert np.mean(y != right[0]) == pytest.approx(0.36, abs=0.06)
    assert np.mean(y_validation != right[1]) == pytest.approx(0.36, abs=0.12)
