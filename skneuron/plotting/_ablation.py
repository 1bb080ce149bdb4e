"""`NeuronAblationDisplay`: what the removal of each neuron does, drawn."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from skneuron.inspection import NeuronAblation, neuron_ablation
from skneuron.plotting import _ablation_panels, _style
from skneuron.plotting._ablation_intervals import checked_intervals, intervals_of
from skneuron.surgery import unwrap
from skneuron.utils import ArrayLike, Estimator, MatrixLike, NDArray, Scoring, checked_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class NeuronAblationDisplay:
    """Importances of the hidden neurons of a network, from the most rotten to the most useful.

    An :term:`importance` is what the score loses without the neuron: :term:`rotten` neurons stand
    below 0, :term:`useful` ones above.

    Parameters
    ----------
    ablation : NeuronAblation
        Result of `neuron_ablation`, or the attribute ``ablation_`` of a fitted pruner.
    score_name : str, default=None
        Name of the score, for the axis; None means "score".

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes
        One for each hidden layer.
    ax_ : matplotlib Axes
        The first of them.
    figure_ : matplotlib Figure

    See Also
    --------
    neuron_ablation : Computes what is drawn here.
    VerdictDisplay : The effects that are beyond chance, and those that are not.
    PairwiseAblationDisplay : What pairs of neurons do.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.neural_network import MLPClassifier
    >>> from skneuron import neuron_ablation
    >>> from skneuron.plotting import NeuronAblationDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> mlp = MLPClassifier((20, 10), early_stopping=True, random_state=0).fit(X[:900], y[:900])
    >>> ablation = neuron_ablation(mlp, X[900:], y[900:])
    >>> display = NeuronAblationDisplay.from_ablation(ablation, score_name="accuracy")
    >>> len(display.axes_)  # one a hidden layer
    2
    >>> heat_map = display.plot(kind="classes").ax_.images[0].get_array()
    >>> heat_map.size  # 20 neurons, 10 classes
    200
    """

    axes_: NDArray[Any]
    ax_: "Axes"
    figure_: Any

    def __init__(self, ablation: NeuronAblation, *, score_name: str | None = None):
        if not hasattr(ablation, "importances"):
            raise TypeError(
                "ablation must be one NeuronAblation, as neuron_ablation returns it for one "
                f"score; got {type(ablation).__name__}."
            )
        self.ablation = ablation
        self.score_name = checked_text("score_name", score_name)

    @classmethod
    def from_ablation(
        cls,
        ablation: NeuronAblation,
        *,
        kind: str = "distribution",
        intervals: str | bool = "auto",
        score_name: str | None = None,
        cmap: _style.ColormapLike = _style.DIVERGING,
        ax: _style.AxesLike = None,
    ) -> "NeuronAblationDisplay":
        """Draw the result of `neuron_ablation`.

        Parameters
        ----------
        ablation : NeuronAblation
            Result of `neuron_ablation` for one score.
        kind : {"distribution", "classes"}, default="distribution"
            See `plot`.
        intervals : {"auto", True, False}, default="auto"
            See `plot`.
        score_name : str, default=None
            Name of the score, for the axis; None means "score".
        cmap : str or Colormap, default="yellow_grey_blue"
            See `plot`.
        ax : matplotlib Axes or list of them, default=None
            See `plot`.

        Returns
        -------
        display : NeuronAblationDisplay
            It has been drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError, ValueError
            If the input is not as above; the error names the parameter.
        """
        return cls(ablation, score_name=score_name).plot(
            kind=kind, intervals=intervals, cmap=cmap, ax=ax
        )

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
        layers: int | Sequence[int] | None = None,
        sample_weight: ArrayLike | None = None,
        n_jobs: int | None = None,
        kind: str = "distribution",
        intervals: str | bool = "auto",
        score_name: str | None = None,
        cmap: _style.ColormapLike = _style.DIVERGING,
        ax: _style.AxesLike = None,
    ) -> "NeuronAblationDisplay":
        """Ablate the neurons of a fitted network and draw the result.

        See `neuron_ablation` for more about the parameters up to ``n_jobs``.

        Parameters
        ----------
        estimator : estimator
            A fitted network, or what holds one, as `neuron_ablation` takes it.
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples to score on.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Their true targets.
        scoring : str or callable, default=None
            One scorer; None means accuracy for classifiers and R2 for regressors.
        replacement : {"zero", "mean", "linear", "resample"}, default="zero"
            What takes the place of removed neurons.
        X_ref : array-like of shape (n_samples_ref, n_features), default=None
            Reference samples for ``replacement``.
        layers : int or list of int, default=None
            Hidden layers whose neurons are removed; None means all.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples in the score.
        n_jobs : int, default=None
            Workers of joblib for scorers that are called for each neuron.
        kind : {"distribution", "classes"}, default="distribution"
            See `plot`.
        intervals : {"auto", True, False}, default="auto"
            See `plot`.
        score_name : str, default=None
            Name of the score, for the axis; None means the name of ``scoring``.
        cmap : str or Colormap, default="yellow_grey_blue"
            See `plot`.
        ax : matplotlib Axes or list of them, default=None
            See `plot`.

        Returns
        -------
        display : NeuronAblationDisplay
            It has been drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError, ValueError
            If the input is not as above; the error names the parameter.
        """
        _style.prepared(f"{cls.__name__}.from_estimator", ax, score_name, cmap)
        checked_intervals(intervals)
        ablation = neuron_ablation(
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
        return cls.from_ablation(
            ablation, kind=kind, intervals=intervals, score_name=score_name, cmap=cmap, ax=ax
        )

    def plot(
        self,
        *,
        kind: str = "distribution",
        intervals: str | bool = "auto",
        cmap: _style.ColormapLike = _style.DIVERGING,
        ax: _style.AxesLike = None,
    ) -> "NeuronAblationDisplay":
        """Draw one panel a hidden layer, its neurons sorted by importance.

        Parameters
        ----------
        kind : {"distribution", "classes"}, default="distribution"
            "distribution" draws the importances as bars, with rotten neurons below zero and
            useful ones above. Neurons that change nothing are the grey part of the zero line. The
            panels have the same y axis. "classes" draws every class's loss of recall as a heat
            map, hatched for classes without samples. Arrows of the colour bar mean that some
            values, at most one in a hundred, lie beyond it.
        intervals : {"auto", True, False}, default="auto"
            Whether bars have 95 % confidence intervals: those of `NeuronAblation.verdicts`, not
            corrected for the number of neurons. With ``replacement="resample"`` they are a
            standard deviation of the draws to both sides. "auto" draws them where they cost
            nothing. True also draws them where the score has to be computed again, as
            `NeuronAblation.verdicts` explains.
        cmap : str or Colormap, default="yellow_grey_blue"
            Colormap for ``kind="classes"``; its low end is for rotten neurons. The default goes
            from yellow over grey, which is 0, to blue. It gets darker all the way, so that it can
            be printed in grey. It is this package's own: matplotlib does not know its name.
        ax : matplotlib Axes or list of them, default=None
            None makes a figure, with one layer below the other. One Axes is divided among the
            layers, side by side. A list has one Axes for each layer.

        Returns
        -------
        self : NeuronAblationDisplay
            This display; its attributes hold what was drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If ``kind`` is unknown, the ablation has no values per class, there are no intervals
            that must be drawn, or ``ax`` does not match the layers.

        Notes
        -----
        If a few bars dwarf the others, ``display.ax_.set_yscale("symlog", linthresh=1e-3)``
        makes room for these, in all panels of a figure made here.
        """
        plt = _style.prepared(f"{type(self).__name__}.plot", ax, cmap=cmap)
        checked_intervals(intervals)
        if not isinstance(kind, str) or kind not in ("distribution", "classes"):
            raise ValueError(f"kind={kind!r} is not 'distribution' or 'classes'.")
        if kind == "classes" and "class_importances" not in self.ablation:
            raise ValueError(
                "kind='classes' needs class_importances, which only ablations of single-label "
                "classifiers have."
            )
        known = intervals_of(self.ablation, intervals) if kind == "distribution" else None
        layer, importances = self.ablation.layer, self.ablation.importances
        shown = np.unique(layer)
        members = [np.flatnonzero(layer == one) for one in shown]
        orders = [group[np.argsort(importances[group], kind="stable")] for group in members]
        in_columns = ax is None
        self.axes_ = _style.panels(
            plt,
            ax,
            len(shown),
            n_cols=1 if in_columns else len(shown),
            figsize=(_style.WIDTH, 0.1 + len(shown) * self._panel_inches(kind)),
            sharey=True,
        )
        self.ax_, self.figure_ = self.axes_[0], self.axes_[0].figure
        # Panels of a divided Axes stand in a row; all others may be anywhere.
        labelled = self.axes_ if in_columns or np.iterable(ax) else self.axes_[:1]
        if kind == "classes":
            values, classes = self.ablation.class_importances, self.ablation.classes
            colours = _style.checked_cmap(plt, cmap)
            _ablation_panels.draw_classes(plt, self.axes_, orders, values, classes, colours)
            label, legends = "class", None
        else:
            legends = _ablation_panels.draw_distribution(
                plt, self.axes_, orders, importances, known
            )
            label = f"loss of {self.score_name or 'score'}\nwithout the neuron"
        for panel in labelled:
            panel.set_ylabel(label)
        for panel, order in zip(self.axes_, orders, strict=True):
            _ablation_panels.label_neurons(plt, panel, self.ablation.index[order])
        titles = [f"hidden layer {one}" for one in shown]
        _ablation_panels.add_titles(self.axes_, titles, legends)
        return self

    def _panel_inches(self, kind: str) -> float:
        """As high as the labels of classes need."""
        if kind == "distribution":
            return 2.6
        n_labels = min(len(self.ablation.classes), _ablation_panels.MAX_CLASS_LABELS)
        return max(2.4, 1.0 + 1.2 * _ablation_panels.CLASS_INCHES * n_labels)
