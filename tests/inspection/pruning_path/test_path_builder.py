"""Tests of inspection._pruning_path._path_builder: steps become a path."""

import numpy as np
from helpers.networks import make
from helpers.pruning_paths import problem_of, removed_by
from numpy.testing import assert_array_equal

from skneuron.inspection._pruning_path._path_builder import PathBuilder
from skneuron.inspection._pruning_path._ranking import rank_by_ablation
from skneuron.inspection._pruning_path._state import PruningState


def test_steps_become_a_path():
    case = make("multiclass", (4, 3))
    problem = problem_of(case)
    state = PruningState(problem.network, problem.evaluate, "zero", None)
    ranked = rank_by_ablation(state, problem.ablated)
    steps = PathBuilder(state, ranked)
    nothing = steps.path(problem)
    assert (len(nothing.order), nothing.scores.tolist()) == (0, [case.mlp.score(case.X, case.y)])
    for neurons, score, importances in [([5], 0.5, [0.1]), ([0, 6], 0.25, [0.2, 0.3])]:
        state = state.copy()
        state.remove(neurons)
        steps.add_step(state, score, importances)
    assert steps.order.tolist() == [5, 0, 6]
    path = steps.path(problem)
    assert removed_by(path) == [(1, 1), (0, 0), (1, 2)]
    assert path.scores[1:].tolist() == [0.5, 0.25]
    assert path.n_neurons.tolist() == [7, 6, 4]
    assert path.importances.tolist() == [0.1, 0.2, 0.3]
    assert path.estimator is case.mlp
    assert path.replacement == "zero"
    assert_array_equal(path.full_importances, ranked.importances)
    assert_array_equal(path.ablation.importances, ranked.importances)
    assert path._X_ref is None
    assert [c.shape for c in path.prune_to(4).coefs_] == [(3, 3), (3, 1), (1, 4)]
    assert np.shares_memory(path._last_network.coefs[1], state.rest.coefs[1])
    assert "_last_network" not in path
