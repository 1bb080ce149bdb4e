"""What the displays share: colours, the import of matplotlib, and the layout of panels."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from sklearn.base import is_classifier

from skneuron.utils import FloatArray, NDArray, Scoring, naming

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap

# Where panels are drawn: None makes a figure, one Axes is divided, of several each gets one.
AxesLike: TypeAlias = "Axes | Sequence[Axes] | NDArray[Any] | None"
ColormapLike: TypeAlias = "str | Colormap"

# From the palette of Okabe and Ito, which colour-blind readers can tell apart.
ROTTEN, NEUTRAL, USEFUL = "#D55E00", "#999999", "#0072B2"
CURVES = (USEFUL, "#E69F00", "#009E73", "#CC79A7", "#56B4E9")
# Red below zero and blue above, as the colours of rotten and useful neurons.
DIVERGING = "RdBu"
ZERO_LINE: dict[str, Any] = {"color": "0.35", "linewidth": 0.8}
DASHED: dict[str, Any] = {"linestyle": "--", "linewidth": 0.8}
DOTTED: dict[str, Any] = {"linestyle": ":", "linewidth": 1.0, "color": "0.35"}


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


def checked_cmap(plt: Any, cmap: ColormapLike) -> ColormapLike:
    """``cmap``; an error that names it, if matplotlib knows none like that."""
    with naming("cmap"):
        plt.get_cmap(cmap)
    return cmap


def panels(
    plt: Any,
    ax: AxesLike,
    n_panels: int,
    *,
    n_cols: int,
    figsize: tuple[float, float],
    sharey: bool = False,
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
    if ax is None:
        grid = plt.figure(figsize=figsize, layout="constrained").add_gridspec(*shape)
    elif (place := ax.get_subplotspec()) is None:
        raise ValueError(
            f"ax is no subplot, so it cannot be divided into {n_panels} panels: pass a list of "
            f"{n_panels} axes."
        )
    else:
        ax.set_axis_off()
        grid = place.subgridspec(*shape)
    axes = grid.subplots(sharey=sharey, squeeze=False).ravel()
    for unused in axes[n_panels:]:
        unused.remove()
    return axes[:n_panels]


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
