"""The page of a notebook says which of a pruned network's sizes hold."""

import pytest
from helpers.networks import make

from skneuron import PrunableMLPClassifier


def headline_of(mlp):
    return mlp._repr_html_().split("<style>")[0]


@pytest.mark.parametrize(("hidden", "left"), [((5,), "(4,)"), ((5, 3), "(4, 3)")])
def test_sizes_that_contradict_each_other_are_explained(hidden, left):
    mlp = make("multiclass", hidden, ours=True).mlp
    assert headline_of(mlp) == ""
    mlp.prune_neurons([(0, 1)])
    assert headline_of(mlp) == (
        f"<p><strong>{sum(hidden) - 1} of {sum(hidden)} hidden neurons are left: "
        f"hidden_layer_sizes_={left}; hidden_layer_sizes is what fit begins with</strong></p>"
    )


def test_an_int_is_one_layer():
    mlp = make("regression", 5, ours=True).mlp
    assert headline_of(mlp) == ""
    assert headline_of(PrunableMLPClassifier(5)) == ""
    assert "4 of 5 hidden" in headline_of(mlp.prune_neurons([(0, 1)]))
