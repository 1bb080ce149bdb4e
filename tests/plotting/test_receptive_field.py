"""Tests of ReceptiveFieldDisplay."""

import sys

import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from skneuron import PrunableMLPClassifier, RottenNeuronPruner
from skneuron.plotting import ReceptiveFieldDisplay, _style
from skneuron.utils import training_in_full

pytestmark = pytest.mark.usefixtures("plt")

X, Y = (array[:400] for array in load_digits(return_X_y=True))


@pytest.fixture(scope="module")
def mlp():
    return MLPClassifier((9, 5, 4), early_stopping=True, random_state=0).fit(X, Y)


def patterns(n_patterns, n_pixels, seed=0):
    return np.random.default_rng(seed).normal(size=(n_patterns, n_pixels))


def images(display):
    return [ax.images[0] for ax in display.axes_]


def test_grey_images_are_the_patterns_around_zero():
    given = patterns(3, 12)
    display = ReceptiveFieldDisplay(given, image_shape=(3, 4)).plot()
    limit = np.abs(given).max()
    for image, pattern in zip(images(display), given, strict=True):
        np.testing.assert_array_equal(image.get_array(), pattern.reshape(3, 4))
        assert image.get_clim() == (-limit, limit)
        assert image.cmap.name == "yellow_grey_blue"


def test_a_few_weights_do_not_bleach_the_others_and_the_colour_bar_tells():
    given = patterns(10, 40)
    given[3, 7] = -50.0
    display = ReceptiveFieldDisplay(given, image_shape=(5, 8)).plot()
    low, high = images(display)[0].get_clim()
    assert low == -high
    assert 2 < high < 5
    assert display.colorbar_.extend in ("min", "both")
    in_colours = ReceptiveFieldDisplay(patterns(10, 48) ** 3, image_shape=(4, 4, 3)).plot()
    shown = np.array([image.get_array() for image in images(in_colours)])
    assert shown.min() == 0
    assert shown.max() == 1


def test_own_scales_are_those_of_each_pattern():
    given = patterns(3, 12)
    display = ReceptiveFieldDisplay(given, image_shape=(3, 4)).plot(scale="own")
    for image, pattern in zip(images(display), given, strict=True):
        limit = np.abs(pattern).max()
        assert image.get_clim() == (-limit, limit)
    assert display.colorbar_ is None


def test_the_shared_scale_has_a_colour_bar():
    display = ReceptiveFieldDisplay(patterns(3, 12), image_shape=(3, 4)).plot()
    assert display.colorbar_.mappable is images(display)[0]
    assert display.colorbar_.ax.get_ylabel() == "weight"
    assert display.figure_.axes == [*display.axes_, display.colorbar_.ax]
    plain = ReceptiveFieldDisplay(patterns(3, 12), image_shape=(3, 4)).plot(colorbar=False)
    assert plain.colorbar_ is None
    assert plain.figure_.axes == list(plain.axes_)
    in_colours = ReceptiveFieldDisplay(patterns(1, 12), image_shape=(2, 2, 3)).plot()
    assert in_colours.colorbar_ is None


def test_one_channel_is_grey():
    given = patterns(2, 12)
    display = ReceptiveFieldDisplay(given, image_shape=(3, 4, 1)).plot(cmap="PuOr")
    assert [image.get_array().shape for image in images(display)] == [(3, 4), (3, 4)]
    assert images(display)[0].cmap.name == "PuOr"


def test_colour_images_have_grey_for_no_weight_and_use_the_full_range():
    given = patterns(2, 3 * 4 * 3)
    given[:, 7] = 0
    display = ReceptiveFieldDisplay(given, image_shape=(3, 4, 3)).plot(scale="own")
    for image, pattern in zip(images(display), given, strict=True):
        shown = np.asarray(image.get_array())
        assert shown.shape == (3, 4, 3)
        assert shown.min() >= 0
        assert shown.max() <= 1
        assert shown.ravel()[7] == 0.5
        largest = np.abs(pattern).argmax()
        assert shown.ravel()[largest] == (1.0 if pattern[largest] > 0 else 0.0)
        np.testing.assert_allclose((shown.ravel() - 0.5) * 2 * np.abs(pattern).max(), pattern)


