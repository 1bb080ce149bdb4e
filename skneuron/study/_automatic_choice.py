"""What the pruner chooses by itself where labels may be wrong."""

from typing import Any

from sklearn.frozen import FrozenEstimator

from skneuron.neural_network import PrunableMLPClassifier
from skneuron.pruning import RottenNeuronPruner
from skneuron.study._data_split import LabelledSamples
from skneuron.study._held_out_evaluation import PrunedNetwork
from skneuron.surgery import Network, split_by_layer, unwrap

# Wrong labels mislead expected accuracy no more than accuracy, and it is far less noisy. With
# "mean", the next layer's biases stay as fitted.
RECOMMENDED: dict[str, Any] = {
    "threshold": "auto",
    "replacement": "mean",
    "scoring": "expected_accuracy",
    "step": 4,
}


def automatic_choice(
    mlp: PrunableMLPClassifier, validation: LabelledSamples, seed: int
) -> PrunedNetwork:
    """The network that ``RottenNeuronPruner(threshold="auto")`` makes of a fitted one."""
    pruner = RottenNeuronPruner(
        FrozenEstimator(mlp), cv="prefit", random_state=seed, **RECOMMENDED
    ).fit(*validation)
    pruned, _ = unwrap(pruner)
    return PrunedNetwork(
        masks=split_by_layer(pruner.support_, mlp.hidden_layer_sizes_),
        network=Network.from_mlp(pruned),
        validation_score=pruned.score(*validation),
        replacement=pruner.replacement,
        X_ref=validation[0],
    )
