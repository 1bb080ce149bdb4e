"""Pictures of displays, and whether they look as they did.

``python -m helpers.pictures NAME ...``, in the folder of the tests, draws baselines anew: look at
them before you keep them. Without names it draws all.
"""

import sys
from pathlib import Path

import matplotlib as mpl
import matplotlib.image
import matplotlib.style
import numpy as np
from helpers import made_up_results as made_up
from helpers.ablation_display import made_up as made_up_ablation
from scipy.ndimage import maximum_filter, minimum_filter

from skneuron import plotting

BASELINE = Path(__file__).parents[1] / "plotting" / "baseline"
DPI = 45
# Where a cell of a heat map ends, versions of matplotlib differ by a pixel.
NEIGHBOURS = (3, 3, 1)
# Of 255. Versions of matplotlib differ by up to 3, other data by 7 and more.
TOLERANCE = 4.0


def _path(**options):
    columns = made_up.path_columns()
    return plotting.PruningPathDisplay(
        columns.n_neurons,
        columns.scores,
        further_scores={"test": columns.test},
        n_samples={"evaluation data (chosen on)": 500, "test": 2000},
        random_scores=columns.random,
        n_neurons_selected=20,
    ).plot(**options)


def _fields(scale=1.0):
    patterns = np.add.outer(np.linspace(-1, 1, 6), np.linspace(-1, 1, 36)) ** 3
    return patterns * np.linspace(0.2, 1, 6)[:, None] * scale


PICTURES = {
    "ablation": lambda: plotting.NeuronAblationDisplay.from_ablation(
        made_up.judged_ablation(20, 80)
    ),
    "ablation_800": lambda: plotting.NeuronAblationDisplay.from_ablation(
        made_up.judged_ablation(800)
    ),
    "classes": lambda: plotting.NeuronAblationDisplay.from_ablation(
        made_up_ablation(12, 8), kind="classes"
    ),
    "path": _path,
    "pairs": lambda: plotting.PairwiseAblationDisplay.from_pairs(made_up.pairs(10, 6)[0]),
    "pairs_600": lambda: plotting.PairwiseAblationDisplay.from_pairs(
        made_up.pairs(400, 200, n_groups=5, noise=1e-6)[0], order="layers"
    ),
    "shapley": lambda: plotting.ShapleyDisplay.from_shapley(made_up.shapley(12)),
    "shapley_600": lambda: plotting.ShapleyDisplay.from_shapley(made_up.shapley(400, 200)),
    "verdicts": lambda: plotting.VerdictDisplay(*made_up.judged(15)).plot(),
    "verdicts_800": lambda: plotting.VerdictDisplay(*made_up.judged(800)).plot(),
    "cv_results": lambda: plotting.CVResultsDisplay.from_cv_results(
        made_up.cv_results(), best_index=2
    ),
    "images": lambda: plotting.ReceptiveFieldDisplay(_fields(), image_shape=(6, 6)).plot(),
    "bars": lambda: plotting.ReceptiveFieldDisplay(_fields()).plot(),
}


def without_texts(figure):
    """Take away what depends on fonts; constrained layouts then have no texts to make room for."""
    from matplotlib.ticker import NullFormatter

    for ax in figure.axes:
        ax.set(title="", xlabel="", ylabel="")
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_formatter(NullFormatter())
            axis.set_minor_formatter(NullFormatter())
        if ax.get_legend():
            ax.get_legend().remove()
        for text in [*ax.texts]:
            text.remove()
    return figure


def pixels(figure):
    """What it looks like: red, green and blue of every pixel."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure.set_dpi(DPI)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def drawn(name):
    """The pixels of one of `PICTURES`, without texts."""
    with mpl.rc_context(), mpl.style.context("default"):
        return pixels(without_texts(PICTURES[name]().figure_))


def read(name):
    """Those of its baseline."""
    return np.round(255 * mpl.image.imread(BASELINE / f"{name}.png")[..., :3])


def difference(picture, other):
    """Root mean square of what cannot be found nearby; infinite if the sizes differ."""
    if np.shape(picture) != np.shape(other):
        return np.inf
    pictures = np.asarray(picture, dtype=float), np.asarray(other, dtype=float)
    missing = max(_missing(*pictures), _missing(*pictures[::-1]))
    return float(np.sqrt(missing))


def _missing(picture, other):
    """Mean square by which pixels lie outside of what their neighbours are like in the other."""
    low, high = minimum_filter(other, NEIGHBOURS), maximum_filter(other, NEIGHBOURS)
    return np.mean(np.maximum(0, np.maximum(low - picture, picture - high)) ** 2)


def in_grey(colours):
    """Luminance of colours, from 0 to 1, as a printer without colours shows them."""
    from matplotlib.colors import to_rgb

    return np.array([np.dot(to_rgb(colour), [0.299, 0.587, 0.114]) for colour in colours])


if __name__ == "__main__":
    mpl.use("Agg")
    BASELINE.mkdir(exist_ok=True)
    for name in sys.argv[1:] or PICTURES:
        mpl.image.imsave(BASELINE / f"{name}.png", drawn(name), pil_kwargs={"optimize": True})
