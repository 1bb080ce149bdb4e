"""The experiment: who chooses, who judges, and are the numbers those of brute force?"""

import copy
import json
import math

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.utils import Bunch

from skneuron import RottenNeuronPruner, neuron_ablation, prune_neurons
from skneuron.datasets import load_images
from skneuron.study import InvalidStudyError, _experiment, _held_out_evaluation, run_study
from skneuron.study._control_methods import CONTROLS, with_wrong_labels
from skneuron.study._held_out_evaluation import mcnemar_p_value
from skneuron.study._tables import results_json


def shares(images, n_train=None, seed=0):
    return _experiment._shared_out(images, n_train, seed)


def silenced_score(mlp, layer, index, X, y):
    """Accuracy with the neuron's outgoing weights set to 0, by scikit-learn alone."""
    silenced = copy.deepcopy(mlp)
    silenced.coefs_[layer + 1][index] = 0
    return silenced.score(X, y)


def standardized(images):
    images = copy.deepcopy(images)
    _experiment._standardize(images)
    return images


@pytest.fixture(scope="module")
def images():
    return standardized(load_images("digits"))


def test_pixels_are_standardized_by_the_training_images(images):
    raw = load_images("digits")
    assert images.X_train.mean() == pytest.approx(0, abs=1e-5)
    assert images.X_train.std() == pytest.approx(1, rel=1e-5)
    expected = (raw.X_test - raw.X_train.mean()) / raw.X_train.std()
    np.testing.assert_allclose(images.X_test, expected, atol=1e-5)


def test_no_image_is_both_fitted_and_judged_on(images):
    fit, validation = shares(images)
    assert not set(fit) & set(validation)
    assert len(fit) + len(validation) == len(images.y_train)
    assert len(validation) == math.ceil(len(images.y_train) / 6)


def test_shares_depend_on_the_seed_alone(images):
    np.testing.assert_array_equal(shares(images, seed=3)[0], shares(images, seed=3)[0])
    assert not np.array_equal(shares(images, seed=3)[0], shares(images, seed=4)[0])


def test_n_train_takes_so_many_images_of_all_classes(images):
    fit, validation = shares(images, n_train=120)
    assert len(fit) + len(validation) == 120
    assert set(images.y_train[validation]) == set(range(10))


@pytest.mark.parametrize("n_train", [1288, 1296, 1297])
def test_n_train_may_leave_out_a_few(images, n_train):
    fit, validation = shares(images, n_train)
    assert len(set(fit) | set(validation)) == n_train


@pytest.mark.parametrize("n_train", [119, 1298])
def test_n_train_out_of_range_is_named(images, n_train):
    with pytest.raises(InvalidStudyError, match=rf"n_train={n_train} must be from 120 to 1297"):
        shares(images, n_train=n_train)


def test_neighbours_stay_together():
    y = np.tile(np.arange(10), 60)
    groups = np.repeat(np.arange(30), 20)
    images = Bunch(y_train=y, groups_train=groups, class_names=list("0123456789"), name="svhn")
    for n_train in (None, 400):
        fit, validation = shares(images, n_train)
        assert not set(groups[fit]) & set(groups[validation])
        assert len(validation)


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
def test_removals_are_judged_as_the_pruned_estimator_would_be(digits_study, images, name):
    for network in digits_study.networks:
        removal = network.removals[name]
        neurons = removed_by(network, name)
        pruned = prune_neurons(network.mlp, neurons)
        before = network.mlp.predict(images.X_test) == images.y_test
        after = pruned.predict(images.X_test) == images.y_test
        assert removal.n_removed == len(neurons) == sum(removal.removed_per_layer)
        assert network.baseline_accuracy == before.mean()
        assert removal.test_accuracy == after.mean()
        assert removal.n_fixed - removal.n_broken == after.sum() - before.sum()
        assert removal.p_value == mcnemar_p_value(removal.n_fixed, removal.n_broken)
        assert len(removal.random_accuracies) == 20
        if removal.n_removed:
            assert removal.random_accuracies.std() > 0


def test_greedy_climbs_and_then_stops(digits_study):
    for network in digits_study.networks:
        scores, n_removed = network.path.validation_accuracy, network.removals["greedy"].n_removed
        assert (np.diff(scores[: n_removed + 1]) > 0).all()
        assert scores[n_removed + 1] <= scores[n_removed]
        assert network.removals["greedy"].validation_accuracy == pytest.approx(scores[n_removed])


