"""What the classes that hold a page's contents know themselves."""

from helpers.report import comparison, network, with_verdicts


def test_counts():
    contents = with_verdicts(network((4, 2)), rotten=[0, 5], useful=[1])
    assert contents.n_neurons == 6
    assert [contents.count(v) for v in ("rotten", "useful", "undecided")] == [2, 1, 3]


def test_the_network_to_speak_of_first():
    chosen, other = comparison(), comparison(name="repaired")
    assert network().best is None
    assert network(chosen=chosen).best is chosen
    assert network(chosen=chosen, others=[other], headline=other).best is other
