"""`PairwiseAblationDisplay`: which neurons stand in for each other, drawn as a matrix."""

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import pdist

from skneuron.inspection import PairwiseAblation, pairwise_ablation
from skneuron.plotting import _style
from skneuron.surgery import neuron_name, unwrap
from skneuron.utils import (
    ArrayLike,
    Estimator,
    FloatArray,
    IntArray,
    Layers,
    MatrixLike,
    Scoring,
    checked_text,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ORDERS = ("clustered", "layers", "index")
VALUES = ("interactions", "joint_importances")
# The best order of the leaves takes time with the cube of their number.
MAX_ORDERED_LEAVES = 200
# Names stand along both axes.
MAX_NAMES = 20
# A few pairs dwarf all others, as neurons do; see the colours of `NeuronAblationDisplay`.
COLOUR_PERCENTILE = 99.0


class PairwiseAblationDisplay:
    """Interactions of pairs of hidden neurons as a matrix, with alike neurons side by side.

    An :term:`interaction` is positive (dark) where losing both neurons costs more than the two
    losses added up: they stand in for each other. It is negative (yellow) where it costs less:
    they need each other, or cancel.

    Parameters
    ----------
    pairs : PairwiseAblation
        Result of `pairwise_ablation`.
    score_name : str, default=None
        Name of the score, for the colour bar; None means "score".

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    image_ : matplotlib AxesImage
    colorbar_ : matplotlib Colorbar
    order_ : ndarray of shape (n_neurons,)
        Positions of the neurons in ``pairs``, from the left to the right.

    See Also
    --------
    pairwise_ablation : Computes what is drawn here.
    NeuronAblationDisplay : What single neurons do.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.neural_network import MLPClassifier
    >>> from skneuron.plotting import PairwiseAblationDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> mlp = MLPClassifier((20,), early_stopping=True, random_state=0).fit(X / 16, y)
    >>> display = PairwiseAblationDisplay.from_estimator(mlp, X / 16, y)
    >>> sorted(display.order_.tolist()) == list(range(20))
    True
    """

    ax_: "Axes"
    figure_: Any
    image_: Any
    colorbar_: Any
    order_: IntArray

    def __init__(self, pairs: PairwiseAblation, *, score_name: str | None = None):
        if not hasattr(pairs, "interactions"):
            raise TypeError(
                "pairs must be a PairwiseAblation, as pairwise_ablation returns it; got "
                f"{type(pairs).__name__}."
            )
        self.pairs = pairs
        self.score_name = checked_text("score_name", score_name)

    @classmethod
    def from_pairs(
        cls,
        pairs: PairwiseAblation,
        *,
        values: str = "interactions",
        order: str = "clustered",
        score_name: str | None = None,
        cmap: _style.ColormapLike = _style.DIVERGING,
        ax: "Axes | None" = None,
    ) -> "PairwiseAblationDisplay":
        """Draw the result of `pairwise_ablation`.

        Parameters
        ----------
        pairs : PairwiseAblation
            Result of `pairwise_ablation`.
        values : {"interactions", "joint_importances"}, default="interactions"
            See `plot`.
        order : {"clustered", "layers", "index"}, default="clustered"
            See `plot`.
        score_name : str, default=None
            Name of the score, for the colour bar; None means "score".
        cmap : str or Colormap, default="yellow_grey_blue"
            See `plot`.
        ax : matplotlib Axes, default=None
            See `plot`.

        Returns
        -------
        display : PairwiseAblationDisplay
            It has been drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError, ValueError
            If the input is not as above; the error names the parameter.
        """
        return cls(pairs, score_name=score_name).plot(values=values, order=order, cmap=cmap, ax=ax)

    @classmethod
    def from_estimator(
        cls,
        estimator: Estimator,
        X: MatrixLike,
        y: ArrayLike | None = None,
        *,
        scoring: Scoring = None,
        replacement: str = "zero",
        X_ref: MatrixLike | None = None,
        layers: Layers = None,
        sample_weight: ArrayLike | None = None,
        n_jobs: int | None = None,
        values: str = "interactions",
        order: str = "clustered",
        score_name: str | None = None,
        cmap: _style.ColormapLike = _style.DIVERGING,
        ax: "Axes | None" = None,
    ) -> "PairwiseAblationDisplay":
        """Remove the pairs of neurons of a fitted network and draw the result.

        See `pairwise_ablation` for more about the parameters up to ``n_jobs``.

        Parameters
        ----------
        estimator : estimator
            A fitted network, or what holds one, as `pairwise_ablation` takes it.
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples to score on.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Their true targets.
        scoring : str or callable, default=None
            One scorer; None means accuracy for classifiers and R2 for regressors.
        replacement : {"zero", "mean", "linear"}, default="zero"
            What takes the place of removed neurons.
        X_ref : array-like of shape (n_samples_ref, n_features), default=None
            Reference samples for ``replacement``.
        layers : int or list of int, default=None
            Hidden layers whose neurons are removed; None means all.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples in the score.
        n_jobs : int, default=None
            Workers of joblib for scorers that are called for each pair.
        values : {"interactions", "joint_importances"}, default="interactions"
            See `plot`.
        order : {"clustered", "layers", "index"}, default="clustered"
            See `plot`.
        score_name : str, default=None
            Name of the score, for the colour bar; None means the name of ``scoring``.
        cmap : str or Colormap, default="yellow_grey_blue"
            See `plot`.
        ax : matplotlib Axes, default=None
            See `plot`.

        Returns
        -------
        display : PairwiseAblationDisplay
            It has been drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError, ValueError
            If the input is not as above; the error names the parameter.
        """
        _style.prepared(f"{cls.__name__}.from_estimator", None, score_name, cmap)
        _style.checked_axes(ax, several=False)
        _style.checked_choice("values", values, VALUES)
        _style.checked_choice("order", order, ORDERS)
        pairs = pairwise_ablation(
            estimator,
            X,
            y,
            scoring=scoring,
            replacement=replacement,
            X_ref=X_ref,
            layers=layers,
            sample_weight=sample_weight,
            n_jobs=n_jobs,
        )
        if score_name is None:
            score_name = _style.name_of_scoring(scoring, unwrap(estimator)[0])
        return cls.from_pairs(
            pairs, values=values, order=order, score_name=score_name, cmap=cmap, ax=ax
        )

    def plot(
        self,
        *,
        values: str = "interactions",
        order: str = "clustered",
        cmap: _style.ColormapLike = _style.DIVERGING,
        ax: "Axes | None" = None,
    ) -> "PairwiseAblationDisplay":
        """Draw the matrix, with a colour bar. Its diagonal is left white.

        Parameters
        ----------
        values : {"interactions", "joint_importances"}, default="interactions"
            What is drawn of the pairs.
        order : {"clustered", "layers", "index"}, default="clustered"
            "clustered" puts neurons side by side that interact alike with the others: it is
            hierarchical clustering, with average linkage, of the rows of ``interactions``.
            "layers" does so inside every hidden layer, with lines between the layers. "index"
            leaves neurons in their order.
        cmap : str or Colormap, default="yellow_grey_blue"
            A diverging colormap; 0 is in its middle. An arrow of the colour bar means that
            values, at most one in a hundred, lie beyond.
        ax : matplotlib Axes, default=None
            None makes a figure.

        Returns
        -------
        self : PairwiseAblationDisplay
            This display; its attributes hold what was drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If ``values``, ``order`` or ``cmap`` is unknown.
        """
        plt = _style.prepared(f"{type(self).__name__}.plot", None, cmap=cmap)
        _style.checked_axes(ax, several=False)
        _style.checked_choice("values", values, VALUES)
        _style.checked_choice("order", order, ORDERS)
        pairs = self.pairs
        layer = np.asarray(pairs.layer)
        self.order_ = _order(np.asarray(pairs.interactions, dtype=float), layer, order)
        matrix = np.array(getattr(pairs, values), dtype=float)[np.ix_(self.order_, self.order_)]
        n = len(matrix)
        are_few = n <= MAX_NAMES
        np.fill_diagonal(matrix, np.nan if are_few else 0.0)
        if ax is None:
            ax = plt.figure(figsize=(_style.WIDTH, 4.4), layout="compressed").subplots()
        limit = _style.symmetric_limit(matrix, COLOUR_PERCENTILE)
        self.image_ = ax.imshow(
            matrix,
            cmap=_style.checked_cmap(plt, cmap),
            vmin=-limit,
            vmax=limit,
            interpolation="nearest" if are_few else "antialiased",
            extent=(0.5, n + 0.5, n + 0.5, 0.5),
        )
        if not are_few:
            # Of several cells in a pixel, one that is missing would leave none.
            ax.plot([0.5, n + 0.5], [0.5, n + 0.5], color="white", linewidth=0.8)
        what = "interaction" if values == "interactions" else "loss without both"
        self.colorbar_ = ax.figure.colorbar(
            self.image_,
            ax=ax,
            label=f"{what}, in {self.score_name or 'score'}",
            extend=_style.extension(matrix, limit),
        )
        _label(plt, ax, layer[self.order_], np.asarray(pairs.index)[self.order_], order)
        self.ax_, self.figure_ = ax, ax.figure
        return self


def _order(interactions: FloatArray, layer: IntArray, order: str) -> IntArray:
    everybody = np.arange(len(layer))
    if order == "index":
        return everybody
    if order == "clustered":
        return _clustered(interactions)
    groups = [np.flatnonzero(layer == one) for one in np.unique(layer)]
    return np.concatenate(
        [group[_clustered(interactions[np.ix_(group, group)])] for group in groups]
    )


def _clustered(interactions: FloatArray) -> IntArray:
    """Positions in the order of a dendrogram's leaves."""
    if len(interactions) < 3:
        return np.arange(len(interactions))
    rows = np.nan_to_num(interactions, posinf=0.0, neginf=0.0)
    tree = linkage(pdist(rows), method="average", optimal_ordering=len(rows) <= MAX_ORDERED_LEAVES)
    leaves: IntArray = leaves_list(tree)
    return leaves


def _label(plt: Any, ax: "Axes", layer: IntArray, index: IntArray, order: str) -> None:
    """Names where there is room for them; lines between layers, if these are kept apart."""
    n = len(layer)
    if n <= MAX_NAMES:
        names = [neuron_name(int(a), int(b)) for a, b in zip(layer, index, strict=True)]
        ax.set_yticks(np.arange(1, n + 1), labels=names, fontsize="small")
        ax.set_xticks(np.arange(1, n + 1), labels=names, fontsize="small", rotation=90)
    else:
        what = {
            "clustered": "neurons, like ones side by side",
            "layers": "neurons, by layer, like ones side by side",
            "index": "neurons, layer after layer",
        }[order]
        ax.set(xlabel=what, ylabel="neurons, in the same order")
        for axis in (ax.xaxis, ax.yaxis):
            _style.integer_ticks(plt, axis)
    if order != "clustered":
        for border in np.flatnonzero(np.diff(layer)):
            ax.axhline(border + 1.5, color="white", linewidth=1.2)
            ax.axvline(border + 1.5, color="white", linewidth=1.2)
