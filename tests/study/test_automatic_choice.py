"""The automatic choice is the pruner's own."""

from helpers.study import noisy_rows
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import accuracy_score

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
        assert removal.test_score == accuracy_score(images.y_test, pruner.predict(images.X_test))
        assert removal.validation_score == accuracy_score(y, pruner.predict(X))
        sizes.append(removal.n_removed)
    assert max(sizes) > 0
