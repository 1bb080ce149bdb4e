"""`refit_network`: the free layers of a pruned network are brought to the whole one's outputs."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from skneuron.surgery._network import Network
from skneuron.surgery._refit._checks import check_start
from skneuron.surgery._refit._divergences import DIVERGENCES
from skneuron.surgery._refit._hold_out import held_out
from skneuron.surgery._refit._minimise import minimised
from skneuron.surgery._refit._mixed_samples import MixedSamples, mixtures
from skneuron.surgery._refit._objective import layer_inputs
from skneuron.surgery._refit._stage_samples import StageSamples, has_room, inputs_to_mix, room_for
from skneuron.surgery._refit._stages import REFITS, Stage
from skneuron.utils import FloatArray, NDArray, single_blas_thread

# Iterations of a stage, at most: held-out samples end most of them earlier.
MAX_ITER = {"outputs": 300, "behind": 300, "span": 100}


class RefitLook(NamedTuple):
    """What a look at the held-out samples has seen.

    Attributes
    ----------
    stage : str
        Which layers are being changed.
    n_iter : int
        Iterations so far.
    divergence : float
        From the whole network's outputs, mean over the held-out samples.
    """

    stage: str
    n_iter: int
    divergence: float


def refit_network(
    pruned: Network,
    full: Network,
    X: Any,
    *,
    layers: str,
    mixed: float = 0.0,
    max_iter: int | None = None,
    sample_weight: FloatArray | None = None,
    groups: NDArray[Any] | None = None,
    seed: int = 0,
    on_look: Callable[[RefitLook], None] = lambda look: None,
) -> Network:
    """A network of the sizes of ``pruned`` whose outputs are closer to those of ``full``.

    Parameters
    ----------
    pruned, full : Network
    X : {ndarray, sparse matrix} of shape (n_samples, n_features)
        As it reaches them.
    layers, mixed, max_iter
        As `refit_pruned` takes them.
    sample_weight : ndarray of shape (n_samples,), default=None
    groups : ndarray of shape (n_samples,), default=None
    seed : int, default=0
    on_look : callable, default=nothing
        Called at every look at the held-out samples.
    """
    pruned, full = pruned.for_rows(X), full.for_rows(X)
    dtype, rng = full.dtype, np.random.default_rng(seed)
    # A sample that does not count can neither be fitted to nor judge.
    counted = np.arange(X.shape[0]) if sample_weight is None else np.flatnonzero(sample_weight)
    groups = None if groups is None else groups[counted]
    fit, held = (
        MixedSamples(X, dtype, rows, None if sample_weight is None else sample_weight[rows])
        for rows in (counted[at] for at in held_out(len(counted), groups, rng))
    )
    parts = [fit]
    if n_mixed := round(mixed * len(fit)):
        parts.append(mixtures(fit, n_mixed, rng))
    # More threads of BLAS round differently. Steps that go too far may overflow: the search along
    # a line takes them back.
    with single_blas_thread(), np.errstate(over="ignore", invalid="ignore"):
        for stage_name, make_stage in REFITS[layers]:
            stage = make_stage(pruned, full, fit)
            free = _fitted(
                stage,
                # Handed on at once: what they keep goes before the next stage's is made.
                *_stage_samples(stage, full, parts, held),
                max_iter=MAX_ITER[stage_name] if max_iter is None else max_iter,
                on_look=partial(_tell, on_look, stage_name),
            )
            if free is not stage.free:
                pruned = stage.finish(free)
    return pruned


def _fitted(
    stage: Stage,
    fit_to: StageSamples,
    held_out_of: StageSamples,
    *,
    max_iter: int,
    on_look: Callable[[int, float], None],
) -> Network:
    """A stage's free layers, fitted; the very ones that it has where nothing is better."""
    # Few held-out samples may agree where the others do not.
    for samples in (held_out_of, fit_to):
        check_start(stage.free, samples)
    return minimised(
        stage.free,
        fit_to,
        held_out_of,
        one_unit=stage.one_unit,
        max_iter=max_iter,
        on_look=on_look,
    )


def _tell(
    on_look: Callable[[RefitLook], None], stage: str, n_iter: int, divergence: float
) -> None:
    on_look(RefitLook(stage, n_iter, divergence))


def _stage_samples(
    stage: Stage, full: Network, fit: list[MixedSamples], held: MixedSamples
) -> tuple[StageSamples, StageSamples]:
    """What a stage is fitted to, and what is held out of it."""
    divergence = DIVERGENCES[full.out_activation]

    def targets_of(X: Any) -> FloatArray:
        return divergence.targets(layer_inputs(full, X)[-1])

    functions = stage.inputs_of, targets_of, divergence.least
    item = full.dtype.itemsize
    n_fit, n_unmixed = sum(map(len, fit)), len(fit[0]) + len(held)
    n_all = n_fit + len(held)
    input_bytes = stage.n_inputs * item
    # A number of float64 belongs to the targets of each.
    target_bytes = len(full.intercepts[-1]) * item + 8
    room = room_for(input_bytes + target_bytes)
    # Mixtures of inputs need not be kept: what makes the inputs is what takes the time.
    is_enough = has_room(n_unmixed * input_bytes + n_all * target_bytes)
    if room < n_all and stage.is_affine and is_enough:
        inputs, n_kept = inputs_to_mix(fit, stage.inputs_of), n_all
    else:
        inputs, n_kept = None, room
    return (
        StageSamples(fit, *functions, n_kept=n_kept, inputs=inputs),
        StageSamples([held], *functions, n_kept=max(n_kept - n_fit, 0)),
    )