def test_path_ends_with_one_neuron_a_layer(digits_study):
    for network in digits_study.networks:
        path = network.path
        assert path.n_neurons[0] == sum(network.hidden)
        assert path.n_neurons[-1] == len(network.hidden)
        assert len(path.test_accuracy) == len(path.validation_accuracy) == len(path.n_neurons)
        assert path.test_accuracy[0] == network.baseline_accuracy


def test_same_seed_same_numbers():
    first, second = (
        results_json(run_study("digits", hidden=[(8,)], seeds=[5], max_iter=5)) for _ in range(2)
    )
    assert first == second


def test_every_seed_and_configuration_is_studied():
    networks = run_study("digits", hidden=[(5,), (4, 3)], seeds=[1, 2], max_iter=2).networks
    assert [(n.seed, n.hidden) for n in networks] == [
        (1, (5,)), (1, (4, 3)), (2, (5,)), (2, (4, 3)),
    ]  # fmt: skip
    assert not np.array_equal(networks[0].mlp.coefs_[0], networks[2].mlp.coefs_[0])


def test_progress_adds_up():
    totals, done = [], []
    run_study(
        "digits",
        hidden=[(5,), (4, 3)],
        max_iter=3,
        on_start=totals.append,
        on_progress=lambda work, phase: done.append((work, phase)),
    )
    assert sum(work for work, _ in done) == pytest.approx(totals[0])
    assert {phase for _, phase in done} == {
        f"{verb} {sizes}" for verb in ("training", "pruning") for sizes in [(5,), (4, 3)]
    }


def test_interrupted_training_ends_the_study():
    def interrupt(work, phase):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_study("digits", hidden=[(5,)], max_iter=3, on_progress=interrupt)


def test_other_warnings_are_not_taken_for_ctrl_c(monkeypatch):
    def fit(self, X, y):
        raise UserWarning("something else")

    monkeypatch.setattr(_experiment.PrunableMLPClassifier, "fit", fit)
    with pytest.raises(UserWarning, match="something else"):
        run_study("digits", hidden=[(5,)], max_iter=3)


def noisy_rows(images, result):
    """Rows to fit on and to choose by, with the wrong labels of the study's seed."""
    seed = result.networks[0].seed
    rng = np.random.default_rng([seed, 1])
    return [
        (images.X_train[rows], with_wrong_labels(images.y_train[rows], result.label_noise, rng))
        for rows in shares(images, n_train=600, seed=seed)
    ]


def trained_again(mlp, rows, **parameters):
    with _experiment.training_in_full():
        return clone(mlp).set_params(**parameters).fit(*rows)


def test_share_of_labels_that_are_wrong(noisy_study, images):
    (X, y), (X_validation, y_validation) = noisy_rows(images, noisy_study)
    assert (len(X), len(X_validation)) == (500, 100)
    right = [images.y_train[rows] for rows in shares(images, n_train=600, seed=2)]
    # A tenth of the random labels are right by chance.
    assert np.mean(y != right[0]) == pytest.approx(0.36, abs=0.06)
    assert np.mean(y_validation != right[1]) == pytest.approx(0.36, abs=0.12)


def test_networks_learn_and_choose_by_wrong_labels_and_are_judged_by_right_ones(
    noisy_study, images
):
    train, (X, y) = noisy_rows(images, noisy_study)
    np.testing.assert_array_equal(noisy_study.images.y_test, load_images("digits").y_test)
    for network in noisy_study.networks:
        expected = trained_again(network.mlp, train)
        np.testing.assert_array_equal(network.mlp.coefs_[0], expected.coefs_[0])
        assert network.ablation.baseline_score == expected.score(X, y)
        assert network.baseline_accuracy == expected.score(images.X_test, images.y_test)
        assert network.baseline_accuracy > network.ablation.baseline_score + 0.1


def test_without_noise_the_network_is_that_of_the_data_and_nothing_is_added(images):
    result = run_study("digits", hidden=[(8,)], max_iter=5, label_noise=0.0)
    network = result.networks[0]
    fit, _ = shares(images)
    expected = trained_again(network.mlp, (images.X_train[fit], images.y_train[fit]))
    np.testing.assert_array_equal(network.mlp.coefs_[0], expected.coefs_[0])
    assert list(network.removals) == ["one_shot", "greedy"]
    assert network.controls == {}
    assert not {"label_noise", "controls"} & {*json.loads(results_json(result))}


