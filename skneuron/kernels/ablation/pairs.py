"""Remove every pair of neurons of one layer and add up what happens to the predictions.

With residuals r_j and r_k of single removals, taking out both changes the next layer's input by
-(r_j v_j + r_k v_k). The v are the outgoing weights w where neurons are replaced by constants.
Where each is predicted from all others (residual mixing M, see `removal.prepare`), the two may
not predict each other any more:
v_j = (w_j - M_jk w_k) / (1 - M_jk M_kj), which follows from inverting the 2 x 2 block of the
inverse Gram matrix.
"""

import numpy as np
from numba import prange

from skneuron.kernels._jit import compiled, parallel_twins
from skneuron.kernels.ablation.margins import (
    later_reaches,
    margins_of_chunks,
    picked_or_all,
    reach,
    reaches,
)
from skneuron.kernels.ablation.removal import (
    add_term,
    first_unit,
    later_outputs,
    n_rows_of,
    view,
    without,
    without_in_all,
)
from skneuron.kernels.ablation.row_scores import Before, Changes, Truth, row_scores, sums_losses
from skneuron.kernels.ablation.sweep import N_PARTS, make_workspace
from skneuron.kernels.forward import CHUNK_ROWS, weights


@compiled
def _weights_of_pair(W, M, j, k, v_j, v_k):
    """Outgoing weights that residuals of single removals have in the removal of both."""
    common = 1 / (1 - M[j, k] * M[k, j])
    for c in range(W.shape[1]):
        v_j[c] = (W[j, c] - M[j, k] * W[k, c]) * common
        v_k[c] = (W[k, c] - M[k, j] * W[j, c]) * common


@compiled
def _sweep_part(
    part, inputs, residuals, network, layer, indices, mixing, reached, margin, truth, before,
    changes,
):  # fmt: skip
    """Every `N_PARTS`-th neuron, from number ``part`` on, with each after it."""
    parameters, sizes, code = network
    loses = sums_losses(changes)
    is_last = layer == sizes.shape[0] - 3
    start, stop = first_unit(sizes, layer), first_unit(sizes, layer + 1)
    n_next, n_neurons = sizes[layer + 2], len(indices)
    W, _ = weights(parameters, sizes, layer + 1)
    later_reach = later_reaches(reached, sizes, layer)
    one = inputs.dtype.type(1)
    workspace = make_workspace(inputs, sizes)
    either = np.empty(CHUNK_ROWS, inputs.dtype)
    v_j, v_k = np.empty(n_next, inputs.dtype), np.empty(n_next, inputs.dtype)
    for chunk in range(inputs.shape[0]):
        n = n_rows_of(chunk, len(before.predicted))
        r, z_before = residuals[chunk, start:stop], inputs[chunk, stop : stop + n_next]
        for a in range(part, n_neurons, N_PARTS):
            j = indices[a]
            v_j[:] = W[j]
            reach_j = reached[start + j]
            first_pair = a * (2 * n_neurons - a - 1) // 2
            for b in range(a + 1, n_neurons):
                at = first_pair + b - a - 1
                k = indices[b]
                v_k[:] = W[k]
                reach_k = reached[start + k]
                if mixing.shape[0] > 0:
                    _weights_of_pair(W, mixing, j, k, v_j, v_k)
                    reach_j = reach(truth.task, v_j, later_reach)
                    reach_k = reach(truth.task, v_k, later_reach)
                if loses:
                    for i in range(CHUNK_ROWS):
                        either[i] = abs(r[j, i]) + abs(r[k, i])
                else:
                    for i in range(CHUNK_ROWS):
                        either[i] = abs(r[j, i]) * reach_j + abs(r[k, i]) * reach_k
                m, width = picked_or_all(
                    either, one, margin[chunk], n, is_last, workspace.picked, workspace.values
                )
                if m == 0:
                    continue
                z_next = view(workspace.z, n_next, width)
                for i in range(width):
                    workspace.values[i] = r[j, workspace.picked[i]]
                if width == CHUNK_ROWS:
                    without_in_all(z_before, workspace.values, v_j, z_next)
                else:
                    without(z_before.reshape(-1), workspace.picked, workspace.values, v_j, z_next)
                for i in range(width):
                    workspace.values[i] = -r[k, workspace.picked[i]]
                add_term(workspace.values, v_k, z_next)
                out = later_outputs(
                    workspace.z, width, layer, parameters, sizes, code, workspace.spare
                )
                for i in range(m):
                    workspace.rows[i] = workspace.picked[i] + chunk * CHUNK_ROWS
                row_scores(
                    truth, before, changes, at, out, m, workspace.rows, workspace.row_workspace
                )


@parallel_twins
def sweep_pairs(
    inputs, residuals, parameters, sizes, code, layer, indices, mixing,
    task, codes, targets, sample_weight,
    predicted, row_losses, row_squares,
    n_fixed, n_broken, hits, cells, weighted_cells, losses, squares,
):  # fmt: skip
    """Add up what the removal of each pair of some neurons changes in a block of rows.

    Parameters
    ----------
    inputs, residuals
        From `skneuron.kernels.ablation.removal.prepare`.
    parameters, sizes, code
        The network; see `skneuron.kernels.forward`.
    layer : int
    indices : (neurons,), int64
        Neurons of this layer.
    mixing : (units of the layer, units of the layer), or (0, 0)
        As for `prepare`, but that of one layer.
    *truth : Truth
    *before : Before
        From `skneuron.kernels.ablation.row_scores.full_scores`.
    *changes : Changes
        One entry a pair: neurons 0 and 1, 0 and 2, ..., 1 and 2, ...
    """
    truth = Truth(task, codes, targets, sample_weight)
    before = Before(predicted, row_losses, row_squares)
    changes = Changes(n_fixed, n_broken, hits, cells, weighted_cells, losses, squares)
    margin = margins_of_chunks(task, inputs, sizes[-1], sums_losses(changes))
    reached = reaches(task, parameters, sizes)
    network = parameters, sizes, code
    for part in prange(N_PARTS):
        _sweep_part(
            part, inputs, residuals, network, layer, indices, mixing, reached, margin, truth,
            before, changes,
        )  # fmt: skip
