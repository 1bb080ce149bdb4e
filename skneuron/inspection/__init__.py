"""What single neurons do."""

from skneuron.inspection._ablation import NeuronAblation, neuron_ablation

__all__ = ["NeuronAblation", "neuron_ablation"]
