"""The epochs of "adam" and "sgd".

Validation split, shuffling, bookkeeping, stopping, and what is printed and warned of are those of
``BaseMultilayerPerceptron._fit_stochastic`` in scikit-learn, so that the same ``random_state``
gives the same trajectory.
"""

import warnings
from copy import deepcopy
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import shuffle

from skneuron.neural_network._trainer import Trainer
from skneuron.neural_network._validation import (
    ValidationSet,
    held_out_samples,
    start_curves,
)
from skneuron.utils import (
    FitTasks,
    complete_progress,
    interrupts_end_training,
    n_epochs_without_improvement,
    note_improvement,
    optimizer_moments,
    optimizer_solver,
    random_state_in_use,
    restart_improvement_count,
    restore_best_parameters,
    start_optimizer,
)

# Names that scikit-learn's optimizers and our trainer have for the same arrays.
_MOMENTS = {"velocities": "first", "ms": "first", "vs": "second"}


def _batch_size(mlp: Any, n_samples: int) -> int:
    if mlp.batch_size == "auto":
        return min(200, n_samples)
    if mlp.batch_size > n_samples:
        warnings.warn(
            "Got `batch_size` less than 1 or larger than sample size. It is going to be clipped",
            stacklevel=2,
        )
    return int(np.clip(mlp.batch_size, 1, n_samples))


def _dropout_key(random_state: np.random.RandomState) -> np.uint64:
    """A number that the random state determines, and that does not advance it."""
    return np.uint64(deepcopy(random_state).randint(2**63 - 1, dtype=np.int64))


def _make_trainer(
    mlp: Any,
    optimizer: Any,
    X: Any,
    y: np.ndarray,
    sample_weight: np.ndarray | None,
    batch_size: int,
) -> Trainer:
    trainer = Trainer(
        mlp.coefs_ + mlp.intercepts_,
        X,
        y,
        sample_weight,
        activation=mlp.activation,
        output=mlp.out_activation_,
        optimizer=optimizer_solver(optimizer),
        batch_size=batch_size,
        alpha=mlp.alpha,
        learning_rate=optimizer.learning_rate_init,
        nesterov=bool(getattr(optimizer, "nesterov", False)),
        momentum=getattr(optimizer, "momentum", 0.0),
        beta_1=getattr(optimizer, "beta_1", 0.0),
        beta_2=getattr(optimizer, "beta_2", 0.0),
        epsilon=getattr(optimizer, "epsilon", 0.0),
        dropout=float(mlp.dropout),
        dropout_key=_dropout_key(random_state_in_use(mlp)),
    )
    for name in optimizer_moments(optimizer):
        trainer.load(_MOMENTS[name], getattr(optimizer, name))
    trainer.n_updates = getattr(optimizer, "t", 0)
    return trainer


def _store_optimizer(trainer: Trainer, optimizer: Any) -> None:
    for name in optimizer_moments(optimizer):
        moments = [np.empty_like(m) for m in getattr(optimizer, name)]
        trainer.store(_MOMENTS[name], moments)
        setattr(optimizer, name, moments)
    if hasattr(optimizer, "t"):
        optimizer.t = trainer.n_updates
        if optimizer.t:
            optimizer.learning_rate = (
                optimizer.learning_rate_init
                * np.sqrt(1 - optimizer.beta_2**optimizer.t)
                / (1 - optimizer.beta_1**optimizer.t)
            )


def _stops(mlp: Any, optimizer: Any) -> bool:
    """Whether training stops, because nothing has improved for long enough.

    The schedule "adaptive" lowers the learning rate first.
    """
    if n_epochs_without_improvement(mlp) <= mlp.n_iter_no_change:
        return False
    what = "Validation score" if mlp.early_stopping else "Training loss"
    message = (
        f"{what} did not improve more than tol={mlp.tol:f} for {mlp.n_iter_no_change} "
        "consecutive epochs."
    )
    if optimizer.trigger_stopping(message, mlp.verbose):
        return True
    restart_improvement_count(mlp)
    return False


