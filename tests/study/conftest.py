"""Fixtures of the study's tests."""

import pytest

from skneuron.study._study_data import image_data


@pytest.fixture(scope="module")
def images():
    """The digits as studies see them; tests do not change them."""
    return image_data("digits")
