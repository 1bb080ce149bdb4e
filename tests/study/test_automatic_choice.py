"""The automatic choice is the pruner's own."""

from helpers.study import noisy_rows
from sklearn.frozen import FrozenEstimator

from skneuron import RottenNeuronPruner


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
