"""Pruning paths for tests: by the strategies, of random networks, with any evaluator."""

import numpy as np
import pytest
from helpers import oracle, oracle_paths
from helpers.networks import make
from hypothesis import assume
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import r2_score

from skneuron import neuron_pruning_path
from skneuron.inspection._pruning_path._networks_on_path import network_after, support_after
from skneuron.inspection._pruning_path._state import PruningState
from skneuron.inspection._pruning_path._stopping_rule import StoppingRule
from skneuron.inspection._pruning_path._strategies import pruning_path
from skneuron.inspection._scoring import AblationProblem
from skneuron.inspection._scoring._evaluator import evaluator_for
from skneuron.surgery._network import Network, unwrap
from skneuron.surgery._neurons import flat_addresses

RANKING = ["greedy", "one_shot"]  # What they remove is what the ranking says.
# They look at scores, as the oracle does.
each_strategy_by_score = pytest.mark.parametrize("strategy", ["greedy", "one_shot", "swap"])
each_strategy = pytest.mark.parametrize("strategy", ["greedy", "one_shot", "swap", "obs"])
each_replacement = pytest.mark.parametrize("replacement", ["zero", "mean", "linear"])


def reference(case, replacement):
    return None if replacement == "zero" else case.X_ref


def problem_of(case, evaluate=None, *, ablated=None, replacement="zero", scoring=None):
    """Of a case; ``evaluate`` and ``ablated`` in place of its samples and all of its neurons."""
    network = Network.from_mlp(case.mlp)
    if evaluate is None:
        evaluate = evaluator_for(case.mlp, case.X, case.y, scoring=scoring)
    if ablated is None:
        ablated = np.full(sum(network.hidden_layer_sizes), True)
    X_ref = reference(case, replacement)
    return AblationProblem(case.mlp, case.mlp, network, ablated, replacement, X_ref, evaluate)


def path_of(
    case,
    strategy,
    threshold,
    *,
    layers=None,
    replacement="zero",
    scoring=None,
    on_step=None,
    **stopping_rule,
):
    layer, _ = flat_addresses(Network.from_mlp(case.mlp).hidden_layer_sizes)
    ablated = None if layers is None else np.isin(layer, layers)
    return pruning_path(
        problem_of(case, ablated=ablated, replacement=replacement, scoring=scoring),
        strategy,
        lambda importances: threshold,
        stopping_rule=StoppingRule(**stopping_rule),
        **({} if on_step is None else {"on_step": on_step}),
    )


def state_of(sizes):
    """A random network with hidden layers of these sizes, which can lose neurons."""
    problem = problem_of(make("multiclass", sizes))
    return PruningState(problem.network, problem.evaluate, "zero", None)


def removed_by(path):
    return list(zip(path.layer.tolist(), path.index.tolist(), strict=True))


def network_left(path):
    return network_after(path, len(path.layer))


def support_left(path):
    return support_after(path, len(path.layer))


class Unchanging:
    """An evaluator for tests that keeps nothing on the way."""

    knows_first_layer = False

    def for_path(self, network):
        return self

    def without_in_first_layer(self, gone):
        return self


def spoilt(seed=0, kind="multiclass"):
    """A network that knew all answers, until two neurons of the first layer turned."""
    case = make(kind, (5, 4), n=60, seed=seed)
    case.y = case.mlp.predict(case.X)
    case.mlp.coefs_[1][:2] *= -2
    return case


# ---- the oracle's paths

STRATEGIES = {
    "greedy": oracle_paths.greedy_path,
    "one_shot": oracle_paths.one_shot_path,
    "swap": oracle_paths.swap_path,
}


def oracle_path(case, strategy, threshold, *, layers=None, replacement="zero", **options):
    net = case.net

    def score(replaced):
        if hasattr(case.mlp, "classes_"):
            predicted = oracle.labels(net, case.X, case.classes, replaced)
            return oracle.accuracy(case.y, predicted, [1.0] * len(case.y))
        return r2_score(case.y, oracle.output(net, case.X, replaced))

    neurons = [n for n in net.neurons if layers is None or n[0] in layers]
    X_ref = reference(case, replacement)
    linear = replacement == "linear"
    return STRATEGIES[strategy](net, score, neurons, threshold, X_ref, linear=linear, **options)


def assert_same_path(case, path, removed, scores):
    if hasattr(case.mlp, "classes_"):
        assert removed_by(path) == removed
        assert path.scores.tolist() == scores
    else:
        # Neurons without effect tie, up to rounding, and any of them may then go first.
        assume(np.min(np.abs(np.diff(scores, prepend=np.inf))) > 1e-9)
        assert removed_by(path) == removed
        assert_allclose(path.scores, scores, rtol=1e-9)


# ---- paths of `neuron_pruning_path`


def public_path_of(case, estimator=None, **options):
    estimator = case.mlp if estimator is None else estimator
    if options.get("replacement", "zero") != "zero":
        options["X_ref"] = case.X_ref
    return neuron_pruning_path(estimator, case.X, case.y, **options)


def knowing(seed=0):
    """A network that knows all answers, and so has some to lose."""
    case = make("multiclass", (5, 4), n=60, seed=seed)
    case.y = case.mlp.predict(case.X)
    return case


def sizes_of(estimator):
    return [b.size for b in unwrap(estimator)[0].intercepts_[:-1]]


def assert_same_weights(a, b):
    for p, q in zip(
        [*unwrap(a)[0].coefs_, *unwrap(a)[0].intercepts_],
        [*unwrap(b)[0].coefs_, *unwrap(b)[0].intercepts_],
        strict=True,
    ):
        assert_array_equal(p, q)
