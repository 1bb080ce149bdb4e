"""`PruningTask`: a trained network, the rows to evaluate it on, and how it is to be pruned."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from skneuron.inspection._ablation import ablated_neurons
from skneuron.inspection._pruning_path import (
    STRATEGIES_FOR_ALL_SIZES,
    PruningPath,
    StoppingOptions,
    ThresholdRule,
    pruning_path,
    ranking_by,
)
from skneuron.inspection._scoring import Evaluator, evaluator_for, score_of
from skneuron.pruning._fit_and_fine_tune import part
from skneuron.surgery import Network, reference_rows, unwrap
from skneuron.utils import safe_indexing

SETTINGS = (
    "replacement",
    "strategy",
    "criterion",
    "scoring",
    "layers",
    "random_state",
    "n_jobs",
)


@dataclass(frozen=True, eq=False)
class PruningTask:
    """All that pruning needs; nothing is changed by it.

    Attributes
    ----------
    whole : estimator
        Fitted.
    X_ref : array-like, or None
        Reference rows as ``full`` takes them.
    X, y, sample_weight
        The evaluation part.
    options : StoppingOptions
    settings : dict
        See `SETTINGS` and `RottenNeuronPruner`.
    """

    full: Any
    X_ref: Any
    X: Any
    y: np.ndarray
    sample_weight: Any
    options: StoppingOptions
    settings: dict[str, Any]

    @classmethod
    def of(cls, pruner: Any, options: StoppingOptions, **data: Any) -> "PruningTask":
        """With the settings that are parameters of a pruner."""
        settings = {name: getattr(pruner, name) for name in SETTINGS}
        return cls(options=options, settings=settings, **data)

    @cached_property
    def mlp(self) -> Any:
        return unwrap(self.full)[0]

    @cached_property
    def network(self) -> Network:
        return Network.from_mlp(self.mlp)

    @cached_property
    def ablated(self) -> np.ndarray:
        return ablated_neurons(self.network.hidden_layer_sizes, self.settings["layers"])

    @cached_property
    def rows_ref(self) -> Any:
        mlp, transformers = unwrap(self.full)
        return reference_rows(
            mlp, transformers, self.settings["replacement"], self.X_ref, name="X"
        )

    @cached_property
    def threshold(self) -> Any:
        return self.options.threshold_rule()

    def evaluator(self, rows: np.ndarray | None = None) -> Evaluator:
        """Scores on the evaluation part, or on some of its rows."""
        X, y, weight = self.X, self.y, self.sample_weight
        if rows is not None:
            X, y, weight = safe_indexing(X, rows), safe_indexing(y, rows), part(weight, rows)
        return evaluator_for(
            self.full, X, y, scoring=self.settings["scoring"], sample_weight=weight,
            n_jobs=self.settings["n_jobs"],
        )  # fmt: skip

    @property
    def strategy_for_all_sizes(self) -> str:
        """Its own if one path tells what that comes to at any size, else "greedy"."""
        own = self.settings["strategy"]
        # With alpha nothing is exchanged.
        one_path_will_do = own in STRATEGIES_FOR_ALL_SIZES or self.options.alpha is not None
        return own if one_path_will_do else "greedy"

    def path(
        self,
        rows: np.ndarray | None = None,
        *,
        n_neurons: int = 0,
        threshold: ThresholdRule | None = None,
        strategy: str | None = None,
    ) -> PruningPath:
        """The path that the evaluation part chooses, or some of its rows.

        Not to less than ``n_neurons``, and by another ``threshold`` or ``strategy`` if one is
        given.
        """
        evaluate = self.evaluator(rows)
        stopping_rule = self.options.stopping_rule(self.network.hidden_layer_sizes, self.ablated)
        settings = self.settings
        return pruning_path(
            settings["strategy"] if strategy is None else strategy,
            self.network,
            evaluate,
            self.ablated,
            self.threshold if threshold is None else threshold,
            replacement=settings["replacement"],
            X_ref=self.rows_ref,
            rank=ranking_by(settings["criterion"], evaluate, settings["random_state"]),
            stopping_rule=replace(
                stopping_rule, n_neurons=max(stopping_rule.n_neurons, n_neurons)
            ),
        )


def scores_along(
    path: PruningPath, evaluate: Evaluator, n_removed: Iterable[int] | None = None
) -> np.ndarray:
    """After some numbers of removals, on rows that need not have chosen them.

    None means all: of the whole network, then after each removal.
    """
    wanted = list(range(len(path.removals) + 1) if n_removed is None else n_removed)
    evaluate, network = evaluate.for_path(path.full), path.full
    scores: dict[int, float] = {}
    for n in range(max(wanted) + 1):
        if n:
            removal = path.removals[n - 1]
            network = removal.applied_to(network)
            if removal.layer == 0:
                evaluate = evaluate.without_in_first_layer(~removal.keep)
        if n in wanted:
            scores[n] = score_of(evaluate, network)
    return np.array([scores[n] for n in wanted])