@pytest.mark.parametrize("image_shape", [(2, 2), (2, 2, 3)])
def test_a_dead_neuron_is_drawn_in_the_middle_colour(image_shape):
    display = ReceptiveFieldDisplay(np.zeros((1, np.prod(image_shape))), image_shape=image_shape)
    (image,) = images(display.plot())
    if len(image_shape) == 3:
        np.testing.assert_array_equal(image.get_array(), 0.5)
    else:
        low, high = image.get_clim()
        assert low == -high < 0


def test_weights_of_the_first_layer(mlp):
    display = ReceptiveFieldDisplay.from_estimator(mlp, [(0, 3), (0, 8)], image_shape=(8, 8))
    np.testing.assert_array_equal(display.patterns, mlp.coefs_[0][:, [3, 8]].T)
    np.testing.assert_array_equal(
        images(display)[0].get_array(), display.patterns[0].reshape(8, 8)
    )


def test_deeper_layers_are_products_of_weight_matrices(mlp):
    display = ReceptiveFieldDisplay.from_estimator(mlp, [(1, 2), (2, 0)], image_shape=(8, 8))
    first, second, third = mlp.coefs_[:3]
    np.testing.assert_allclose(display.patterns[0], (first @ second)[:, 2])
    np.testing.assert_allclose(display.patterns[1], (first @ second @ third)[:, 0])


def test_a_linear_network_responds_to_its_patterns(mlp):
    linear = MLPClassifier((9, 5), activation="identity", early_stopping=True, random_state=0)
    linear.fit(X, Y)
    display = ReceptiveFieldDisplay.from_estimator(linear, [(1, 4)], image_shape=(8, 8))
    response = (X @ linear.coefs_[0] + linear.intercepts_[0]) @ linear.coefs_[1][:, 4]
    predicted = X @ display.patterns[0]
    np.testing.assert_allclose(response - response[0], predicted - predicted[0], atol=1e-9)


def test_titles(mlp):
    neurons = [(0, 3), (1, 4)]
    display = ReceptiveFieldDisplay.from_estimator(mlp, neurons, image_shape=(8, 8))
    assert [ax.get_title() for ax in display.axes_] == ["hidden0\nneuron3", "hidden1\nneuron4"]
    display = ReceptiveFieldDisplay.from_estimator(
        mlp, neurons, image_shape=(8, 8), titles=["most rotten", "most useful"]
    )
    assert [ax.get_title() for ax in display.axes_] == ["most rotten", "most useful"]
    display = ReceptiveFieldDisplay(patterns(2, 4), image_shape=(2, 2)).plot()
    assert [ax.get_title() for ax in display.axes_] == ["", ""]


@pytest.mark.parametrize(
    ("n_patterns", "n_cols", "geometry"),
    [(1, 8, (1, 1)), (8, 8, (1, 8)), (9, 8, (2, 8)), (20, 5, (4, 5)), (3, 2, (2, 2))],
)
def test_grid(n_patterns, n_cols, geometry):
    display = ReceptiveFieldDisplay(patterns(n_patterns, 4), image_shape=(2, 2))
    display.plot(n_cols=n_cols)
    assert display.axes_.shape == (n_patterns,)
    assert display.figure_.axes == [*display.axes_, display.colorbar_.ax]
    assert display.ax_ is display.axes_[0]
    assert display.ax_.get_subplotspec().get_gridspec().get_geometry() == geometry
    assert display.figure_.get_size_inches()[0] <= _style.WIDTH + 1e-9
    for ax in display.axes_:
        assert list(ax.get_xticks()) == list(ax.get_yticks()) == []


