"""Pictures of what `skneuron` finds out; matplotlib is imported when one is drawn.

- `_ablation`: `NeuronAblationDisplay`; `_ablation_panels`: its kinds of picture,
  `_ablation_intervals`: how far off its bars may be
- `_verdicts`: `VerdictDisplay`; `_shapley`: `ShapleyDisplay`; `_neuron_effects`: what both draw
- `_pairs`: `PairwiseAblationDisplay`
- `_path`: `PruningPathDisplay`; `_path_curves`: its curves, `_path_scores`: whose they are,
  and whether they are shares of samples, `_random_removals`: what they are compared with
- `_cv_results`: `CVResultsDisplay`
- `_receptive_field`: `ReceptiveFieldDisplay`; `_field_panels`: images and bars
- `_uncertainty`: standard errors, intervals, and what is as good as the best for all one knows
- `_style`: colours, the import of matplotlib, and the layout of panels
"""

from skneuron.plotting._ablation import NeuronAblationDisplay
from skneuron.plotting._cv_results import CVResultsDisplay
from skneuron.plotting._pairs import PairwiseAblationDisplay
from skneuron.plotting._path import PruningPathDisplay
from skneuron.plotting._receptive_field import ReceptiveFieldDisplay
from skneuron.plotting._shapley import ShapleyDisplay
from skneuron.plotting._verdicts import VerdictDisplay

__all__ = [
    "CVResultsDisplay",
    "NeuronAblationDisplay",
    "PairwiseAblationDisplay",
    "PruningPathDisplay",
    "ReceptiveFieldDisplay",
    "ShapleyDisplay",
    "VerdictDisplay",
]
