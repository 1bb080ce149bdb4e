"""Pictures of what `skneuron` finds out; matplotlib is imported when one is drawn.

- `_ablation`: `NeuronAblationDisplay`; `_ablation_panels`: its kinds of picture
- `_path`: `PruningPathDisplay`; `_receptive_field`: `ReceptiveFieldDisplay`
- `_style`: colours, the import of matplotlib, and the layout of panels
"""

from skneuron.plotting._ablation import NeuronAblationDisplay
from skneuron.plotting._path import PruningPathDisplay
from skneuron.plotting._receptive_field import ReceptiveFieldDisplay

__all__ = ["NeuronAblationDisplay", "PruningPathDisplay", "ReceptiveFieldDisplay"]
