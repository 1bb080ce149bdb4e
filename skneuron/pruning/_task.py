"""`PruningTask`: a trained network, and the samples that tell which of its neurons to remove."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.base import is_classifier

from skneuron.inspection._pruning_path import (
    STRATEGIES_FOR_ALL_SIZES,
    SURGEON,
    NetworkShape,
    NeuronPruningPath,
    ThresholdRule,
    network_after,
    pruned_copy,
    pruning_path,
    ranking_by,
    support_after,
)
from skneuron.inspection._scoring import AblationProblem, Evaluator, evaluator_for
from skneuron.pruning._fit_and_fine_tune import (
    part,
    shape_to_train,
    train_on,
    trained,
)
from skneuron.pruning._routing import RoutedParams
from skneuron.pruning._settings import (
    PrunerSettings,
    check_before_training,
    check_can_choose,
    check_is_prefit,
)
from skneuron.pruning._split import train_evaluation_split
from skneuron.surgery import Network, RefitLook, refit_network, refit_rows, unwrap
from skneuron.utils import Stage, check_sample_weight, lazy_property, safe_indexing, unnoticed


@dataclass(frozen=True, eq=False)
class PruningTask:
    """All that pruning needs; nothing is changed by it.

    Attributes
    ----------
    settings : PrunerSettings
    full : estimator
        With the whole network, fitted to the training part.
    X_eval, y_eval, weight_eval
        The evaluation part, and its sample weights or None.
    X_train, y_train, weight_train
        The training part; None if somebody else has trained the network.
    X_refit
        Samples for a refit, without labels; None means the training part, or else the evaluation
        part.
    groups
        Of the samples of that part: a refit holds out those of a group together. None if there
        are none.
    on_look : callable
        Called at every look of a refit at what it holds out.
    """

    settings: PrunerSettings
    full: Any
    X_eval: Any
    y_eval: np.ndarray
    weight_eval: np.ndarray | None = None
    X_train: Any = None
    y_train: np.ndarray | None = None
    weight_train: np.ndarray | None = None
    X_refit: Any = None
    groups: np.ndarray | None = None
    on_look: Callable[[RefitLook], None] = lambda look: None

    @lazy_property
    def problem(self) -> AblationProblem:
        """The network, and the evaluation part to score it on."""
        settings = self.settings
        return AblationProblem.of(
            self.full, self.X_eval, self.y_eval, scoring=settings.scoring,
            sample_weight=self.weight_eval, layers=settings.layers,
            replacement=settings.replacement,
            X_ref=self.X_eval if self.X_train is None else self.X_train,
            more_replacements=("zero",) if settings.strategy == SURGEON else (),
            n_jobs=settings.n_jobs,
        )  # fmt: skip

    @lazy_property
    def mlp(self) -> Any:
        """The whole network, as a fitted estimator."""
        return unwrap(self.full)[0]

    @property
    def network(self) -> Network:
        """Its weights."""
        return self.problem.network

    def with_settings(self, settings: PrunerSettings) -> "PruningTask":
        """The same with another candidate's settings, on which ``problem`` does not depend."""
        other = replace(self, settings=settings)
        vars(other)["problem"] = self.problem
        return other

    def evaluator(self, rows: np.ndarray | None = None) -> Evaluator:
        """Scores on the evaluation part, or on some samples of it."""
        if rows is None:
            return self.problem.evaluate
        return evaluator_for(
            self.full, safe_indexing(self.X_eval, rows), safe_indexing(self.y_eval, rows),
            scoring=self.settings.scoring, sample_weight=part(self.weight_eval, rows),
            n_jobs=self.settings.n_jobs,
        )  # fmt: skip

    @property
    def strategy_for_all_sizes(self) -> str:
        """One whose path passes through the networks it would end with at any other size.

        The strategy of the settings if it does so, else "greedy".
        """
        own = self.settings.strategy
        # With alpha nothing is exchanged.
        does_so = own in STRATEGIES_FOR_ALL_SIZES or self.settings.alpha is not None
        return own if does_so else "greedy"

    def path(
        self,
        rows: np.ndarray | None = None,
        *,
        n_neurons: int = 0,
        threshold: ThresholdRule | None = None,
        strategy: str | None = None,
    ) -> NeuronPruningPath:
        """The path that is chosen on the evaluation part.

        Parameters
        ----------
        rows : ndarray of int, default=None
            Samples of the evaluation part that choose; None means all.
        n_neurons : int, default=0
            The path stops at this number of neurons, if the settings do not stop it earlier.
        threshold : callable, default=None
            Takes the place of the settings' threshold.
        strategy : str, default=None
            Takes the place of the settings' strategy.
        """
        settings, stopping, problem = self.settings, self.settings.stopping, self.problem
        if rows is not None:
            evaluate, X_ref = self.evaluator(rows), self.reference_rows(rows)
            problem = replace(problem, evaluate=evaluate, X_ref=X_ref)
        shape = NetworkShape.of(problem.mlp)
        rule = stopping.stopping_rule(problem.sizes, problem.ablated, shape)
        return pruning_path(
            problem,
            settings.strategy if strategy is None else strategy,
            stopping.threshold_rule() if threshold is None else threshold,
            rank=ranking_by(settings.criterion, problem.evaluate, settings.random_state),
            stopping_rule=replace(rule, n_neurons=max(rule.n_neurons, n_neurons)),
        )

    def reference_rows(self, rows: np.ndarray) -> Any:
        """Reference samples of the replacement, if samples of the evaluation part choose.

        Others of that part are not looked at: they are to judge.
        """
        X_ref = self.problem.X_ref
        return X_ref if X_ref is None or self.X_train is not None else X_ref[rows]

    @lazy_property
    def rows_refit(self) -> Any:
        """Samples for a refit, as they reach the network; None if there is none."""
        if self.settings.refit is None:  # for all candidates of a search, some have none
            return None
        names = ("X_refit", "X_train", "X_eval")
        given = next(part for name in names if (part := getattr(self, name)) is not None)
        return refit_rows(*unwrap(self.full), self.settings.refit, given, name="X_refit")

    def others(self, rows: np.ndarray) -> np.ndarray:
        """All samples of the evaluation part but these."""
        return np.setdiff1d(np.arange(len(self.y_eval)), rows)

    def refitted(self, network: Network, held_out: np.ndarray) -> Network:
        """A network that has lost neurons, repaired as the settings say.

        Without a look at the samples of the evaluation part that are held out.
        """
        refit, X, groups = self.settings.refit, self.rows_refit, self.groups
        if refit is None or network.hidden_layer_sizes == self.network.hidden_layer_sizes:
            return network
        if self.X_refit is None and self.X_train is None:
            others = self.others(held_out)
            X, groups = X[others], part(groups, others)
        return refit_network(
            network, self.network, X, layers=refit, groups=groups, on_look=self.on_look
        )

    def pruned(self, path: NeuronPruningPath, n_removed: int) -> Any:
        """The fitted estimator without the first neurons of a path, repaired and trained on."""
        settings = self.settings
        network, support = network_after(path, n_removed), support_after(path, n_removed)
        refit = settings.refit if n_removed else None
        pruned = pruned_copy(
            path.estimator, network, support, refit, self.rows_refit,
            groups=self.groups, on_look=self.on_look,
        )  # fmt: skip
        if settings.fine_tune:
            train_on(pruned, self.X_train, self.y_train, self.weight_train, settings.fine_tune)
        return pruned


