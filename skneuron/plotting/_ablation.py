"""`NeuronAblationDisplay`: what the removal of each neuron does, drawn."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from skneuron.inspection import NeuronAblation, neuron_ablation
from skneuron.plotting import _ablation_panels, _style
from skneuron.surgery import unwrap
from skneuron.utils import ArrayLike, Estimator, MatrixLike, NDArray, Scoring, checked_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class NeuronAblationDisplay:
    """Importances of the hidden neurons of a network, from the most rotten to the most useful.

    Parameters
    ----------
    ablation : NeuronAblation
        As `neuron_ablation` returns it, or the attribute ``ablation_`` of a fitted pruner.
    score_name : str, default=None
        Name of the score, for the axis; None means "score".

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes
        One a hidden layer.
    ax_ : matplotlib Axes
        The first of them.
    figure_ : matplotlib Figure

    See Also
    --------
    neuron_ablation : Computes what is drawn here.

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
    >>> len(display.axes_)
    2
    >>> display = display.plot(kind="classes")
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
        score_name: str | None = None,
        cmap: _style.ColormapLike = _style.DIVERGING,
        ax: _style.AxesLike = None,
    ) -> "NeuronAblationDisplay":
        """Draw an ablation; see `NeuronAblationDisplay` and `plot` for the parameters.

        Returns
        -------
        display : NeuronAblationDisplay
        """
        return cls(ablation, score_name=score_name).plot(kind=kind, cmap=cmap, ax=ax)

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
        score_name: str | None = None,
        cmap: _style.ColormapLike = _style.DIVERGING,
        ax: _style.AxesLike = None,
    ) -> "NeuronAblationDisplay":
        """Ablate the neurons of a fitted network and draw the result.

        See `neuron_ablation` for the parameters up to ``n_jobs``, and `plot` for ``kind``,
        ``cmap`` and ``ax``. ``score_name=None`` means the name of ``scoring``.

        Returns
        -------
        display : NeuronAblationDisplay
        """
        # Before the work, not after it.
        plt = _style.pyplot(f"{cls.__name__}.from_estimator")
        _style.checked_axes(ax)
        _style.checked_cmap(plt, cmap)
        checked_text("score_name", score_name)
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
        return cls.from_ablation(ablation, kind=kind, score_name=score_name, cmap=cmap, ax=ax)

    def plot(
        self,
        *,
        kind: str = "distribution",
        cmap: _style.ColormapLike = _style.DIVERGING,
        ax: _style.AxesLike = None,
    ) -> "NeuronAblationDisplay":
        """Draw one panel a hidden layer, its neurons sorted by importance.

        Parameters
        ----------
        kind : {"distribution", "classes"}, default="distribution"
            "distribution" draws the importances as bars, with rotten neurons below zero and
            useful ones above; neutral ones are the grey part of the zero line. The panels have
            the same y axis. "classes" draws every class's loss of recall as a heat map, grey for
            classes without samples; arrows of the colour bar mean that some values, at most one in
            a hundred, lie beyond it.
        cmap : str or Colormap, default="RdBu"
            A diverging colormap, for ``kind="classes"``.
        ax : matplotlib Axes or list of them, default=None
            None makes a figure. One Axes is divided among the layers; a list has one a layer.

        Returns
        -------
        self : NeuronAblationDisplay

        Notes
        -----
        If a few bars dwarf the others, ``display.ax_.set_yscale("symlog", linthresh=1e-3)``
        makes room for these, in all panels of a figure made here.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If ``kind`` is unknown, the ablation has no values per class, or ``ax`` does not
            match the layers.
        """
        plt = _style.pyplot(f"{type(self).__name__}.plot")
        _style.checked_axes(ax)
        _style.checked_cmap(plt, cmap)
        if not isinstance(kind, str) or kind not in ("distribution", "classes"):
            raise ValueError(f"kind={kind!r} is not 'distribution' or 'classes'.")
        if kind == "classes" and "class_importances" not in self.ablation:
            raise ValueError(
                "kind='classes' needs class_importances, which only ablations of single-label "
                "classifiers have."
            )
        layer, importances = self.ablation.layer, self.ablation.importances
        shown = np.unique(layer)
        members = [np.flatnonzero(layer == one) for one in shown]
        orders = [group[np.argsort(importances[group], kind="stable")] for group in members]
        self.axes_ = _style.panels(
            plt,
            ax,
            len(shown),
            n_cols=len(shown),
            figsize=(max(5.0, 3.5 * len(shown)), 3.0),
            sharey=True,
        )
        self.ax_, self.figure_ = self.axes_[0], self.axes_[0].figure
        # Panels that were made here stand in a row; axes that were given may be anywhere.
        labelled = self.axes_ if np.iterable(ax) else self.axes_[:1]
        if kind == "classes":
            values, classes = self.ablation.class_importances, self.ablation.classes
            _ablation_panels.draw_classes(plt, self.axes_, orders, values, classes, cmap)
            label = "class"
        else:
            _ablation_panels.draw_distribution(plt, self.axes_, orders, importances)
            label = f"loss of {self.score_name or 'score'}\nwithout the neuron"
        for panel in labelled:
            panel.set_ylabel(label)
        for panel, one, order in zip(self.axes_, shown, orders, strict=True):
            panel.set_title(f"hidden layer {one}", fontsize="medium")
            _ablation_panels.label_neurons(panel, self.ablation.index[order])
        return self
