"""Tests of PruningPathDisplay."""

import sys

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.neural_network import MLPClassifier
from sklearn.utils import Bunch

from skneuron import RottenNeuronPruner
from skneuron.plotting import PruningPathDisplay, _style

pytestmark = pytest.mark.usefixtures("plt")

X, Y = (array[:400] for array in load_digits(return_X_y=True))
N_NEURONS = np.arange(10, 3, -1)
SCORES = np.array([0.90, 0.91, 0.93, 0.92, 0.90, 0.85, 0.60])
TEST_SCORES = SCORES - 0.03


@pytest.fixture(scope="module")
def pruner():
    mlp = MLPClassifier((9, 5), early_stopping=True, random_state=0)
    return RottenNeuronPruner(mlp, threshold=0.05, random_state=0).fit(X, Y)


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_the_curve():
    display = PruningPathDisplay(N_NEURONS, SCORES).plot()
    (line,) = display.lines_
    np.testing.assert_array_equal(line.get_xdata(), N_NEURONS)
    np.testing.assert_array_equal(line.get_ydata(), SCORES)
    assert line.get_color() == _style.USEFUL
    assert display.selected_ is None
    assert display.ax_.get_xlabel() == "hidden neurons left"
    assert display.ax_.get_ylabel() == "score"
    assert legend(display.ax_) == ["evaluation data (chosen on)", "whole network"]


def test_the_network_shrinks_from_left_to_right_in_whole_neurons():
    ax = PruningPathDisplay(N_NEURONS, SCORES).plot().ax_
    left, right = ax.get_xlim()
    assert left > 10 > 4 > right
    ticks = ax.get_xticks()
    np.testing.assert_array_equal(ticks, np.round(ticks))


def test_further_curves_have_names_and_colours_of_their_own():
    display = PruningPathDisplay(
        N_NEURONS, SCORES, name="validation", further_scores={"test": TEST_SCORES, "train": SCORES}
    ).plot()
    assert [line.get_label() for line in display.lines_] == ["validation", "test", "train"]
    np.testing.assert_array_equal(display.lines_[1].get_ydata(), TEST_SCORES)
    assert len({line.get_color() for line in display.lines_}) == 3
    assert legend(display.ax_) == ["validation", "test", "train", "whole network"]


def test_curves_of_the_same_name_do_not_replace_one_another():
    display = PruningPathDisplay(
        N_NEURONS, SCORES, name="test", further_scores={"test": TEST_SCORES}
    ).plot()
    assert [line.get_ydata()[0] for line in display.lines_] == [0.90, 0.87]


def test_every_curve_is_judged_against_its_own_baseline():
    display = PruningPathDisplay(N_NEURONS, SCORES, further_scores={"test": TEST_SCORES}).plot()
    assert [line.get_ydata()[0] for line in display.baselines_] == [0.90, 0.87]
    for curve, baseline in zip(display.lines_, display.baselines_, strict=True):
        assert baseline.get_color() == curve.get_color()
        assert baseline.get_linestyle() == "--"
        assert len(set(baseline.get_ydata())) == 1


def test_without_baseline():
    display = PruningPathDisplay(N_NEURONS, SCORES).plot(baseline=False)
    assert display.baselines_ == []
    assert len(display.ax_.lines) == 1
    assert legend(display.ax_) == ["evaluation data (chosen on)"]


def test_the_selected_network_is_marked():
    display = PruningPathDisplay(N_NEURONS, SCORES, n_neurons_selected=8).plot()
    assert set(display.selected_.get_xdata()) == {8}
    assert legend(display.ax_)[-1] == "selected: 8 neurons"


@pytest.mark.parametrize(
    ("size", "label"),
    [
        ("n_neurons", "hidden neurons left"),
        ("n_parameters", "weights and biases left"),
        ("bytes", "bytes of weights and biases left"),
        ("n_multiplications", "multiplications per sample"),
    ],
)
def test_any_size_can_be_drawn(pruner, size, label):
    display = PruningPathDisplay.from_estimator(pruner, size=size)
    sizes = getattr(pruner.pruning_path_, size)
    np.testing.assert_array_equal(display.lines_[0].get_xdata(), sizes)
    assert display.ax_.get_xlabel() == label
    assert set(display.selected_.get_xdata()) == {sizes[-1]}
    assert legend(display.ax_)[-1] == f"selected: {pruner.n_neurons_} neurons"
    assert display.ax_.xaxis_inverted()


