"""Small PNG files, read back by matplotlib."""

import io

import numpy as np
import pytest

from skneuron.report._thumbnails import (
    MOST_PIXELS,
    data_address,
    is_image_shape,
    pattern_image,
    png,
    sample_image,
)


def read(file):
    from matplotlib import image

    return np.round(255 * image.imread(io.BytesIO(file))).astype(int)


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (4, 2, 3)])
def test_png(shape):
    pixels = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    assert np.array_equal(read(png(pixels))[..., : shape[2] if len(shape) == 3 else None], pixels)


def test_png_with_a_palette():
    palette = np.array([[0, 0, 0], [255, 0, 7]], np.uint8)
    assert read(png(np.array([[0, 1]], np.uint8), palette))[0, :, :3].tolist() == palette.tolist()


def test_samples_go_from_black_to_white():
    image = read(sample_image(np.array([0.0, 0.5, 1.0, 9.0]), (2, 2), 0.0, 1.0))
    assert image.tolist() == [[0, 127], [255, 255]]
    assert read(sample_image(np.ones(4), (2, 2), 1.0, 1.0)).tolist() == [[0, 0], [0, 0]]


def test_patterns_are_yellow_below_zero_and_blue_above():
    image = read(pattern_image(np.array([-2.0, 0.0, 2.0]), (1, 3)))[0, :, :3]
    assert image.tolist() == [[255, 224, 102], [150, 150, 150], [10, 42, 102]]
    assert read(pattern_image(np.zeros(4), (2, 2)))[..., :3].tolist() == [[[150] * 3] * 2] * 2


def test_patterns_keep_their_sign_in_grey():
    image = read(pattern_image(np.linspace(-1, 1, 31), (1, 31)))[0, :, :3]
    luminance = image @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(luminance) < 0).all()


def test_patterns_of_colours_are_grey_at_zero():
    image = read(pattern_image(np.array([0.0, 1.0, -1.0]), (1, 1, 3)))[0, 0, :3]
    assert image.tolist() == [128, 255, 0]


def test_a_single_channel_is_grey_and_strange_ones_are_averaged():
    for shape in [(2, 2, 1), (2, 2, 2)]:
        assert read(sample_image(np.ones(np.prod(shape)), shape, 0, 2)).tolist() == [[127] * 2] * 2


def test_large_images_become_small():
    steps = np.repeat(np.repeat(np.eye(30), 3, axis=0), 3, axis=1)
    image = read(sample_image(steps.ravel(), (90, 90), 0.0, 1.0))
    assert image.shape == (30, 30)
    assert np.array_equal(image, 255 * np.eye(30))
    odd = read(sample_image(np.ones(97 * 41), (97, 41), 0.0, 1.0))
    assert max(odd.shape) <= MOST_PIXELS
    assert odd.min() == 255


def test_nan_is_drawn():
    assert read(sample_image(np.array([np.nan, 1.0]), (1, 2), 0.0, 1.0)).tolist() == [[0, 255]]
    assert len(pattern_image(np.array([np.nan, 1.0]), (1, 2))) > 50


def test_shapes():
    assert is_image_shape((2, 3), 6)
    assert is_image_shape((2, 3, 3), 18)
    assert not is_image_shape((2, 3), 7)
    assert not is_image_shape((6,), 6)
    assert not is_image_shape(None, 6)


def test_addresses():
    assert data_address("png", b"abc") == "data:image/png;base64,YWJj"
