"""Small pictures as PNG files, a few hundred bytes each: samples, and what neurons weigh."""

import base64
import struct
import zlib
from math import prod

import numpy as np

from skneuron.utils import DIVERGING_COLORS, FloatArray, NDArray

# More is not to be seen at the size that they are shown in.
MOST_PIXELS = 32
# Half of the colours of a pattern: as many as the eye tells apart in a thumbnail.
N_SHADES = 15


def png(pixels: NDArray[np.uint8], palette: NDArray[np.uint8] | None = None) -> bytes:
    """A PNG file, the same for the same pixels everywhere.

    Parameters
    ----------
    pixels : ndarray of shape (height, width) or (height, width, 3), uint8
        Grey, or red, green and blue; or, with a palette, which of its colours.
    palette : ndarray of shape (n_colours, 3), uint8, default=None
    """
    height, width = pixels.shape[:2]
    kind = 3 if palette is not None else 2 if pixels.ndim == 3 else 0
    header = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    # Each line begins with the number of a filter: none.
    lines = np.concatenate(
        [np.zeros((height, 1), np.uint8), pixels.reshape(height, -1).astype(np.uint8)], axis=1
    )
    chunks = [(b"IHDR", header)]
    if palette is not None:
        chunks.append((b"PLTE", palette.astype(np.uint8).tobytes()))
    chunks += [(b"IDAT", zlib.compress(lines.tobytes(), 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + name + content
        + struct.pack(">I", zlib.crc32(name + content))
        for name, content in chunks
    )  # fmt: skip


def data_address(kind: str, content: bytes) -> str:
    """What an ``img`` element takes for an address: the file itself."""
    return f"data:image/{kind};base64,{base64.b64encode(content).decode('ascii')}"


def is_image_shape(shape: tuple[int, ...] | None, n_features: int) -> bool:
    """Whether so many features are pixels of an image that can be drawn."""
    return shape is not None and prod(shape) == n_features and len(shape) in (2, 3)


def sample_image(pixels: FloatArray, shape: tuple[int, ...], low: float, high: float) -> bytes:
    """A sample as a picture: black at ``low``, white at ``high``."""
    image = _reduced(pixels.reshape(shape).astype(np.float64))
    span = high - low if high > low else 1.0
    levels = np.clip((image - low) / span, 0.0, 1.0) * 255
    return png(_grey_or_colours(np.nan_to_num(levels)).astype(np.uint8))


def pattern_image(weights: FloatArray, shape: tuple[int, ...]) -> bytes:
    """Weights as a picture, scaled by the largest: yellow below zero, dark blue above.

    Of three colours, each channel is medium grey at zero and bright where it is positive.
    """
    image = _reduced(np.nan_to_num(weights.reshape(shape).astype(np.float64)))
    image = _grey_or_colours(image)
    largest = np.abs(image).max() or 1.0
    if image.ndim == 3:
        steps = np.round(N_SHADES * image / largest) / N_SHADES
        return png(np.round(127.5 + 127.5 * steps).astype(np.uint8))
    shades = np.round(N_SHADES * image / largest).astype(int) + N_SHADES
    return png(shades.astype(np.uint8), _palette())


def _grey_or_colours(image: FloatArray) -> FloatArray:
    """Without an axis of a single channel; of unusual channels, their mean."""
    if image.ndim == 2 or image.shape[2] == 3:
        return image
    return image.mean(axis=2)


def _reduced(image: FloatArray) -> FloatArray:
    """Means over blocks of pixels, if there are more pixels than are to be seen."""
    factor = -(-max(image.shape[:2]) // MOST_PIXELS)
    if factor == 1:
        return image
    height, width = (-(-size // factor) * factor for size in image.shape[:2])
    missing = (height - image.shape[0], width - image.shape[1])
    padded = np.pad(
        image, [(0, missing[0]), (0, missing[1]), *[(0, 0)] * (image.ndim - 2)], mode="edge"
    )
    blocks = padded.reshape(height // factor, factor, width // factor, factor, *image.shape[2:])
    means: FloatArray = blocks.mean(axis=(1, 3))
    return means


def _palette() -> NDArray[np.uint8]:
    """The colours of the displays, which keep the sign where they are printed in grey."""
    known = np.array([list(bytes.fromhex(colour[1:])) for colour in DIVERGING_COLORS])
    at = np.linspace(0, len(known) - 1, 2 * N_SHADES + 1)
    channels = [np.interp(at, np.arange(len(known)), channel) for channel in known.T]
    return np.round(np.stack(channels, axis=1)).astype(np.uint8)
