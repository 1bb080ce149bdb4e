"""Remove every pair of neurons of one layer and add up what happens to the predictions.

With the residuals r_j and r_k of single removals, removing both changes the next layer's inputs by
-(r_j v_j + r_k v_k). The v are the outgoing weights w where neurons are replaced by constants.
Where each is predicted from all others (with the matrix M, ``mixing``, of
`removal.forward_with_residuals`), the two may not predict each other any more:
v_j = (w_j - M_jk w_k) / (1 - M_jk M_kj), which follows from inverting the 2 x 2 block of the
inverse Gram matrix.
"""

import numpy as np

from skneuron.kernels._held import hold
from skneuron.kernels._jit import compiled
from skneuron.kernels._parts import Kernel, parts
from skneuron.kernels.ablation.lost_digits import (
    find_lost_rows,
    may_lose_digits,
    rounding_of_sums,
)
from skneuron.kernels.ablation.margins import (
    margins_of_chunks,
    select_rows_or_all,
    sensitivities,
    sensitivities_of_next_layer,
    sensitivity,
)
from skneuron.kernels.ablation.removal import (
    add_contribution,
    first_unit,
    inputs_without,
    inputs_without_in_all_rows,
    later_outputs,
    n_rows_of,
    view,
)
from skneuron.kernels.ablation.row_scores import Before, Changes, Truth, add_changes, needs_losses
from skneuron.kernels.ablation.sweep import N_PARTS, make_ablation_workspace
from skneuron.kernels.forward import CHUNK_ROWS, weights


@compiled
def _weights_of_pair(W, M, j, k, v_j, v_k):
    """Weights by which the residuals of single removals count if both neurons are removed."""
    common = 1 / (1 - M[j, k] * M[k, j])
    for c in range(W.shape[1]):
        v_j[c] = (W[j, c] - M[j, k] * W[k, c]) * common
        v_k[c] = (W[k, c] - M[k, j] * W[j, c]) * common