def test_automatic_removal_is_the_pruners_own(noisy_study, images):
    _, (X, y) = noisy_rows(images, noisy_study)
    sizes = []
    for network in noisy_study.networks:
        pruner = RottenNeuronPruner(
            FrozenEstimator(network.mlp), cv="prefit", threshold="auto", replacement="mean",
            scoring="expected_accuracy", step=4, random_state=2,
        ).fit(X, y)  # fmt: skip
        removal = network.removals["automatic"]
        assert removal.n_removed == sum(network.hidden) - pruner.n_neurons_
        assert removal.test_accuracy == pruner.score(images.X_test, images.y_test)
        assert removal.validation_accuracy == pruner.score(X, y)
        sizes.append(removal.n_removed)
    assert max(sizes) > 0


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
        assert control.validation_accuracy == small.score(*evaluation)
        assert control.test_accuracy == after.mean()
        assert control.n_fixed == (after > before).sum()
        assert control.p_value == mcnemar_p_value(control.n_fixed, (before > after).sum())
        for control in network.controls.values():
            gained = round(500 * (control.test_accuracy - network.baseline_accuracy))
            assert control.n_fixed - control.n_broken == gained
        assert len({control.test_accuracy for control in network.controls.values()}) > 1


def test_chosen_controls_are_no_worse_on_the_rows_that_choose(noisy_study):
    for network in noisy_study.networks:
        for name in ("alpha", "dropout"):
            control = network.controls[name]
            assert control.validation_accuracy >= network.ablation.baseline_score


def test_same_seed_same_wrong_labels():
    options = {"hidden": [(5,)], "max_iter": 3, "n_train": 300}
    first, again, other, less = (
        results_json(run_study("digits", seeds=[seed], label_noise=noise, **options))
        for seed, noise in [(5, 0.4), (5, 0.4), (6, 0.4), (5, 0.2)]
    )
    assert first == again
    assert first not in (other, less)


@pytest.mark.parametrize("label_noise", [-0.1, 1, 1.5, math.nan, "0.4", None])
def test_label_noise_out_of_range_is_named(label_noise):
    with pytest.raises(InvalidStudyError, match=rf"label_noise={label_noise!r} must be a number"):
        run_study("digits", label_noise=label_noise)


def test_too_few_rows_to_choose_automatically_are_named():
    with pytest.raises(InvalidStudyError, match=r"label_noise=0\.4 needs at least 40 .* are 39"):
        run_study("digits", n_train=234, label_noise=0.4)
    run_study("digits", n_train=235, label_noise=0.4, hidden=[(3,)], max_iter=1)


def test_progress_of_a_noisy_study_adds_up():
    totals, done = [], []
    run_study(
        "digits",
        hidden=[(5,), (4, 3)],
        max_iter=3,
        label_noise=0.3,
        on_start=totals.append,
        on_progress=lambda work, phase: done.append((work, phase)),
    )
    assert sum(work for work, _ in done) == pytest.approx(totals[0])
    phases = {phase for _, phase in done}
    assert "training (4, 3) otherwise" in phases
    assert len(phases) == 6


@pytest.mark.parametrize("n_epochs", [1, 4, 12])
def test_interrupted_controls_end_the_study(n_epochs):
    phases = []

    def interrupt(work, phase):
        phases.append(phase)
        if phases.count("training (5,) otherwise") == n_epochs:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_study("digits", hidden=[(5,)], max_iter=3, label_noise=0.3, on_progress=interrupt)
    assert phases.count("training (5,) otherwise") == n_epochs


@pytest.mark.parametrize("name", ["mnist", "svhn", "fashion_mnist"])
@pytest.mark.filterwarnings("ignore:The data home .* holds only:UserWarning")
def test_real_images_against_brute_force(compiled, data_home, name):
    result = run_study(name, hidden=[(16, 8)], max_iter=2, n_train=3000, data_home=data_home)
    network = result.networks[0]
    assert network.mlp.n_features_in_ == np.prod(result.images.image_shape)
    assert network.baseline_accuracy > 0.15
    _, validation = shares(result.images, n_train=3000)
    X, y = result.images.X_train[validation], result.images.y_train[validation]
    for position in (0, 7, 15, 16, 23):
        layer, index = network.ablation.layer[position], network.ablation.index[position]
        expected = silenced_score(network.mlp, layer, index, X, y)
        assert network.ablation.scores[position] == expected
