"""What a prunable network can do beyond scikit-learn's: show, remove and hand over neurons."""

from collections.abc import Iterable
from typing import Any, Self, TypeAlias

import numpy as np
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.utils.validation import check_is_fitted

from skneuron.neural_network._training import TrainingMixin
from skneuron.surgery import (
    Network,
    hidden_activations,
    keep_masks,
    named_reference,
    prune_in_place,
    reference_rows,
    refit_rows,
    rows_for,
)
from skneuron.utils import (
    OPTIMIZER_ATTRIBUTE,
    FloatArray,
    MatrixLike,
    Neurons,
    NotebookPageMixin,
    SavedStateMixin,
    copied_to_memory,
    is_int,
    is_own_attribute,
)

SklearnMLP: TypeAlias = MLPClassifier | MLPRegressor


class PrunableMixin(NotebookPageMixin, SavedStateMixin, TrainingMixin):
    """Adds to scikit-learn's MLPs what can be done with neurons; it comes before them."""

    get_params: Any
    hidden_layer_sizes: Any
    _sklearn_class: Any

    def _headline(self) -> str:
        """Which of its sizes hold, for notebooks, which show those to train with as well."""
        written, left = np.atleast_1d(self.hidden_layer_sizes), self.hidden_layer_sizes_
        if np.array_equal(written, left):
            return ""
        return (
            f"{sum(left)} of {sum(written)} hidden neurons are left: hidden_layer_sizes_={left}; "
            "hidden_layer_sizes is what fit begins with"
        )

    def hidden_activations(self, X: MatrixLike, layer: int = -1) -> FloatArray:
        """Compute the activations of one hidden layer.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples to compute the activations of.
        layer : int, default=-1
            Hidden layer, counted from 0, or from the end if negative. The default is the last
            one, whose activations are the inputs of the output layer.

        Returns
        -------
        activations : ndarray of shape (n_samples, n_neurons)
            The activations, float32 if both the network and ``X`` are, else float64.

        Raises
        ------
        NotFittedError
            If the network is not fitted.
        ValueError
            If the network has no such layer, or ``X`` has another number of features.
        """
        check_is_fitted(self)
        network = Network.from_mlp(self)
        n_hidden_layers = len(network.hidden_layer_sizes)
        if not n_hidden_layers:
            raise ValueError(f"layer={layer!r}: the network has no hidden layer.")
        if not is_int(layer) or not -n_hidden_layers <= layer < n_hidden_layers:
            raise ValueError(
                f"layer={layer!r} is not one of the network's {n_hidden_layers} hidden layers: "
                f"use an int from {-n_hidden_layers} to {n_hidden_layers - 1}."
            )
        rows = rows_for(self, [], X)
        return hidden_activations(network, rows, int(layer) % n_hidden_layers)

    def prune_neurons(
        self,
        neurons: Neurons,
        *,
        replacement: str = "zero",
        X_ref: MatrixLike | None = None,
        refit: str | None = None,
        X_refit: MatrixLike | None = None,
        X: MatrixLike | None = None,
    ) -> Self:
        """Remove hidden neurons from this network, in place.

        `partial_fit`, ``warm_start`` and further pruning go on from the smaller network: removed
        neurons leave the optimizer's state as well. ``hidden_layer_sizes`` stays as it was set;
        ``hidden_layer_sizes_`` gives the present sizes.

        Parameters
        ----------
        neurons : iterable of neurons, or arrays of bool
            The neurons to remove, each by its :term:`address` ``(layer, index)``; by its name,
            such as ``"hidden0_neuron3"``; or by an int, its number among all hidden neurons,
            from 0. Or masks that are True for the neurons to keep: one over all hidden neurons,
            such as ``support_`` of a pruner, or a list with one for every hidden layer.
        replacement : {"zero", "mean", "linear"}, default="zero"
            What takes a removed neuron's place: nothing, its mean activation on ``X_ref``, or its
            least-squares prediction on ``X_ref`` from the neurons of its layer that stay.
        X_ref : array-like of shape (n_samples_ref, n_features), default=None
            Reference samples for "mean" and "linear": the training samples, for example.
        refit : {"outputs", "behind", "span"}, default=None
            :term:`Repair <refit>` what is left, without labels; see `skneuron.refit_pruned`.
        X_refit : array-like of shape (n_samples, n_features), default=None
            Samples for ``refit``, at least 20; None means ``X_ref``.
        X : array-like of shape (n_samples_ref, n_features), default=None
            Another name of ``X_ref``; pass one of them.

        Returns
        -------
        self : estimator
            This network, smaller now.

        Raises
        ------
        NotFittedError
            If the network is not fitted.
        ValueError
            If ``neurons`` does not fit the network or names all neurons of a layer, or if
            ``replacement`` or ``refit`` is unknown or lacks its data. The network is then
            unchanged.

        See Also
        --------
        skneuron.prune_neurons : Returns a smaller copy of any fitted network.
        """
        check_is_fitted(self)
        masks = keep_masks(neurons, Network.from_mlp(self, finite=False).hidden_layer_sizes)
        given, name = named_reference(X_ref, X)
        rows_ref = reference_rows(self, [], replacement, given, name=name)
        rows_refit = refit_rows(self, [], refit, X_refit, given, name=name)
        prune_in_place(self, masks, replacement, rows_ref, refit, rows_refit)
        return self

    def to_sklearn(self, *, keep_optimizer: bool = False) -> SklearnMLP:
        """Copy this network to scikit-learn's own class, for tools that know no other.

        Parameters
        ----------
        keep_optimizer : bool, default=False
            Whether `partial_fit` of the copy shall go on with the moments of "adam" or "sgd". They
            take up to twice the memory of the weights. They belong to a private class of
            scikit-learn, which skops loads only if it is told to trust it.

        Returns
        -------
        mlp : MLPClassifier or MLPRegressor
            Fitted if this network is; its ``hidden_layer_sizes`` are then the present sizes. It
            lacks ``class_weight`` and ``dropout``, which matter for further training only.

        See Also
        --------
        skneuron.to_sklearn : The same for pruners, and for Pipelines with one of them.
        """
        names = self._sklearn_class().get_params()
        parameters = {name: getattr(self, name) for name in names}
        if hasattr(self, "coefs_"):
            parameters["hidden_layer_sizes"] = self.hidden_layer_sizes_
        left_out = () if keep_optimizer else (OPTIMIZER_ATTRIBUTE,)
        return _with_fitted_attributes_of(self, self._sklearn_class(**parameters), left_out)

    @classmethod
    def from_sklearn(cls, mlp: SklearnMLP) -> Self:
        """Copy one of scikit-learn's own networks to this class, fitted if ``mlp`` is.

        Parameters
        ----------
        mlp : MLPClassifier or MLPRegressor
            A classifier if this is called on a classifier, else a regressor.

        Returns
        -------
        prunable : estimator
            The copy, which shares no memory with ``mlp``.

        Raises
        ------
        TypeError
            If ``mlp`` is of another class.
        """
        if not isinstance(mlp, cls._sklearn_class):
            raise TypeError(
                f"mlp must be a scikit-learn {cls._sklearn_class.__name__}; got {mlp!r}."
            )
        return _with_fitted_attributes_of(mlp, cls(**mlp.get_params(deep=False)))


def _with_fitted_attributes_of(source: Any, target: Any, left_out: Iterable[str] = ()) -> Any:
    not_copied = {*source.get_params(deep=False), *target.get_params(deep=False), *left_out}
    state = {
        name: value
        for name, value in vars(source).items()
        if name not in not_copied and not is_own_attribute(name)
    }
    vars(target).update(copied_to_memory(state))
    return target
