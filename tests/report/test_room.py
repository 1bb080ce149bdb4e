"""What is left out of a page that would be too large."""

from dataclasses import replace
from itertools import pairwise

import pytest
from helpers.report import network, neuron, report

from skneuron.report._contents import Example
from skneuron.report._room import ALLOWANCES, Allowance, limited, rendered_in_room, room_note


def large(n=1000):
    some = [Example("row", b"image")]
    neurons = [neuron(i, i / n, image=b"x", fixed=some, broken=some, n_fixed=1) for i in range(n)]
    return network((n,), neurons=neurons)


def size(contents):
    """A page that has a byte for a row, ten for a picture, and twenty for an example."""
    return sum(
        1 + 10 * (neuron.image is not None) + 20 * (len(neuron.fixed) + len(neuron.broken))
        for network in contents.networks
        for neuron in network.neurons
    )


def test_what_fits_is_rendered_as_it_is():
    calls = []
    contents = report(large())
    html = rendered_in_room(contents, lambda c: calls.append(c) or "x" * size(c), most=10**6)
    assert calls == [contents]
    assert len(html) == size(contents)


@pytest.mark.parametrize(("most", "level"), [(20_000, 0), (3_000, 1), (700, 3), (250, 4), (5, 4)])
def test_more_is_left_out_until_it_fits(most, level):
    contents = report(large())
    html = rendered_in_room(contents, lambda c: "x" * size(c), most=most)
    expected = [limited(contents.networks[0], ALLOWANCES[level])]
    assert len(html) == size(replace(contents, networks=expected))
    assert len(html) < most or level == len(ALLOWANCES) - 1


def test_bytes_count_and_not_letters():
    html = rendered_in_room(report(large()), lambda c: "é" * size(c), most=20_000)
    assert len(html.encode()) < 20_000


def test_allowances_become_smaller():
    for larger, smaller in pairwise(ALLOWANCES):
        assert all(a > b for a, b in zip(larger, smaller, strict=True))


def test_the_extremes_stay():
    few = limited(large(100), Allowance(images=4, examples=2, rows=10))
    numbers = [int(neuron.name.removeprefix("hidden0_neuron")) for neuron in few.neurons]
    assert numbers == [*range(5), *range(95, 100)]
    assert [neuron.image is not None for neuron in few.neurons].count(True) == 4
    assert [bool(neuron.fixed) for neuron in few.neurons].count(True) == 2
    assert few.n_not_listed == 90


def test_the_reader_is_told():
    assert room_note(large(10)) == ""
    assert room_note(limited(large(100), Allowance(4, 2, 10))) == (
        "Of 100 neurons the extreme 10 are listed; pictures are there of the extreme 4; samples "
        "that a neuron fixes and breaks are shown for 2 of the extreme, or the page would be too "
        "large."
    )


def test_where_nothing_has_a_picture_none_is_missing():
    assert room_note(network()) == ""
