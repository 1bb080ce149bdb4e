"""`ReceptiveFieldDisplay`: the input patterns that neurons weigh, drawn as images."""

from collections.abc import Iterable, Sequence
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from skneuron.plotting import _style
from skneuron.surgery import Network, checked_address, unwrap
from skneuron.utils import ArrayLike, Estimator, FloatArray, NDArray, checked_int, is_int, naming

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# In a row: eight images are as wide as a page of text.
N_COLS = 8
TITLE_INCHES = 0.35


class ReceptiveFieldDisplay:
    """Weights from the pixels to single neurons, as images.

    Grey images are drawn with a diverging colormap, symmetric around weight 0. In images of
    three colours, weight 0 is medium grey, and a channel is bright where its weight is positive.
    Every pattern is scaled by its own largest weight: compare shapes, not strengths.

    Parameters
    ----------
    patterns : array-like of shape (n_patterns, n_pixels)
        Weights, one row a neuron, pixels in C order.
    titles : sequence of str, default=None
        One a pattern; None means none.
    image_shape : tuple of int
        ``(height, width)``, or ``(height, width, channels)`` with 1 or 3 channels.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes
        One a pattern.
    ax_ : matplotlib Axes
        The first of them.
    figure_ : matplotlib Figure

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.neural_network import MLPClassifier
    >>> from skneuron.plotting import ReceptiveFieldDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> mlp = MLPClassifier((20, 10), early_stopping=True, random_state=0).fit(X, y)
    >>> display = ReceptiveFieldDisplay.from_estimator(
    ...     mlp, [(0, 3), (0, 17), (1, 5)], image_shape=(8, 8)
    ... )
    >>> display.patterns.shape
    (3, 64)
    """

    axes_: NDArray[Any]
    ax_: "Axes"
    figure_: Any

    def __init__(
        self,
        patterns: ArrayLike,
        titles: Sequence[str] | None = None,
        *,
        image_shape: tuple[int, ...],
    ):
        with naming("patterns"):
            self.patterns = np.array(patterns, dtype=float)
        self.image_shape = _checked_shape(image_shape)
        if len(self.image_shape) not in (2, 3) or self.image_shape[2:] not in ((), (1,), (3,)):
            raise ValueError(
                f"image_shape={image_shape!r} is not (height, width) or (height, width, "
                "channels) with 1 or 3 channels."
            )
        n_pixels = prod(self.image_shape)
        if self.patterns.ndim != 2 or not len(self.patterns) or self.patterns.shape[1] != n_pixels:
            raise ValueError(
                f"patterns has the shape {self.patterns.shape} instead of (n_patterns, "
                f"{n_pixels}), as image_shape={self.image_shape} requires."
            )
        if titles is not None and (isinstance(titles, str) or not isinstance(titles, Iterable)):
            raise ValueError(f"titles={titles!r} is no sequence of texts.")
        if titles is not None and len(titles) != len(self.patterns):
            raise ValueError(
                f"titles has {len(titles)} entries for {len(self.patterns)} patterns."
            )
        self.titles = None if titles is None else list(titles)

    @classmethod
    def from_estimator(
        cls,
        estimator: Estimator,
        neurons: Iterable[tuple[int, int]],
        *,
        image_shape: tuple[int, ...],
        titles: Sequence[str] | None = None,
        cmap: _style.ColormapLike = _style.DIVERGING,
        ax: _style.AxesLike = None,
    ) -> "ReceptiveFieldDisplay":
        """Draw the input patterns of neurons of a fitted network.

        A neuron of the first hidden layer is drawn as its incoming weights, which is the exact
        direction in pixel space that it responds to. For a neuron further back it is the product
        of the weight matrices up to it: a linear summary, as if the activation functions before
        it were the identity, and no more than a hint at what the neuron responds to.

        Parameters
        ----------
        estimator : estimator
            What `neuron_ablation` takes. In a Pipeline, the patterns are weights of what the
            other steps make of an image, which must be an image of this shape as well.
        neurons : iterable of (layer, index)
            Hidden layers and indices, both from 0.
        image_shape : tuple of int
            ``(height, width)``, or ``(height, width, channels)`` with 1 or 3 channels.
        titles : sequence of str, default=None
            One a neuron; None means their addresses.
        cmap, ax
            As in `plot`.

        Returns
        -------
        display : ReceptiveFieldDisplay

        Raises
        ------
        ValueError
            If a neuron does not exist or the network's input has another size than the image.
        """
        network = Network.from_mlp(unwrap(estimator)[0])
        if not isinstance(neurons, Iterable) or isinstance(neurons, str):
            raise ValueError(f"neurons={neurons!r} is no iterable of (layer, index) pairs.")
        _checked_shape(image_shape)
        addresses = [checked_address(pair, network.hidden_layer_sizes) for pair in neurons]
        if not addresses:
            raise ValueError("neurons is empty: there is nothing to draw.")
        patterns = [_pattern(network, layer, index) for layer, index in addresses]
        if titles is None:
            titles = [f"layer {layer}\nneuron {index}" for layer, index in addresses]
        return cls(patterns, titles, image_shape=image_shape).plot(cmap=cmap, ax=ax)

    def plot(
        self,
        *,
        n_cols: int = N_COLS,
        cmap: _style.ColormapLike = _style.DIVERGING,
        ax: _style.AxesLike = None,
    ) -> "ReceptiveFieldDisplay":
        """Draw the patterns on a grid, row by row.

        Parameters
        ----------
        n_cols : int, default=8
            Most images in a row.
        cmap : str or Colormap, default="RdBu"
            A diverging colormap, for images without colours.
        ax : matplotlib Axes or list of them, default=None
            None makes a figure. One Axes is divided among the images; a list has one an image.

        Returns
        -------
        self : ReceptiveFieldDisplay

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If ``ax`` does not match the number of patterns.
        """
        plt = _style.pyplot(f"{type(self).__name__}.plot")
        n_patterns = len(self.patterns)
        _style.checked_axes(ax)
        _style.checked_cmap(plt, cmap)
        n_cols = min(checked_int("n_cols", n_cols, 1), n_patterns)
        height, width = self.image_shape[:2]
        inches = min(1.8, 7.2 / n_cols)
        row = inches * height / width + (TITLE_INCHES if self.titles else 0.0)
        figsize = (inches * n_cols, row * -(-n_patterns // n_cols))
        self.axes_ = _style.panels(plt, ax, n_patterns, n_cols=n_cols, figsize=figsize)
        self.ax_, self.figure_ = self.axes_[0], self.axes_[0].figure
        for panel, pattern in zip(self.axes_, self.patterns, strict=True):
            limit = _style.symmetric_limit(pattern)
            if self.image_shape[2:] == (3,):
                panel.imshow(0.5 + 0.5 * pattern.reshape(self.image_shape) / limit)
            else:
                panel.imshow(pattern.reshape(height, width), cmap=cmap, vmin=-limit, vmax=limit)
            panel.set(xticks=[], yticks=[])
        for panel, title in zip(self.axes_, self.titles or [], strict=False):
            panel.set_title(title, fontsize="small")
        return self


def _checked_shape(image_shape: Any) -> tuple[int, ...]:
    """A tuple of positive ints, of any length."""
    shape = tuple(image_shape) if isinstance(image_shape, Iterable) else ()
    if not shape or not all(is_int(size) and size > 0 for size in shape):
        raise ValueError(
            f"image_shape={image_shape!r} is not (height, width) or (height, width, channels)."
        )
    return tuple(map(int, shape))


def _pattern(network: Network, layer: int, index: int) -> FloatArray:
    """Product of the weight matrices from the input to one neuron."""
    pattern = network.coefs[layer][:, index]
    for coefs in network.coefs[:layer][::-1]:
        pattern = coefs @ pattern
    return pattern
