"""`CVResultsDisplay`: how well networks of each candidate do in cross-validation, drawn."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from skneuron.plotting import _style
from skneuron.plotting._uncertainty import smallest_within
from skneuron.surgery import unwrap
from skneuron.utils import Estimator, FloatArray, NDArray, checked_int, checked_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PolyCollection
    from matplotlib.lines import Line2D

AXES = ("auto", "candidates", "n_neurons")
# With more candidates, their values would run into each other.
MAX_UPRIGHT = 7


class CVResultsDisplay:
    """Mean scores of the candidates of a `RottenNeuronPrunerCV`, with those of every fold.

    Candidates are values of the pruner's :term:`threshold`, or sizes. The band is one standard
    error of the mean over the folds to both sides. Folds share most of their training samples, so
    it is a rough measure [1]_.

    Parameters
    ----------
    cv_results : dict of ndarray
        The attribute ``cv_results_`` of a fitted `RottenNeuronPrunerCV`.
    best_index : int, default=None
        Position of the candidate that was chosen; None marks none.
    score_name : str, default=None
        Name of the score, for the axis; None means "score".

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    line_ : matplotlib Line2D
        The mean scores.
    fold_lines_ : list of matplotlib Line2D
    band_ : matplotlib PolyCollection or None
        None if there is only one fold.
    best_, one_se_ : matplotlib Line2D or None
        The point with the highest mean score, and that of the smallest networks whose mean score
        is at most a standard error below [2]_.
    selected_ : matplotlib Line2D or None
        The mark at ``best_index``.

    See Also
    --------
    RottenNeuronPrunerCV : Makes what is drawn here.
    PruningPathDisplay : Score against size of one network, as it is pruned.

    References
    ----------
    .. [1] Bengio and Grandvalet, "No Unbiased Estimator of the Variance of K-Fold
       Cross-Validation", Journal of Machine Learning Research 5, 2004.
    .. [2] Breiman, Friedman, Olshen and Stone, "Classification and Regression Trees", Wadsworth,
       1984, section 3.4.3.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.neural_network import MLPClassifier
    >>> from skneuron import RottenNeuronPruner, RottenNeuronPrunerCV
    >>> from skneuron.plotting import CVResultsDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> mlp = MLPClassifier((30,), early_stopping=True, random_state=0)
    >>> pruner = RottenNeuronPruner(mlp, replacement="linear", random_state=0)
    >>> search = RottenNeuronPrunerCV(pruner, thresholds=[0.0, 0.005, 0.01], cv=3)
    >>> display = CVResultsDisplay.from_estimator(search.fit(X / 16, y))
    >>> display.ax_.get_xlabel(), len(display.fold_lines_)
    ('threshold', 3)
    >>> bool((display.line_.get_ydata() == search.cv_results_["mean_test_score"]).all())
    True
    """

    line_: "Line2D"
    fold_lines_: "list[Line2D]"
    band_: "PolyCollection | None"
    best_: "Line2D | None"
    one_se_: "Line2D | None"
    selected_: "Line2D | None"
    ax_: "Axes"
    figure_: Any

    def __init__(
        self,
        cv_results: Mapping[str, Any],
        *,
        best_index: int | None = None,
        score_name: str | None = None,
    ):
        needed = ("params", "mean_test_score", "mean_n_neurons", "split0_test_score")
        if not isinstance(cv_results, Mapping) or not all(name in cv_results for name in needed):
            raise TypeError(
                "cv_results must be the cv_results_ of a RottenNeuronPrunerCV; got "
                f"{type(cv_results).__name__}."
            )
        self.cv_results = cv_results
        if best_index is not None:
            checked_int("best_index", best_index, 0, len(cv_results["params"]) - 1)
        self.best_index = best_index
        self.score_name = checked_text("score_name", score_name)

    @classmethod
    def from_cv_results(
        cls,
        cv_results: Mapping[str, Any],
        *,
        best_index: int | None = None,
        score_name: str | None = None,
        x: str = "auto",
        ax: "Axes | None" = None,
    ) -> "CVResultsDisplay":
        """Draw the ``cv_results_`` of a search.

        Parameters
        ----------
        cv_results : mapping
            ``cv_results_`` of a fitted `RottenNeuronPrunerCV`.
        best_index : int, default=None
            Position of the candidate to mark; None marks none.
        score_name : str, default=None
            Name of the score, for the axis; None means "score".
        x : {"auto", "candidates", "n_neurons"}, default="auto"
            See `plot`.
        ax : matplotlib Axes, default=None
            See `plot`.

        Returns
        -------
        display : CVResultsDisplay
            It has been drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError
            If ``cv_results`` are not those of a `RottenNeuronPrunerCV`, or ``ax`` is no Axes.
        ValueError
            If ``x`` is unknown.
        """
        return cls(cv_results, best_index=best_index, score_name=score_name).plot(x=x, ax=ax)

    @classmethod
    def from_estimator(
        cls,
        estimator: Estimator,
        *,
        score_name: str | None = None,
        x: str = "auto",
        ax: "Axes | None" = None,
    ) -> "CVResultsDisplay":
        """Draw the results of a search and mark the candidate that it chose.

        Parameters
        ----------
        estimator : estimator
            A fitted `RottenNeuronPrunerCV`, alone, at the end of a Pipeline or in a
            FrozenEstimator.
        score_name : str, default=None
            Name of the score, for the axis; None means the name of the pruner's ``scoring``.
        x : {"auto", "candidates", "n_neurons"}, default="auto"
            See `plot`.
        ax : matplotlib Axes, default=None
            See `plot`.

        Returns
        -------
        display : CVResultsDisplay
            It has been drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError
            If there is no search in ``estimator``.
        NotFittedError
            If it is not fitted.
        """
        search = _style.fitted_inside(estimator, "cv_results_", "RottenNeuronPrunerCV")
        if score_name is None:
            scoring = getattr(search.pruner_, "scoring", None)
            score_name = _style.name_of_scoring(scoring, unwrap(search)[0])
        return cls.from_cv_results(
            search.cv_results_,
            best_index=int(search.best_index_),
            score_name=score_name,
            x=x,
            ax=ax,
        )

    def plot(self, *, x: str = "auto", ax: "Axes | None" = None) -> "CVResultsDisplay":
        """Draw the scores.

        Parameters
        ----------
        x : {"auto", "candidates", "n_neurons"}, default="auto"
            "candidates" gives candidates the same distance, in their order. "n_neurons" draws
            scores against the mean number of hidden neurons left, from the largest to the
            smallest. "auto" means the former for thresholds, the latter for sizes.
        ax : matplotlib Axes, default=None
            None makes a figure.

        Returns
        -------
        self : CVResultsDisplay
            This display; its attributes hold what was drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If ``x`` is unknown.
        """
        plt = _style.pyplot(f"{type(self).__name__}.plot")
        _style.checked_axes(ax, several=False)
        _style.checked_choice("x", x, AXES)
        results = self.cv_results
        sizes = np.asarray(results["mean_n_neurons"], dtype=float)
        names = [next(iter(params.items())) for params in results["params"]]
        by_size = x == "n_neurons" or (x == "auto" and names[0][0] != "threshold")
        order = np.argsort(-sizes, kind="stable") if by_size else np.arange(len(sizes))
        at = sizes if by_size else np.arange(len(sizes), dtype=float)
        ax = _style.single_axes(plt, ax, 3.8)
        folds = _folds(results)
        self.fold_lines_ = [
            ax.plot(at[order], fold[order], color="0.7", linewidth=0.6, zorder=1.2)[0]
            for fold in folds
        ]
        self.fold_lines_[0].set_label(f"{len(folds)} fold" + "s" * (len(folds) > 1))
        mean = np.asarray(results["mean_test_score"], dtype=float)
        (self.line_,) = ax.plot(
            at[order], mean[order], color=_style.USEFUL, marker=".", label="mean"
        )
        errors = _standard_errors(folds)
        self.band_ = None
        if errors is not None:
            self.band_ = ax.fill_between(
                at[order], (mean - errors)[order], (mean + errors)[order], color=_style.USEFUL,
                label="± one SE (standard error)", zorder=1.1, **_style.BAND,
            )  # fmt: skip
        self._mark(ax, at, mean, sizes, errors, [_text(value) for _, value in names])
        if by_size:
            if not ax.xaxis_inverted():
                ax.invert_xaxis()
            _style.integer_ticks(plt, ax.xaxis)
            ax.set_xlabel("hidden neurons left (mean of the folds)")
        else:
            slanted = len(names) > MAX_UPRIGHT
            ax.set_xticks(
                at, labels=[_text(value) for _, value in names], rotation=60 if slanted else 0
            )
            ax.set_xlabel(names[0][0])
        ax.set_ylabel(self.score_name or "score")
        _style.legend_above(ax)
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _mark(
        self,
        ax: "Axes",
        at: FloatArray,
        mean: FloatArray,
        sizes: FloatArray,
        errors: FloatArray | None,
        names: list[str],
    ) -> None:
        """The best candidate, the smallest that is as good for all one knows, the chosen one."""
        self.best_ = self.one_se_ = self.selected_ = None
        if np.isfinite(mean).any():
            best = int(np.nanargmax(mean))
            style: dict[str, Any] = {"linestyle": "", "color": _style.ROTTEN, "zorder": 3}
            (self.best_,) = ax.plot(
                at[best], mean[best], marker="*", markersize=11, label=f"highest: {names[best]}",
                **style,
            )  # fmt: skip
            if errors is not None and np.isfinite(errors[best]):
                small = smallest_within(mean, sizes, float(errors[best]))
                (self.one_se_,) = ax.plot(
                    at[small], mean[small], marker="o", markersize=9, fillstyle="none",
                    label=f"smallest within one SE: {names[small]}", **style,
                )  # fmt: skip
        if self.best_index is not None:
            self.selected_ = ax.axvline(at[self.best_index], **_style.DOTTED)
            self.selected_.set_label(f"chosen: {names[self.best_index]}")


def _folds(results: Mapping[str, Any]) -> list[NDArray[Any]]:
    n_folds = 0
    while f"split{n_folds}_test_score" in results:
        n_folds += 1
    return [np.asarray(results[f"split{at}_test_score"], dtype=float) for at in range(n_folds)]


def _standard_errors(folds: list[NDArray[Any]]) -> FloatArray | None:
    """Of the mean over the folds; None if there is only one."""
    if len(folds) < 2:
        return None
    return np.asarray(np.std(folds, axis=0, ddof=1) / np.sqrt(len(folds)))


def _text(value: Any) -> str:
    """A candidate: a number, a text, or a list of sizes."""
    if isinstance(value, str):
        return value
    if np.ndim(value):
        return ", ".join(map(_text, value))
    return "-∞" if value == -np.inf else f"{value:g}"
