"""`ReceptiveFieldDisplay`: the input patterns that neurons weigh, drawn as images or bars."""

from collections.abc import Iterable, Sequence
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from skneuron.plotting import _field_panels, _style
from skneuron.surgery import (
    Network,
    earlier_network,
    feature_names_of,
    neuron_addresses,
    unwrap,
    whole_names,
)
from skneuron.utils import (
    ArrayLike,
    Estimator,
    FloatArray,
    NDArray,
    Neurons,
    checked_flag,
    checked_int,
    is_int,
    naming,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# In a row: so many are as wide as a page on a telephone.
N_IMAGES_IN_ROW, N_TABLES_IN_ROW = 5, 2
TITLE_INCHES = 0.35
SCALES = ("shared", "own")


class ReceptiveFieldDisplay:
    """Weights from the inputs to single neurons: as images, or of the strongest features as bars.

    Grey images are drawn with a diverging colormap, symmetric around weight 0. In images of
    three colours, weight 0 is medium grey, and a channel is bright where its weight is positive.
    Bars are the features with the largest weights of each :term:`neuron`. They can be compared
    only if the features have been brought to the same scale. All patterns share one scale, unless
    told otherwise.

    Parameters
    ----------
    patterns : array-like of shape (n_patterns, n_features)
        Weights, one row for each neuron; of images, one column for each pixel, in C order.
    titles : sequence of str, default=None
        Titles, one for each pattern; None means none.
    image_shape : tuple of int, default=None
        ``(height, width)``, or ``(height, width, channels)`` with 1 or 3 channels. None means
        that the inputs are not pixels, but features of a table.
    feature_names : sequence of str, default=None
        Names of the features of a table; None means x0, x1 and so on.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes
        One for each pattern.
    ax_ : matplotlib Axes
        The first of them.
    figure_ : matplotlib Figure
    colorbar_ : matplotlib Colorbar or None
        Colour bar of grey images with one scale.

    See Also
    --------
    NeuronAblationDisplay : What the neurons are worth.
    neuron_ablation : Finds those that are worth looking at.

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
    >>> bool((display.patterns[0] == mlp.coefs_[0][:, 3]).all())  # of the first layer
    True
    """

    axes_: NDArray[Any]
    ax_: "Axes"
    figure_: Any
    colorbar_: Any

    def __init__(
        self,
        patterns: ArrayLike,
        titles: Sequence[str] | None = None,
        *,
        image_shape: tuple[int, ...] | None = None,
        feature_names: Sequence[str] | None = None,
    ):
        with naming("patterns"):
            self.patterns = np.array(patterns, dtype=float)
        self.image_shape = None if image_shape is None else _checked_image(image_shape)
        n_pixels = None if self.image_shape is None else prod(self.image_shape)
        shape = self.patterns.shape
        if len(shape) != 2 or not all(shape) or n_pixels not in (None, shape[1]):
            needed = "n_features" if n_pixels is None else n_pixels
            reason = "" if n_pixels is None else f", as image_shape={self.image_shape} requires"
            raise ValueError(
                f"patterns has the shape {shape} instead of (n_patterns, {needed}){reason}."
            )
        self.titles = _checked_texts("titles", titles, shape[0], "patterns")
        if feature_names is not None and image_shape is not None:
            raise ValueError(
                f"feature_names={feature_names!r} are for tables, and image_shape for images: "
                "leave out one of them."
            )
        self.feature_names = _checked_texts("feature_names", feature_names, shape[1], "features")

    @classmethod
    def from_estimator(
        cls,
        estimator: Estimator,
        neurons: Neurons,
        *,
        image_shape: tuple[int, ...] | None = None,
        feature_names: Sequence[str] | None = None,
        titles: Sequence[str] | None = None,
        n_features: int = 8,
        n_cols: int | None = None,
        scale: str = "shared",
        colorbar: bool = True,
        cmap: _style.ColormapLike = _style.DIVERGING,
        ax: _style.AxesLike = None,
    ) -> "ReceptiveFieldDisplay":
        """Draw the input patterns of neurons of a fitted network.

        A neuron of the first hidden layer is drawn as its incoming weights: exactly the direction
        in input space that it responds to. A neuron of a later layer is drawn as the product of
        the weight matrices up to it, as if the activation functions in between were the identity.
        That is no more than a hint at what it responds to.

        Parameters
        ----------
        estimator : estimator
            A fitted network, or what holds one, as `neuron_ablation` takes it. In a Pipeline,
            weights are those of the features that the other steps make of a sample. If samples
            are images, these features must be images of the same shape.
        neurons : str, iterable or array of bool
            Hidden neurons, as `prune_neurons` takes them: each by its :term:`address`
            ``(layer, index)``, both from 0, or by a name such as "hidden0_neuron3"; or masks,
            True for those that are drawn. Of a pruner, these are neurons of its pruned network.
        image_shape : tuple of int, default=None
            ``(height, width)``, or ``(height, width, channels)`` with 1 or 3 channels. None draws
            the strongest features of each neuron.
        feature_names : sequence of str, default=None
            Names of what reaches the network. None takes those of the data frame that
            ``estimator`` was fitted to, also behind a ColumnTransformer: "city: Paris" is what
            a one-hot encoder makes of the column "city".
        titles : sequence of str, default=None
            Titles, one for each neuron; None means the neurons' names.
        n_features : int, default=8
            How many features of a table have bars.
        n_cols : int, default=None
            Most patterns in a row; None means five images, or two tables.
        scale : {"shared", "own"}, default="shared"
            Whether all patterns have one scale, as in `plot`.
        colorbar : bool, default=True
            Whether grey images with a shared scale have a colour bar.
        cmap : str or Colormap, default="yellow_grey_blue"
            See `plot`.
        ax : matplotlib Axes or list of them, default=None
            See `plot`.

        Returns
        -------
        display : ReceptiveFieldDisplay
            It has been drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError
            If there is no multilayer perceptron in ``estimator``.
        NotFittedError
            If it is not fitted.
        ValueError
            If a neuron does not exist or the network's input has another size than the image.
        """
        _style.prepared(f"{cls.__name__}.from_estimator", ax, cmap=cmap)
        network = Network.from_mlp(unwrap(estimator)[0])
        sizes, earlier = network.hidden_layer_sizes, earlier_network(estimator)
        addresses = neuron_addresses(neurons, sizes, earlier=earlier)
        if not addresses:
            raise ValueError("neurons is empty: there is nothing to draw.")
        patterns = [_pattern(network, layer, index) for layer, index in addresses]
        if titles is None:
            # In two lines, an image is as wide as its title.
            gap = "_" if image_shape is None else "\n"
            names = whole_names(addresses, sizes, earlier)
            titles = [name.replace("_", gap) for name in names]
        if image_shape is None and feature_names is None:
            feature_names = feature_names_of(estimator)
        display = cls(patterns, titles, image_shape=image_shape, feature_names=feature_names)
        return display.plot(
            n_features=n_features, n_cols=n_cols, scale=scale, colorbar=colorbar, cmap=cmap, ax=ax
        )

    def plot(
        self,
        *,
        n_features: int = 8,
        n_cols: int | None = None,
        scale: str = "shared",
        colorbar: bool = True,
        cmap: _style.ColormapLike = _style.DIVERGING,
        ax: _style.AxesLike = None,
    ) -> "ReceptiveFieldDisplay":
        """Draw the patterns on a grid, row by row.

        Parameters
        ----------
        n_features : int, default=8
            How many features of a table have bars.
        n_cols : int, default=None
            Most patterns in a row; None means five images, or two tables.
        scale : {"shared", "own"}, default="shared"
            "shared" gives the same weight the same colour, or length, everywhere. Arrows of the
            colour bar mean that some weights, at most one in a hundred, lie beyond it. "own"
            scales every pattern by its own largest weight: compare shapes then, not strengths.
        colorbar : bool, default=True
            Whether grey images with a shared scale have a colour bar.
        cmap : str or Colormap, default="yellow_grey_blue"
            A diverging colormap, for images without colours.
        ax : matplotlib Axes or list of them, default=None
            None makes a figure. One Axes is divided among the patterns. A list has one Axes for
            each pattern.

        Returns
        -------
        self : ReceptiveFieldDisplay
            This display; its attributes hold what was drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If ``ax`` does not match the number of patterns, or a parameter is out of range.
        """
        plt = _style.prepared(f"{type(self).__name__}.plot", ax, cmap=cmap)
        n_patterns = len(self.patterns)
        n_shown = min(checked_int("n_features", n_features, 1), self.patterns.shape[1])
        _style.checked_choice("scale", scale, SCALES)
        checked_flag("colorbar", colorbar)
        default = N_TABLES_IN_ROW if self.image_shape is None else N_IMAGES_IN_ROW
        n_cols = default if n_cols is None else checked_int("n_cols", n_cols, 1)
        n_cols = min(n_cols, n_patterns)
        is_grey = self.image_shape is not None and self.image_shape[2:] != (3,)
        has_bar = colorbar and is_grey and scale == "shared"
        self.axes_ = _style.panels(
            plt, ax, n_patterns, n_cols=n_cols, figsize=self._figsize(n_cols, n_shown, has_bar)
        )
        self.ax_, self.figure_ = self.axes_[0], self.axes_[0].figure
        is_table = self.image_shape is None
        percentile = 100.0 if is_table else _field_panels.COLOUR_PERCENTILE
        limits = _field_panels.limits_of(self.patterns, scale, percentile)
        self.colorbar_ = None
        if self.image_shape is None:
            names = self.feature_names or [f"x{at}" for at in range(self.patterns.shape[1])]
            _field_panels.draw_bars(self.axes_, self.patterns, names, limits, n_shown)
        else:
            colours = _style.checked_cmap(plt, cmap)
            _field_panels.draw_images(self.axes_, self.patterns, self.image_shape, limits, colours)
        if has_bar:
            self.colorbar_ = self.figure_.colorbar(
                self.ax_.images[0], ax=list(self.axes_), label="weight", aspect=15,
                extend=_style.extension(self.patterns, limits[0]),
            )  # fmt: skip
        for panel, title in zip(self.axes_, self.titles or [], strict=False):
            panel.set_title(title, fontsize="small")
        return self

    def _figsize(self, n_cols: int, n_shown: int, has_bar: bool) -> tuple[float, float]:
        """Of a figure that is not wider than a page shows well."""
        n_rows = -(-len(self.patterns) // n_cols)
        title = TITLE_INCHES if self.titles else 0.0
        if self.image_shape is None:
            return _style.WIDTH * (1.0 if n_cols > 1 else 0.7), n_rows * (
                0.6 + 0.2 * n_shown + title
            )
        height, width = self.image_shape[:2]
        bar = 0.8 if has_bar else 0.0
        inches = min(1.8, (_style.WIDTH - bar) / n_cols)
        row = inches * height / width + title
        return inches * n_cols + bar, max(row * n_rows, 1.2 if has_bar else 0.0)


def _checked_image(image_shape: Any) -> tuple[int, ...]:
    """``(height, width)`` or ``(height, width, channels)``."""
    shape = _checked_shape(image_shape)
    if len(shape) not in (2, 3) or shape[2:] not in ((), (1,), (3,)):
        raise ValueError(
            f"image_shape={image_shape!r} is not (height, width) or (height, width, "
            "channels) with 1 or 3 channels."
        )
    return shape


def _checked_texts(name: str, texts: Any, n: int, of: str) -> list[str] | None:
    """As many as there are; None stays None."""
    if texts is None:
        return None
    if isinstance(texts, str) or not isinstance(texts, Iterable):
        raise ValueError(f"{name}={texts!r} is no sequence of texts.")
    texts = list(texts)
    if len(texts) != n:
        raise ValueError(f"{name} has {len(texts)} entries for {n} {of}.")
    return texts


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
