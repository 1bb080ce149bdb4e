"""What the displays share: colours, the import of matplotlib, and the layout of panels."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from sklearn.base import is_classifier
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from skneuron.utils import (
    DIVERGING_COLORS,
    ArrayLike,
    FloatArray,
    NDArray,
    Scoring,
    checked_text,
    naming,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.legend import Legend

# Where panels are drawn: None makes a figure, one Axes is divided, of several each gets one.
AxesLike: TypeAlias = "Axes | Sequence[Axes] | NDArray[Any] | None"
ColormapLike: TypeAlias = "str | Colormap"

# Orange and blue, which colour-blind readers can tell apart. Printed in grey, blue is dark, orange
# medium and neutral light; markers and line styles say the same once more.
ROTTEN, NEUTRAL, USEFUL = "#D55E00", "#BBBBBB", "#00508A"
CURVES = (USEFUL, "#E69F00", "#009E73", "#CC79A7", "#56B4E9")
MARKERS = (".", "s", "^", "D", "v")
BAND: dict[str, Any] = {"alpha": 0.25, "linewidth": 0}
# Of `DIVERGING_COLORS`, in which signs can be told without colours as well.
DIVERGING = "yellow_grey_blue"
# The widest figure whose texts can still be read when a page shows it 400 pixels wide.
WIDTH = 5.2
# Beyond so many, names of neurons would not fit side by side or below one another.
MAX_NAMES = 30
# Characters of a name of a feature or class.
MAX_LENGTH = 20
ZERO_LINE: dict[str, Any] = {"color": "0.35", "linewidth": 0.8}
DASHED: dict[str, Any] = {"linestyle": "--", "linewidth": 0.8}
DOTTED: dict[str, Any] = {"linestyle": ":", "linewidth": 1.0, "color": "0.35"}


def shortened(name: str) -> str:
    """A name that leaves room for bars beside it."""
    return name if len(name) <= MAX_LENGTH else f"{name[: MAX_LENGTH - 1]}…"


def pyplot(caller: str) -> Any:
    """`matplotlib.pyplot`, imported only when something is drawn.

    Parameters
    ----------
    caller : str
        Who needs it, for the message.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(f"{caller} needs matplotlib: pip install 'skneuron[plot]'.") from error
    return plt


def checked_axes(ax: Any, *, several: bool = True) -> Any:
    """``ax``, if it is None, Axes, or, if there may be several, a sequence of Axes.

    Raises
    ------
    TypeError
        If it is anything else.
    """
    if ax is None:
        return None
    from matplotlib.axes import Axes

    each = list(np.array(ax, dtype=object).ravel()) if several and np.iterable(ax) else [ax]
    if not all(isinstance(one, Axes) for one in each):
        kinds = "an Axes of matplotlib or a list of them" if several else "an Axes of matplotlib"
        raise TypeError(f"ax={ax!r} must be None, {kinds}.")
    return ax


def checked_cmap(plt: Any, cmap: ColormapLike) -> "Colormap":
    """The colormap; an error that names ``cmap``, if there is none like that."""
    if isinstance(cmap, str) and cmap == DIVERGING:
        from matplotlib.colors import LinearSegmentedColormap

        # Not registered with matplotlib, whose state is not ours.
        return LinearSegmentedColormap.from_list(DIVERGING, DIVERGING_COLORS)
    with naming("cmap"):
        found: Colormap = plt.get_cmap(cmap)
    return found


