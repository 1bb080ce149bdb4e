"""Every display looks as it did when somebody looked at it, in colours and in grey."""

import matplotlib as mpl
import numpy as np
import pytest
from helpers import made_up_results as made_up
from helpers.pictures import (
    BASELINE,
    PICTURES,
    TOLERANCE,
    difference,
    drawn,
    in_grey,
    pixels,
    read,
    without_texts,
)

from skneuron import plotting
from skneuron.plotting import _field_panels, _neuron_effects, _style

pytestmark = pytest.mark.usefixtures("plt")


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_look_as_they_did(name):
    assert difference(drawn(name), read(name)) < TOLERANCE


def test_baselines_are_small_and_all_of_them_are_compared():
    files = {path.stem: path.stat().st_size for path in BASELINE.iterdir()}
    assert files.keys() == PICTURES.keys()
    assert max(files.values()) < 20_000


OTHERS = {
    "verdicts": lambda: plotting.VerdictDisplay(*made_up.judged(15, seed=1)),
    "shapley": lambda: plotting.ShapleyDisplay(made_up.shapley(12, seed=1)),
    "pairs": lambda: plotting.PairwiseAblationDisplay(made_up.pairs(10, 6, seed=1)[0]),
    "cv_results": lambda: plotting.CVResultsDisplay(made_up.cv_results(seed=1)),
    "images": lambda: plotting.ReceptiveFieldDisplay(np.eye(36)[:6], image_shape=(6, 6)),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_data_look_different(name):
    """Or the comparison would not notice anything."""
    picture = pixels(without_texts(OTHERS[name]().plot().figure_))
    assert difference(picture, read(name)) > 1.5 * TOLERANCE


def test_pictures_of_other_sizes_are_different():
    assert difference(np.zeros((10, 10, 3)), np.zeros((10, 15, 3))) == np.inf


@pytest.fixture(scope="module", params=PICTURES)
def figure(request):
    """Each picture with its texts; the settings of matplotlib have not changed."""
    before = dict(mpl.rcParams)
    figure = PICTURES[request.param]().figure_
    figure.canvas.draw()
    assert dict(mpl.rcParams) == before
    return figure


def test_texts_can_be_read_at_400_pixels(figure):
    assert figure.get_figwidth() <= _style.WIDTH + 1e-9
    pixels_per_point = 400 / _style.WIDTH / 72
    texts = [t for t in figure.findobj(mpl.text.Text) if t.get_text() and t.get_visible()]
    assert min(text.get_fontsize() for text in texts) * pixels_per_point > 6.5
    usual = [text for text in texts if text.get_fontsize() * pixels_per_point > 8.5]
    assert len(usual) >= 0.9 * len(texts)


def test_nothing_is_cut_off(figure):
    page = figure.bbox
    for ax in figure.axes:
        box = ax.get_tightbbox()
        assert page.x0 - 1.5 <= box.x0 <= box.x1 <= page.x1 + 1.5
        assert page.y0 - 1.5 <= box.y0 <= box.y1 <= page.y1 + 1.5


def test_in_grey_kinds_of_neurons_differ():
    useful, rotten, neutral = in_grey([_style.USEFUL, _style.ROTTEN, _style.NEUTRAL])
    assert useful + 0.15 < rotten < neutral - 0.15
    assert neutral < 0.8  # and paper is white
    shades = sorted(in_grey([colour for colour, _ in _neuron_effects.VERDICTS.values()]))
    assert np.diff(shades).min() > 0.05
    assert len({marker for _, marker in _neuron_effects.VERDICTS.values()}) == 3


def test_in_grey_signs_of_weights_and_effects_differ(plt):
    shades = in_grey(_style.checked_cmap(plt, _style.DIVERGING)(np.linspace(0, 1, 21))[:, :3])
    assert (np.diff(shades) < -0.01).all()  # darker all the way, from rotten to useful
    negative, positive = in_grey([_field_panels.NEGATIVE, _field_panels.POSITIVE])
    assert negative - positive > 0.4


def test_in_grey_curves_side_by_side_differ():
    shades = in_grey(_style.CURVES)
    assert np.abs(np.diff(shades)).min() > 0.02
    assert abs(shades[0] - shades[1]) > 0.3
    assert len(set(_style.MARKERS)) == len(_style.CURVES)
