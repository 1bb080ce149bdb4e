"""VerdictDisplay; what it draws of the neurons: `test_neuron_effects`."""

import sys

import numpy as np
import pytest
from helpers.made_up_results import judged, judged_ablation
from sklearn.datasets import load_digits
from sklearn.frozen import FrozenEstimator
from sklearn.neural_network import MLPClassifier
from sklearn.utils import Bunch

from skneuron import RottenNeuronPruner, neuron_ablation
from skneuron.plotting import VerdictDisplay

pytestmark = pytest.mark.usefixtures("plt")

X, Y = (array[:400] for array in load_digits(return_X_y=True))


@pytest.fixture(scope="module")
def mlp():
    return MLPClassifier((6, 4), early_stopping=True, random_state=0).fit(X, Y)


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_few_neurons_have_their_q_values_beside_them():
    found, layer, index = judged(12)
    display = VerdictDisplay(found, layer, index).plot()
    assert list(display.axes_) == [display.ax_]
    order = np.argsort(found.effects, kind="stable")
    names = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert names == [f"hidden0_neuron{at}" for at in order]
    texts = [text.get_text() for text in display.ax_.texts]
    assert len(texts) == 12
    for text, q in zip(texts, found.q_values[order], strict=True):
        if text == "q < 0.001":
            assert q < 0.001
        else:
            assert float(text.removeprefix("q = ")) == pytest.approx(q, rel=0.05, abs=0.05)


@pytest.mark.parametrize(
    ("q", "text"),
    [(0.0, "q < 0.001"), (0.0123, "q = 0.012"), (0.0949, "q = 0.095"), (0.31, "q = 0.3"),
     (1.0, "q = 1.0"), (np.nan, "no test")],
)  # fmt: skip
def test_q_values_in_words(q, text):
    found, layer, index = judged(2)
    found["q_values"] = np.full(2, q)
    assert {t.get_text() for t in VerdictDisplay(found, layer, index).plot().ax_.texts} == {text}


def test_many_neurons_have_their_q_values_below():
    found, layer, index = judged(800)
    display = VerdictDisplay(found, layer, index).plot()
    effects, q_values = display.axes_
    assert display.figure_.axes == [effects, q_values]
    assert q_values.get_yscale() == "log"
    assert q_values.get_xlim() == effects.get_xlim() == (0.5, 800.5)
    assert legend(q_values) == ["alpha = 0.05, Benjamini-Hochberg"]
    points = np.concatenate(
        [line.get_xydata() for line in q_values.lines if line.get_linestyle() == "None"]
    )
    drawn = points[np.argsort(points[:, 0]), 1]
    order = np.argsort(found.effects, kind="stable")
    np.testing.assert_allclose(drawn, np.maximum(found.q_values[order], 1e-6))
    low, high = q_values.get_ylim()
    assert low < drawn.min() <= drawn.max() < high


def test_q_values_of_zero_and_nan_can_be_drawn():
    found, layer, index = judged(40)
    found["q_values"][:5] = [0, 0, np.nan, np.nan, 1]
    display = VerdictDisplay(found, layer, index).plot()
    display.figure_.canvas.draw()
    assert np.isfinite(display.axes_[1].get_ylim()).all()


def test_verdicts_are_counted_and_effects_named():
    ablation = judged_ablation(12)
    for test, label in [
        ("mcnemar", "loss of accuracy without the neuron"),
        ("loss", "rise of the mean loss without the neuron"),
    ]:
        display = VerdictDisplay.from_ablation(ablation, test=test, alpha=0.2)
        assert display.ax_.get_xlabel() == label
        found = ablation.verdicts(test=test, alpha=0.2).verdict
        kinds = ("rotten", "undecided", "useful")
        counts = [f"{kind}: {(found == kind).sum()}" for kind in kinds]
        assert legend(display.ax_) == [*counts, "80 % interval"]