def test_titles_do_not_overlap_at_report_size(mlp):
    neurons = [(layer, index) for layer, size in enumerate((9, 5, 4)) for index in range(size)]
    display = ReceptiveFieldDisplay.from_estimator(mlp, neurons, image_shape=(8, 8))
    display.figure_.set_dpi(110)
    display.figure_.canvas.draw()
    boxes = [ax.title.get_window_extent() for ax in display.axes_]
    boxes += [ax.get_window_extent() for ax in display.axes_]
    for number, box in enumerate(boxes):
        for other in boxes[:number]:
            assert not box.overlaps(other)


def test_given_axes_are_used(plt, mlp):
    figure, axes = plt.subplots(2, 2)
    neurons = [(0, 0), (0, 1), (0, 2), (0, 3)]
    display = ReceptiveFieldDisplay.from_estimator(mlp, neurons, image_shape=(8, 8), ax=axes)
    assert list(display.axes_) == list(axes.ravel())
    assert display.figure_ is figure
    assert plt.get_fignums() == [figure.number]
    with pytest.raises(ValueError, match="ax holds 2 axes, but there are 4 panels"):
        display.plot(ax=axes[0])


def test_one_axes_is_divided_among_the_images(plt):
    figure, ax = plt.subplots()
    display = ReceptiveFieldDisplay(patterns(5, 4), image_shape=(2, 2)).plot(ax=ax, n_cols=3)
    assert display.figure_ is figure
    assert len(display.axes_) == 5
    assert not ax.axison


def test_networks_in_pipelines_and_pruners(mlp):
    pipeline = make_pipeline(MinMaxScaler(), mlp)
    display = ReceptiveFieldDisplay.from_estimator(pipeline, [(0, 1)], image_shape=(8, 8))
    np.testing.assert_array_equal(display.patterns[0], mlp.coefs_[0][:, 1])
    pruner = RottenNeuronPruner(mlp, cv="prefit").fit(X, Y)
    display = ReceptiveFieldDisplay.from_estimator(pruner, [(0, 0)], image_shape=(8, 8))
    np.testing.assert_array_equal(display.patterns[0], pruner.estimator_.coefs_[0][:, 0])


def test_input_that_is_no_image_any_more():
    pipeline = make_pipeline(
        PCA(20, random_state=0), MLPClassifier((6,), early_stopping=True, random_state=0)
    ).fit(X, Y)
    with pytest.raises(ValueError, match=r"shape \(1, 20\) instead of \(n_patterns, 64\)"):
        ReceptiveFieldDisplay.from_estimator(pipeline, [(0, 0)], image_shape=(8, 8))


@pytest.mark.parametrize(
    ("neurons", "message"),
    [
        ([], "neurons is empty"),
        ([(0, 9)], r"contains \(0, 9\), but hidden layer 0 has 9 neurons"),
        ([(3, 0)], r"contains \(3, 0\), but the network has 3 hidden layer"),
        ([(-1, 0)], r"contains \(-1, 0\), but"),
        ([(0, -1)], r"contains \(0, -1\), but"),
        ((0, 3), r"neurons=\(0, 3\) may be one neuron or two: use \[\(0, 3\)\]"),
        ([(0, 1, 2)], r"contains \(0, 1, 2\), which is not"),
        ([(0, 1.5)], r"contains \(0, 1.5\): layer and index must be ints"),
        (["ab"], "contains 'ab', which names no neuron: use"),
    ],
)
def test_neurons_that_do_not_exist(mlp, plt, neurons, message):
    with pytest.raises(ValueError, match=message):
        ReceptiveFieldDisplay.from_estimator(mlp, neurons, image_shape=(8, 8))
    assert not plt.get_fignums()


