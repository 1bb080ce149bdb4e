"""Repair of a pruned network without labels: it is brought back to the whole network's outputs.

- `_refit_pruned`: `refit_pruned`, for estimators: start here
- `_refit_network`: the same for two `Network`s and rows that reach them
- `_stages`: which layers are free, and what they get: "outputs", "behind", "span"
- `_minimise`: L-BFGS, stopped where samples that are held out say so
- `_objective`: mean divergence and its gradient, in blocks of samples
- `_divergences`: how far outputs are from others, by kind of output
- `_stage_samples`: what the free layers get from samples, kept if there is room
- `_mixed_samples`: the samples, and mixtures of them
- `_hold_out`: which samples are held out
- `_checks`: whether one network is a smaller version of the other
"""

from skneuron.surgery._refit._refit_network import RefitLook, refit_network
from skneuron.surgery._refit._refit_pruned import (
    check_refit,
    forget_training,
    refit_pruned,
    refit_rows,
)
from skneuron.surgery._refit._stages import REFITS

__all__ = [
    "REFITS",
    "RefitLook",
    "check_refit",
    "forget_training",
    "refit_network",
    "refit_pruned",
    "refit_rows",
]
