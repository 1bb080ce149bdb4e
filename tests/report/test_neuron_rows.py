"""Rows of the table of all neurons."""

from dataclasses import replace

import numpy as np
import pytest
from helpers.report import ACCURACY, ablation, network, neuron

from skneuron.report._contents import Example
from skneuron.report._neuron_rows import (
    Columns,
    bar,
    bar_limits,
    classes_text,
    count_text,
    effect_head,
    neuron_rows,
    weights_text,
)


def test_the_most_rotten_comes_first_and_the_unknown_last():
    neurons = [neuron(0, 0.1), neuron(1, np.nan), neuron(2, -0.1)]
    rows = neuron_rows(network(neurons=neurons))
    assert [row["neuron_part"] for row in rows] == ["neuron2", "neuron0", "neuron1"]
    assert [row["effect"] for row in rows] == ["−10.0", "+10.0", "–"]


def test_cells():
    full = neuron(
        3, -0.012, layer=1, verdict="rotten", q_value=0.0002, is_removed=True,
        helped=[("a", 0.042)], hurt=[("b", -0.011), ("c", -0.01)], n_helped=1, n_hurt=4,
        features=[("age", 0.82), ("income", -0.4)], n_fixed=1200, n_broken=0, image=b"png",
        fixed=[Example("row 1: a", None)],
    )  # fmt: skip
    (row,) = neuron_rows(network((4, 4), neurons=[full]))
    assert (row["layer_part"], row["neuron_part"]) == ("hidden1_", "neuron3")
    assert row["layer"] == "second hidden layer"
    assert (row["effect"], row["interval"], row["value"]) == ("−1.2", "−2.2 to −0.2", "-0.012")
    assert (row["verdict"], row["q"], row["q_value"]) == ("rotten", "< 0.001", "0.0002")
    assert row["removed"]
    assert row["helped"] == "a (4.2)"
    assert row["hurt"] == "b (1.1), c (1.0) and 2 more"
    assert row["features"] == "age +0.82, income −0.40"
    assert (row["n_fixed"], row["n_broken"]) == ("1,200", "0")
    assert row["image"] == "data:image/png;base64,cG5n"
    assert row["fixed"] == {"shown": [{"text": "row 1: a", "image": ""}], "folded": []}


def test_bars():
    ends = (-0.02, 0.02)
    assert bar(neuron(0, 0.0, low=-0.01, high=0.02), ends) == "--l:25%;--w:75%;--m:50%;--z:50%"
    assert bar(neuron(0, -9.0, low=-10, high=-8), ends) == "--l:0%;--w:1%;--m:0%;--z:50%"
    assert bar(neuron(0, np.nan), ends) == ""
    unknown = neuron(0, 0.01, low=np.nan, high=np.inf)
    assert bar(unknown, ends) == "--l:50%;--w:1%;--m:75%;--z:50%"


def test_bars_have_a_limit_whatever_comes():
    assert bar_limits([]) == (-1.0, 1.0)
    assert bar_limits([neuron(0, 0.0, low=0.0, high=0.0)]) == (-1.0, 1.0)
    usual = [neuron(i, 0.0) for i in range(99)]
    assert bar_limits([*usual, neuron(99, 5.0)]) == (-0.01, 0.01)


def test_bars_have_no_half_without_anything_in_it():
    """To a regression nearly all neurons are useful: half of a bar's width was empty."""
    useful = [neuron(i, 0.1, low=0.05, high=0.2) for i in range(9)]
    low, high = bar_limits(useful)
    assert (low, high) == pytest.approx((-0.02, 0.2))
    assert bar(useful[0], (low, high)) == "--l:32%;--w:68%;--m:55%;--z:9%"
    rotten = [neuron(i, -0.1, low=-0.2, high=-0.05) for i in range(9)]
    assert bar_limits(rotten) == pytest.approx((-0.2, 0.02))


def test_examples_in_words_fold_and_pictures_do_not():
    texts = [Example(f"row {i}: a") for i in range(4)]
    images = [Example(f"image {i}: a", b"png") for i in range(4)]
    (row,) = neuron_rows(network((1,), neurons=[neuron(0, fixed=texts, broken=images)]))
    shown, folded = row["fixed"]["shown"], row["fixed"]["folded"]
    assert [cell["text"] for cell in shown] == ["row 0: a", "row 1: a"]
    assert [cell["text"] for cell in folded] == ["row 2: a", "row 3: a"]
    assert (len(row["broken"]["shown"]), row["broken"]["folded"]) == (4, [])


def test_columns_are_those_that_hold_something():
    empty = Columns(
        image=False, features=False, classes=True, counts=True, layers=False, texts=False
    )
    assert Columns.of(network()) == empty
    some = [neuron(0, features=[("a", 1.0)], fixed=[Example("x")], image=b"p")]
    everything = Columns(
        image=True, features=True, classes=True, counts=True, layers=True, texts=True
    )
    assert Columns.of(network((1, 1), neurons=some)) == everything
    numbers = ablation()
    del numbers["class_importances"]
    plain = [replace(neuron(0), n_fixed=None, n_broken=None)]
    assert not any(vars(Columns.of(network(ablation=numbers, neurons=plain))).values())


def test_texts():
    assert weights_text([]) == ""
    assert classes_text([], 0) == "–"
    assert count_text(None) == ""
    assert effect_head(ACCURACY) == "effect, points"