def test_addresses_may_be_numpy_integers_and_come_from_a_generator(mlp):
    pairs = np.array([[0, 2], [1, 1]])
    display = ReceptiveFieldDisplay.from_estimator(
        mlp, (pair for pair in pairs), image_shape=np.array([8, 8])
    )
    assert [ax.get_title() for ax in display.axes_] == ["hidden0\nneuron2", "hidden1\nneuron1"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"image_shape": (4,)}, r"image_shape=\(4,\) is not \(height, width\)"),
        ({"image_shape": (2, 2, 2)}, "with 1 or 3 channels"),
        ({"image_shape": (2, 2, 1, 1)}, "with 1 or 3 channels"),
        ({"image_shape": (2, 3)}, r"shape \(3, 4\) instead of \(n_patterns, 6\)"),
        ({"patterns": np.zeros(4)}, r"patterns has the shape \(4,\)"),
        ({"patterns": np.zeros((0, 4))}, r"patterns has the shape \(0, 4\)"),
        ({"titles": ["one"]}, "titles has 1 entries for 3 patterns"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        ReceptiveFieldDisplay(**{"patterns": np.zeros((3, 4)), "image_shape": (2, 2), **arguments})


def test_not_a_network():
    with pytest.raises(TypeError, match="estimator must be a fitted MLPClassifier"):
        ReceptiveFieldDisplay.from_estimator(PCA(), [(0, 0)], image_shape=(8, 8))


def test_patterns_and_weights_are_not_changed(mlp):
    given = patterns(2, 12)
    before, weights = given.copy(), [coefs.copy() for coefs in mlp.coefs_]
    display = ReceptiveFieldDisplay(given, image_shape=(2, 2, 3)).plot()
    np.testing.assert_array_equal(given, before)
    given[:] = 0
    np.testing.assert_array_equal(display.patterns, before)
    display = ReceptiveFieldDisplay.from_estimator(mlp, [(0, 0)], image_shape=(8, 8))
    display.patterns[:] = 0
    for coefs, copy in zip(mlp.coefs_, weights, strict=True):
        np.testing.assert_array_equal(coefs, copy)


def test_plot_returns_the_display_and_may_be_called_again():
    display = ReceptiveFieldDisplay(patterns(2, 4), ["a", "b"], image_shape=(2, 2))
    assert not hasattr(display, "figure_")
    assert display.plot() is display
    first = display.figure_
    assert display.plot().figure_ is not first


def test_without_matplotlib(monkeypatch, mlp):
    for name in ("matplotlib", "matplotlib.pyplot"):
        monkeypatch.setitem(sys.modules, name, None)
    message = (
        r"ReceptiveFieldDisplay\.from_estimator needs matplotlib: pip install 'skneuron\[plot\]'"
    )
    with pytest.raises(ImportError, match=message):
        ReceptiveFieldDisplay.from_estimator(mlp, [(0, 0)], image_shape=(8, 8))


def test_names_are_those_of_the_whole_network_as_for_removal():
    """Of a pruner that has removed neurons, and nothing else that was called so."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 3))
    y = (X[:, 0] * X[:, 1] > 0).astype(int)
    network = PrunableMLPClassifier((6,), max_iter=5, random_state=0)
    pruner = RottenNeuronPruner(network, n_neurons_to_select=3, random_state=0)
    with training_in_full():
        pruner.fit(X, y)
    whole = pruner.baseline_estimator_
    stayed = np.flatnonzero(pruner.support_)
    assert stayed[-1] > 2  # or all names would be the same
    name = f"hidden0_neuron{stayed[-1]}"
    display = ReceptiveFieldDisplay.from_estimator(pruner, [name])
    np.testing.assert_array_equal(display.patterns[0], whole.coefs_[0][:, stayed[-1]])
    assert display.titles == [name]
    by_address = ReceptiveFieldDisplay.from_estimator(pruner, [(0, 2)])
    assert by_address.titles == [name]
    gone = np.flatnonzero(~pruner.support_)[-1]
    with pytest.raises(ValueError, match=r"not clear|has been removed"):
        ReceptiveFieldDisplay.from_estimator(pruner, [f"hidden0_neuron{gone}"])
    plt.close("all")