def test_sizes_of_ones_own():
    display = PruningPathDisplay(
        N_NEURONS, SCORES, sizes=N_NEURONS * 1.5, n_neurons_selected=8
    ).plot()
    np.testing.assert_array_equal(display.lines_[0].get_xdata(), N_NEURONS * 1.5)
    assert set(display.selected_.get_xdata()) == {12}
    assert display.ax_.get_xlabel() == "size"
    named = PruningPathDisplay(N_NEURONS, SCORES, sizes=N_NEURONS, size_name="watts").plot()
    assert named.ax_.get_xlabel() == "watts"


def test_sizes_that_cannot_be_drawn(pruner):
    with pytest.raises(ValueError, match="sizes has the shape"):
        PruningPathDisplay(N_NEURONS, SCORES, sizes=[1, 2])
    with pytest.raises(ValueError, match="size='seconds' is unknown; use one of"):
        PruningPathDisplay.from_path(pruner.pruning_path_, size="seconds")
    with pytest.raises(ValueError, match=r"size=\['bytes'\] is unknown"):
        PruningPathDisplay.from_path(pruner.pruning_path_, size=["bytes"])
    with pytest.raises(TypeError, match="path must be a NeuronPruningPath"):
        PruningPathDisplay.from_path(Bunch(n_neurons=[2, 1], scores=[1, 0]), size="bytes")


def test_markers_only_where_they_do_not_hide_the_line():
    few = PruningPathDisplay(N_NEURONS, SCORES).plot()
    many = PruningPathDisplay(np.arange(200, 0, -1), np.linspace(0.9, 0.1, 200)).plot()
    assert few.lines_[0].get_marker() == "."
    assert many.lines_[0].get_marker() == ""


def test_a_path_of_one_network_can_be_seen():
    display = PruningPathDisplay([5], [0.5], n_neurons_selected=5).plot()
    display.figure_.canvas.draw()
    assert display.lines_[0].get_marker() == "."
    assert 5 in display.ax_.get_xticks()
    left, right = display.ax_.get_xlim()
    assert [tick for tick in display.ax_.get_xticks() if right <= tick <= left] == [5]


def test_several_displays_on_the_same_axes(plt):
    first = PruningPathDisplay(N_NEURONS, SCORES, name="greedy", score_name="accuracy").plot()
    second = PruningPathDisplay(N_NEURONS[:3], TEST_SCORES[:3], name="one shot")
    second.plot(ax=first.ax_)
    ax = first.ax_
    assert second.ax_ is ax
    assert len(plt.get_fignums()) == 1
    assert ax.xaxis_inverted()
    assert ax.get_ylabel() == "accuracy"
    assert first.lines_[0].get_color() != second.lines_[0].get_color()
    assert legend(ax) == ["greedy", "whole network", "one shot"]
    assert [line.get_ydata()[0] for line in second.baselines_] == [0.87]


def test_given_axes_are_used_and_keep_their_colours_and_scale(plt):
    from matplotlib.ticker import FixedLocator

    figure, (left, right) = plt.subplots(1, 2)
    right.set_prop_cycle(color=["black"])
    right.xaxis.set_major_locator(FixedLocator([4, 10]))
    display = PruningPathDisplay(N_NEURONS, SCORES).plot(ax=right)
    assert display.ax_ is right
    assert display.figure_ is figure
    assert display.lines_[0].get_color() == "black"
    assert list(right.get_xticks()) == [4, 10]
    assert not left.lines


def test_the_legend_does_not_grow_over_the_labels():
    display = PruningPathDisplay(
        N_NEURONS, SCORES, n_neurons_selected=8, further_scores={"test": TEST_SCORES}
    ).plot()
    display.figure_.canvas.draw()
    area, page = display.ax_.get_window_extent(), display.figure_.bbox
    box = display.ax_.get_legend().get_window_extent()
    assert page.x0 <= box.x0 < box.x1 <= page.x1
    assert area.y1 <= box.y0 < box.y1 <= page.y1


