"""Intervals, marks and comparisons of PruningPathDisplay; its axes: `test_path`."""

import numpy as np
import pytest
from helpers.made_up_results import path_columns
from scipy.stats import binomtest
from sklearn.datasets import load_digits
from sklearn.frozen import FrozenEstimator
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneuron import RottenNeuronPruner, RottenNeuronPrunerCV, neuron_pruning_path
from skneuron.plotting import PruningPathDisplay

pytestmark = pytest.mark.usefixtures("plt")

X, Y = (array[:600] for array in load_digits(return_X_y=True))
X_NEW, Y_NEW = (array[600:900] for array in load_digits(return_X_y=True))
N_NEURONS = np.arange(10, 3, -1)
SCORES = np.array([0.90, 0.91, 0.93, 0.92, 0.90, 0.85, 0.60])


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def ends(band):
    """By size: the lowest and the highest point of a band."""
    corners = band.get_paths()[0].vertices
    sizes = np.unique(corners[:, 0])
    found = [corners[corners[:, 0] == size, 1] for size in sizes]
    return {int(size): (at.min(), at.max()) for size, at in zip(sizes, found, strict=True)}


@pytest.fixture(scope="module")
def pruner():
    mlp = MLPClassifier((9, 5), early_stopping=True, random_state=0)
    return RottenNeuronPruner(mlp, threshold=0.05, random_state=0).fit(X, Y)


def test_shares_have_wilson_intervals():
    display = PruningPathDisplay(N_NEURONS, SCORES, n_samples=200).plot()
    (band,) = display.bands_
    for size, score in zip(N_NEURONS, SCORES, strict=True):
        expected = binomtest(round(200 * score), 200).proportion_ci(method="wilson")
        np.testing.assert_allclose(ends(band)[size], expected, atol=1e-9)
    assert "95 % interval" in legend(display.ax_)


def test_scores_with_standard_errors_have_normal_intervals():
    errors = np.linspace(0.01, 0.02, 7)
    display = PruningPathDisplay(N_NEURONS, SCORES, standard_errors=errors).plot()
    (band,) = display.bands_
    expected = [SCORES[0] - 1.96 * 0.01, SCORES[0] + 1.96 * 0.01]
    np.testing.assert_allclose(ends(band)[10], expected, atol=1e-5)


def test_each_curve_has_its_own_interval_and_the_legend_has_one_entry():
    display = PruningPathDisplay(
        N_NEURONS, SCORES, name="chosen on", further_scores={"test": SCORES - 0.1, "more": SCORES},
        n_samples={"chosen on": 100, "test": 10_000},
    ).plot()  # fmt: skip
    first, second, third = display.bands_
    widths = [np.subtract(*ends(band)[8][::-1]) for band in (first, second)]
    assert widths[0] > 5 * widths[1]
    assert third is None
    assert legend(display.ax_).count("95 % interval") == 1
    without = PruningPathDisplay(N_NEURONS, SCORES, n_samples=9).plot(intervals=False)
    assert without.bands_ == [None]
    assert without.best_ is None
    assert "95 % interval" not in legend(without.ax_)


def test_the_best_network_and_the_smallest_close_to_it_are_marked_and_explained():
    display = PruningPathDisplay(N_NEURONS, SCORES, standard_errors=np.full(7, 0.03)).plot()
    assert [line.get_xdata()[0] for line in (display.best_, display.one_se_)] == [8, 6]
    assert [line.get_ydata()[0] for line in (display.best_, display.one_se_)] == [0.93, 0.90]
    assert "highest: 8 neurons" in legend(display.ax_)
    assert "smallest within 1 std. error: 6" in legend(display.ax_)
    assert display.best_.get_marker() != display.one_se_.get_marker()


def test_marks_follow_other_sizes():
    display = PruningPathDisplay(
        N_NEURONS, SCORES, standard_errors=np.full(7, 0.03), sizes=10 * N_NEURONS
    ).plot()
    assert [line.get_xdata()[0] for line in (display.best_, display.one_se_)] == [80, 60]


def test_what_is_not_known_is_not_marked():
    display = PruningPathDisplay(N_NEURONS, SCORES).plot()
    assert display.bands_ == [None]
    assert display.best_ is None
    assert display.one_se_ is None
    assert display.random_ is None
    unknown = PruningPathDisplay([2, 1], [np.nan, np.nan], n_samples=5).plot()
    assert unknown.best_ is None
    half = PruningPathDisplay([2, 1], [0.5, 0.4], standard_errors=[np.nan, 0.1]).plot()
    assert half.best_.get_xdata()[0] == 2
    assert half.one_se_ is None


