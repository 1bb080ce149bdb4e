"""Pictures of what `skneuron` finds out; matplotlib is imported when one is drawn."""

from skneuron.plotting._ablation import NeuronAblationDisplay
from skneuron.plotting._path import PruningPathDisplay
from skneuron.plotting._receptive_field import ReceptiveFieldDisplay

__all__ = ["NeuronAblationDisplay", "PruningPathDisplay", "ReceptiveFieldDisplay"]