@compiled
def _ablate_pairs_of_part(
    inputs, residuals, network, layer, indices, mixing, all_sensitivities, margin, harmless,
    n_lost, truth, before, changes, part,
):  # fmt: skip
    """Pairs of every `N_PARTS`-th neuron, from number ``part`` on, and each neuron after it."""
    parameters, sizes, activation = network
    with_losses = needs_losses(changes)
    is_last = layer == sizes.shape[0] - 3
    start, stop = first_unit(sizes, layer), first_unit(sizes, layer + 1)
    n_next, n_neurons = sizes[layer + 2], len(indices)
    W, _ = weights(parameters, sizes, layer + 1)
    next_sensitivities = sensitivities_of_next_layer(all_sensitivities, sizes, layer)
    one, rounding = inputs.dtype.type(1), rounding_of_sums(sizes, inputs)
    workspace = make_ablation_workspace(inputs, sizes)
    combined = np.empty(np.int64(CHUNK_ROWS), inputs.dtype)
    v_j, v_k = np.empty(n_next, inputs.dtype), np.empty(n_next, inputs.dtype)
    for chunk in range(inputs.shape[0]):
        n = n_rows_of(chunk, len(before.predicted))
        r, z_before = residuals[chunk, start:stop], inputs[chunk, stop : stop + n_next]
        for a in range(part, n_neurons, N_PARTS):
            j = indices[a]
            for c in range(n_next):
                v_j[c] = W[j, c]
            sensitivity_j = all_sensitivities[start + j]
            first_pair = a * (2 * n_neurons - a - 1) // 2
            for b in range(a + 1, n_neurons):
                at = first_pair + b - a - 1
                k = indices[b]
                for c in range(n_next):
                    v_k[c] = W[k, c]
                sensitivity_k = all_sensitivities[start + k]
                reach_j, reach_k = one / harmless[start + j], one / harmless[start + k]
                if mixing.shape[0] > 0:
                    common = abs(one / (one - mixing[j, k] * mixing[k, j]))
                    reach_j, reach_k = (
                        (reach_j + abs(mixing[j, k]) * reach_k) * common,
                        (reach_k + abs(mixing[k, j]) * reach_j) * common,
                    )
                    _weights_of_pair(W, mixing, j, k, v_j, v_k)
                    sensitivity_j = sensitivity(truth.task, v_j, next_sensitivities)
                    sensitivity_k = sensitivity(truth.task, v_k, next_sensitivities)
                if with_losses:
                    for i in range(CHUNK_ROWS):
                        combined[i] = abs(r[j, i]) + abs(r[k, i])
                else:
                    for i in range(CHUNK_ROWS):
                        combined[i] = abs(r[j, i]) * sensitivity_j + abs(r[k, i]) * sensitivity_k
                m, width = select_rows_or_all(
                    combined, one, margin[chunk], n, is_last, workspace.selected, workspace.values
                )
                if m == 0:
                    continue
                z_next = view(workspace.z, n_next, width)
                for i in range(width):
                    workspace.values[i] = r[j, workspace.selected[i]]
                if width == CHUNK_ROWS:
                    inputs_without_in_all_rows(z_before, workspace.values, v_j, z_next)
                else:
                    inputs_without(
                        z_before.reshape(-1), workspace.selected, workspace.values, v_j, z_next
                    )
                for i in range(width):
                    workspace.values[i] = -r[k, workspace.selected[i]]
                add_contribution(workspace.values, v_k, z_next)
                out = later_outputs(
                    workspace.z, width, layer, parameters, sizes, activation, workspace.scratch
                )
                for i in range(m):
                    row = workspace.selected[i]
                    workspace.rows[i] = row + chunk * CHUNK_ROWS
                    workspace.values[i] = abs(r[j, row]) * reach_j + abs(r[k, row]) * reach_k
                if may_lose_digits(truth.task, out, m, workspace.values, one):
                    n_lost[at] += find_lost_rows(
                        truth.task, out, m, workspace.values, one, rounding, with_losses,
                        workspace.columns,
                    )  # fmt: skip
                add_changes(truth, before, changes, at, out, m, workspace.rows, workspace.scoring)


@Kernel
def ablate_each_pair(
    driver, inputs, residuals, parameters, sizes, activation, layer, indices, mixing,
    harmless, n_lost,
    task, codes, targets, sample_weight,
    predicted, row_losses, row_squares,
    n_fixed, n_broken, hits, cells, weighted_cells, losses, squares,
):  # fmt: skip
    """Add up what the removal of each pair of some neurons changes in a block of rows.

    Parameters
    ----------
    inputs, residuals
        From `skneuron.kernels.ablation.removal.forward_with_residuals`.
    parameters, sizes, activation
        The network; see `skneuron.kernels.forward`.
    layer : int
    indices : (neurons,), int64
        Neurons of this layer.
    mixing : (units of the layer, units of the layer), or (0, 0)
        As for `forward_with_residuals`, but this layer's alone.
    harmless
        As in `skneuron.kernels.ablation.sweep.LostRows`.
    n_lost : (pairs,), int64
        Added to: in how many rows too few digits are left of a pair's outputs.
    *truth : Truth
    *before : Before
        From `skneuron.kernels.ablation.row_scores.score_full_network`.
    *changes : Changes
        Added to; one entry a pair: neurons 0 and 1, 0 and 2, ..., 1 and 2, ...
    """
    truth = hold(Truth(task, codes, targets, sample_weight))
    before = hold(Before(predicted, row_losses, row_squares))
    changes = hold(Changes(n_fixed, n_broken, hits, cells, weighted_cells, losses, squares))
    margin = margins_of_chunks(task, inputs, sizes[-1], needs_losses(changes))
    all_sensitivities = sensitivities(task, parameters, sizes)
    network = parameters, sizes, activation
    arguments = (
        inputs, residuals, network, layer, indices, mixing, all_sensitivities, margin, harmless,
        n_lost, truth, before, changes,
    )  # fmt: skip
    parts(driver, _ablate_pairs_of_part, arguments, N_PARTS)