@pytest.mark.parametrize(("method", "words"), [("by", "Benjamini-Yekutieli"), (None, "not corr")])
def test_the_correction_is_named(method, words):
    display = VerdictDisplay.from_ablation(judged_ablation(40), method=method, alpha=0.1)
    assert words in legend(display.axes_[1])[0]
    assert legend(display.axes_[1])[0].startswith("alpha = 0.1")


def test_addresses_may_come_with_the_verdicts():
    found, layer, index = judged(3, 2)
    own = Bunch(**found, layer=layer, index=index)
    names = [t.get_text() for t in VerdictDisplay(own).plot().ax_.get_yticklabels()]
    given = VerdictDisplay(found, layer, index).plot().ax_
    assert names == [t.get_text() for t in given.get_yticklabels()]


def test_from_estimator_is_the_verdicts_drawn(mlp):
    display = VerdictDisplay.from_estimator(
        mlp, X, Y, scoring="neg_log_loss", alpha=0.1, layers=0, replacement="mean", X_ref=X
    )
    ablation = neuron_ablation(
        mlp, X, Y, scoring="neg_log_loss", layers=0, replacement="mean", X_ref=X
    )
    expected = ablation.verdicts(alpha=0.1)
    np.testing.assert_array_equal(display.verdicts.q_values, expected.q_values)
    assert display.verdicts.test == "loss"


def test_pruners_and_frozen_estimators(mlp):
    pruner = RottenNeuronPruner(mlp, cv="prefit").fit(X, Y)
    assert len(VerdictDisplay.from_estimator(FrozenEstimator(mlp), X, Y).layer) == 10
    assert len(VerdictDisplay.from_estimator(pruner, X, Y).layer) == pruner.n_neurons_
    assert len(VerdictDisplay.from_ablation(pruner.ablation_).layer) == 10


def test_given_axes(plt):
    figure, (upper, lower) = plt.subplots(2, 1)
    found = judged(40)
    display = VerdictDisplay(*found).plot(ax=[upper, lower])
    assert list(display.axes_) == [upper, lower]
    _, ax = plt.subplots()
    assert len(display.plot(ax=ax).axes_) == 2  # divided
    assert not ax.axison
    with pytest.raises(ValueError, match="ax holds 1 axes, but there are 2 panels"):
        display.plot(ax=[upper])
    assert VerdictDisplay(*judged(5)).plot(ax=upper).ax_ is upper
    assert figure.number in plt.get_fignums()


def test_verdicts_are_not_changed():
    found, layer, index = judged(40)
    before = {name: np.array(value, copy=True) for name, value in found.items()}
    display = VerdictDisplay(found, layer, index)
    assert display.plot() is display.plot()
    for name, value in before.items():
        np.testing.assert_array_equal(found[name], value)


@pytest.mark.parametrize("wrong", [Bunch(verdict=1), [0.1], None, "rotten"])
def test_only_verdicts_can_be_drawn(wrong):
    with pytest.raises(TypeError, match="verdicts must be NeuronVerdicts"):
        VerdictDisplay(wrong, [0], [0])
    with pytest.raises(TypeError, match="ablation must be one NeuronAblation"):
        VerdictDisplay.from_ablation(wrong)


def test_every_neuron_needs_an_address():
    found, layer, index = judged(4)
    with pytest.raises(ValueError, match=r"layer has the shape \(3,\) instead of \(4,\)"):
        VerdictDisplay(found, layer[:3], index)
    with pytest.raises(ValueError, match="layer and index are needed, since these verdicts"):
        VerdictDisplay(found, layer)


def test_without_matplotlib_nothing_is_computed(monkeypatch, mlp):
    for name in ("matplotlib", "matplotlib.pyplot"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=r"VerdictDisplay\.plot needs matplotlib"):
        VerdictDisplay(*judged(3)).plot()
    monkeypatch.setattr("skneuron.plotting._verdicts.neuron_ablation", None)
    with pytest.raises(ImportError, match=r"pip install 'skneuron\[plot\]'"):
        VerdictDisplay.from_estimator(mlp, X, Y)
