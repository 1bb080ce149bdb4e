"""The larger pictures: which file is taken, and what they show in words."""

import base64
import logging
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest
from helpers.report import ACCURACY, R2, ablation, comparison, network

from skneuron.report._contents import Curve
from skneuron.report._pictures import (
    classes_in_words,
    curve_in_words,
    effects_caption,
    effects_in_words,
    pictures_of,
)
from skneuron.report._score import ScoreWords


def curve(n=6, selected=4):
    sizes = np.arange(n, 0, -1)
    test = 0.9 - 0.01 * np.arange(n)
    return Curve(sizes, test + 0.02, test, test - 0.01, test + 0.01, selected)


@pytest.fixture(scope="module")
def drawn():
    return pictures_of(network((4, 2), chosen=comparison(), curve=curve()))


def file_of(picture):
    kind, _, content = picture.address.partition(";base64,")
    return kind.removeprefix("data:image/"), base64.b64decode(content, validate=True)


def test_all_three_are_drawn(drawn):
    assert set(drawn) == {"curve", "effects", "classes"}
    for picture in drawn.values():
        kind, content = file_of(picture)
        assert kind in ("svg+xml", "png")
        assert content.startswith(b"<?xml" if kind == "svg+xml" else b"\x89PNG")
        assert len(picture.text) > 40
        assert len(picture.caption) > 40


def test_svg_is_taken_where_it_is_smaller(drawn):
    assert file_of(drawn["curve"])[0] == "svg+xml"
    many = pictures_of(network((1500,)))["effects"]
    assert file_of(many)[0] == "png"


def test_text_in_svg_files_is_text(drawn):
    _, content = file_of(drawn["curve"])
    assert b"hidden neurons left" in content
    assert b"accuracy, %" in content


def test_the_same_contents_give_the_same_bytes(drawn):
    again = pictures_of(network((4, 2), chosen=comparison(), curve=curve()))
    assert again == drawn


def test_the_style_of_the_caller_is_neither_used_nor_changed(drawn):
    with mpl.rc_context({"font.size": 31.0, "axes.facecolor": "black"}):
        again = pictures_of(network((4, 2), chosen=comparison(), curve=curve()))
        assert mpl.rcParams["font.size"] == 31.0
    assert again == drawn


def test_no_figure_is_left_open(plt):
    before = plt.get_fignums()
    pictures_of(network())
    assert plt.get_fignums() == before


def test_fonts_that_are_missing_are_no_news(caplog):
    with caplog.at_level(logging.WARNING):
        pictures_of(network())
    assert caplog.records == []


def test_what_there_is_nothing_to_show_of():
    plain = ablation()
    del plain["class_importances"]
    assert set(pictures_of(network(ablation=plain))) == {"effects"}


def test_samples_that_chose_are_no_second_curve():
    _, content = file_of(pictures_of(network(curve=curve(), same_samples=True))["curve"])
    assert b"samples that chose" not in content


def test_odd_names_of_classes_are_drawn():
    names = ["<b>", '$x_1$ & "q"', "🙂" * 40]
    assert "classes" in pictures_of(network(class_names=names))


def caption(score):
    chosen = comparison(n_removed=2, score=score)
    return pictures_of(network(curve=curve(), chosen=chosen))["curve"].caption


def test_a_network_that_was_changed_afterwards_is_not_on_the_curve():
    assert "was changed after that, and scores 91.0 %." in caption(0.91)
    assert "changed" not in caption(0.88)


def test_the_curve_in_words():
    assert curve_in_words(network(), curve()) == (
        "Size against test accuracy: 90.0 % with 6 neurons, 88.0 % with 4 neurons and 85.0 % with "
        "1 neuron."
    )
    assert curve_in_words(network(score_words=R2), curve(selected=6)) == (
        "Size against test R²: 0.900 with 6 neurons and 0.850 with 1 neuron."
    )


