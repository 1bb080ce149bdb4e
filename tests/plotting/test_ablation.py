"""NeuronAblationDisplay: axes, estimators, parameters; what is drawn: `test_ablation_panels`."""

import sys

import numpy as np
import pytest
from helpers.ablation_display import heights, images, made_up
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import Bunch

from skneuron import RottenNeuronPruner, neuron_ablation
from skneuron.plotting import NeuronAblationDisplay, _style

pytestmark = pytest.mark.usefixtures("plt")

X, Y = (array[:400] for array in load_digits(return_X_y=True))


@pytest.fixture(scope="module")
def mlp():
    return MLPClassifier((9, 5), early_stopping=True, random_state=0).fit(X, Y)


def test_score_name_is_on_the_axis():
    ablation = made_up(8, 8)
    first, second = NeuronAblationDisplay.from_ablation(ablation, score_name="recall").axes_
    assert first.get_ylabel() == "loss of recall\nwithout the neuron"
    assert second.get_ylabel() == "loss of recall\nwithout the neuron"
    display = NeuronAblationDisplay(ablation).plot()
    assert display.ax_.get_ylabel() == "loss of score\nwithout the neuron"


def test_given_axes_are_used(plt):
    figure, axes = plt.subplots(2, 2)
    display = NeuronAblationDisplay(made_up(20, 10)).plot(ax=axes[0])
    assert list(display.axes_) == list(axes[0])
    assert display.figure_ is figure
    assert plt.get_fignums() == [figure.number]
    assert not axes[1, 0].containers
    assert [bool(ax.get_ylabel()) for ax in axes[0]] == [True, True]
    _, ax = plt.subplots()
    assert NeuronAblationDisplay(made_up(20)).plot(ax=ax).ax_ is ax


def test_layers_stand_below_one_another_in_a_figure_made_here():
    axes = NeuronAblationDisplay(made_up(20, 10, 5)).plot().axes_
    assert axes[0].get_subplotspec().get_gridspec().get_geometry() == (3, 1)
    assert axes[0].figure.get_figwidth() == _style.WIDTH


def test_one_axes_is_divided_among_the_layers(plt):
    figure, (upper, lower) = plt.subplots(2, 1, layout="constrained")
    display = NeuronAblationDisplay(made_up(20, 10, 5))
    assert len(display.plot(ax=upper).axes_) == 3
    assert [bool(ax.get_ylabel()) for ax in display.axes_] == [True, False, False]
    assert display.ax_.get_subplotspec().get_gridspec().get_geometry() == (1, 3)
    assert len(display.plot(ax=lower, kind="classes").axes_) == 3
    figure.canvas.draw()
    with pytest.raises(ValueError, match="ax holds 2 axes, but there are 3 panels"):
        display.plot(ax=[upper, lower])


def test_plot_returns_the_display_and_may_be_called_again():
    display = NeuronAblationDisplay(made_up(4))
    assert not hasattr(display, "figure_")
    assert display.plot() is display
    first = display.figure_
    assert display.plot(kind="classes") is display
    assert display.figure_ is not first


def test_log_scale_reaches_all_panels_as_documented():
    display = NeuronAblationDisplay.from_ablation(made_up(20, 10))
    display.ax_.set_yscale("symlog", linthresh=1e-3)
    assert display.axes_[1].get_yscale() == "symlog"
    display.figure_.canvas.draw()


@pytest.mark.parametrize("kind", ["distribution", "classes"])
def test_the_ablation_is_not_changed(kind):
    ablation = made_up(9, 4)
    before = {name: np.array(value, copy=True) for name, value in ablation.items()}
    display = NeuronAblationDisplay.from_ablation(ablation, kind=kind)
    display.figure_.canvas.draw()
    assert display.ablation is ablation
    assert before.keys() == ablation.keys()
    for name, value in before.items():
        np.testing.assert_array_equal(ablation[name], value)


def test_from_estimator_is_the_ablation_drawn(mlp):
    pipeline = make_pipeline(StandardScaler(), mlp)
    pipeline.steps[0][1].fit(X)
    display = NeuronAblationDisplay.from_estimator(
        pipeline, X, Y, replacement="mean", X_ref=X[:50], layers=-1, sample_weight=1.0 + Y
    )
    expected = neuron_ablation(
        pipeline, X, Y, replacement="mean", X_ref=X[:50], layers=-1, sample_weight=1.0 + Y
    )
    np.testing.assert_array_equal(display.ablation.importances, expected.importances)
    assert [ax.get_title() for ax in display.axes_] == ["hidden layer 1"]
    np.testing.assert_array_equal(heights(display.ax_), np.sort(expected.importances))
    assert "accuracy" in display.ax_.get_ylabel()


def test_from_estimator_draws_classes_in_given_axes(mlp, plt):
    _, axes = plt.subplots(1, 2)
    display = NeuronAblationDisplay.from_estimator(mlp, X, Y, kind="classes", ax=axes, cmap="PuOr")
    assert list(display.axes_) == list(axes)
    assert [image.get_array().shape for image in images(display)] == [(10, 9), (10, 5)]
    assert [label.get_text() for label in axes[0].get_yticklabels()] == list("0123456789")


def test_from_estimator_names_the_scoring(mlp):
    display = NeuronAblationDisplay.from_estimator(mlp, X, Y, scoring="neg_log_loss", layers=1)
    assert display.ax_.get_ylabel() == "loss of negative log loss\nwithout the neuron"
    display = NeuronAblationDisplay.from_estimator(mlp, X, Y, layers=1, score_name="hits")
    assert display.ax_.get_ylabel() == "loss of hits\nwithout the neuron"


def test_ablation_of_a_pruner(mlp):
    pruner = RottenNeuronPruner(mlp, cv="prefit").fit(X, Y)
    display = NeuronAblationDisplay.from_ablation(pruner.ablation_, kind="classes")
    assert len(display.axes_) == 2


def test_regressors_have_importances_but_no_classes():
    regressor = MLPRegressor(hidden_layer_sizes=(6,), random_state=0).partial_fit(X, Y)
    display = NeuronAblationDisplay.from_estimator(regressor, X, Y)
    assert display.ax_.get_ylabel() == "loss of R²\nwithout the neuron"
    with pytest.raises(ValueError, match="needs class_importances, which only ablations of"):
        display.plot(kind="classes")


def test_unknown_kind(plt):
    with pytest.raises(ValueError, match="kind='bars' is not 'distribution' or 'classes'"):
        NeuronAblationDisplay(made_up(3)).plot(kind="bars")
    assert not plt.get_fignums()


@pytest.mark.parametrize("wrong", [{"accuracy": made_up(3)}, Bunch(r2=1), [0.1], None])
def test_only_one_ablation_can_be_drawn(wrong):
    with pytest.raises(TypeError, match=r"ablation must be one NeuronAblation.*; got"):
        NeuronAblationDisplay(wrong)


def test_without_matplotlib_nothing_is_computed(monkeypatch, mlp):
    for name in ("matplotlib", "matplotlib.pyplot"):
        monkeypatch.setitem(sys.modules, name, None)
    display = NeuronAblationDisplay(made_up(3))
    with pytest.raises(ImportError, match=r"NeuronAblationDisplay\.plot needs matplotlib"):
        display.plot()
    monkeypatch.setattr("skneuron.plotting._ablation.neuron_ablation", None)
    with pytest.raises(ImportError, match=r"pip install 'skneuron\[plot\]'"):
        NeuronAblationDisplay.from_estimator(mlp, X, Y)