def panels(
    plt: Any,
    ax: AxesLike,
    n_panels: int,
    *,
    n_cols: int,
    figsize: tuple[float, float],
    sharey: bool = False,
    height_ratios: Sequence[float] | None = None,
) -> NDArray[Any]:
    """Axes to draw ``n_panels`` panels in, row by row.

    Parameters
    ----------
    plt : module
        As `pyplot` returns it.
    ax : Axes, sequence of Axes, or None
        None makes a figure; one Axes is cut into a grid; a sequence is taken as it is.
    n_panels : int
    n_cols : int
        Columns of the grid.
    figsize : tuple of float
        Of the figure that is made.
    sharey : bool, default=False
        Whether panels of a grid share their y axes.
    height_ratios : sequence of float, default=None
        Of as many rows of the grid as there are; None means that all are as high.

    Returns
    -------
    axes : ndarray of Axes, of shape (n_panels,)

    Raises
    ------
    ValueError
        If there are not as many Axes as panels, or one Axes cannot be cut.
    """
    if np.iterable(ax):
        axes = np.array(ax, dtype=object).ravel()
        if len(axes) != n_panels:
            raise ValueError(f"ax holds {len(axes)} axes, but there are {n_panels} panels.")
        return axes
    if ax is not None and n_panels == 1:
        return np.array([ax], dtype=object)
    shape = -(-n_panels // n_cols), n_cols
    ratios = None if height_ratios is None else list(height_ratios)[: shape[0]]
    if ax is None:
        figure = plt.figure(figsize=figsize, layout="constrained")
        grid = figure.add_gridspec(*shape, height_ratios=ratios)
    elif (place := ax.get_subplotspec()) is None:
        raise ValueError(
            f"ax is no subplot, so it cannot be divided into {n_panels} panels: pass a list of "
            f"{n_panels} axes."
        )
    else:
        ax.set_axis_off()
        grid = place.subgridspec(*shape, height_ratios=ratios)
    axes = grid.subplots(sharey=sharey, squeeze=False).ravel()
    for unused in axes[n_panels:]:
        unused.remove()
    return axes[:n_panels]


def checked_columns(name: str, values: ArrayLike, shape: tuple[int | None, ...]) -> NDArray[Any]:
    """Real numbers, copied, of a shape in which None stands for any length but 0.

    Raises
    ------
    TypeError, ValueError
        If they are something else.
    """
    with naming(name):
        values = np.array(values)
        if values.dtype.kind == "c":
            raise TypeError(f"real numbers are needed; got dtype {values.dtype}.")
        if values.dtype.kind not in "biuf":
            values = values.astype(float)
    fits = values.ndim == len(shape) and all(
        size > 0 if wanted is None else size == wanted
        for size, wanted in zip(values.shape, shape, strict=True)
    )
    if not fits:
        expected = str(tuple("n" if wanted is None else wanted for wanted in shape))
        expected = expected.replace("'", "") + " with n of at least 1" * (None in shape)
        raise ValueError(f"{name} has the shape {values.shape} instead of {expected}.")
    return values


def checked_choice(name: str, value: Any, choices: Sequence[str]) -> str:
    """One of ``choices``; an error that lists them, if it is something else."""
    if not isinstance(value, str) or value not in choices:
        raise ValueError(f"{name}={value!r} is unknown; use one of {sorted(choices)}.")
    return value


def prepared(caller: str, ax: Any, score_name: Any = None, cmap: Any = None) -> Any:
    """`pyplot`, once what all drawing takes has been checked: before the work, not after it."""
    plt = pyplot(caller)
    checked_axes(ax)
    if cmap is not None:
        checked_cmap(plt, cmap)
    checked_text("score_name", score_name)
    return plt


def single_axes(plt: Any, ax: "Axes | None", height: float) -> "Axes":
    """``ax``, or that of a new figure."""
    if ax is not None:
        return ax
    ax = plt.figure(figsize=(WIDTH, height), layout="constrained").subplots()
    despine(ax)
    return ax


def integer_ticks(plt: Any, axis: Any) -> None:
    """Ticks of an axis at whole numbers only, unless somebody else has placed them."""
    if isinstance(locator := axis.get_major_locator(), plt.MaxNLocator):
        locator.set_params(integer=True, min_n_ticks=1)


def legend_above(ax: "Axes", handles: list[Any] | None = None, n_cols: int = 2) -> "Legend":
    """A legend above the axes, where it hides nothing."""
    return ax.legend(
        **({} if handles is None else {"handles": handles}),
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0),
        ncols=n_cols,
        fontsize="small",
        frameon=False,
        borderaxespad=0.2,
        borderpad=0.2,
        handlelength=1.6,
        columnspacing=1.2,
    )


def labels_that_fit(ax: "Axes", inches: float, *, across: bool) -> int:
    """How many labels fit along the x axis or, not ``across``, the y axis, before it is drawn."""
    box = ax.get_window_extent()
    return int((box.width if across else box.height) / ax.figure.dpi / inches)


def hatched_where_missing(ax: "Axes", values: NDArray[Any]) -> None:
    """Let a heat map without the values that are NaN show hatching there."""
    if np.isnan(values).any():
        ax.patch.set(facecolor="white", edgecolor="0.6", hatch="////")


def extension(values: FloatArray, limit: float) -> str:
    """Which ends of a colour bar need an arrow, since values lie beyond."""
    with np.errstate(invalid="ignore"):
        beyond = bool((values < -limit).any()), bool((values > limit).any())
    names = {(True, True): "both", (True, False): "min", (False, True): "max"}
    return names.get(beyond, "neither")


def fitted_inside(estimator: Any, attribute: str, kind: str) -> Any:
    """The fitted pruner or search inside that has ``attribute``.

    Raises
    ------
    TypeError
        If there is none.
    NotFittedError
        If it is not fitted.
    """
    inside = estimator
    while True:
        if isinstance(inside, FrozenEstimator):
            inside = inside.estimator
        elif isinstance(inside, Pipeline):
            inside = inside.steps[-1][1]
        elif not hasattr(type(inside), "_pruned_estimator"):
            raise TypeError(f"estimator must be a fitted {kind}; got {estimator!r}.")
        else:
            # Before it is asked for the attribute, which it may lack for good.
            check_is_fitted(inside)
            if hasattr(inside, attribute):
                return inside
            inside = inside._pruned_estimator


def percent(level: float) -> str:
    """0.95 as "95 %"."""
    return f"{100 * level:.10g} %"


def finite(values: FloatArray) -> FloatArray:
    """Those values that can be drawn."""
    kept: FloatArray = values[np.isfinite(values)]
    return kept


def despine(ax: "Axes") -> None:
    """Take away the lines above and to the right of a plot."""
    ax.spines[["top", "right"]].set_visible(False)


def symmetric_limit(values: FloatArray, percentile: float = 100.0) -> float:
    """Half the width of a colour scale around 0; positive even if all values are 0 or NaN."""
    sizes = np.abs(values[np.isfinite(values)])
    limit = float(np.percentile(sizes, percentile, method="higher")) if sizes.size else 0.0
    # A few cells that differ from 0 in a sea of zeros are what there is to see.
    limit = limit or float(sizes.max(initial=0.0))
    return limit or 1.0


def name_of_scoring(scoring: Scoring, mlp: Any) -> str | None:
    """What to call the score that ``scoring`` computes; None if it has no name."""
    if scoring is None:
        return "accuracy" if is_classifier(mlp) else "R²"
    if isinstance(scoring, str):
        return scoring.replace("neg_", "negative ", 1).replace("_", " ")
    return getattr(scoring, "__name__", None)
