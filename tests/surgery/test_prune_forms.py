"""Tests of what prune_neurons takes: neurons in every form that is printed, names of samples."""

import numpy as np
import pytest
from helpers.networks import make
from helpers.pruning import GONE, KEPT
from numpy.testing import assert_array_equal
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneuron import RottenNeuronPruner, neuron_ablation, prune_neurons, remove_redundant_neurons

NAMES = ["hidden0_neuron1", "hidden1_neuron0", "hidden0_neuron3", "hidden1_neuron2"]
SUPPORT = [True, False, True, False, True, False, True, False, True]
FORMS = {
    "names": NAMES,
    "array of names": np.array(NAMES, dtype=object),
    "numbers": [1, 5, 3, 7],
    "array of numbers": np.array([1, 3, 5, 7]),
    "flat mask": np.array(SUPPORT),
    "list of bools": SUPPORT,
    "mixed": [NAMES[0], GONE[1], 3, [1, 2]],
}


@pytest.mark.parametrize("form", FORMS)
def test_forms_of_neurons(form):
    case = make(hidden=(5, 4), ours=True)
    smaller = prune_neurons(case.mlp, FORMS[form])
    assert_array_equal(smaller.coefs_[1], case.mlp.coefs_[1][np.ix_(*KEPT)])
    assert_array_equal(case.mlp.prune_neurons(FORMS[form]).coefs_[1], smaller.coefs_[1])


def test_forms_of_neurons_of_a_pipeline():
    case = make(hidden=(5, 4))
    pipeline = make_pipeline(StandardScaler().fit(case.X), case.mlp)
    smaller = prune_neurons(pipeline, NAMES)
    assert_array_equal(smaller[-1].coefs_[1], case.mlp.coefs_[1][np.ix_(*KEPT)])


def rotten_pruner(case, **options):
    return RottenNeuronPruner(
        FrozenEstimator(case.mlp), cv="prefit", threshold=np.inf, n_neurons_to_select=6, **options
    ).fit(case.X, case.y)


def test_support_of_a_pruner_makes_its_network_again():
    case = make(hidden=(5, 4))
    pruner = rotten_pruner(case)
    again = prune_neurons(case.mlp, pruner.support_)
    assert pruner.support_.sum() == 6
    for ours, theirs in zip(again.coefs_, pruner.estimator_.estimator.coefs_, strict=True):
        assert_array_equal(ours, theirs)


def test_what_a_pruner_prints_does_not_remove_another_neuron():
    case = make(hidden=(5, 4))
    whole = RottenNeuronPruner(FrozenEstimator(case.mlp), cv="prefit", threshold=-np.inf)
    pruner = prune_neurons(whole.fit(case.X, case.y), [(1, 1)])
    assert pruner.get_feature_names_out().tolist() == [f"hidden1_neuron{at}" for at in (0, 2, 3)]
    with pytest.raises(ValueError, match=r"'hidden1_neuron2', which is not clear: .*\(1, 1\) now"):
        prune_neurons(pruner, ["hidden1_neuron2"])
    smaller = prune_neurons(pruner, ["hidden1_neuron3", "hidden0_neuron0", 4])
    assert smaller.get_feature_names_out().tolist() == ["hidden1_neuron0", "hidden1_neuron2"]
    assert np.flatnonzero(smaller.support_[:5]).tolist() == [1, 2, 3]


def test_names_in_the_network_of_a_pruner_are_those_of_now():
    case = make(hidden=(5, 4))
    pruner = rotten_pruner(case)
    inner = pruner.estimator_.estimator
    assert_array_equal(
        prune_neurons(inner, ["hidden0_neuron1"]).coefs_[0], np.delete(inner.coefs_[0], 1, axis=1)
    )


def test_the_worst_neurons_of_an_ablation_by_their_positions():
    case = make(hidden=(5, 4))
    ablation = neuron_ablation(case.mlp, case.X, case.y)
    worst = np.argsort(ablation.importances)[:2]
    smaller = prune_neurons(case.mlp, worst)
    pairs = list(zip(ablation.layer[worst], ablation.index[worst], strict=True))
    assert_array_equal(smaller.coefs_[1], prune_neurons(case.mlp, pairs).coefs_[1])


# ---- names of reference samples


def test_x_is_another_name_of_x_ref():
    case = make(hidden=(5, 4), ours=True)
    expected = prune_neurons(case.mlp, GONE, replacement="mean", X_ref=case.X_ref)
    found = prune_neurons(case.mlp, GONE, replacement="mean", X=case.X_ref)
    assert_array_equal(found.intercepts_[1], expected.intercepts_[1])
    again = make(hidden=(5, 4), ours=True).mlp.prune_neurons(
        GONE, replacement="mean", X_ref=case.X_ref
    )
    assert_array_equal(again.intercepts_[1], expected.intercepts_[1])
    case.mlp.prune_neurons(GONE, replacement="mean", X=case.X_ref)
    assert_array_equal(case.mlp.intercepts_[1], expected.intercepts_[1])


def test_redundant_neurons_by_either_name():
    case = make(hidden=(5, 4))
    case.mlp.intercepts_[0][2] = -1e6  # dead for any sample like these
    by_name = [
        remove_redundant_neurons(case.mlp, case.X),
        remove_redundant_neurons(case.mlp, X=case.X),
        remove_redundant_neurons(case.mlp, X_ref=case.X),
    ]
    assert [each.coefs_[0].shape[1] for each in by_name] == [4, 4, 4]


@pytest.mark.parametrize(
    "call",
    [
        lambda mlp, X: prune_neurons(mlp, GONE, X_ref=X, X=X),
        lambda mlp, X: mlp.prune_neurons(GONE, X_ref=X, X=X),
        lambda mlp, X: remove_redundant_neurons(mlp, X, X=X),
    ],
)
def test_both_names_at_once(call):
    case = make(hidden=(5, 4), ours=True)
    with pytest.raises(ValueError, match="X_ref and X are both given"):
        call(case.mlp, case.X)


@pytest.mark.parametrize("options", [{"replacement": "linear"}, {"refit": "outputs"}])
def test_what_is_missing_has_its_name(options):
    case = make(hidden=(5, 4))
    with pytest.raises(ValueError, match="pass X_ref" if "replacement" in options else "X_refit"):
        prune_neurons(case.mlp, GONE, **options)
