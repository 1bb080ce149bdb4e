"""ShapleyDisplay; what it draws of the neurons: `test_neuron_effects`."""

import sys

import numpy as np
import pytest
from helpers.made_up_results import shapley
from sklearn.datasets import load_digits
from sklearn.frozen import FrozenEstimator
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import Bunch

from skneuron import RottenNeuronPruner, neuron_shapley
from skneuron.plotting import ShapleyDisplay

pytestmark = pytest.mark.usefixtures("plt")

X, Y = (array[:400] for array in load_digits(return_X_y=True))
FEW = {"max_permutations": 4, "random_state": 0}


@pytest.fixture(scope="module")
def mlp():
    return MLPClassifier((6, 4), early_stopping=True, random_state=0).fit(X, Y)


def test_kinds_follow_from_the_intervals():
    values = shapley(4)
    values["shapley_values"] = np.array([0.1, -0.1, 0.1, -0.1])
    values["standard_errors"] = np.array([0.05, 0.05, 0.06, np.nan])
    display = ShapleyDisplay.from_shapley(values)
    assert list(display.kinds_) == ["above 0", "below 0", "around 0", "around 0"]
    texts = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert texts == ["below 0: 1", "around 0: 2", "above 0: 1", "95 % interval"]


def test_intervals_are_196_standard_errors_to_both_sides():
    values = shapley(7)
    (lines,) = ShapleyDisplay(values).plot().ax_.collections
    order = np.argsort(values.shapley_values)
    widths = [segment[1, 0] - segment[0, 0] for segment in lines.get_segments()]
    np.testing.assert_allclose(widths, 2 * 1.96 * values.standard_errors[order], rtol=1e-4)


def test_few_and_many():
    few, many = ShapleyDisplay(shapley(20, 10)).plot(), ShapleyDisplay(shapley(600)).plot()
    assert few.ax_.get_xlabel() == "share of score (Shapley value)"
    assert len(few.ax_.get_yticklabels()) == 30
    assert many.ax_.get_ylabel() == "share of score (Shapley value)"
    assert len(many.ax_.get_xticklabels()) < 15


def test_from_estimator_is_the_values_drawn(mlp):
    display = ShapleyDisplay.from_estimator(mlp, X, Y, layers=0, **FEW)
    expected = neuron_shapley(mlp, X, Y, layers=0, **FEW)
    np.testing.assert_array_equal(display.shapley.shapley_values, expected.shapley_values)
    assert display.ax_.get_xlabel() == "share of accuracy (Shapley value)"
    named = ShapleyDisplay.from_estimator(mlp, X, Y, score_name="hits", **FEW)
    assert named.score_name == "hits"


def test_networks_in_pipelines_pruners_and_frozen(mlp):
    pruner = RottenNeuronPruner(mlp, cv="prefit").fit(X, Y)
    pipeline = make_pipeline(FunctionTransformer(), mlp)
    pipeline.steps[0][1].fit(X)
    for estimator in (pipeline, FrozenEstimator(mlp), pruner):
        display = ShapleyDisplay.from_estimator(estimator, X, Y, **FEW)
        n_neurons = pruner.n_neurons_ if estimator is pruner else 10
        assert len(display.kinds_) == n_neurons


def test_regressors_and_other_scores():
    regressor = MLPRegressor(hidden_layer_sizes=(4,), random_state=0).partial_fit(X, Y)
    display = ShapleyDisplay.from_estimator(
        regressor, X, Y, scoring="neg_mean_squared_error", **FEW
    )
    assert display.score_name == "negative mean squared error"


def test_given_axes_are_used_and_kept(plt):
    figure, (left, right) = plt.subplots(1, 2)
    display = ShapleyDisplay(shapley(5)).plot(ax=right)
    assert display.ax_ is right
    assert display.figure_ is figure
    assert plt.get_fignums() == [figure.number]
    assert not left.lines


def test_values_are_not_changed():
    values = shapley(5)
    before = {name: np.array(value, copy=True) for name, value in values.items()}
    display = ShapleyDisplay(values)
    assert display.plot() is display.plot()
    for name, value in before.items():
        np.testing.assert_array_equal(values[name], value)


@pytest.mark.parametrize("wrong", [{"a": shapley(3)}, Bunch(values=1), [0.1], None])
def test_only_shapley_values_can_be_drawn(wrong):
    with pytest.raises(TypeError, match=r"shapley must be a NeuronShapley.*; got"):
        ShapleyDisplay(wrong)


def test_without_matplotlib_nothing_is_computed(monkeypatch, mlp):
    for name in ("matplotlib", "matplotlib.pyplot"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=r"ShapleyDisplay\.plot needs matplotlib"):
        ShapleyDisplay(shapley(3)).plot()
    monkeypatch.setattr("skneuron.plotting._shapley.neuron_shapley", None)
    with pytest.raises(ImportError, match=r"pip install 'skneuron\[plot\]'"):
        ShapleyDisplay.from_estimator(mlp, X, Y)