@pytest.mark.parametrize(
    ("n_draws", "label"),
    [(5, "random removals: range of 5"), (40, "random removals: 90 % of 40")],
)
def test_random_removals_are_a_band(n_draws, label):
    columns = path_columns(n_draws=n_draws)
    display = PruningPathDisplay(
        columns.n_neurons, columns.scores, random_scores=columns.random
    ).plot()
    at = list(columns.n_neurons).index(30)
    draws = columns.random[:, at]
    expected = (draws.min(), draws.max()) if n_draws < 20 else np.percentile(draws, [5, 95])
    np.testing.assert_allclose(ends(display.random_)[30], expected)
    assert legend(display.ax_)[0] == label
    assert display.random_.get_hatch()  # seen in grey as well, and through other bands


def test_a_path_of_accuracies_knows_its_intervals(pruner):
    path = pruner.pruning_path_
    display = PruningPathDisplay.from_path(path)
    n = path.ablation.n_samples
    expected = binomtest(round(n * path.scores[0]), n).proportion_ci(method="wilson")
    np.testing.assert_allclose(ends(display.bands_[0])[14], expected, atol=1e-9)
    other = neuron_pruning_path(pruner.estimator_, X, Y, scoring="neg_log_loss")
    assert PruningPathDisplay.from_path(other).bands_ == [None]


def test_new_samples_have_a_curve_and_random_removals(pruner):
    path = pruner.pruning_path_
    display = PruningPathDisplay.from_path(
        path, X_NEW, Y_NEW, random_removals=3, random_state=0, name="old",
        further_scores={"mine": path.scores},
    )  # fmt: skip
    assert [line.get_label() for line in display.lines_] == ["old", "new samples", "mine"]
    np.testing.assert_array_equal(display.lines_[1].get_ydata(), path.pareto(X_NEW, Y_NEW).score)
    assert [band is None for band in display.bands_] == [False, False, True]
    assert display.random_scores.shape == (3, len(path.n_neurons))
    assert (display.random_scores[:, 0] == display.lines_[1].get_ydata()[0]).all()


def test_new_samples_scored_by_something_else_have_no_intervals_of_shares(pruner):
    display = PruningPathDisplay.from_path(
        pruner.pruning_path_, X_NEW, Y_NEW, scoring="neg_log_loss"
    )
    assert display.bands_[1] is None
    assert (display.lines_[1].get_ydata() < 0).all()


def test_random_removals_need_new_samples(pruner, plt):
    with pytest.raises(ValueError, match="random_removals=3 needs new samples X to be scored"):
        PruningPathDisplay.from_path(pruner.pruning_path_, random_removals=3)
    with pytest.raises(ValueError, match="y needs new samples X"):
        PruningPathDisplay.from_path(pruner.pruning_path_, y=Y_NEW)
    assert not plt.get_fignums()


def wrapped(pruner):
    scaler = StandardScaler(with_std=False).fit(X)
    inner = RottenNeuronPruner(
        make_pipeline(StandardScaler(), MLPClassifier((9, 5), early_stopping=True)),
        random_state=0,
    ).fit(X, Y)
    return {
        "pruner": pruner,
        "frozen": FrozenEstimator(pruner),
        "at the end of a Pipeline": make_pipeline(scaler, FrozenEstimator(pruner)),
        "around a Pipeline": inner,
        "at the end of two": make_pipeline(scaler, make_pipeline(scaler, inner)),
        "search": RottenNeuronPrunerCV(pruner, thresholds=[0.0, 0.02], cv=2).fit(X, Y),
    }


def test_from_estimator_finds_pruners_wherever_they_are(pruner):
    for name, estimator in wrapped(pruner).items():
        display = PruningPathDisplay.from_estimator(estimator, X_NEW, Y_NEW)
        # The last network of the path is the one that predicts.
        last = display.lines_[1].get_ydata()[-1]
        assert last == pytest.approx(estimator.score(X_NEW, Y_NEW)), name
        assert display.ax_.get_ylabel() == "accuracy"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_samples": 0}, "n_samples=0 must be an int of at least 1"),
        ({"n_samples": {"test": 5}}, "n_samples has the label 'test', but the curves are"),
        ({"standard_errors": [0.1]}, r"standard_errors has the shape \(1,\) instead of \(7,\)"),
        ({"random_scores": SCORES}, r"random_scores has the shape \(7,\) instead of \(n, 7\)"),
        ({"random_scores": np.ones((0, 7))}, r"\(0, 7\) instead of \(n, 7\) with n of at least"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        PruningPathDisplay(N_NEURONS, SCORES, **arguments)
