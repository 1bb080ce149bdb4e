"""Any scorer: outputs without each neuron, a few neurons at a time, and scorers on top.

Only the layers after the neuron's are computed again, and outputs are kept for no
more neurons than fit in `OUTPUT_BYTES`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from skneuron.inspection._scoring._blocks import Resampling, blocks_of, full_outputs
from skneuron.inspection._scoring._missing_classes import (
    check_enough_classes,
    missing_classes,
    told_the_classes,
)
from skneuron.kernels.ablation import outputs_without_each_neuron
from skneuron.surgery import LayerReplacement, Network, rewrap, silence, unwrap, with_network
from skneuron.utils import (
    Shared,
    lazy_property,
    n_workers,
    run_kernel,
    safe_indexing,
    scorer_parts,
    spread,
)

OUTPUT_BYTES = 32 * 2**20


@dataclass(frozen=True)
class ScorerInput:
    """What scorers are called with.

    Attributes
    ----------
    estimator, X_given : estimator, and the samples that it takes
        As the user gave them, for plain callables.
    mlp, X : estimator, and the samples that reach it
        The network inside.
    y : ndarray
    sample_weight : ndarray or None
    """

    estimator: Any
    X_given: Any
    mlp: Any
    X: Any
    y: np.ndarray
    sample_weight: np.ndarray | None

    @lazy_property
    def shared(self) -> Shared:
        """For tasks in other processes; one for all of them, so that it is sent once."""
        return Shared(replace(self))  # a copy, or they would keep each other

    @lazy_property
    def missing_classes(self) -> np.ndarray:
        """Classes of the network that no sample has."""
        return missing_classes(self.mlp, self.y)

    def subset(self, rows: np.ndarray) -> "ScorerInput":
        """The same for some of the samples only."""
        weight = self.sample_weight
        return replace(
            self,
            X_given=safe_indexing(self.X_given, rows),
            X=self.X[rows],
            y=self.y[rows],
            sample_weight=None if weight is None else weight[rows],
        )

    def score(self, scorer: Callable[..., float], estimator: Any, X: Any) -> float:
        weights = {} if self.sample_weight is None else {"sample_weight": self.sample_weight}
        missing = self.missing_classes
        if not len(missing):
            found = scorer(estimator, X, self.y, **weights)
        else:
            check_enough_classes(scorer, self.y)
            classes = self.mlp.classes_
            try:
                found = told_the_classes(scorer, classes)(estimator, X, self.y, **weights)
            except ValueError as error:
                raise ValueError(
                    f"scoring={scorer!r} is not defined here: y lacks the classes "
                    f"{missing.tolist()} of the network ({error})."
                ) from error
        try:
            return float(found)
        except (TypeError, ValueError):
            raise TypeError(
                f"scoring={scorer!r} returned {found!r}, which is no number."
            ) from None

    def score_of_estimator(self, scorer: Callable[..., float], network: Network) -> float:
        """Of the estimator that the user gave, with ``network`` inside."""
        mlp = with_network(unwrap(self.estimator)[0], network)
        return self.score(scorer, rewrap(self.estimator, mlp), self.X_given)


def _on_outputs(mlp: Any, network: Network) -> Any:
    """A copy of ``mlp`` that takes the inputs of its output units as its samples."""
    n_outputs = network.coefs[-1].shape[1]
    identity = np.eye(n_outputs, dtype=network.dtype)
    nothing = np.zeros(n_outputs, network.dtype)
    result = with_network(mlp, replace(network, coefs=(identity,), intercepts=(nothing,)))
    result.n_features_in_ = n_outputs
    return result


def _scores_of_block(
    given: ScorerInput,
    scorers: Sequence[Callable[..., float]],
    network: Network,
    replacements: Sequence[LayerReplacement],
    resampling: Resampling | None,
    layers: np.ndarray,
    indices: np.ndarray,
) -> np.ndarray:
    """(scorers, neurons)"""
    shape = (len(layers), given.X.shape[0], network.coefs[-1].shape[1])
    out = np.empty(shape, network.dtype)
    for block in blocks_of(network, given.X, replacements, resampling):
        run_kernel(
            outputs_without_each_neuron, block.inputs, block.replacing, block.mixing,
            block.constants, block.rows.start, block.n_rows, *block.arguments, layers, indices,
            out, n_operations=block.n_operations(len(layers)), max_threads=block.max_threads,
        )  # fmt: skip
    mlp = _on_outputs(given.mlp, network)
    return np.array([[given.score(scorer, mlp, rows) for rows in out] for scorer in scorers])


def _scores_of_estimators(
    given: ScorerInput,
    scorers: Sequence[Callable[..., float]],
    network: Network,
    replacements: Sequence[LayerReplacement],
    layers: np.ndarray,
    indices: np.ndarray,
) -> np.ndarray:
    """As `_scores_of_block`, for callables that are given the whole estimator."""
    scores = np.empty((len(scorers), len(layers)))
    for at, (layer, index) in enumerate(zip(layers, indices, strict=True)):
        gone = np.arange(network.hidden_layer_sizes[layer]) == index
        without = silence(network, int(layer), gone, replacements[layer])
        scores[:, at] = [given.score_of_estimator(scorer, without) for scorer in scorers]
    return scores


def _with_common(
    score_block: Callable[..., np.ndarray], given: ScorerInput, common: tuple[Any, ...], *args: Any
) -> np.ndarray:
    return score_block(given, *common, *args)


def _spread(
    score_block: Callable[..., np.ndarray],
    given: ScorerInput,
    common: tuple[Any, ...],
    layers: np.ndarray,
    indices: np.ndarray,
    n_per_block: int,
    n_jobs: int | None,
) -> np.ndarray:
    """Spread blocks of neurons over joblib's workers, with ``common`` arguments."""
    n = n_workers(n_jobs, len(layers), prefer="threads")
    n_per_block = max(1, min(n_per_block, -(-len(layers) // n)))
    blocks = [slice(start, start + n_per_block) for start in range(0, len(layers), n_per_block)]
    shared = given.shared, Shared(common)
    arguments = [(score_block, *shared, layers[block], indices[block]) for block in blocks]
    results = spread(_with_common, arguments, n_jobs, prefer="threads")
    return np.concatenate(results, axis=1)


def scores_from_outputs(
    scorers: Mapping[str, Callable[..., float]],
    given: ScorerInput,
    network: Network,
    replacements: Sequence[LayerReplacement],
    layers: np.ndarray,
    indices: np.ndarray,
    *,
    resampling: Resampling | None = None,
    n_jobs: int | None = None,
) -> dict[str, tuple[float, np.ndarray]]:
    """Scores of the whole network and without each neuron, by every scorer."""
    layers, indices = layers.astype(np.int64), indices.astype(np.int64)
    # What `make_scorer` makes looks at predictions only; anything else gets what the user gave.
    on_outputs = {name: s for name, s in scorers.items() if scorer_parts(s) is not None}
    on_estimators = {name: s for name, s in scorers.items() if name not in on_outputs}
    result: dict[str, tuple[float, np.ndarray]] = {}
    if on_outputs:
        baselines, scores = _by_outputs(
            list(on_outputs.values()), given, network.for_rows(given.X), replacements, layers,
            indices, resampling, n_jobs,
        )  # fmt: skip
        result |= dict(zip(on_outputs, zip(baselines, scores, strict=True), strict=True))
    if on_estimators:
        if resampling is not None:
            raise ValueError(
                "replacement='resample' has no network whose score a plain callable could "
                f"tell: scoring={scorers!r}; pass a scorer's name, or use make_scorer."
            )
        functions = list(on_estimators.values())
        baselines = [given.score_of_estimator(scorer, network) for scorer in functions]
        common = functions, network, replacements
        scores = np.full((len(functions), len(layers)), np.nan)
        if len(layers):
            scores = _spread(
                _scores_of_estimators, given, common, layers, indices, len(layers), n_jobs
            )
        result |= dict(zip(on_estimators, zip(baselines, scores, strict=True), strict=True))
    return {name: result[name] for name in scorers}


def _by_outputs(
    scorers: list[Callable[..., float]],
    given: ScorerInput,
    network: Network,
    replacements: Sequence[LayerReplacement],
    layers: np.ndarray,
    indices: np.ndarray,
    resampling: Resampling | None,
    n_jobs: int | None,
) -> tuple[list[float], np.ndarray]:
    # Not from scikit-learn's own predictions, which may differ in the last bits: a neuron without
    # any effect must have importance 0, also by scores that look at ties.
    outputs = [full_outputs(block) for block in blocks_of(network, given.X, replacements)]
    mlp, full = _on_outputs(given.mlp, network), np.concatenate(outputs)
    baselines = [given.score(scorer, mlp, full) for scorer in scorers]
    if not len(layers):
        return baselines, np.empty((len(scorers), 0))
    n_per_block = max(1, OUTPUT_BYTES // full.nbytes)
    common = scorers, network, replacements, resampling
    scores = _spread(_scores_of_block, given, common, layers, indices, n_per_block, n_jobs)
    return baselines, scores
