"""What a study is of."""

import numpy as np
import pytest

from skneuron import PrunableMLPClassifier, PrunableMLPRegressor
from skneuron.datasets import load_images
from skneuron.study._study_data import StudyData, image_data


def test_images_are_standardised_by_the_training_part(images):
    raw = load_images("digits")
    mean, std = raw.X_train.mean(dtype=np.float64), raw.X_train.std(dtype=np.float64)
    assert images.X_scaling == pytest.approx((mean, std))
    np.testing.assert_allclose(images.X_test, (raw.X_test - mean) / std, atol=1e-5)
    assert images.image_shape == (8, 8)
    assert (images.unit, images.task) == ("images", "classification")
    assert images.score_name == "accuracy"
    assert images.n_outputs == 10
    assert images.feature_names is None is images.preprocessor


def test_networks_are_for_the_task(images):
    network = images.network((5,), max_iter=3)
    assert isinstance(network, PrunableMLPClassifier)
    assert (network.hidden_layer_sizes, network.max_iter) == ((5,), 3)
    values = np.zeros((2, 1))
    numbers = StudyData(
        "n", "", "regression", "rows", values, values[:, 0], values, values[:, 0], [], []
    )
    assert isinstance(numbers.network((5,)), PrunableMLPRegressor)
    assert (numbers.n_outputs, numbers.score_name) == (1, "R2")
    assert not numbers.is_classification


def test_an_unknown_name_is_told():
    with pytest.raises(ValueError, match="letters"):
        image_data("letters")
