"""scikit-learn's multilayer perceptrons with neurons that can be looked at and removed."""

from copy import deepcopy
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.utils.validation import check_is_fitted

from skneuron import _network, _prune
from skneuron._neurons import keep_masks
from skneuron._sklearn import Interval, StrOptions, is_own_attribute
from skneuron._surgery import reference_rows
from skneuron._training import EngineMixin


class _PrunableMixin(EngineMixin):
    """What a prunable network adds to scikit-learn's; listed before it among the bases."""

    coefs_: list[np.ndarray]
    get_params: Any
    _sklearn_class: Any

    @property
    def hidden_layer_sizes_(self) -> tuple[int, ...]:
        """Numbers of neurons that the hidden layers have now."""
        check_is_fitted(self)
        return tuple(c.shape[1] for c in self.coefs_[:-1])

    def hidden_activations(self, X: Any, layer: int = -1) -> np.ndarray:
        """Activations of one hidden layer.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        layer : int, default=-1
            Hidden layer, from 0, or from the end; the default is the last one, which carries
            the features that the output layer sees.

        Returns
        -------
        activations : ndarray of shape (n_samples, n_neurons)
            float32 if both the network and ``X`` are, else float64.

        Raises
        ------
        ValueError
            If the network has no such layer.
        """
        check_is_fitted(self)
        n_hidden_layers = len(self.hidden_layer_sizes_)
        if not n_hidden_layers:
            raise ValueError(f"layer={layer!r}: the network has no hidden layer.")
        is_int = isinstance(layer, Integral) and not isinstance(layer, bool)
        if not is_int or not -n_hidden_layers <= layer < n_hidden_layers:
            raise ValueError(
                f"layer={layer!r} is not one of the network's {n_hidden_layers} hidden layers: "
                f"use an int from {-n_hidden_layers} to {n_hidden_layers - 1}."
            )
        rows = _network.rows_for(self, [], X)
        network = _network.Network.from_mlp(self)
        return _network.hidden_activations(network, rows, int(layer) % n_hidden_layers)

    def prune_neurons(self, neurons: Any, *, replacement: str = "zero", X: Any = None) -> Self:
        """Remove hidden neurons from this network, in place.

        `partial_fit`, ``warm_start`` and further pruning go on from the smaller network; the
        optimizer's state is cut as well. ``hidden_layer_sizes`` stays what it was set to,
        ``hidden_layer_sizes_`` tells the sizes.

        Parameters
        ----------
        neurons : iterable of (layer, index), or list of boolean arrays
            Neurons to remove, or one keep-mask for every hidden layer.
        replacement : {"zero", "mean"}, default="zero"
            What takes a removed neuron's place: nothing, or its mean activation on ``X``.
        X : array-like of shape (n_samples, n_features), default=None
            Reference data for ``replacement="mean"``.

        Returns
        -------
        self : estimator

        Raises
        ------
        ValueError
            If ``neurons`` does not fit the network or names a whole layer, or if ``replacement``
            is unknown or lacks its reference data. The network is then unchanged.

        See Also
        --------
        skneuron.prune_neurons : Returns a smaller copy of any fitted network.
        """
        check_is_fitted(self)
        masks = keep_masks(neurons, self.hidden_layer_sizes_)
        X_ref = reference_rows(self, [], replacement, X, name="X")
        _prune.operate(self, masks, replacement, X_ref)
        return self

    def to_sklearn(self) -> Any:
        """A plain scikit-learn copy, fitted if this is, for tools that know no subclasses.

        Returns
        -------
        mlp : MLPClassifier or MLPRegressor
            If fitted, its ``hidden_layer_sizes`` are those of the network as it is now. It lacks
            ``class_weight`` and ``dropout``, which matter for further training only.
        """
        names = self._sklearn_class().get_params()
        parameters = {name: getattr(self, name) for name in names}
        if hasattr(self, "coefs_"):
            parameters["hidden_layer_sizes"] = self.hidden_layer_sizes_
        return _with_fitted_attributes_of(self, self._sklearn_class(**parameters))

    @classmethod
    def from_sklearn(cls, mlp: Any) -> Self:
        """A prunable copy of scikit-learn's own network, fitted if ``mlp`` is.

        Parameters
        ----------
        mlp : MLPClassifier or MLPRegressor
            Must match the class this is called on.

        Returns
        -------
        prunable : estimator

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


def _with_fitted_attributes_of(source: Any, target: Any) -> Any:
    parameters = {*source.get_params(deep=False), *target.get_params(deep=False)}
    state = {
        name: value
        for name, value in vars(source).items()
        if name not in parameters and not is_own_attribute(name)
    }
    vars(target).update(deepcopy(state))
    return target


class PrunableMLPClassifier(_PrunableMixin, MLPClassifier):
    """Multilayer perceptron classifier whose hidden neurons can be looked at and removed.

    A drop-in replacement for `sklearn.neural_network.MLPClassifier`: the same parameters,
    attributes, methods and results.

    Attributes
    ----------
    hidden_layer_sizes_ : tuple of int
        Numbers of neurons that the hidden layers have now; pruning changes them, and never the
        parameter ``hidden_layer_sizes``.

    See Also
    --------
    RottenNeuronPruner : Finds and removes the neurons that do harm.
    neuron_ablation : The effect of every single neuron.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skneuron import PrunableMLPClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> mlp = PrunableMLPClassifier((30,), early_stopping=True, random_state=0)
    >>> mlp = mlp.fit(X / 16, y)
    >>> mlp.hidden_activations(X / 16).shape
    (1797, 30)
    >>> mlp.prune_neurons([(0, 3), (0, 17)]).hidden_layer_sizes_
    (28,)
    """

    _sklearn_class = MLPClassifier
    _parameter_constraints: ClassVar[dict] = {
        **MLPClassifier._parameter_constraints,
        "class_weight": [dict, list, StrOptions({"balanced"}), None],
        "dropout": [Interval(Real, 0, 1, closed="left")],
    }

    def __init__(
        self,
        hidden_layer_sizes=(100,),
        activation="relu",
        *,
        solver="adam",
        alpha=0.0001,
        batch_size="auto",
        learning_rate="constant",
        learning_rate_init=0.001,
        power_t=0.5,
        max_iter=200,
        shuffle=True,
        random_state=None,
        tol=1e-4,
        verbose=False,
        warm_start=False,
        momentum=0.9,
        nesterovs_momentum=True,
        early_stopping=False,
        validation_fraction=0.1,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-8,
        n_iter_no_change=10,
        max_fun=15000,
        class_weight=None,
        dropout=0.0,
    ):
        super().__init__(
            hidden_layer_sizes=hidden_layer_sizes,
            activation=activation,
            solver=solver,
            alpha=alpha,
            batch_size=batch_size,
            learning_rate=learning_rate,
            learning_rate_init=learning_rate_init,
            power_t=power_t,
            max_iter=max_iter,
            shuffle=shuffle,
            random_state=random_state,
            tol=tol,
            verbose=verbose,
            warm_start=warm_start,
            momentum=momentum,
            nesterovs_momentum=nesterovs_momentum,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            beta_1=beta_1,
            beta_2=beta_2,
            epsilon=epsilon,
            n_iter_no_change=n_iter_no_change,
            max_fun=max_fun,
        )
        self.class_weight = class_weight
        self.dropout = dropout


class PrunableMLPRegressor(_PrunableMixin, MLPRegressor):
    """Multilayer perceptron regressor whose hidden neurons can be looked at and removed.

    A drop-in replacement for `sklearn.neural_network.MLPRegressor`: the same parameters,
    attributes, methods and results.

    Attributes
    ----------
    hidden_layer_sizes_ : tuple of int
        Numbers of neurons that the hidden layers have now; pruning changes them, and never the
        parameter ``hidden_layer_sizes``.

    See Also
    --------
    PrunableMLPClassifier : The same for classification.

    Examples
    --------
    >>> from sklearn.datasets import make_regression
    >>> from skneuron import PrunableMLPRegressor
    >>> X, y = make_regression(200, 5, random_state=0)
    >>> mlp = PrunableMLPRegressor(hidden_layer_sizes=(20,), solver="lbfgs", random_state=0)
    >>> mlp = mlp.set_params(tol=0.01, max_iter=2000).fit(X, y)
    >>> mlp.prune_neurons([(0, 0)]).hidden_layer_sizes_
    (19,)
    """

    _sklearn_class = MLPRegressor
    _parameter_constraints: ClassVar[dict] = {
        **MLPRegressor._parameter_constraints,
        "dropout": [Interval(Real, 0, 1, closed="left")],
    }

    def __init__(
        self,
        loss="squared_error",
        hidden_layer_sizes=(100,),
        activation="relu",
        *,
        solver="adam",
        alpha=0.0001,
        batch_size="auto",
        learning_rate="constant",
        learning_rate_init=0.001,
        power_t=0.5,
        max_iter=200,
        shuffle=True,
        random_state=None,
        tol=1e-4,
        verbose=False,
        warm_start=False,
        momentum=0.9,
        nesterovs_momentum=True,
        early_stopping=False,
        validation_fraction=0.1,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-8,
        n_iter_no_change=10,
        max_fun=15000,
        dropout=0.0,
    ):
        super().__init__(
            loss=loss,
            hidden_layer_sizes=hidden_layer_sizes,
            activation=activation,
            solver=solver,
            alpha=alpha,
            batch_size=batch_size,
            learning_rate=learning_rate,
            learning_rate_init=learning_rate_init,
            power_t=power_t,
            max_iter=max_iter,
            shuffle=shuffle,
            random_state=random_state,
            tol=tol,
            verbose=verbose,
            warm_start=warm_start,
            momentum=momentum,
            nesterovs_momentum=nesterovs_momentum,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            beta_1=beta_1,
            beta_2=beta_2,
            epsilon=epsilon,
            n_iter_no_change=n_iter_no_change,
            max_fun=max_fun,
        )
        self.dropout = dropout
