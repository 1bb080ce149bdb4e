"""Our training and prediction in the place of scikit-learn's."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from typing import Any, Self

import numpy as np
from scipy import sparse
from sklearn import get_config
from sklearn.base import is_classifier
from sklearn.metrics import accuracy_score, r2_score
from sklearn.utils import gen_batches
from sklearn.utils.validation import check_array, check_is_fitted, validate_data

from skneuron.neural_network._epochs import fit_stochastic
from skneuron.neural_network._trainer import Trainer
from skneuron.neural_network._validation import (
    GivenValidation,
    checked_validation_set,
    given_validation,
)
from skneuron.surgery import check_network
from skneuron.utils import (
    ArrayLike,
    CallbackSupportMixin,
    FitTasks,
    MatrixLike,
    blas_threads_for,
    check_lengths,
    check_numeric,
    check_values,
    checked_sample_weight,
    checked_scoring_input,
    class_sample_weight,
    copy_parameters,
    fitted_sizes_in_effect,
    forward_by_layers,
    is_int,
    label_binarizer,
    naming,
    num_samples,
    single_blas_thread,
    with_callbacks,
)


@contextmanager
def restored_after_errors(estimator: Any) -> Iterator[None]:
    """If an error is raised, Ctrl-C included, give an estimator its attributes of before."""
    before = dict(vars(estimator))
    try:
        yield
    except BaseException:
        vars(estimator).clear()
        vars(estimator).update(before)
        raise


def _is_about(X: Any, message: str) -> bool:
    """Whether an error with this message is about ``X``, and not about the targets."""
    try:
        check_array(X, accept_sparse=True, dtype=[np.float64, np.float32])
    except (TypeError, ValueError) as error:
        # But for the name of the estimator at its end.
        return message.startswith(str(error).rstrip("."))
    return "feature names" in message


def _check_sizes(sizes: Any) -> None:
    """Raise ValueError unless it is an int, or a sequence of ints, of at least 1."""
    listed = list(sizes) if isinstance(sizes, Iterable) else [sizes]
    if isinstance(sizes, dict | set | frozenset) or not all(
        is_int(size) and size > 0 for size in listed
    ):
        raise ValueError(
            f"hidden_layer_sizes must be > 0, and an int or a sequence of ints; got {sizes!r}."
        )


# Those that scikit-learn's networks do not have.
_VALIDATION_CURVES = ("validation_loss_curve_", "dead_neurons_")


class TrainingMixin(CallbackSupportMixin):
    """Replaces the slow parts of scikit-learn's MLPs; among the bases it comes before them."""

    _on_epoch_end: Callable[[], None] | None = None
    _fit_tasks: Any
    _trainer: Trainer | None
    _given_validation: GivenValidation | None = None
    classes_: np.ndarray
    coefs_: list[np.ndarray]
    class_weight: Any = None  # regressors have none
    # Of training without validation samples.
    validation_loss_curve_: list[float] | None = None
    dead_neurons_: list[int] | None = None

    @property
    def hidden_layer_sizes_(self) -> tuple[int, ...]:
        """Numbers of neurons that the hidden layers have now."""
        check_is_fitted(self)
        return tuple(c.shape[1] for c in self.coefs_[:-1])

    @contextmanager
    def epochs_reported_to(self, on_epoch_end: Callable[[], None]) -> Iterator[None]:
        """Call ``on_epoch_end()`` after each epoch trained in this context.

        Parameters
        ----------
        on_epoch_end : callable
            Called without arguments. An exception that it raises ends the training.

        Returns
        -------
        context : context manager
            Training inside of it reports its epochs.
        """
        self._on_epoch_end = on_epoch_end
        try:
            yield
        finally:
            del self._on_epoch_end

    @with_callbacks
    def fit(
        self,
        X: MatrixLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        X_val: MatrixLike | None = None,
        y_val: ArrayLike | None = None,
        sample_weight_val: ArrayLike | None = None,
    ) -> Self:
        """Train the network.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            :term:`Samples <sample>` to train on.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Class labels, or a 0/1 matrix of several labels; numbers for regressors.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples in the loss; None means 1 for each.
        X_val : {array-like, sparse matrix} of shape (n_val, n_features), default=None
            Validation samples, scored after every epoch and not trained on. Not with lbfgs. With
            ``early_stopping=True`` they decide when to stop, and all of ``X`` is trained on.
            Else they change nothing but ``validation_scores_``, ``validation_loss_curve_`` and
            ``dead_neurons_``. In a Pipeline with ``transform_input=["X_val"]``, the other steps
            transform them; that needs ``sklearn.set_config(enable_metadata_routing=True)`` and
            ``set_fit_request(X_val=True, y_val=True)``.
        y_val : array-like of shape (n_val,) or (n_val, n_outputs), default=None
            Targets of the validation samples.
        sample_weight_val : array-like of shape (n_val,), default=None
            Weights of the validation samples. ``class_weight`` counts as well; "balanced" goes by
            frequencies in ``y_val``.

        Returns
        -------
        self : estimator
            This network, trained.

        Raises
        ------
        ValueError
            If the input is not as above, if all weights are 0, or if training diverges. The
            estimator is then as before the call.
        """
        given = given_validation(X_val, y_val, sample_weight_val, self.solver)
        if given is None:
            return super().fit(X, y, sample_weight=sample_weight)
        self._given_validation = given
        try:
            return super().fit(X, y, sample_weight=sample_weight)
        finally:
            del self._given_validation

    def score(self, X: MatrixLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Accuracy of a classifier, R2 of a regressor.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples to score on.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            True targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples in the score; None means 1 for each.

        Returns
        -------
        score : float
            1 is the best score.

        Raises
        ------
        TypeError, ValueError
            If ``X``, ``y`` or ``sample_weight`` does not fit, which the error names.
        """
        numbers = not is_classifier(self)
        sample_weight = checked_scoring_input(X, y, sample_weight, numbers=numbers)
        with naming("y", "X"):
            return super().score(X, y, sample_weight=sample_weight)

    def _fit(self, X, y, sample_weight=None, incremental=False):
        check_values(y)
        if not self._goes_on(incremental):
            _check_sizes(self.hidden_layer_sizes)
        if not is_classifier(self):
            check_numeric(y)
        if sample_weight is not None:
            with naming("X"):
                num_samples(X)
            sample_weight = checked_sample_weight(sample_weight, X)
        stochastic = self.solver != "lbfgs"
        if self.dropout > 0 and not stochastic:
            raise ValueError(
                f"dropout={self.dropout!r} needs solver='adam' or 'sgd': lbfgs minimises a fixed "
                "function, which dropout's random one is not."
            )
        if self._goes_on(incremental):
            check_network(self)  # kernels read and write what it says
        n_epochs = self.max_iter if stochastic else 0
        tasks = FitTasks(
            self, X, y, sample_weight,
            max_epochs=n_epochs, on_epoch_end=self._on_epoch_end, silent=incremental,
        )  # fmt: skip
        # Not only around kernels: between two of them SciPy and scorers call BLAS, whose threads
        # would compete with numba's, as both spin for a while after their work.
        with restored_after_errors(self), single_blas_thread():
            self._fit_tasks = tasks
            self._own_arrays()
            if not self._goes_on(incremental):
                for name in _VALIDATION_CURVES:
                    self.__dict__.pop(name, None)
            with fitted_sizes_in_effect(self, self._sizes_to_go_on_with(incremental)):
                super()._fit(X, y, sample_weight, incremental)
            tasks.end()
            del self._fit_tasks
        return self

    def _validate_input(self, X, y, incremental, reset):
        try:
            X, y = super()._validate_input(X, y, incremental, reset)
        except (TypeError, ValueError) as error:
            name = "X" if _is_about(X, str(error)) else "y"
            if name == "y" and y is not None:
                check_lengths(X, y)
            with naming(name, "X", "y"):
                raise
        n_outputs = 1 if y.ndim == 1 else y.shape[1]
        if self._goes_on(incremental) and not is_classifier(self):
            n_before = self.coefs_[-1].shape[1]
            if n_outputs != n_before:  # Kernels would read what is not there.
                raise ValueError(
                    f"y has {n_outputs} column(s), but the network has {n_before} output(s)."
                )
        return X, y

    def _own_arrays(self) -> None:
        """Replace what training changes in place, so that an error can undo it."""
        copy_parameters(self)
        for name in ("loss_curve_", "validation_scores_", *_VALIDATION_CURVES):
            if getattr(self, name, None) is not None:
                setattr(self, name, list(getattr(self, name)))

    def _goes_on(self, incremental: bool) -> bool:
        """Whether training starts with the weights that there are."""
        return hasattr(self, "coefs_") and (self.warm_start or incremental)

    def _sizes_to_go_on_with(self, incremental: bool) -> Any:
        return self.hidden_layer_sizes_ if self._goes_on(incremental) else self.hidden_layer_sizes

    def _weights_in_effect(
        self, y: np.ndarray, sample_weight: np.ndarray | None, incremental: bool
    ) -> np.ndarray | None:
        if sample_weight is not None:
            self._check_some_weight(sample_weight)
        if self.class_weight is None:
            return sample_weight
        binarizer = label_binarizer(self)
        single_label = binarizer.y_type_ != "multilabel-indicator"
        weight = class_sample_weight(
            self.class_weight,
            binarizer.inverse_transform(y) if single_label else y.astype(int),
            self.classes_,
            sample_weight,
            incremental=incremental,
        )
        weight = weight if sample_weight is None else weight * sample_weight
        self._check_some_weight(weight)
        return weight

    def _check_some_weight(self, weight: np.ndarray) -> None:
        if not weight.any():
            raise ValueError(
                f"All samples have weight 0 (class_weight={self.class_weight!r}): there is "
                "nothing to learn from. Give some of them a positive sample_weight."
            )

    def _fit_stochastic(self, X, y, sample_weight, *workspace_and_incremental):
        incremental = workspace_and_incremental[-1]
        weight = self._weights_in_effect(y, sample_weight, incremental)
        given, validation = self._given_validation, None
        if given is not None:
            validation = checked_validation_set(self, given, X.dtype)
        fit_stochastic(self, X, y, weight, incremental, self._fit_tasks, validation)

    def _fit_lbfgs(self, X, y, sample_weight, *workspace):
        weight = self._weights_in_effect(y, sample_weight, incremental=False)
        self._trainer = None
        super()._fit_lbfgs(X, y, weight, *workspace)
        del self._trainer

    def _backprop(self, X, y, sample_weight, activations, deltas, coef_grads, intercept_grads):
        """Loss and gradient at the present parameters, for lbfgs."""
        if "_trainer" not in vars(self):  # nobody is fitting: these samples may be any
            return super()._backprop(
                X, y, sample_weight, activations, deltas, coef_grads, intercept_grads
            )
        parameters = self.coefs_ + self.intercepts_
        if self._trainer is None:
            # Only now are the parameters of the type that this version of SciPy wants.
            self._trainer = Trainer(
                parameters,
                X,
                y,
                sample_weight,
                activation=self.activation,
                output=self.out_activation_,
                optimizer="lbfgs",
                batch_size=X.shape[0],
                alpha=self.alpha,
            )
        self._trainer.load("parameters", parameters)
        loss = self._trainer.epoch(np.arange(X.shape[0]))
        gradients = [np.empty_like(p) for p in parameters]
        self._trainer.store("gradient", gradients)
        return loss, gradients[: len(self.coefs_)], gradients[len(self.coefs_) :]

    def _score(self, X, y, sample_weight=None):
        """What early stopping looks at; NaN if an output is none.

        As scikit-learn's, but that its 1.7.0 cannot take labels that are texts.
        """
        predicted = self._predict(X, check_input=False)
        if predicted.dtype.kind == "f" and not np.isfinite(predicted).all():
            return np.nan
        metric = accuracy_score if is_classifier(self) else r2_score
        return metric(y, predicted, sample_weight=sample_weight)

    def _forward_pass_fast(self, X, check_input=True):
        """The network's output, in chunks of rows that keep to the working memory."""
        known = vars(self).get("_known_outputs")
        if known is not None and X is known[0]:
            return known[1]
        if check_input:
            with naming("X"):
                X = validate_data(self, X, accept_sparse=["csr", "csc"], reset=False)
        return self._outputs(X, super()._forward_pass_fast)

    def _outputs_and_dead(self, X):
        """The network's output, and how many relu neurons are active for no row of ``X``.

        None in place of the number if the activation function is another one.
        """
        if self.activation != "relu":
            return self._forward_pass_fast(X, check_input=False), None
        largest: dict[int, np.ndarray] = {}

        def note_largest(layer, activations):
            top = activations.max(axis=0)
            largest[layer] = np.maximum(largest[layer], top) if layer in largest else top

        outputs = self._outputs(X, partial(forward_by_layers, self, note_largest))
        return outputs, sum(int((top == 0).sum()) for top in largest.values())

    def _outputs(self, X, forward):
        n_rows = X.shape[0]
        n_operations = 2 * n_rows * sum(c.size for c in self.coefs_)
        with blas_threads_for(n_operations):
            return self._outputs_in_chunks(X, n_rows, forward)

    def _outputs_in_chunks(self, X, n_rows, forward):
        widths = [c.shape[1] for c in self.coefs_]
        row_bytes = 8 * max(below + above for below, above in pairwise([0, *widths]))
        chunk_rows = max(1, int(get_config()["working_memory"] * 2**20 / row_bytes))
        if n_rows <= chunk_rows:
            return forward(X, check_input=False)
        if sparse.issparse(X):
            X = X.tocsr()
        output = None
        for rows in gen_batches(n_rows, chunk_rows):
            part = forward(X[rows], check_input=False)
            if output is None:
                output = np.empty((n_rows, part.shape[1]), dtype=part.dtype)
            output[rows] = part
        return output
