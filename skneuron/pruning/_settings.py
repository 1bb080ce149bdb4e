"""`PrunerSettings`: a pruner's parameters, as the functions below the estimators take them."""

from dataclasses import dataclass, fields
from typing import Any

from sklearn.exceptions import NotFittedError

from skneuron.inspection._pruning_path import NetworkShape, StoppingParams, is_automatic
from skneuron.inspection._scoring import ablated_neurons, check_one_scorer
from skneuron.neural_network import PrunableMLPClassifier
from skneuron.pruning._fit_and_fine_tune import check_can_train_on, sizes_to_train
from skneuron.pruning._split import MIN_EVALUATION_SAMPLES
from skneuron.surgery import check_refit, unwrap
from skneuron.utils import checked_int, lazy_property


@dataclass(frozen=True, eq=False)
class PrunerSettings:
    """Parameters of `RottenNeuronPruner`, of the same names and meanings.

    ``estimator`` is never None.
    """

    estimator: Any
    threshold: Any
    replacement: str
    strategy: str
    criterion: Any
    scoring: Any
    n_neurons_to_select: Any
    max_parameters: int | None
    max_bytes: int | None
    tol: float | None
    alpha: float | None
    step: int | float
    min_neurons_per_layer: int
    layers: Any
    refit: str | None
    fine_tune: int
    cv: Any
    memory: Any
    random_state: Any
    n_jobs: int | None

    @classmethod
    def of(cls, pruner: Any) -> "PrunerSettings":
        """The parameters that a pruner has now."""
        values = {field.name: getattr(pruner, field.name) for field in fields(cls)}
        values["estimator"] = estimator_to_prune(pruner.estimator, pruner.random_state)
        return cls(**values)

    @lazy_property
    def stopping(self) -> StoppingParams:
        """Where to stop, checked."""
        return StoppingParams.of(self)

    @property
    def is_prefit(self) -> bool:
        """Whether ``estimator`` is fitted, and all data is to evaluate on."""
        return isinstance(self.cv, str)

    @property
    def changes_what_is_left(self) -> bool:
        """Whether the pruned network is repaired or trained, and so has other scores."""
        return self.refit is not None or bool(self.fine_tune)

    @property
    def is_automatic(self) -> bool:
        """Whether the pruner chooses the size by itself."""
        others = (*self.stopping.sizes.values(), self.tol)
        return is_automatic(self.threshold) and all(value is None for value in others)


def estimator_to_prune(estimator: Any, random_state: Any) -> Any:
    """What ``estimator=None`` stands for."""
    if estimator is None:
        return PrunableMLPClassifier(random_state=random_state)
    return estimator


def check_before_training(
    settings: PrunerSettings, *, is_weighted: bool, shape: NetworkShape | None = None
) -> None:
    """Raise what is wrong with settings, as far as that shows without a trained network.

    ``shape`` is what `shape_to_train` says of it.

    Raises
    ------
    TypeError
        If the estimator has no multilayer perceptron at its end, or the scorer takes no weights.
    ValueError
        If a parameter is out of range, or does not fit the others.
    """
    stopping = settings.stopping
    if settings.refit is not None:
        check_refit(settings.refit)
    checked_int("fine_tune", settings.fine_tune, 0)
    check_can_train_on(settings.estimator, settings.fine_tune)
    check_one_scorer(settings.scoring, is_weighted=is_weighted)
    if settings.is_prefit:
        if settings.fine_tune:
            raise ValueError(
                f"fine_tune={settings.fine_tune!r} needs a training part, which cv='prefit' does "
                "not have; use fine_tune=0."
            )
    elif (sizes := sizes_to_train(settings.estimator)) is not None:
        stopping.stopping_rule(sizes, ablated_neurons(sizes, settings.layers), shape)


def check_is_prefit(estimator: Any) -> None:
    """Raise NotFittedError that says why, if there is no fitted network to prune."""
    try:
        unwrap(estimator)
    except NotFittedError as error:
        raise NotFittedError(
            f"cv='prefit' needs a fitted estimator, but {estimator!r} is not fitted. If it was, "
            "the pruner has been cloned, as in cross-validation, and clones forget what they have "
            "learned: wrap the estimator in a FrozenEstimator, which does not."
        ) from error


def check_can_choose(settings: PrunerSettings, n_samples: int) -> None:
    """Raise ValueError if the evaluation part has too few samples for "auto"."""
    if settings.is_automatic and n_samples < MIN_EVALUATION_SAMPLES:
        raise ValueError(
            f"threshold='auto' needs at least {MIN_EVALUATION_SAMPLES} samples to evaluate on; "
            f"there are {n_samples} (cv={settings.cv!r})."
        )
