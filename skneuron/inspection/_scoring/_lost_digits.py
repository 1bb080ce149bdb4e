"""Samples whose digits a sweep has lost: their outputs computed without the neuron, and added.

A sweep subtracts what a neuron gives to the next layer. Where that is much more than all the
others give, only its rounding errors are left. The kernel finds such samples and leaves them out.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from skneuron.inspection._scoring._blocks import SCORE_OPERATIONS, ForwardBlock, blocks_of
from skneuron.inspection._scoring._samples import Samples
from skneuron.inspection._scoring._wanted_sums import WantedSums
from skneuron.kernels import CHUNK_ROWS
from skneuron.kernels.ablation import (
    LABEL,
    MULTILABEL,
    POISSON_REGRESSION,
    REGRESSION,
    Before,
    Changes,
    LostRows,
    harmless_share,
    outputs_without_each_neuron,
    score_full_network,
)
from skneuron.surgery import LayerReplacement, Network, layer_replacements
from skneuron.utils import run_kernel

# Outputs without neurons that are computed at a time.
OUTPUT_BYTES = 16 * 2**20
# Of a neuron that reaches less, every residual is harmless.
SMALLEST_REACH = 1e-30
# What is left of a sum of squares or deviances, as a share of what it was: of less, the digits are
# lost although those of every sample are there.
LEFT_OF_SUMS = 2.0**-20
# The share of samples whose predictions are ties up to rounding, in any network.
TIES = 2.0**-15


def harmless_residuals(network: Network, samples: Samples) -> np.ndarray:
    """`LostRows.harmless` of each hidden neuron.

    From how far outputs move per unit of its activation. Rounding errors of a layer's inputs are
    independent of each other, so squares add up from layer to layer.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        squares = np.square(network.coefs[-1], dtype=np.float64)
        if samples.task == REGRESSION:
            scale = np.mean(samples.output_targets**2, axis=0)
            squares /= np.where(scale == 0, 1, scale)
        layers = [squares.max(axis=1)]
        for coefs in network.coefs[-2:0:-1]:
            # Not by BLAS, which would round differently on other processors.
            layers.append((np.square(coefs, dtype=np.float64) * layers[-1]).sum(axis=1))
        reach = np.sqrt(np.concatenate(layers[::-1]))
        harmless = harmless_share(network.dtype) / np.maximum(reach, SMALLEST_REACH)
    # Infinitely far, or nobody knows how far: always computed without the neuron.
    harmless[np.isnan(harmless)] = 0
    return harmless.astype(network.dtype, copy=False)


def means_drown(
    network: Network,
    samples: Samples,
    replacements: Sequence[LayerReplacement],
    wanted: WantedSums,
) -> bool:
    """Whether subtracting means from activations and adding them to biases loses digits.

    It does where means are much larger than what a sample gives to the outputs. In an ordinary
    network, there are fewer such samples than those whose predictions hang on rounding anyway.
    """
    means = np.abs(np.concatenate([replacement.means for replacement in replacements]))
    if not means.any():
        return False
    network = samples.network_to_score(network)
    sizes, eps = network.hidden_layer_sizes, float(np.finfo(network.dtype).eps)
    counts_digits = wanted.losses or samples.task not in (LABEL, MULTILABEL)
    harmless = harmless_residuals(network, samples).astype(np.float64)
    reach = harmless_share(network.dtype) / harmless
    shares = means * reach
    biases = [np.abs(b, dtype=np.float64) for b in network.intercepts[1:]]
    by_biases = [b @ r for b, r in zip(biases, _by_layer(reach, sizes)[1:], strict=False)]
    by_biases = [1.0] * len(sizes) if counts_digits else [*by_biases, biases[-1].max()]
    # Which activations deeper layers have without some of the neurons is not known: any of them
    # may be small.
    first = min(layer for layer, each in enumerate(replacements) if each.means.any())
    limit = eps**-0.25 if counts_digits else TIES / eps
    for own, by_bias in list(zip(_by_layer(shares, sizes), by_biases, strict=True))[first + 1 :]:
        ordered = np.sort(own)
        smaller = np.cumsum(ordered) - ordered + by_bias
        if (ordered > limit * smaller).any():
            return True
    n_lost = 0.0
    for block in blocks_of(network, samples.X, layer_replacements(network, "zero", None)):
        size = np.einsum("kji,j->ki", np.abs(block.residuals), reach).ravel()[: block.n_rows]
        if counts_digits:
            n_lost += np.sum(shares.sum() > limit * np.maximum(size, 1))
        else:
            with np.errstate(divide="ignore"):
                n_lost += np.minimum(eps * shares.sum() / (size + sum(by_biases)), 1).sum()
    return bool(n_lost > TIES * samples.n_samples)


def _by_layer(values: np.ndarray, sizes: Sequence[int]) -> list[np.ndarray]:
    return np.split(values, np.cumsum(sizes)[:-1])


def no_lost_rows(harmless: np.ndarray, n_neurons: int, n_rows: int) -> LostRows:
    """`LostRows` of a block before the kernel has looked for any."""
    return LostRows(
        harmless, np.zeros((n_neurons, n_rows), np.uint8), np.zeros(n_neurons, np.int64)
    )


