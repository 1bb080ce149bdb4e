"""From a pruner and its data to an `PruningTask`: split the rows, and train the network."""

from typing import Any

import numpy as np
from sklearn.base import is_classifier

from skneuron.inspection._ablation import ablated_neurons
from skneuron.inspection._pruning_path import StoppingOptions
from skneuron.inspection._scoring import check_one_scorer
from skneuron.pruning._fit_and_fine_tune import check_can_train_on, part, sizes_to_train, trained
from skneuron.pruning._split import train_evaluation_split
from skneuron.pruning._task import PruningTask
from skneuron.surgery import unwrap
from skneuron.utils import Stage, check_sample_weight, params_of_rows, unnoticed

# X, y and sample_weight; None where there are none.
TrainingSet = tuple[Any, Any, Any]
NO_TRAINING_SET: TrainingSet = (None, None, None)


def check_before_training(pruner: Any, options: StoppingOptions, *, is_weighted: bool) -> None:
    """Raise what is wrong with a pruner's parameters, as far as that shows without a network."""
    base = pruner._base_estimator()
    check_can_train_on(base, pruner.fine_tune)
    check_one_scorer(pruner.scoring, is_weighted=is_weighted)
    if not isinstance(pruner.cv, str) and (sizes := sizes_to_train(base)) is not None:
        options.stopping_rule(sizes, ablated_neurons(sizes, pruner.layers))


def prepared(
    pruner: Any,
    X: Any,
    y: Any,
    weight: Any,
    fit_params: dict[str, Any],
    split_params: dict[str, Any],
    stage: Stage = unnoticed,
) -> tuple[PruningTask, TrainingSet]:
    """The trained network with all that pruning needs, and the training part.

    Parameters
    ----------
    pruner : RottenNeuronPruner
    X, y
        All rows, checked.
    weight : array-like or None
        Sample weights, for scoring and fine-tuning.
    fit_params, split_params : dict
        What the base network's ``fit`` and a splitter are given besides.
    stage : Stage, default=unnoticed
        Around the training.
    """
    base = pruner._base_estimator()
    weight = None if weight is None else check_sample_weight(weight, X)
    options = StoppingOptions.of(pruner)
    check_before_training(pruner, options, is_weighted=weight is not None)
    if isinstance(pruner.cv, str):  # "prefit"
        if pruner.fine_tune:
            raise ValueError(
                f"fine_tune={pruner.fine_tune!r} needs a training part, which cv='prefit' does "
                "not have; use fine_tune=0."
            )
        unwrap(base)
        full, X_ref, rows, train = base, X, np.arange(len(y)), NO_TRAINING_SET
        pruner._check_can_choose(len(rows))
    else:
        fitted_on, rows = train_evaluation_split(
            y, pruner.cv, stratify=is_classifier(base), random_state=pruner.random_state, X=X,
            split_params=split_params,
        )  # fmt: skip
        pruner._check_can_choose(len(rows))
        train = part(X, fitted_on), part(y, fitted_on), part(weight, fitted_on)
        fit_params = params_of_rows(X, fit_params, fitted_on)
        full = trained(base, train[0], train[1], fit_params, pruner.memory, stage)
        X_ref = train[0]
    task = PruningTask.of(
        pruner, options, full=full, X_ref=X_ref, X=part(X, rows), y=part(y, rows),
        sample_weight=part(weight, rows),
    )  # fmt: skip
    return task, train
