"""One network's study: are its numbers those of brute force, and of other means?"""

import numpy as np
import pytest
from helpers.study import mid_p, noisy_rows, shares, silenced_score, trained_again

from skneuron import neuron_ablation, prune_neurons, refit_outputs
from skneuron.datasets import load_images
from skneuron.study import _held_out_evaluation, run_study
from skneuron.study._control_methods import CONTROLS


def test_importances_are_those_of_brute_force(digits_study, images):
    _, validation = shares(images)
    X, y = images.X_train[validation], images.y_train[validation]
    for network in digits_study.networks:
        ablation = network.ablation
        assert ablation.baseline_score == network.mlp.score(X, y)
        scores = [
            silenced_score(network.mlp, layer, index, X, y)
            for layer, index in zip(ablation.layer, ablation.index, strict=True)
        ]
        np.testing.assert_array_equal(ablation.scores, scores)


def test_test_importances_are_those_of_the_test_images(digits_study, images):
    for network in digits_study.networks:
        expected = neuron_ablation(network.mlp, images.X_test, images.y_test).importances
        np.testing.assert_array_equal(network.test_importances, expected)


def removed_by(network, name):
    ablation = network.ablation
    if name == "one_shot":
        rotten = ablation.importances < 0
        return list(zip(ablation.layer[rotten], ablation.index[rotten], strict=True))
    n_removed = network.removals["greedy"].n_removed
    return list(zip(network.path.layer[:n_removed], network.path.index[:n_removed], strict=True))


@pytest.mark.parametrize("name", ["one_shot", "greedy"])
def test_removals_are_evaluated_as_the_pruned_estimator_would_be(digits_study, images, name):
    for network in digits_study.networks:
        removal = network.removals[name]
        neurons = removed_by(network, name)
        pruned = prune_neurons(network.mlp, neurons)
        before = network.mlp.predict(images.X_test) == images.y_test
        after = pruned.predict(images.X_test) == images.y_test
        assert removal.n_removed == len(neurons) == sum(removal.removed_per_layer)
        assert network.baseline_score == before.mean()
        assert removal.test_score == after.mean()
        assert removal.n_fixed - removal.n_broken == after.sum() - before.sum()
        assert removal.p_value == pytest.approx(mid_p(removal.n_fixed, removal.n_broken))
        assert len(removal.random_scores) == 20
        if removal.n_removed:
            assert removal.random_scores.std() > 0


def test_greedy_climbs_and_then_stops(digits_study):
    for network in digits_study.networks:
        scores, n_removed = network.path.validation_score, network.removals["greedy"].n_removed
        assert (np.diff(scores[: n_removed + 1]) > 0).all()
        assert scores[n_removed + 1] <= scores[n_removed]
        assert network.removals["greedy"].validation_score == pytest.approx(scores[n_removed])


def test_path_ends_with_one_neuron_a_layer(digits_study):
    for network in digits_study.networks:
        path = network.path
        assert path.n_neurons[0] == sum(network.hidden)
        assert path.n_neurons[-1] == len(network.hidden)
        assert len(path.test_score) == len(path.validation_score) == len(path.n_neurons)
        assert path.test_score[0] == network.baseline_score


def test_networks_learn_and_choose_by_wrong_labels_and_are_evaluated_by_right_ones(
    noisy_study, images
):
    train, (X, y) = noisy_rows(images, noisy_study)
    np.testing.assert_array_equal(noisy_study.data.y_test, load_images("digits").y_test)
    for network in noisy_study.networks:
        expected = trained_again(network.mlp, train)
        np.testing.assert_array_equal(network.mlp.coefs_[0], expected.coefs_[0])
        assert network.ablation.baseline_score == expected.score(X, y)
        assert network.baseline_score == expected.score(images.X_test, images.y_test)
        assert network.baseline_score > network.ablation.baseline_score + 0.1


def test_random_removal_beside_the_automatic_one_is_by_means_too(monkeypatch):
    drawn = []
    remove = _held_out_evaluation.remove_neurons

    def spy(network, masks, replacement, X_ref=None):
        drawn.append((replacement, [int((~mask).sum()) for mask in masks], X_ref))
        return remove(network, masks, replacement, X_ref)

    monkeypatch.setattr(_held_out_evaluation, "remove_neurons", spy)
    result = run_study("digits", hidden=[(10, 6)], max_iter=15, n_train=600, label_noise=0.4)
    removals = result.networks[0].removals
    assert len(drawn) == 20 * len(removals)
    for (name, removal), start in zip(removals.items(), (0, 20, 40), strict=True):
        for replacement, n_removed, X_ref in drawn[start : start + 20]:
            assert replacement == ("mean" if name == "automatic" else "zero")
            assert n_removed == removal.removed_per_layer
            assert (X_ref is None) == (name != "automatic")
    assert len(drawn[-1][-1]) == result.n_validation


def test_controls_are_other_networks_on_the_same_rows(noisy_study, images):
    train, evaluation = noisy_rows(images, noisy_study)
    for network in noisy_study.networks:
        assert list(network.controls) == list(CONTROLS)
        n_removed = network.removals["automatic"].removed_per_layer
        sizes = tuple(size - n for size, n in zip(network.hidden, n_removed, strict=True))
        control = network.controls["small_from_scratch"]
        small = trained_again(network.mlp, train, hidden_layer_sizes=sizes)
        before, after = (
            mlp.predict(images.X_test) == images.y_test for mlp in (network.mlp, small)
        )
        assert control.choice == f"hidden {sizes}"
        assert control.validation_score == small.score(*evaluation)
        assert control.test_score == after.mean()
        assert control.n_fixed == (after > before).sum()
        assert control.p_value == pytest.approx(
            mid_p(control.n_fixed, int((before > after).sum()))
        )
        for control in network.controls.values():
            gained = round(500 * (control.test_score - network.baseline_score))
            assert control.n_fixed - control.n_broken == gained
        assert len({control.test_score for control in network.controls.values()}) > 1


def test_refitted_outputs_are_those_of_the_function(noisy_study, images):
    _, evaluation = noisy_rows(images, noisy_study)
    for network in noisy_study.networks:
        control = network.controls["refit_outputs"]
        refit = refit_outputs(network.mlp, *evaluation, random_state=network.seed)
        assert control.test_score == refit.score(images.X_test, images.y_test)
        assert control.validation_score == refit.score(*evaluation)
        assert (control.choice == "no change") == (control.n_fixed == control.n_broken == 0)


def test_chosen_controls_are_no_worse_on_the_rows_that_choose(noisy_study):
    for network in noisy_study.networks:
        for name in ("alpha", "dropout"):
            control = network.controls[name]
            assert control.validation_score >= network.ablation.baseline_score
