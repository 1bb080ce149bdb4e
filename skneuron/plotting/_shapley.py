"""`ShapleyDisplay`: a fair share of the score for each neuron, drawn."""

from typing import TYPE_CHECKING, Any

import numpy as np

from skneuron.inspection import NeuronShapley, neuron_shapley
from skneuron.plotting import _style
from skneuron.plotting._neuron_effects import (
    ABOVE,
    BELOW,
    UNCLEAR,
    Effects,
    draw_effects,
    height_for,
)
from skneuron.plotting._uncertainty import LEVEL, normal_interval
from skneuron.surgery import unwrap
from skneuron.utils import ArrayLike, Estimator, MatrixLike, Scoring, checked_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Not the words of verdicts, which are about other samples of data.
STYLES = {"below 0": BELOW, "around 0": UNCLEAR, "above 0": ABOVE}


class ShapleyDisplay:
    """Shapley values of hidden neurons with their intervals, the lowest first.

    An interval tells how uncertain a :term:`Shapley value` is because only some orders of removal
    were drawn. It does not tell what other samples of data would make of it. So a value below 0
    is no :term:`verdict`: `NeuronAblation.verdicts` tells rotten neurons from chance.

    Parameters
    ----------
    shapley : NeuronShapley
        Result of `neuron_shapley`.
    score_name : str, default=None
        Name of the score, for the axis; None means "score".

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    kinds_ : ndarray of shape (n_neurons,)
        "below 0", "above 0", or "around 0" if 0 is in the interval; in the order of ``shapley``.

    See Also
    --------
    neuron_shapley : Computes what is drawn here.
    NeuronAblationDisplay : What is lost without one neuron, while all others stay.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.neural_network import MLPClassifier
    >>> from skneuron.plotting import ShapleyDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> mlp = MLPClassifier((20,), early_stopping=True, random_state=0).fit(X / 16, y)
    >>> display = ShapleyDisplay.from_estimator(
    ...     mlp, X / 16, y, max_permutations=64, random_state=0
    ... )
    >>> display.ax_.get_xlabel()
    'share of accuracy (Shapley value)'
    >>> bool((display.shapley.shapley_values[display.kinds_ == "above 0"] > 0).all())
    True
    """

    ax_: "Axes"
    figure_: Any
    kinds_: Any

    def __init__(self, shapley: NeuronShapley, *, score_name: str | None = None):
        if not hasattr(shapley, "shapley_values"):
            raise TypeError(
                "shapley must be a NeuronShapley, as neuron_shapley returns it; got "
                f"{type(shapley).__name__}."
            )
        self.shapley = shapley
        self.score_name = checked_text("score_name", score_name)

    @classmethod
    def from_shapley(
        cls, shapley: NeuronShapley, *, score_name: str | None = None, ax: "Axes | None" = None
    ) -> "ShapleyDisplay":
        """Draw Shapley values.

        Parameters
        ----------
        shapley : NeuronShapley
            Result of `neuron_shapley`.
        score_name : str, default=None
            Name of the score, for the axis; None means "score".
        ax : matplotlib Axes, default=None
            See `plot`.

        Returns
        -------
        display : ShapleyDisplay
            It has been drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError, ValueError
            If the input is not as above; the error names the parameter.
        """
        return cls(shapley, score_name=score_name).plot(ax=ax)

    @classmethod
    def from_estimator(
        cls,
        estimator: Estimator,
        X: MatrixLike,
        y: ArrayLike | None = None,
        *,
        scoring: Scoring = None,
        score_name: str | None = None,
        ax: "Axes | None" = None,
        **shapley_params: Any,
    ) -> "ShapleyDisplay":
        """Compute Shapley values of the neurons of a fitted network, and draw them.

        Parameters
        ----------
        estimator : estimator
            A fitted network, or what holds one, as `neuron_shapley` takes it.
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples to score on.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Their true targets.
        scoring : str or callable, default=None
            One scorer; None means accuracy for classifiers and R2 for regressors.
        score_name : str, default=None
            Name of the score, for the axis; None means the name of ``scoring``.
        ax : matplotlib Axes, default=None
            See `plot`.
        **shapley_params : dict
            What else `neuron_shapley` takes, such as ``max_permutations`` and ``random_state``.

        Returns
        -------
        display : ShapleyDisplay
            It has been drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError, ValueError
            If the input is not as above; the error names the parameter.
        """
        _style.prepared(f"{cls.__name__}.from_estimator", None, score_name)
        _style.checked_axes(ax, several=False)
        shapley = neuron_shapley(estimator, X, y, scoring=scoring, **shapley_params)
        if score_name is None:
            score_name = _style.name_of_scoring(scoring, unwrap(estimator)[0])
        return cls.from_shapley(shapley, score_name=score_name, ax=ax)

    def plot(self, *, ax: "Axes | None" = None) -> "ShapleyDisplay":
        """Draw the values: up to 30 neurons with their names, more of them as a curve.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            None makes a figure.

        Returns
        -------
        self : ShapleyDisplay
            This display; its attributes hold what was drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        plt = _style.pyplot(f"{type(self).__name__}.plot")
        _style.checked_axes(ax, several=False)
        shapley = self.shapley
        values = np.asarray(shapley.shapley_values, dtype=float)
        low, high = normal_interval(values, shapley.standard_errors)
        self.kinds_ = np.select([high < 0, low > 0], ["below 0", "above 0"], "around 0")
        effects = Effects.sorted_by_value(
            shapley.layer, shapley.index, values, (low, high), self.kinds_, STYLES
        )
        ax = _style.single_axes(plt, ax, height_for(len(values)))
        draw_effects(
            plt, ax, effects,
            label=f"share of {self.score_name or 'score'} (Shapley value)",
            interval_label=f"{_style.percent(LEVEL)} interval",
        )  # fmt: skip
        self.ax_, self.figure_ = ax, ax.figure
        return self
