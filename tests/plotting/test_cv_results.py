"""CVResultsDisplay."""

import sys

import numpy as np
import pytest
from helpers.made_up_results import cv_results
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneuron import RottenNeuronPruner, RottenNeuronPrunerCV
from skneuron.plotting import CVResultsDisplay, _style
from skneuron.pruning._cv_search import best_candidate

pytestmark = pytest.mark.usefixtures("plt")

X, Y = (array[:300] for array in load_digits(return_X_y=True))
SIZES = (40, 30, 20, 10)


def search(**options):
    mlp = MLPClassifier((8,), early_stopping=True, random_state=0)
    pruner = RottenNeuronPruner(mlp, random_state=0, estimate_gain=False)
    return RottenNeuronPrunerCV(pruner, cv=2, **options)


@pytest.fixture(scope="module")
def fitted():
    return search(thresholds=[-np.inf, 0.0, 0.02]).fit(X, Y)


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def labels(ax):
    return [label.get_text() for label in ax.get_xticklabels()]


def test_thresholds_have_the_same_distance():
    results = cv_results()
    display = CVResultsDisplay.from_cv_results(results, score_name="recall")
    assert labels(display.ax_) == ["-∞", "-0.01", "0", "0.01", "0.1"]
    assert list(display.ax_.get_xticks()) == [0, 1, 2, 3, 4]
    np.testing.assert_array_equal(display.line_.get_ydata(), results["mean_test_score"])
    assert display.ax_.get_xlabel() == "threshold"
    assert display.ax_.get_ylabel() == "recall"


def test_folds_are_thin_lines():
    results = cv_results(n_folds=3)
    display = CVResultsDisplay(results).plot()
    assert len(display.fold_lines_) == 3
    for number, line in enumerate(display.fold_lines_):
        np.testing.assert_array_equal(line.get_ydata(), results[f"split{number}_test_score"])
        assert line.get_linewidth() < display.line_.get_linewidth() / 2
    assert legend(display.ax_)[0] == "3 folds"


def test_the_band_is_a_standard_error_to_both_sides():
    results = cv_results(n_folds=3)
    corners = CVResultsDisplay(results).plot().band_.get_paths()[0].vertices
    folds = np.array([results[f"split{number}_test_score"] for number in range(3)])
    errors = folds.std(axis=0, ddof=1) / np.sqrt(3)
    for at in range(5):
        ends = corners[corners[:, 0] == at, 1]
        expected = results["mean_test_score"][at] + errors[at] * np.array([-1, 1])
        np.testing.assert_allclose([ends.min(), ends.max()], expected)


@pytest.mark.parametrize("seed", range(8))
def test_marks_are_what_the_rules_of_the_search_take(seed):
    results = cv_results(seed=seed)
    display = CVResultsDisplay(results, best_index=1).plot()
    assert display.best_.get_xdata()[0] == best_candidate(results, "best")
    assert display.one_se_.get_xdata()[0] == best_candidate(results, "one_se")
    assert set(display.selected_.get_xdata()) == {1}
    assert "chosen: -0.01" in legend(display.ax_)
    assert any(text.startswith("smallest within one SE: ") for text in legend(display.ax_))
    assert display.best_.get_marker() != display.one_se_.get_marker()


def test_sizes_are_drawn_from_the_largest_to_the_smallest():
    results = cv_results(SIZES[::-1], name="n_neurons_to_select")
    results["mean_n_neurons"] = np.array(SIZES[::-1])
    display = CVResultsDisplay(results).plot()
    np.testing.assert_array_equal(display.line_.get_xdata(), SIZES)
    np.testing.assert_array_equal(display.line_.get_ydata(), results["mean_test_score"][::-1])
    assert display.ax_.xaxis_inverted()
    assert display.ax_.get_xlabel() == "hidden neurons left (mean of the folds)"
    np.testing.assert_array_equal(display.ax_.get_xticks(), np.round(display.ax_.get_xticks()))


def test_either_axis_can_be_asked_for():
    results = cv_results()
    by_size = CVResultsDisplay(results, best_index=2).plot(x="n_neurons")
    assert set(by_size.selected_.get_xdata()) == {results["mean_n_neurons"][2]}
    assert "chosen: 0" in legend(by_size.ax_)
    sizes = cv_results([(5, 3), 8, 0.5], name="n_neurons_to_select")
    by_candidate = CVResultsDisplay(sizes).plot(x="candidates")
    assert labels(by_candidate.ax_) == ["5, 3", "8", "0.5"]
    assert by_candidate.ax_.get_xlabel() == "n_neurons_to_select"