def add_lost_rows(
    samples: Samples,
    block: ForwardBlock,
    layers: np.ndarray,
    indices: np.ndarray,
    lost_rows: LostRows,
    before: Before,
    changes: Changes,
) -> None:
    """Add what a sweep of a block has left out."""
    neurons = np.flatnonzero(lost_rows.n_lost)
    for at, outputs in _outputs_without(block, layers, indices, neurons):
        rows = np.flatnonzero(lost_rows.lost[at])
        after = scored_outputs(samples, outputs[rows], block.rows.start + rows)
        old = Before(*(column[rows] if len(column) else column for column in before))
        add_row_changes(samples, block.rows.start + rows, old, after, at, changes)


def _outputs_without(
    block: ForwardBlock, layers: np.ndarray, indices: np.ndarray, neurons: np.ndarray
) -> Iterator[tuple[int, np.ndarray]]:
    """Some of the neurons, each with the outputs without it, (samples of the block, outputs)."""
    shape = block.n_rows, int(block.arguments[1][-1])
    n_at_once = max(1, OUTPUT_BYTES // (shape[0] * shape[1] * block.inputs.itemsize))
    for start in range(0, len(neurons), n_at_once):
        some = neurons[start : start + n_at_once]
        out = np.empty((len(some), *shape), block.inputs.dtype)
        run_kernel(
            outputs_without_each_neuron, block.inputs, block.replacing, block.mixing,
            block.constants, 0, block.n_rows, *block.arguments, layers[some], indices[some], out,
            n_operations=block.n_operations(len(some)), max_threads=block.max_threads,
        )  # fmt: skip
        yield from zip(some.tolist(), out, strict=True)


def scored_outputs(samples: Samples, outputs: np.ndarray, rows: np.ndarray) -> Before:
    """Predictions and losses from outputs, (rows, outputs), of some of the samples."""
    n_rows, n_outputs = outputs.shape
    filled = np.zeros((-(-n_rows // CHUNK_ROWS) * CHUNK_ROWS, n_outputs), outputs.dtype)
    filled[:n_rows] = outputs
    inputs = filled.reshape(-1, CHUNK_ROWS, n_outputs).transpose(0, 2, 1)
    return scored(samples, np.ascontiguousarray(inputs), n_outputs, rows, n_rows)


def scored(
    samples: Samples, inputs: np.ndarray, n_outputs: int, rows: slice | np.ndarray, n_rows: int
) -> Before:
    """Predictions and losses of some of the samples, whose outputs are the last of ``inputs``."""
    n_squares = n_rows if samples.task in (REGRESSION, POISSON_REGRESSION) else 0
    before = Before(
        predicted=np.zeros(n_rows, np.int32),
        row_losses=np.empty(n_rows, inputs.dtype),
        row_squares=np.empty((n_squares, n_outputs)),
    )
    run_kernel(
        score_full_network, inputs, n_outputs, *samples.truth_of(rows), *before,
        n_operations=SCORE_OPERATIONS * n_rows * n_outputs,
    )  # fmt: skip
    return before


@np.errstate(over="ignore", invalid="ignore")
def add_row_changes(
    samples: Samples,
    rows: slice | np.ndarray,
    before: Before,
    after: Before,
    at: int,
    changes: Changes,
) -> None:
    """Add the changes from ``before`` to ``after`` in some samples, as the kernels define them."""
    weight = samples.weights[rows]
    if samples.task in (LABEL, MULTILABEL):
        is_label = samples.task == LABEL
        right = samples.codes[rows].astype(np.intp) if is_label else np.ones(len(weight), np.intp)
        old, new = before.predicted.astype(np.intp), after.predicted.astype(np.intp)
        was_right, is_right = old == right, new == right
        changes.n_fixed[at] += np.sum(is_right & ~was_right)
        changes.n_broken[at] += np.sum(was_right & ~is_right)
        column = right if is_label else 0 * right
        np.add.at(changes.hits[at], column, weight * (is_right * 1.0 - was_right))
        for cells, amount in ((changes.cells, 1), (changes.weighted_cells, weight)):
            if len(cells):
                np.subtract.at(cells[at], (right, old), amount)
                np.add.at(cells[at], (right, new), amount)
    if len(changes.losses):
        old_losses, losses = (each.row_losses.astype(np.float64) for each in (before, after))
        change = losses - old_losses
        terms = [weight @ change, weight**2 @ change, weight**2 @ change**2]
        if changes.losses.shape[1] > 3:
            terms.append(weight @ (np.exp(-losses) - np.exp(-old_losses)))
        changes.losses[at] += terms
    if len(changes.squares):
        changes.squares[at] += weight @ (after.row_squares - before.row_squares)


def drowned(baseline_sums: np.ndarray, changed_sums: np.ndarray) -> np.ndarray:
    """Which removals leave so little of sums, (outputs,), that their changes do not tell how much.

    ``changed_sums`` are (removals, outputs).
    """
    left = np.abs(baseline_sums + changed_sums)
    return ~(left >= LEFT_OF_SUMS * np.abs(baseline_sums)).all(axis=1)