def test_from_path():
    path = Bunch(n_neurons=N_NEURONS, scores=SCORES, layer=None, index=None)
    display = PruningPathDisplay.from_path(
        path,
        further_scores={"test": TEST_SCORES},
        n_neurons_selected=8,
        name="validation",
        score_name="recall",
        baseline=False,
    )
    assert legend(display.ax_) == ["validation", "test", "selected: 8 neurons"]
    assert display.ax_.get_ylabel() == "recall"


def test_from_estimator(pruner, plt):
    path = pruner.pruning_path_
    assert len(path.scores) > 2
    _, ax = plt.subplots()
    display = PruningPathDisplay.from_estimator(
        pruner, further_scores={"test": path.scores - 0.1}, ax=ax
    )
    assert display.ax_ is ax
    np.testing.assert_array_equal(display.lines_[0].get_xdata(), path.n_neurons)
    np.testing.assert_array_equal(display.lines_[0].get_ydata(), path.scores)
    assert set(display.selected_.get_xdata()) == {pruner.n_neurons_}
    assert ax.get_ylabel() == "accuracy"
    assert len(display.lines_) == 2


def test_from_estimator_takes_names_and_another_mark(pruner):
    display = PruningPathDisplay.from_estimator(
        pruner, score_name="hits", name="validation", n_neurons_selected=None
    )
    assert display.ax_.get_ylabel() == "hits"
    assert display.selected_ is None
    assert legend(display.ax_)[:3] == ["validation", "95 % interval", "whole network"]


def test_from_estimator_names_the_scoring():
    mlp = MLPClassifier((6,), early_stopping=True, random_state=0)
    pruner = RottenNeuronPruner(mlp, scoring="balanced_accuracy", random_state=0).fit(X, Y)
    assert PruningPathDisplay.from_estimator(pruner).ax_.get_ylabel() == "balanced accuracy"


def test_from_estimator_needs_a_fitted_pruner(plt):
    with pytest.raises(NotFittedError, match="RottenNeuronPruner"):
        PruningPathDisplay.from_estimator(RottenNeuronPruner())
    with pytest.raises(TypeError, match=r"must be a fitted RottenNeuronPruner; got MLPClassifier"):
        PruningPathDisplay.from_estimator(MLPClassifier())
    assert not plt.get_fignums()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_neurons": []}, r"n_neurons has the shape \(0,\) .* with n of at least 1"),
        ({"n_neurons": 5}, r"n_neurons has the shape \(\)"),
        ({"n_neurons": [[5]]}, r"n_neurons has the shape \(1, 1\)"),
        ({"scores": [0.5]}, r"scores has the shape \(1,\) instead of \(7,\)"),
        (
            {"further_scores": {"a test": [0.5, 0.4]}},
            r"further_scores\['a test'\] has the shape \(2,\) instead of \(7,\)",
        ),
        ({"n_neurons_selected": 99}, "n_neurons_selected=99 is not among.* from 10 to 4"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        PruningPathDisplay(**{"n_neurons": N_NEURONS, "scores": SCORES, **arguments})


def test_arguments_are_copied_and_not_changed():
    n_neurons, scores, further = N_NEURONS.copy(), SCORES.copy(), {"test": TEST_SCORES.copy()}
    display = PruningPathDisplay(n_neurons, scores, further_scores=further)
    n_neurons[:] = scores[:] = 0
    further["test"][:] = 0
    further["another"] = None
    display.plot()
    np.testing.assert_array_equal(display.n_neurons, N_NEURONS)
    np.testing.assert_array_equal(display.scores, SCORES)
    assert list(display.further_scores) == ["test"]
    np.testing.assert_array_equal(display.further_scores["test"], TEST_SCORES)


def test_plot_returns_the_display_and_may_be_called_again():
    display = PruningPathDisplay(N_NEURONS, SCORES)
    assert not hasattr(display, "figure_")
    assert display.plot() is display
    first = display.figure_
    assert display.plot().figure_ is not first
    assert len(display.lines_) == 1


def test_without_matplotlib(monkeypatch):
    for name in ("matplotlib", "matplotlib.pyplot"):
        monkeypatch.setitem(sys.modules, name, None)
    display = PruningPathDisplay(N_NEURONS, SCORES)
    message = r"PruningPathDisplay\.plot needs matplotlib: pip install 'skneuron\[plot\]'"
    with pytest.raises(ImportError, match=message):
        display.plot()