def pruning_task(
    settings: PrunerSettings,
    X: Any,
    y: np.ndarray,
    params: RoutedParams,
    stage: Stage = unnoticed,
    X_refit: Any = None,
) -> PruningTask:
    """Split the samples and train the network on one part of them.

    Parameters
    ----------
    settings : PrunerSettings
    X, y
        All samples, checked by `checked_X_y`.
    params : RoutedParams
        What `fit` is given besides, of all samples.
    stage : Stage, default=unnoticed
        Around the training.
    X_refit : array-like of shape (n_refit, n_features), default=None
        As `fit` is given it.

    Raises
    ------
    TypeError, ValueError
        As `check_before_training` does, or if the samples cannot be split.
    """
    weight, score_weight = (
        None if given is None else check_sample_weight(given, X)
        for given in (params.train_weight, params.sample_weight)
    )
    shape = shape_to_train(settings.estimator, X, y)
    check_before_training(settings, is_weighted=score_weight is not None, shape=shape)
    estimator = settings.estimator
    if settings.is_prefit:
        check_is_prefit(estimator)
        check_can_choose(settings, len(y))
        if params.groups is not None and X_refit is not None:
            raise ValueError(
                "groups are those of X, but with cv='prefit' and X_refit nothing is held out of "
                "X: leave groups or X_refit out."
            )
        return PruningTask(
            settings, estimator, X, y, score_weight, X_refit=X_refit, groups=params.groups
        )
    train, evaluation = train_evaluation_split(
        y, settings.cv, stratify=is_classifier(estimator), random_state=settings.random_state,
        X=X, split_params=params.split_params,
    )  # fmt: skip
    check_can_choose(settings, len(evaluation))
    if score_weight is not None and not np.any(part(score_weight, evaluation)):
        raise ValueError(
            f"sample_weight is zero for all of the {len(evaluation)} samples that "
            f"cv={settings.cv!r} holds out to choose neurons on: use a splitter that holds out "
            "others."
        )
    X_train, y_train = part(X, train), part(y, train)
    train_params = params.of_rows(X, train)
    return PruningTask(
        settings,
        full=trained(estimator, X_train, y_train, train_params.fit_params, settings.memory, stage),
        X_eval=part(X, evaluation),
        y_eval=part(y, evaluation),
        weight_eval=part(score_weight, evaluation),
        X_train=X_train,
        y_train=y_train,
        weight_train=part(weight, train),
        X_refit=X_refit,
        groups=train_params.groups if X_refit is None else None,
    )