def test_many_candidates_have_slanted_labels_that_do_not_overlap():
    candidates = [*np.linspace(-0.01, 0.05, 12).round(4), "1.25*mean"]
    display = CVResultsDisplay(cv_results(candidates)).plot()
    assert {label.get_rotation() for label in display.ax_.get_xticklabels()} == {60.0}
    assert labels(display.ax_)[-1] == "1.25*mean"
    assert display.figure_.get_figwidth() == _style.WIDTH


def test_one_fold_has_no_standard_errors():
    display = CVResultsDisplay(cv_results(n_folds=1)).plot()
    assert display.band_ is None
    assert display.one_se_ is None
    assert legend(display.ax_)[0] == "1 fold"


def test_scores_that_are_not_defined():
    results = cv_results()
    for name in list(results):
        if name.endswith("test_score") and name != "rank_test_score":
            results[name] = np.full(5, np.nan)
    display = CVResultsDisplay(results, best_index=0).plot()
    display.figure_.canvas.draw()
    assert display.best_ is None
    results["mean_test_score"][1] = results["split0_test_score"][1] = 0.5
    assert CVResultsDisplay(results).plot().best_.get_xdata()[0] == 1


def test_from_estimator_finds_searches_wherever_they_are(fitted):
    pipeline = make_pipeline(StandardScaler().fit(X), fitted)
    for estimator in (fitted, FrozenEstimator(fitted), pipeline):
        display = CVResultsDisplay.from_estimator(estimator)
        np.testing.assert_array_equal(
            display.line_.get_ydata(), fitted.cv_results_["mean_test_score"]
        )
        assert set(display.selected_.get_xdata()) == {fitted.best_index_}
        assert display.ax_.get_ylabel() == "accuracy"


def test_from_estimator_of_sizes_and_other_scores(plt):
    sizes = search(n_neurons_to_select=[8, 4]).set_params(
        pruner__scoring="neg_log_loss", rule="one_se"
    )
    _, ax = plt.subplots()
    display = CVResultsDisplay.from_estimator(sizes.fit(X, Y), ax=ax)
    assert display.ax_ is ax
    assert display.ax_.get_ylabel() == "negative log loss"
    assert display.ax_.xaxis_inverted()
    assert display.one_se_.get_xdata()[0] == display.selected_.get_xdata()[0]


def test_from_estimator_needs_a_fitted_search(plt):
    with pytest.raises(NotFittedError, match="RottenNeuronPrunerCV"):
        CVResultsDisplay.from_estimator(search())
    pruner = RottenNeuronPruner(MLPClassifier((4,), early_stopping=True)).fit(X, Y)
    for wrong in (pruner, MLPClassifier(), None, "search"):
        with pytest.raises(TypeError, match="estimator must be a fitted RottenNeuronPrunerCV"):
            CVResultsDisplay.from_estimator(wrong)
    assert not plt.get_fignums()


@pytest.mark.parametrize("wrong", [{}, {"params": []}, None, [1]])
def test_only_results_of_a_search_can_be_drawn(wrong):
    with pytest.raises(TypeError, match="cv_results must be the cv_results_ of a Rotten"):
        CVResultsDisplay(wrong)


def test_wrong_arguments():
    with pytest.raises(ValueError, match="best_index=5 must be an int from 0 to 4"):
        CVResultsDisplay(cv_results(), best_index=5)
    with pytest.raises(ValueError, match="x='time' is unknown"):
        CVResultsDisplay(cv_results()).plot(x="time")


def test_plot_may_be_called_again_and_changes_nothing():
    results = cv_results()
    before = {name: np.array(value, copy=True) for name, value in results.items()}
    display = CVResultsDisplay(results)
    assert display.plot() is display.plot(x="n_neurons")
    for name, value in before.items():
        np.testing.assert_array_equal(results[name], value)


def test_without_matplotlib(monkeypatch):
    for name in ("matplotlib", "matplotlib.pyplot"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=r"CVResultsDisplay\.plot needs matplotlib: pip"):
        CVResultsDisplay(cv_results()).plot()