def _penalty(mlp: Any, batches_per_weight: float) -> float:
    """What the L2 penalty adds to the mean loss of the mini-batches of an epoch."""
    if not mlp.alpha:
        return 0.0
    squares = sum(float(np.vdot(coefs, coefs)) for coefs in mlp.coefs_)
    return 0.5 * mlp.alpha * squares * batches_per_weight


def fit_stochastic(
    mlp: Any,
    X: Any,
    y: np.ndarray,
    sample_weight: np.ndarray | None,
    incremental: bool,
    tasks: FitTasks,
    validation: ValidationSet | None = None,
) -> None:
    """Train ``mlp`` by sgd or adam; its parameters are initialised, and shared with nobody.

    Parameters
    ----------
    mlp : PrunableMLPClassifier or PrunableMLPRegressor
    X : {ndarray, sparse matrix} of shape (n_samples, n_features)
    y : ndarray of shape (n_samples, n_outputs)
    sample_weight : ndarray of shape (n_samples,), or None
    incremental : bool
        Whether this is one epoch of `partial_fit`.
    tasks : FitTasks
    validation : ValidationSet, default=None
        Samples to look at after every epoch; None means those that early stopping holds out, if
        there is early stopping.
    """
    if mlp.early_stopping and incremental:
        raise ValueError("partial_fit does not support early_stopping=True")
    optimizer = start_optimizer(mlp, go_on=incremental)
    complete_progress(mlp)
    train = np.arange(X.shape[0])
    if validation is None and mlp.early_stopping:
        train, validation = held_out_samples(mlp, X, y, sample_weight)
    n_samples = len(train)
    batch_size = _batch_size(mlp, n_samples)
    trainer = _make_trainer(mlp, optimizer, X, y, sample_weight, batch_size)
    if validation is not None:
        start_curves(mlp)
        total_weight = n_samples if sample_weight is None else sample_weight[train].sum()
        batches_per_weight = float(np.ceil(n_samples / batch_size) / total_weight)
    sample_idx = np.arange(n_samples)
    parameters = mlp.coefs_ + mlp.intercepts_

    try:
        mlp.n_iter_ = 0
        for _ in range(mlp.max_iter):
            task = tasks.begin_epoch()
            if mlp.shuffle:
                sample_idx = shuffle(sample_idx, random_state=random_state_in_use(mlp))
            if optimizer_solver(optimizer) == "sgd":
                trainer.learning_rate = optimizer.learning_rate
            mlp.loss_ = trainer.epoch(train[sample_idx], counter=int(mlp.t_))
            trainer.store("parameters", parameters)

            mlp.n_iter_ += 1
            mlp.t_ += n_samples
            mlp.loss_curve_.append(mlp.loss_)
            if mlp.verbose:
                print(f"Iteration {mlp.n_iter_}, loss = {mlp.loss_:.8f}")
            if validation is None:
                note_improvement(mlp, None, None, None)
            else:
                validation.look(mlp, _penalty(mlp, batches_per_weight))
            optimizer.iteration_ends(mlp.t_)
            told_to_stop = tasks.end_epoch(task)
            if _stops(mlp, optimizer) or incremental or told_to_stop:
                break
            if mlp.n_iter_ == mlp.max_iter:
                warnings.warn(
                    f"Stochastic Optimizer: Maximum iterations ({mlp.max_iter}) reached and the "
                    "optimization hasn't converged yet.",
                    ConvergenceWarning,
                    stacklevel=2,
                )
    except KeyboardInterrupt:
        if interrupts_end_training():
            raise
        warnings.warn("Training interrupted by user.", stacklevel=2)
        trainer.store("parameters", parameters)
    _store_optimizer(trainer, optimizer)
    if mlp.early_stopping:
        restore_best_parameters(mlp)
