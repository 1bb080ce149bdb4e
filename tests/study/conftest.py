"""Fixtures of the study's tests."""

import pytest

from skneuron.datasets import load_images
from skneuron.study._data_split import standardize


@pytest.fixture(scope="module")
def images():
    """The digits as studies see them; tests do not change them."""
    images = load_images("digits")
    standardize(images)
    return images
