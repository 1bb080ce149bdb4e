"""`PruningPathDisplay`: the score of a network while its neurons are removed, drawn."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skneuron.inspection import NeuronPruningPath
from skneuron.plotting import _style
from skneuron.surgery import unwrap
from skneuron.utils import (
    ArrayLike,
    Estimator,
    NDArray,
    checked_flag,
    checked_text,
    is_int,
    naming,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

# Beyond so many points markers would hide the line.
MAX_MARKERS = 40
BASELINE_LABEL = "whole network"
# What `from_path` can draw scores against, and the label of the axis.
SIZE_NAMES = {
    "n_neurons": "hidden neurons left",
    "n_parameters": "weights and biases left",
    "bytes": "bytes of weights and biases left",
    "n_multiplications": "multiplications per sample",
}


class PruningPathDisplay:
    """Score of a network against its size: the number of hidden neurons it has left, for example.

    Parameters
    ----------
    n_neurons, scores : array-like of shape (n_steps,)
        Of the networks on a pruning path, the whole network first: their numbers of hidden
        neurons, and their scores on the data that the neurons were chosen on.
    further_scores : mapping of str to array-like of shape (n_steps,), default=None
        Labels and scores of further curves: on test data, for example, which alone can tell
        whether a gain is more than luck.
    n_neurons_selected : int, default=None
        Size of the network that was selected; None marks nothing.
    name : str, default=None
        Label of ``scores``; None means "evaluation data (chosen on)".
    score_name : str, default=None
        Name of the score, for the axis; None means "score".
    sizes : array-like of shape (n_steps,), default=None
        Drawn along the x axis: the networks' sizes by another measure. None means ``n_neurons``.
    size_name : str, default=None
        Its name, for the axis; None means "hidden neurons left", or "size" if there are sizes.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    lines_, baselines_ : list of matplotlib Line2D
        The curves, that of ``scores`` first, and the lines at the whole network's scores.
    selected_ : matplotlib Line2D or None
        The mark at ``n_neurons_selected``.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.neural_network import MLPClassifier
    >>> from skneuron import RottenNeuronPruner
    >>> from skneuron.plotting import PruningPathDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> mlp = MLPClassifier((30,), early_stopping=True, random_state=0)
    >>> pruner = RottenNeuronPruner(mlp, threshold=0.01, random_state=0).fit(X, y)
    >>> display = PruningPathDisplay.from_estimator(pruner)
    >>> display.ax_.get_xlabel()
    'hidden neurons left'
    """

    lines_: "list[Line2D]"
    baselines_: "list[Line2D]"
    selected_: "Line2D | None"
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
    ):
        self.n_neurons = _column("n_neurons", n_neurons)
        self.scores = _column("scores", scores, len(self.n_neurons))
        if further_scores is not None and not isinstance(further_scores, Mapping):
            raise TypeError(f"further_scores={further_scores!r} must be None or a dict of curves.")
        self.further_scores = {
            _checked_label(label): _column(
                f"further_scores[{label!r}]", column, len(self.n_neurons)
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
        self.sizes = None if sizes is None else _column("sizes", sizes, len(self.n_neurons))
        self.size_name = checked_text("size_name", size_name)

    @classmethod
    def from_path(
        cls,
        path: NeuronPruningPath,
        *,
        further_scores: Mapping[str, ArrayLike] | None = None,
        n_neurons_selected: int | None = None,
        name: str | None = None,
        score_name: str | None = None,
        size: str = "n_neurons",
        baseline: bool = True,
        ax: "Axes | None" = None,
    ) -> "PruningPathDisplay":
        """Draw ``path``, a Bunch with ``n_neurons`` and ``scores``; see the class and `plot`.

        ``size`` says what is drawn along the x axis: "n_neurons", "n_parameters", "bytes" or
        "n_multiplications".

        Returns
        -------
        display : PruningPathDisplay

        Raises
        ------
        TypeError
            If ``path`` is no path.
        ValueError
            If ``size`` is unknown, or another parameter is not what the class takes.
        """
        if not isinstance(size, str) or size not in SIZE_NAMES:
            raise ValueError(f"size={size!r} is unknown; use one of {sorted(SIZE_NAMES)}.")
        for needed in ("n_neurons", "scores", size):
            if not hasattr(path, needed):
                raise TypeError(f"path must be a NeuronPruningPath; got {path!r}.")
        display = cls(
            path.n_neurons,
            path.scores,
            further_scores=further_scores,
            n_neurons_selected=n_neurons_selected,
            name=name,
            score_name=score_name,
            sizes=None if size == "n_neurons" else getattr(path, size),
            size_name=SIZE_NAMES[size],
        )
        return display.plot(baseline=baseline, ax=ax)

    @classmethod
    def from_estimator(
        cls, estimator: Estimator, *, score_name: str | None = None, **from_path_params: Any
    ) -> "PruningPathDisplay":
        """Draw the path of a fitted pruner and mark the network that it selected.

        See `from_path` for the other parameters; ``score_name=None`` means the name of the
        estimator's ``scoring``.

        Returns
        -------
        display : PruningPathDisplay

        Raises
        ------
        TypeError
            If ``estimator`` is not a pruner.
        NotFittedError
            If it is not fitted.
        """
        pruner: Any = estimator
        # As in `unwrap`; an estimator of another kind would pass for one that is not fitted.
        if not hasattr(type(estimator), "_pruned_estimator"):
            raise TypeError(f"estimator must be a fitted RottenNeuronPruner; got {estimator!r}.")
        check_is_fitted(estimator, "pruning_path_")
        if score_name is None:
            score_name = _style.name_of_scoring(pruner.scoring, unwrap(estimator)[0])
        params = {
            "n_neurons_selected": int(pruner.pruning_path_.n_neurons[-1]),
            **from_path_params,
        }
        return cls.from_path(pruner.pruning_path_, score_name=score_name, **params)

    def plot(self, *, baseline: bool = True, ax: "Axes | None" = None) -> "PruningPathDisplay":
        """Draw the curves; the network shrinks from left to right.

        Parameters
        ----------
        baseline : bool, default=True
            Whether each curve has a dashed line at the whole network's score on the same data.
        ax : matplotlib Axes, default=None
            None makes a figure. Several displays can be drawn on the same Axes.

        Returns
        -------
        self : PruningPathDisplay

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        plt = _style.pyplot(f"{type(self).__name__}.plot")
        checked_flag("baseline", baseline)
        _style.checked_axes(ax, several=False)
        if ax is None:
            ax = plt.figure(figsize=(7.0, 3.0), layout="constrained").subplots()
            ax.set_prop_cycle(color=_style.CURVES)  # axes of the user's keep their own colours
            _style.despine(ax)
        own_name = self.name or "evaluation data (chosen on)"
        x = self.n_neurons if self.sizes is None else self.sizes
        marker = "." if len(self.n_neurons) <= MAX_MARKERS else ""
        self.lines_ = []
        self.baselines_ = []
        for label, scores in [(own_name, self.scores), *self.further_scores.items()]:
            self.lines_ += ax.plot(x, scores, marker=marker, label=label)
        for line in self.lines_ if baseline else []:
            level, colour = np.asarray(line.get_ydata())[0], line.get_color()
            self.baselines_.append(ax.axhline(level, color=colour, **_style.DASHED))
        # One entry for all of them, also of displays drawn before on the same axes.
        if baseline and BASELINE_LABEL not in ax.get_legend_handles_labels()[1]:
            self.baselines_[0].set_label(BASELINE_LABEL)
        self.selected_ = None
        if self.n_neurons_selected is not None:
            at = np.flatnonzero(self.n_neurons == self.n_neurons_selected)[0]
            self.selected_ = ax.axvline(x[at], **_style.DOTTED)
            self.selected_.set_label(f"selected: {self.n_neurons_selected} neurons")
        if not ax.xaxis_inverted():
            ax.invert_xaxis()
        if isinstance(locator := ax.xaxis.get_major_locator(), plt.MaxNLocator):
            locator.set_params(integer=True, min_n_ticks=1)
        own_size = SIZE_NAMES["n_neurons"] if self.sizes is None else "size"
        ax.set_xlabel(self.size_name or own_size)
        if self.score_name or not ax.get_ylabel():
            ax.set_ylabel(self.score_name or "score")
        ax.legend(fontsize="small", frameon=False)
        self.ax_, self.figure_ = ax, ax.figure
        return self


def _checked_label(label: Any) -> Any:
    """A label that matplotlib shows in legends."""
    if not isinstance(label, str) or label.startswith("_"):
        raise ValueError(
            f"further_scores has the label {label!r}: legends need texts that do not begin with "
            "an underscore."
        )
    return label


def _column(name: str, values: ArrayLike, length: int | None = None) -> NDArray[Any]:
    with naming(name):
        values = np.array(values)
        if values.dtype.kind == "c":
            raise TypeError(f"real numbers are needed; got dtype {values.dtype}.")
        if values.dtype.kind not in "biuf":
            values = values.astype(float)
    if values.ndim != 1 or not len(values) or length not in (None, len(values)):
        expected = "(n_steps,) with at least one step" if length is None else f"({length},)"
        raise ValueError(f"{name} has the shape {values.shape} instead of {expected}.")
    return values
