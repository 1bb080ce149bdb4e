"""`compared`: what a pruned network does on samples, beside the whole one that it was."""

from typing import Any, NamedTuple

import numpy as np
from sklearn.base import is_classifier
from sklearn.utils import indexable

from skneuron.inspection._ablation import bonett_price_interval, mcnemar_p_values
from skneuron.inspection._pruning_path._comparison import PruningComparison, WholeAndPruned
from skneuron.inspection._pruning_path._network_size import SIZES, NetworkShape, hidden_sizes
from skneuron.inspection._pruning_path._predict_time import predict_seconds
from skneuron.inspection._scoring import (
    Evaluator,
    PairedScores,
    default_test,
    evaluator_for,
    signed_score_name,
)
from skneuron.surgery import Network, unwrap, with_network
from skneuron.utils import BoolArray, num_samples, safe_indexing

CONFIDENCE = 0.95
# Samples that ``predict`` is timed with.
BATCH = 1000


def compared(
    whole: Any,
    pruned: Any,
    X: Any,
    y: Any = None,
    *,
    scoring: Any = None,
    sample_weight: Any = None,
) -> PruningComparison:
    """Compare two fitted estimators, of which the second one has a smaller network.

    Parameters
    ----------
    whole, pruned : estimator
        Whatever samples go through before they reach the network is the same in both.
    X, y, scoring, sample_weight
        As `neuron_pruning_path` takes them.

    Raises
    ------
    ValueError
        If ``X``, ``y`` or ``scoring`` does not fit the network.
    """
    evaluate = evaluator_for(whole, X, y, scoring=scoring, sample_weight=sample_weight)
    mlps = unwrap(whole)[0], unwrap(pruned)[0]
    networks = [Network.from_mlp(mlp) for mlp in mlps]
    paired = PairedScores(evaluate, networks[0])
    counted = paired.counted
    n_samples = int(counted.sum())
    changes = _changes(evaluate, networks, counted) if is_classifier(mlps[0]) else None
    # Without targets, those of the whole network's own predictions would all be broken.
    by_targets = None if y is None else changes
    (name, scorer), *_ = evaluate.scorers.items()
    scores = paired.whole_score, float(paired.scores_of(networks[1:])[0])
    if changes is not None and default_test(scorer, evaluate.samples) == "mcnemar":
        of_score = (0, changes.all) if evaluate.samples.of_network else changes[1:]
        low, high = bonett_price_interval(*of_score, n_samples, 1 - CONFIDENCE)
        interval = float(-high), float(-low)  # of what is broken minus what is fixed
    else:
        found = paired.differences(networks[1:], CONFIDENCE)
        interval = float(found.low[0]), float(found.high[0])
    batch_size = min(num_samples(X), BATCH)
    (rows,) = indexable(X)  # Not every sparse format is.
    batch, sample = (safe_indexing(rows, np.arange(n)) for n in (batch_size, 1))
    sizes = NetworkShape.of(mlps[0]).sizes(np.array([hidden_sizes(mlp) for mlp in mlps]))
    return PruningComparison(
        scoring=signed_score_name(name, scorer),
        n_samples=n_samples,
        score=WholeAndPruned(*scores),
        confidence_interval=interval,
        n_changed=None if changes is None else changes.all,
        n_fixed=None if by_targets is None else by_targets.fixed,
        n_broken=None if by_targets is None else by_targets.broken,
        p_value=None if by_targets is None else float(mcnemar_p_values(*by_targets[1:])),
        **{size: WholeAndPruned(*map(int, sizes[size])) for size in SIZES},
        batch_size=batch_size,
        batch_seconds=WholeAndPruned(*predict_seconds((whole, pruned), batch)),
        sample_seconds=WholeAndPruned(*predict_seconds((whole, pruned), sample)),
    )


class _Changes(NamedTuple):
    """How many predictions change, how many become right, and how many wrong."""

    all: int
    fixed: int
    broken: int


def _changes(evaluate: Evaluator, networks: list[Network], counted: BoolArray) -> _Changes:
    mlp, X, truth = evaluate.scorer_input.mlp, evaluate.scorer_input.X, evaluate.scorer_input.y
    before, after = (with_network(mlp, network).predict(X) for network in networks)

    def same(one: Any, other: Any) -> BoolArray:
        equal = np.reshape(one == other, (len(counted), -1))
        return np.asarray(np.all(equal[counted], axis=1))

    was_right, is_right = same(before, truth), same(after, truth)
    return _Changes(
        int((~same(before, after)).sum()),
        int((is_right & ~was_right).sum()),
        int((was_right & ~is_right).sum()),
    )
