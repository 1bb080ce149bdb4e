"""The experiment: who chooses, who judges, and are the numbers those of brute force?"""

import copy
import math

import numpy as np
import pytest
from sklearn.utils import Bunch

from skneuron import neuron_ablation, prune_neurons, study
from skneuron._judging import mcnemar_p_value
from skneuron._tables import results_json
from skneuron.datasets import load_images
from skneuron.study import InvalidStudyError, run_study


def shares(images, n_train=None, seed=0):
    return study._shared_out(images, n_train, seed)


def silenced_score(mlp, layer, index, X, y):
    """Accuracy with the neuron's outgoing weights set to 0, by scikit-learn alone."""
    silenced = copy.deepcopy(mlp)
    silenced.coefs_[layer + 1][index] = 0
    return silenced.score(X, y)


def standardized(images):
    images = copy.deepcopy(images)
    study._standardize(images)
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

    monkeypatch.setattr(study.PrunableMLPClassifier, "fit", fit)
    with pytest.raises(UserWarning, match="something else"):
        run_study("digits", hidden=[(5,)], max_iter=3)


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


# ---- noisy labels


@pytest.fixture(scope="module")
def noisy_study():
    return run_study("digits", hidden=[(16,)], max_iter=20, n_train=600, label_noise=0.4)


def test_without_noise_there_is_nothing_more(digits_study):
    assert digits_study.label_noise == 0
    for network in digits_study.networks:
        assert list(network.removals) == ["one_shot", "greedy"]
        assert network.controls == {}


def test_labels_to_train_on_and_to_choose_by_are_noisy_and_test_labels_are_right(monkeypatch):
    seen = {}

    def automatically_pruned(mlp, X, y, seed):
        seen["validation"] = y
        return pruned(mlp, X, y, seed)

    def control(mlp, train, evaluation, sizes):
        seen["train"] = train[1]
        assert evaluation[1] is seen["validation"]
        return mlp

    pruned = study.automatically_pruned
    monkeypatch.setattr(study, "automatically_pruned", automatically_pruned)
    monkeypatch.setattr(study, "CONTROLS", {"nothing": control})
    noisy = run_study("digits", hidden=[(4,)], max_iter=1, label_noise=0.5)
    right = load_images("digits")
    fit, validation = shares(right)
    for name, rows in [("train", fit), ("validation", validation)]:
        wrong = (seen[name] != right.y_train[rows]).mean()
        # Nine in ten of the replaced ones are wrong; within four standard errors.
        assert abs(wrong - 0.45) < 4 * np.sqrt(0.45 * 0.55 / len(rows))
    np.testing.assert_array_equal(noisy.images.y_test, right.y_test)
    control = noisy.networks[0].controls["nothing"]
    assert (control.n_fixed, control.n_broken, control.p_value) == (0, 0, 1)


def test_noisy_study_has_the_automatic_choice_and_controls(noisy_study):
    (network,) = noisy_study.networks
    assert list(network.removals) == ["one_shot", "greedy", "automatic"]
    removal = network.removals["automatic"]
    small = network.controls["small from scratch"]
    assert sum(small.hidden) == 16 - removal.n_removed
    assert len(network.controls) == 4
    for control in network.controls.values():
        gained = control.n_fixed - control.n_broken
        n_test = noisy_study.n_test
        assert control.test_accuracy == pytest.approx(network.baseline_accuracy + gained / n_test)


def test_noisy_study_is_the_same_for_the_same_seed(noisy_study):
    again = run_study("digits", hidden=[(16,)], max_iter=20, n_train=600, label_noise=0.4)
    assert results_json(again) == results_json(noisy_study)


@pytest.mark.parametrize("label_noise", [-0.1, 1, 2.5, float("nan")])
def test_noise_is_a_share(label_noise):
    with pytest.raises(InvalidStudyError, match=f"label_noise={label_noise} must be"):
        run_study("digits", label_noise=label_noise)


def test_work_adds_up_with_noise_too():
    work, totals = [], []
    run_study(
        "digits", hidden=[(6,)], max_iter=3, n_train=300, label_noise=0.3,
        on_start=totals.append, on_progress=lambda amount, phase: work.append(amount),
    )  # fmt: skip
    assert sum(work) == pytest.approx(totals[0])