def test_effects_in_words():
    contents = network((4, 2))
    contents.ablation["importances"] = np.array([-0.01, 0.0, 0.02, np.nan, 0.1, -0.2])
    assert effects_in_words(contents) == (
        "Effects of single neurons. first hidden layer, 4 neurons: −1.0 to +2.0 points, 1 below "
        "zero; second hidden layer, 2 neurons: −20.0 to +10.0 points, 1 below zero."
    )


def test_classes_in_words():
    contents = network((2,))
    contents.ablation["class_importances"] = np.array([[0.0, 0.31, -0.02], [0.01, 0.0, np.nan]])
    text = classes_in_words(contents)
    assert text.startswith("Loss of recall by neuron and class, 2 by 3: the largest is +31.0 ")
    assert "of class b without hidden0_neuron0; the smallest is -2.0." in text


def of_losses(**more):
    found = ablation(2)
    del found["n_fixed"], found["n_broken"], found["class_importances"]
    found.update(
        default_test="loss", loss_importances=np.array([-0.25, 1234.5]), loss_std=np.ones(2)
    )
    vars(found).update(more)
    return network((2,), ablation=found, score_words=R2)


def of_scores(**more):
    found = ablation(2)
    found["default_test"] = "score"
    vars(found).update(more)
    return network((2,), ablation=found, score_words=ScoreWords("balanced accuracy", 1))


BELOW = ": below zero, the network is better off without it."


@pytest.mark.parametrize(
    ("contents", "start"),
    [
        (network(), "What test accuracy loses without each neuron, with 95 % intervals"),
        (of_losses(), "What test R² loses without each neuron, with 95 % intervals"),
        (
            of_scores(errors="some"),
            "What test balanced accuracy loses without each neuron, with 95 % intervals",
        ),
        (of_scores(), "What test balanced accuracy loses without each neuron"),
    ],
)
def test_the_caption_is_of_what_is_drawn(contents, start):
    assert effects_caption(contents) == start + BELOW


def test_effects_are_in_words_what_they_are_in_the_picture():
    contents = of_losses()
    contents.ablation.importances[:] = [-0.25, 0.125]
    assert effects_in_words(contents) == (
        "Effects of single neurons. hidden layer, 2 neurons: −0.250 to +0.125 R², 1 below zero."
    )
    picture = pictures_of(contents)["effects"]
    assert (picture.text, picture.caption) == (
        effects_in_words(contents),
        effects_caption(contents),
    )


@pytest.mark.parametrize("n", [6, 40])
@pytest.mark.parametrize("has_samples", [True, False])
def test_axes_have_the_unit_of_the_table(n, has_samples, monkeypatch):
    """Fractions beside points made readers wonder."""
    figures = []
    monkeypatch.setattr(
        "skneuron.report._pictures._address", lambda figure: figures.append(figure) or ""
    )
    contents = network((n,), score_words=ACCURACY)
    contents.ablation.importances[0] = -0.0345
    contents.ablation.n_fixed[0] = 4
    if not has_samples:
        contents.ablation["default_test"] = "score"
    pictures_of(contents)
    effects, classes = figures
    labels = {
        label.replace("\n", " "): limits
        for ax in effects.axes
        for label, limits in [
            (ax.get_xlabel(), ax.get_xlim()),
            (ax.get_ylabel(), ax.get_ylim()),
        ]
    }
    assert not any("loss of" in label for label in labels)
    low, high = labels["points of accuracy lost without the neuron"]
    effects_in_points = 100 * contents.ablation.importances
    assert low <= effects_in_points.min() < -1
    assert high >= effects_in_points.max()
    assert "points of recall" in classes.axes[-1].get_ylabel()
    largest = abs(contents.ablation.class_importances).max()
    assert classes.axes[-1].get_ylim()[1] > 50 * largest


def test_where_another_score_chose_there_is_one_curve():
    one = replace(curve(), chosen_on=np.full(6, np.nan))
    picture = pictures_of(network(curve=one))["curve"]
    assert b"samples that chose" not in file_of(picture)[1]
    assert "honest" not in picture.caption
    two = pictures_of(network(curve=curve()))["curve"]
    assert b"samples that chose" in file_of(two)[1]
    assert "honest" in two.caption
