"""`VerdictDisplay`: which neurons are rotten or useful beyond chance, drawn."""

from typing import TYPE_CHECKING, Any

import numpy as np

from skneuron.inspection import NeuronAblation, neuron_ablation
from skneuron.inspection._ablation import NeuronVerdicts
from skneuron.plotting import _style
from skneuron.plotting._neuron_effects import Effects, draw_effects, draw_points, height_for
from skneuron.utils import ArrayLike, Estimator, FloatArray, MatrixLike, NDArray, Scoring

if TYPE_CHECKING:
    from matplotlib.axes import Axes

EFFECT_NAMES = {
    "mcnemar": "loss of accuracy without the neuron",
    "loss": "rise of the mean loss without the neuron",
    "score": "loss of the score without the neuron",
}
CORRECTIONS = {"bh": "Benjamini-Hochberg", "by": "Benjamini-Yekutieli", "none": "not corrected"}
# Zeros have no place on a logarithmic axis, and nobody needs to tell smaller ones apart.
LEAST_Q = 1e-6


class VerdictDisplay:
    """Effects of the removal of each neuron, with intervals, q-values and verdicts.

    Intervals are those of each neuron alone, and of many intervals some miss 0 by chance. A
    :term:`verdict` is corrected for that: a neuron is rotten or useful if its :term:`q-value` (the
    p-value after correction) is at most :term:`alpha`, else undecided.

    Parameters
    ----------
    verdicts : NeuronVerdicts
        Result of `NeuronAblation.verdicts`.
    layer, index : array-like of shape (n_neurons,), default=None
        Addresses of the neurons, as in the ablation that was tested. None means those that
        ``verdicts`` has, if it has any.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes
        Axes of the effects and, if neurons are too many to be named, of the q-values.
    ax_ : matplotlib Axes
        The first of them.
    figure_ : matplotlib Figure

    See Also
    --------
    NeuronAblation.verdicts : Computes what is drawn here.
    NeuronAblationDisplay : All effects, whether or not they are beyond chance.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.neural_network import MLPClassifier
    >>> from skneuron.plotting import VerdictDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> mlp = MLPClassifier((20,), early_stopping=True, random_state=0).fit(X[:900], y[:900])
    >>> display = VerdictDisplay.from_estimator(mlp, X[900:], y[900:])
    >>> len(display.axes_)  # 20 neurons have room for their names
    1
    >>> display.verdicts.tested
    "accuracy, McNemar's test (mid-p)"
    """

    axes_: NDArray[Any]
    ax_: "Axes"
    figure_: Any

    def __init__(
        self,
        verdicts: NeuronVerdicts,
        layer: ArrayLike | None = None,
        index: ArrayLike | None = None,
    ):
        needed = ("verdict", "effects", "confidence_intervals", "q_values")
        if not all(hasattr(verdicts, name) for name in needed):
            raise TypeError(
                "verdicts must be NeuronVerdicts, as NeuronAblation.verdicts returns them; got "
                f"{type(verdicts).__name__}."
            )
        self.verdicts = verdicts
        n_neurons = (len(verdicts.effects),)
        columns: dict[str, Any] = {
            name: verdicts.get(name) if given is None else given
            for name, given in [("layer", layer), ("index", index)]
        }
        if columns["layer"] is None or columns["index"] is None:
            raise ValueError(
                "layer and index are needed, since these verdicts do not have them: pass those of "
                "the ablation."
            )
        self.layer = _style.checked_columns("layer", columns["layer"], n_neurons)
        self.index = _style.checked_columns("index", columns["index"], n_neurons)

    @classmethod
    def from_ablation(
        cls,
        ablation: NeuronAblation,
        *,
        alpha: float = 0.05,
        method: str | None = "bh",
        test: str = "auto",
        ax: _style.AxesLike = None,
    ) -> "VerdictDisplay":
        """Test the effects that an ablation found, and draw them.

        Parameters
        ----------
        ablation : NeuronAblation
            Result of `neuron_ablation` for one score, on samples that nothing was trained on
            or chosen by.
        alpha : float, default=0.05
            False-discovery rate, as in `NeuronAblation.verdicts`.
        method : {"bh", "by", "none"} or None, default="bh"
            Correction for the number of neurons, as in `NeuronAblation.verdicts`.
        test : {"auto", "mcnemar", "loss", "score"}, default="auto"
            What is tested, as in `NeuronAblation.verdicts`.
        ax : matplotlib Axes or list of them, default=None
            See `plot`.

        Returns
        -------
        display : VerdictDisplay
            It has been drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError, ValueError
            If the input is not as above; the error names the parameter.
        """
        _style.prepared(f"{cls.__name__}.from_ablation", ax)
        if not hasattr(ablation, "verdicts"):
            raise TypeError(
                "ablation must be one NeuronAblation, as neuron_ablation returns it for one "
                f"score; got {type(ablation).__name__}."
            )
        verdicts = ablation.verdicts(alpha=alpha, method=method, test=test)
        return cls(verdicts, ablation.layer, ablation.index).plot(ax=ax)

    @classmethod
    def from_estimator(
        cls,
        estimator: Estimator,
        X: MatrixLike,
        y: ArrayLike | None = None,
        *,
        scoring: Scoring = None,
        alpha: float = 0.05,
        method: str | None = "bh",
        test: str = "auto",
        ax: _style.AxesLike = None,
        **ablation_params: Any,
    ) -> "VerdictDisplay":
        """Ablate the neurons of a fitted network, test their effects, and draw these.

        Samples must be new: nothing was trained on them or chosen by them.

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
        alpha : float, default=0.05
            False-discovery rate, as in `NeuronAblation.verdicts`.
        method : {"bh", "by", "none"} or None, default="bh"
            Correction for the number of neurons, as in `NeuronAblation.verdicts`.
        test : {"auto", "mcnemar", "loss", "score"}, default="auto"
            What is tested, as in `NeuronAblation.verdicts`.
        ax : matplotlib Axes or list of them, default=None
            See `plot`.
        **ablation_params : dict
            What else `neuron_ablation` takes, such as ``replacement`` and ``layers``.

        Returns
        -------
        display : VerdictDisplay
            It has been drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError, ValueError
            If the input is not as above; the error names the parameter.
        """
        _style.prepared(f"{cls.__name__}.from_estimator", ax)
        ablation: Any = neuron_ablation(estimator, X, y, scoring=scoring, **ablation_params)
        return cls.from_ablation(ablation, alpha=alpha, method=method, test=test, ax=ax)

    def plot(self, *, ax: _style.AxesLike = None) -> "VerdictDisplay":
        """Draw the effects, the most rotten neuron first.

        Up to 30 neurons stand below one another, with their names and q-values. More of them
        stand side by side, with a panel for the q-values below.

        Parameters
        ----------
        ax : matplotlib Axes or list of them, default=None
            None makes a figure. One Axes is divided between both panels, if there are two. A list
            has one Axes for each panel.

        Returns
        -------
        self : VerdictDisplay
            This display; its attributes hold what was drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If ``ax`` does not match the number of panels.
        """
        plt = _style.prepared(f"{type(self).__name__}.plot", ax)
        found = self.verdicts
        n_neurons = len(found.effects)
        intervals = np.asarray(found.confidence_intervals, dtype=np.float64)
        effects = Effects.sorted_by_value(
            self.layer, self.index, np.asarray(found.effects, dtype=np.float64),
            (intervals[:, 0], intervals[:, 1]),
            np.asarray(found.verdict),
        )  # fmt: skip
        q_values: FloatArray = np.asarray(found.q_values, dtype=np.float64)[effects.order]
        n_panels = 1 if effects.are_few else 2
        height = height_for(n_neurons) + 1.6 * (n_panels - 1)
        self.axes_ = _style.panels(
            plt, ax, n_panels, n_cols=1, figsize=(_style.WIDTH, height), height_ratios=[2.2, 1.0]
        )
        self.ax_, self.figure_ = self.axes_[0], self.axes_[0].figure
        alpha = float(found.get("alpha", 0.05))
        draw_effects(
            plt, self.ax_, effects,
            label=EFFECT_NAMES.get(found.get("test", ""), "effect of the removal"),
            interval_label=f"{_style.percent(1 - alpha)} interval",
            notes=[_q_text(q) for q in q_values],
        )  # fmt: skip
        for panel in self.axes_:
            _style.despine(panel)
        if n_panels == 2:
            self.ax_.set_xlabel("")
            self.ax_.tick_params(axis="x", labelbottom=False)
            self.ax_.set_ylabel(self.ax_.get_ylabel().replace(" without", "\nwithout"))
            _draw_q_values(plt, self.axes_[1], effects, q_values, alpha, _method(found))
        return self


def _method(found: Any) -> str:
    return CORRECTIONS.get(found.get("method", ""), "")


def _q_text(q: float) -> str:
    if np.isnan(q):
        return "no test"
    return "q < 0.001" if q < 0.001 else f"q = {q:.2g}" if q < 0.095 else f"q = {q:.1f}"


def _draw_q_values(
    plt: Any, panel: "Axes", effects: Effects, q_values: FloatArray, alpha: float, method: str
) -> None:
    """Below the effects, at the same places."""
    draw_points(plt, panel, effects, np.maximum(q_values, LEAST_Q))
    line = panel.axhline(alpha, **_style.DASHED, color="0.2", zorder=0.5)
    line.set_label(f"alpha = {alpha:g}, {method}" if method else f"alpha = {alpha:g}")
    panel.set_yscale("log")
    low = float(_style.finite(np.maximum(q_values, LEAST_Q)).min(initial=alpha))
    panel.set(xlim=(0.5, len(q_values) + 0.5), ylim=(low / 3, 2.0), ylabel="q-value")
    panel.set_xlabel("neurons, sorted by effect")
    _style.integer_ticks(plt, panel.xaxis)
    _style.legend_above(panel, [line], n_cols=1)
