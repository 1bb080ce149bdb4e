"""`PruningPathDisplay`: the score of a network while its neurons are removed, drawn."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from skneuron.inspection import NeuronPruningPath
from skneuron.plotting import _style
from skneuron.plotting._path_curves import (
    Curve,
    checked_curves,
    checked_label,
    draw_curves,
    draw_random_removals,
)
from skneuron.plotting._path_scores import is_share, n_of_shares, pruner_in
from skneuron.plotting._random_removals import random_removal_scores
from skneuron.plotting._uncertainty import smallest_within
from skneuron.surgery import unwrap
from skneuron.utils import (
    ArrayLike,
    Estimator,
    MatrixLike,
    RandomState,
    Scoring,
    checked_flag,
    checked_int,
    checked_text,
    is_int,
    num_samples,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PolyCollection
    from matplotlib.lines import Line2D

OWN_NAME = "evaluation data (chosen on)"
NEW_NAME = "new samples"
# What `from_path` can draw scores against, and the label of the axis.
SIZE_NAMES = {
    "n_neurons": "hidden neurons left",
    "n_parameters": "weights and biases left",
    "bytes": "bytes of weights and biases left",
    "n_multiplications": "multiplications per sample",
}


class PruningPathDisplay:
    """Score of a network against its size: the number of hidden neurons it has left, for example.

    Bands around curves are 95 % confidence intervals of each score by itself. Networks on a
    :term:`path` are right and wrong on much the same samples, so differences are known better.

    Parameters
    ----------
    n_neurons, scores : array-like of shape (n_steps,)
        Numbers of hidden neurons of the networks on a path, the whole network first, and their
        scores on the samples that the neurons were chosen on.
    further_scores : mapping of str to array-like of shape (n_steps,), default=None
        Labels and scores of further curves: on :term:`held-out` samples, for example, which alone
        can tell whether a :term:`gain` is more than luck.
    n_neurons_selected : int, default=None
        Size of the network that was selected; None marks nothing.
    name : str, default=None
        Label of ``scores``; None means "evaluation data (chosen on)".
    score_name : str, default=None
        Name of the score, for the axis; None means "score".
    sizes : array-like of shape (n_steps,), default=None
        The networks' sizes by another measure, for the x axis. None means ``n_neurons``.
    size_name : str, default=None
        Name of the size, for the axis; None means "hidden neurons left", or "size" with ``sizes``.
    n_samples : int or mapping of str to int, default=None
        Number of samples that were scored, where scores are shares of them, such as accuracy: for
        ``scores``, or by the labels of curves. Such curves get Wilson's intervals [1]_.
    standard_errors : array-like of shape (n_steps,) or mapping of str to that, default=None
        Standard errors of ``scores``, or by the labels of curves, in place of ``n_samples``.
    random_scores : array-like of shape (n_draws, n_steps), default=None
        Scores after random removals, on the samples of one curve, for a band to compare it with.

    Attributes
    ----------
    ax_, figure_ : matplotlib Axes and Figure
    lines_, baselines_ : list of matplotlib Line2D
        The curves, that of ``scores`` first, and the lines at the whole network's scores.
    bands_ : list of matplotlib PolyCollection or None
        The intervals of the curves; None where they are not known.
    random_, selected_ : matplotlib PolyCollection and Line2D, or None
        The band of random removals, and the mark at ``n_neurons_selected``.
    best_, one_se_ : matplotlib Line2D or None
        The points with the highest of ``scores``, and of the smallest network that is at most a
        standard error below; None if there are no standard errors.

    See Also
    --------
    neuron_pruning_path : Computes what is drawn here.
    CVResultsDisplay : Scores of candidates by cross-validation.

    References
    ----------
    .. [1] Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", Journal
       of the American Statistical Association 22, 1927, doi:10.1080/01621459.1927.10502953.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skneuron import PrunableMLPClassifier, RottenNeuronPruner
    >>> from skneuron.plotting import PruningPathDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> mlp = PrunableMLPClassifier((30,), early_stopping=True, random_state=0)
    >>> pruner = RottenNeuronPruner(mlp, threshold=0.01, random_state=0).fit(X, y)
    >>> display = PruningPathDisplay.from_estimator(pruner)
    >>> bool((display.lines_[0].get_ydata() == pruner.pruning_path_.scores).all())
    True
    """

    lines_: "list[Line2D]"
    baselines_: "list[Line2D]"
    bands_: "list[PolyCollection | None]"
    random_: "PolyCollection | None"
    selected_: "Line2D | None"
    best_: "Line2D | None"
    one_se_: "Line2D | None"
    ax_: "Axes"
    figure_: Any

    def __init__(
        self,
        n_neurons: ArrayLike,
        scores: ArrayLike,
        *,
        further_scores: Mapping[str, ArrayLike] | None = None,
        n_neurons_selected: int | None = None,
        name: str | None = None,
        score_name: str | None = None,
        sizes: ArrayLike | None = None,
        size_name: str | None = None,
        n_samples: int | Mapping[str, int] | None = None,
        standard_errors: ArrayLike | Mapping[str, ArrayLike] | None = None,
        random_scores: ArrayLike | None = None,
    ):
        self.n_neurons = _style.checked_columns("n_neurons", n_neurons, (None,))
        n_steps = len(self.n_neurons)
        self.scores = _style.checked_columns("scores", scores, (n_steps,))
        if further_scores is not None and not isinstance(further_scores, Mapping):
            raise TypeError(f"further_scores={further_scores!r} must be None or a dict of curves.")
        self.further_scores = {
            checked_label(label): _style.checked_columns(
                f"further_scores[{label!r}]", column, (n_steps,)
            )
            for label, column in (further_scores or {}).items()
        }
        if n_neurons_selected is not None and not is_int(n_neurons_selected):
            raise ValueError(f"n_neurons_selected={n_neurons_selected!r} must be None or an int.")
        if n_neurons_selected is not None and n_neurons_selected not in self.n_neurons:
            raise ValueError(
                f"n_neurons_selected={n_neurons_selected!r} is not among n_neurons, which go "
                f"from {self.n_neurons[0]} to {self.n_neurons[-1]}."
            )
        self.n_neurons_selected = n_neurons_selected
        self.name = checked_text("name", name)
        self.score_name = checked_text("score_name", score_name)
        self.sizes = None
        if sizes is not None:
            self.sizes = _style.checked_columns("sizes", sizes, (n_steps,))
        self.size_name = checked_text("size_name", size_name)
        own_name = self.name or OWN_NAME
        self._curves: list[Curve] = checked_curves(
            [(own_name, self.scores), *self.further_scores.items()], n_samples, standard_errors
        )
        self.n_samples, self.standard_errors = n_samples, standard_errors
        self.random_scores = None
        if random_scores is not None:
            self.random_scores = _style.checked_columns(
                "random_scores", random_scores, (None, n_steps)
            )

    @classmethod
    def from_path(
        cls,
        path: NeuronPruningPath,
        X: MatrixLike | None = None,
        y: ArrayLike | None = None,
        *,
        scoring: Scoring = None,
        random_removals: int = 0,
        X_ref: MatrixLike | None = None,
        random_state: RandomState = None,
        further_scores: Mapping[str, ArrayLike] | None = None,
        n_neurons_selected: int | None = None,
        name: str | None = None,
        score_name: str | None = None,
        size: str = "n_neurons",
        baseline: bool = True,
        intervals: bool = True,
        ax: "Axes | None" = None,
    ) -> "PruningPathDisplay":
        """Draw a path, and how its networks do on new samples.

        Parameters
        ----------
        path : NeuronPruningPath
            Result of `neuron_pruning_path`, or any Bunch with ``n_neurons`` and ``scores``.
        X : {array-like, sparse matrix} of shape (n_samples, n_features), default=None
            Samples that nothing was chosen on, for a curve "new samples".
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Their true targets.
        scoring : str or callable, default=None
            Score of the new samples: best the path's own. None means accuracy or R2.
        random_removals : int, default=0
            How many times to remove as many neurons in random order, for a band of their scores
            on the new samples. Each takes as long as scoring all networks of the path.
        X_ref : array-like of shape (n_reference, n_features), default=None
            Reference samples for "mean" and "linear" in random removals; None means ``X``.
        random_state : int, RandomState instance or None, default=None
            Draws these orders.
        further_scores : mapping of str to array-like of shape (n_steps,), default=None
            Further curves, as the class takes them.
        n_neurons_selected : int, default=None
            Size of the network that was selected; None marks nothing.
        name, score_name : str, default=None
            Label of the path's scores, and name of the score, as the class takes them.
        size : {"n_neurons", "n_parameters", "bytes", "n_multiplications"}, default="n_neurons"
            Which size of the networks is drawn along the x axis.
        baseline, intervals : bool, default=True
            See `plot`. The path's own scores have intervals if they are accuracies.
        ax : matplotlib Axes, default=None
            See `plot`.

        Returns
        -------
        display : PruningPathDisplay
            It has been drawn.

        Raises
        ------
        TypeError, ValueError
            If ``path`` is no path, ``size`` is unknown, random removals have no new samples to be
            scored on, or another parameter is not what the class takes.
        """
        _style.prepared(f"{cls.__name__}.from_path", ax, score_name)
        _style.checked_choice("size", size, tuple(SIZE_NAMES))
        checked_int("random_removals", random_removals, 0)
        for needed in ("n_neurons", "scores", size):
            if not hasattr(path, needed):
                raise TypeError(f"path must be a NeuronPruningPath; got {path!r}.")
        n_samples = {} if (n := n_of_shares(path)) is None else {name or OWN_NAME: n}
        curves = dict(further_scores) if isinstance(further_scores, Mapping) else further_scores
        random_scores = None
        if X is not None:
            curves = {NEW_NAME: path.pareto(X, y, scoring).score} | (curves or {})
            if is_share(scoring, path.estimator):
                n_samples[NEW_NAME] = num_samples(X)
            if random_removals:
                random_scores = random_removal_scores(
                    path, X, y, n_draws=random_removals, scoring=scoring, X_ref=X_ref,
                    random_state=random_state,
                )  # fmt: skip
        elif random_removals or y is not None:
            given = f"random_removals={random_removals!r}" if random_removals else "y"
            raise ValueError(f"{given} needs new samples X to be scored on.")
        display = cls(
            path.n_neurons,
            path.scores,
            further_scores=curves,
            n_neurons_selected=n_neurons_selected,
            name=name,
            score_name=score_name,
            sizes=None if size == "n_neurons" else getattr(path, size),
            size_name=SIZE_NAMES[size],
            n_samples=n_samples or None,
            random_scores=random_scores,
        )
        return display.plot(baseline=baseline, intervals=intervals, ax=ax)

    @classmethod
    def from_estimator(
        cls,
        estimator: Estimator,
        X: MatrixLike | None = None,
        y: ArrayLike | None = None,
        *,
        score_name: str | None = None,
        **from_path_params: Any,
    ) -> "PruningPathDisplay":
        """Draw the path of a fitted pruner and mark the network that it selected.

        Parameters
        ----------
        estimator : estimator
            A fitted `RottenNeuronPruner` or `RottenNeuronPrunerCV`, alone, at the end of a
            Pipeline or in a FrozenEstimator.
        X : {array-like, sparse matrix} of shape (n_samples, n_features), default=None
            Samples that it was not fitted to, as ``estimator`` takes them.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Their true targets.
        score_name : str, default=None
            Name of the score, for the axis; None means the name of the pruner's ``scoring``.
        **from_path_params : dict
            As `from_path` takes them. New samples are scored by the pruner's ``scoring``, with the
            networks of the path: what ``refit`` and ``fine_tune`` made of the last is not shown.

        Returns
        -------
        display : PruningPathDisplay
            It has been drawn.

        Raises
        ------
        TypeError
            If there is no pruner in ``estimator``.
        NotFittedError
            If it is not fitted.
        """
        pruner, X = pruner_in(estimator, X)
        if score_name is None:
            score_name = _style.name_of_scoring(pruner.scoring, unwrap(pruner)[0])
        params = {
            "n_neurons_selected": int(pruner.pruning_path_.n_neurons[-1]),
            "scoring": pruner.scoring,
            **from_path_params,
        }
        return cls.from_path(pruner.pruning_path_, X, y, score_name=score_name, **params)

    def plot(
        self, *, baseline: bool = True, intervals: bool = True, ax: "Axes | None" = None
    ) -> "PruningPathDisplay":
        """Draw the curves; the network shrinks from left to right.

        Parameters
        ----------
        baseline : bool, default=True
            Whether each curve has a dashed line at the whole network's score on the same data.
        intervals : bool, default=True
            Whether curves have their intervals, and that of ``scores`` marks at the highest score
            and at the smallest network at most a standard error below, where these are known.
        ax : matplotlib Axes, default=None
            None makes a figure. Several displays can be drawn on the same Axes.

        Returns
        -------
        self : PruningPathDisplay
            This display; its attributes hold what was drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        plt = _style.pyplot(f"{type(self).__name__}.plot")
        checked_flag("baseline", baseline)
        checked_flag("intervals", intervals)
        _style.checked_axes(ax, several=False)
        if ax is None:
            ax = _style.single_axes(plt, None, 3.6)
            ax.set_prop_cycle(color=_style.CURVES)  # axes of the user's keep their own colours
        x = self.n_neurons if self.sizes is None else self.sizes
        self.random_ = draw_random_removals(ax, x, self.random_scores)
        self.lines_, self.baselines_, self.bands_ = draw_curves(
            ax, x, self._curves, baseline=baseline, intervals=intervals
        )
        self._mark(ax, x, with_errors=intervals)
        if not ax.xaxis_inverted():
            ax.invert_xaxis()
        _style.integer_ticks(plt, ax.xaxis)
        own_size = SIZE_NAMES["n_neurons"] if self.sizes is None else "size"
        ax.set_xlabel(self.size_name or own_size)
        if self.score_name or not ax.get_ylabel():
            ax.set_ylabel(self.score_name or "score")
        _style.legend_above(ax)
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _mark(self, ax: "Axes", x: Any, *, with_errors: bool) -> None:
        """The highest score, the smallest network close to it, and the one that was selected."""
        self.selected_ = self.best_ = self.one_se_ = None
        errors = self._curves[0].errors
        if with_errors and errors is not None and np.isfinite(self.scores).any():
            best = int(np.nanargmax(self.scores))
            line = self.lines_[0]
            style: dict[str, Any] = {
                "linestyle": "",
                "color": line.get_color(),
                "zorder": line.get_zorder() + 1,
            }
            (self.best_,) = ax.plot(
                x[best], self.scores[best], marker="*", markersize=10, **style,
                label=f"highest: {self.n_neurons[best]} neurons",
            )  # fmt: skip
            if np.isfinite(errors[best]):
                small = smallest_within(self.scores, self.n_neurons, float(errors[best]))
                (self.one_se_,) = ax.plot(
                    x[small], self.scores[small], marker="o", markersize=9, fillstyle="none",
                    label=f"smallest within 1 std. error: {self.n_neurons[small]}", **style,
                )  # fmt: skip
        if self.n_neurons_selected is not None:
            at = np.flatnonzero(self.n_neurons == self.n_neurons_selected)[0]
            self.selected_ = ax.axvline(x[at], **_style.DOTTED)
            self.selected_.set_label(f"selected: {self.n_neurons_selected} neurons")
