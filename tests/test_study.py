"""The experiment: who chooses, who judges, and are the numbers those of brute force?"""

import copy
import math

import numpy as np
import pytest
from sklearn.utils import Bunch

from skneuron import neuron_ablation, prune_neurons, study
from skneuron._tables import results_json
from skneuron.datasets import load_images
from skneuron.study import InvalidStudyError, mcnemar_p_value, run_study


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


def test_random_control_removes_as_many_of_every_layer(monkeypatch):
    drawn = []
    remove = study.remove_neurons

    def spy(network, masks, replacement):
        drawn.append(tuple(int((~mask).sum()) for mask in masks))
        return remove(network, masks, replacement)

    monkeypatch.setattr(study, "remove_neurons", spy)
    rng = np.random.default_rng(0)
    images = standardized(load_images("digits"))
    network = run_study("digits", hidden=[(6, 5)], max_iter=1).networks[0]
    test = study._Test(network.mlp, images.X_test, images.y_test)
    masks = [np.arange(6) > 2, np.arange(5) > 0]
    drawn.clear()
    study._judged(study.Network.from_mlp(network.mlp), masks, 0.5, test, rng)
    assert drawn == [(3, 1)] * 21


@pytest.mark.parametrize(("fixed", "broken"), [(0, 0), (0, 5), (3, 3), (10, 27), (1, 8)])
def test_mcnemar_is_the_exact_binomial_test(fixed, broken):
    n = fixed + broken
    tail = sum(math.comb(n, k) for k in range(min(fixed, broken) + 1)) / 2**n
    assert mcnemar_p_value(fixed, broken) == pytest.approx(min(1, 2 * tail))


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
