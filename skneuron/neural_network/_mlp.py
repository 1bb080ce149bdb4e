"""scikit-learn's multilayer perceptrons, faster, and with neurons that can be removed."""

from collections.abc import Sequence
from numbers import Real
from typing import Any, ClassVar, Self

from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import type_of_target, unique_labels

from skneuron.neural_network._prunable import PrunableMixin
from skneuron.neural_network._training import restored_after_errors
from skneuron.utils import (
    ArrayLike,
    IntArray,
    Interval,
    MatrixLike,
    RandomState,
    StrOptions,
    check_values,
    naming,
)


def _has_sklearns_partial_fit(mlp: "PrunableMLPClassifier") -> bool:
    super(PrunableMLPClassifier, mlp).partial_fit  # noqa: B018 - or an AttributeError says why
    return True


class PrunableMLPClassifier(PrunableMixin, MLPClassifier):
    """Multilayer perceptron classifier whose hidden neurons can be looked at and removed.

    A drop-in replacement for `sklearn.neural_network.MLPClassifier`, with the same parameters,
    attributes and methods. For the same ``random_state`` results are the same up to rounding, in
    a fraction of the time, and bit for bit the same for any number of threads. scikit-learn's
    callbacks (1.9 and later) see every epoch as a task. Training can go on after :term:`surgery`.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default=(100,)
        Number of neurons of each hidden layer; none for a linear model.
    activation : {"relu", "tanh", "logistic", "identity"}, default="relu"
        Activation function of the hidden layers.
    solver : {"adam", "sgd", "lbfgs"}, default="adam"
        How weights are found. "lbfgs" suits small data sets.
    alpha : float, default=0.0001
        Strength of the L2 penalty on the weights. Verdicts have another :term:`alpha`.
    batch_size : int, default="auto"
        Samples per update; "auto" is 200, or all samples if there are fewer.
    learning_rate : {"constant", "invscaling", "adaptive"}, default="constant"
        How the step size changes while training, for sgd only.
    learning_rate_init : float, default=0.001
        Step size of sgd and adam at the beginning.
    power_t : float, default=0.5
        Exponent by which the step size falls with "invscaling".
    max_iter : int, default=200
        The most epochs, or iterations of lbfgs.
    shuffle : bool, default=True
        Whether to go through the samples in a new order in every epoch.
    random_state : int, RandomState or None, default=None
        Draws initial weights, the validation split, the order of samples and dropout.
    tol : float, default=1e-4
        Smallest improvement that counts, of the loss, or of the score with ``early_stopping``.
    verbose : bool, default=False
        Whether to print the loss of every epoch.
    warm_start : bool, default=False
        Whether `fit` goes on from the present weights.
    momentum : float, default=0.9
        Momentum of sgd, in [0, 1].
    nesterovs_momentum : bool, default=True
        Whether sgd's momentum is Nesterov's.
    early_stopping : bool, default=False
        Whether to stop when the score on :term:`held-out` samples no longer improves, and keep
        the best weights. `fit` takes validation samples of your own (``X_val``, ``y_val``).
    validation_fraction : float, default=0.1
        Share of the samples that early stopping holds out.
    beta_1, beta_2 : float, default=0.9, 0.999
        Decay rates of adam's moments, in [0, 1).
    epsilon : float, default=1e-8
        Keeps adam from dividing by 0.
    n_iter_no_change : int, default=10
        Epochs without improvement after which training stops.
    max_fun : int, default=15000
        The most evaluations of the loss by lbfgs.
    class_weight : dict, list of dict, "balanced" or None, default=None
        Weights of the classes, times those of the samples. A dict need not name all classes;
        "balanced" weighs each class by the inverse of its frequency. Multilabel targets take a
        list with one dict for each label.
    dropout : float, default=0.0
        Share of each hidden layer's neurons that is left out at random for each sample while
        training, in [0, 1) [1]_. The others are scaled up, so prediction needs no change.
        ``loss_curve_`` is then the loss with neurons left out. Not with lbfgs.

    Attributes
    ----------
    hidden_layer_sizes_ : tuple of int
        Sizes of the hidden layers now. Pruning changes them, but not ``hidden_layer_sizes``.
    loss_curve_, validation_scores_ : list
        Loss of every epoch, with its L2 penalty, and score on the validation samples. Pruning
        keeps them, and ``loss_``, which are the larger network's; further training adds its own.
    best_loss_, best_validation_score_ : float or None
        The best of these, with which training compares; pruning forgets them (inf and -inf).
    validation_loss_curve_ : list of float or None
        Loss on the validation samples (``early_stopping``, or ``X_val`` of `fit`) after every
        epoch, defined as in ``loss_curve_``, but without dropout.
    dead_neurons_ : list of int or None
        Number of :term:`dead neurons <dead neuron>` on the same samples after every epoch, only
        for "relu". ``fit(X, y, X_val=X, y_val=y)`` counts those dead for all of ``X``.

    See Also
    --------
    RottenNeuronPruner : Finds and removes the neurons that do harm.
    neuron_ablation : The effect of every single neuron.

    References
    ----------
    .. [1] Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, "Dropout: a simple way to
       prevent neural networks from overfitting", Journal of Machine Learning Research 15, 2014.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skneuron import PrunableMLPClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> mlp = PrunableMLPClassifier((30,), early_stopping=True, random_state=0).fit(X / 16, y)
    >>> mlp.hidden_activations(X / 16).shape
    (1797, 30)
    >>> mlp.prune_neurons([(0, 3), (0, 17)]).hidden_layer_sizes_
    (28,)
    """

    _sklearn_class = MLPClassifier
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **MLPClassifier._parameter_constraints,
        "class_weight": [dict, list, StrOptions({"balanced"}), None],
        "dropout": [Interval(Real, 0, 1, closed="left")],
    }

    def __init__(
        self,
        hidden_layer_sizes: int | Sequence[int] | IntArray = (100,),
        activation: str = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: RandomState = None,
        tol: float = 1e-4,
        verbose: bool | int = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: int | float = 10,
        max_fun: int = 15000,
        class_weight: dict[Any, float] | list[dict[Any, float]] | str | None = None,
        dropout: float = 0.0,
    ) -> None:
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

    @available_if(_has_sklearns_partial_fit)
    def partial_fit(
        self,
        X: MatrixLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        classes: ArrayLike | None = None,
    ) -> Self:
        """Train for one epoch; the solver must be "adam" or "sgd".

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples to train on.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Class labels, or a 0/1 matrix of several labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples in the loss.
        classes : array-like of shape (n_classes,), default=None
            All classes that any call will bring; needed in the first call.

        Returns
        -------
        self : estimator
            This network, trained for one epoch more.

        Raises
        ------
        TypeError, ValueError
            If the input is not as above. The estimator is then as before the call.
        """
        check_values(y)
        if classes is not None:
            with naming("classes"):
                check_values(classes, name="classes")
                if not len(unique_labels(classes)):
                    raise ValueError("classes is empty: name all that will ever come.")
        if not hasattr(self, "classes_"):
            with naming("y"):
                type_of_target(y)
        with restored_after_errors(self):
            return super().partial_fit(X, y, sample_weight=sample_weight, classes=classes)


class PrunableMLPRegressor(PrunableMixin, MLPRegressor):
    """Multilayer perceptron regressor whose hidden neurons can be looked at and removed.

    A drop-in replacement for `sklearn.neural_network.MLPRegressor`, with the same parameters,
    attributes and methods. For the same ``random_state`` results are the same up to rounding, in
    a fraction of the time, and bit for bit the same for any number of threads. scikit-learn's
    callbacks (1.9 and later) see every epoch as a task. Training can go on after :term:`surgery`.

    Parameters
    ----------
    loss : {"squared_error", "poisson"}, default="squared_error"
        Loss to minimise. For "poisson" (counts) the output is the exponential of the last layer's.
    hidden_layer_sizes : int or sequence of int, default=(100,)
        Number of neurons of each hidden layer; none for a linear model.
    activation : {"relu", "tanh", "logistic", "identity"}, default="relu"
        Activation function of the hidden layers.
    solver : {"adam", "sgd", "lbfgs"}, default="adam"
        How weights are found. "lbfgs" suits small data sets.
    alpha : float, default=0.0001
        Strength of the L2 penalty on the weights. Verdicts have another :term:`alpha`.
    batch_size : int, default="auto"
        Samples per update; "auto" is 200, or all samples if there are fewer.
    learning_rate : {"constant", "invscaling", "adaptive"}, default="constant"
        How the step size changes while training, for sgd only.
    learning_rate_init : float, default=0.001
        Step size of sgd and adam at the beginning.
    power_t : float, default=0.5
        Exponent by which the step size falls with "invscaling".
    max_iter : int, default=200
        The most epochs, or iterations of lbfgs.
    shuffle : bool, default=True
        Whether to go through the samples in a new order in every epoch.
    random_state : int, RandomState or None, default=None
        Draws initial weights, the validation split, the order of samples and dropout.
    tol : float, default=1e-4
        Smallest improvement that counts, of the loss, or of the score with ``early_stopping``.
    verbose : bool, default=False
        Whether to print the loss of every epoch.
    warm_start : bool, default=False
        Whether `fit` goes on from the present weights.
    momentum : float, default=0.9
        Momentum of sgd, in [0, 1].
    nesterovs_momentum : bool, default=True
        Whether sgd's momentum is Nesterov's.
    early_stopping : bool, default=False
        Whether to stop when the score on :term:`held-out` samples no longer improves, and keep
        the best weights. `fit` takes validation samples of your own (``X_val``, ``y_val``).
    validation_fraction : float, default=0.1
        Share of the samples that early stopping holds out.
    beta_1, beta_2 : float, default=0.9, 0.999
        Decay rates of adam's moments, in [0, 1).
    epsilon : float, default=1e-8
        Keeps adam from dividing by 0.
    n_iter_no_change : int, default=10
        Epochs without improvement after which training stops.
    max_fun : int, default=15000
        The most evaluations of the loss by lbfgs.
    dropout : float, default=0.0
        Share of each hidden layer's neurons that is left out at random for each sample while
        training, in [0, 1) [1]_. The others are scaled up, so prediction needs no change.
        ``loss_curve_`` is then the loss with neurons left out. Not with lbfgs.

    Attributes
    ----------
    hidden_layer_sizes_ : tuple of int
        Sizes of the hidden layers now. Pruning changes them, but not ``hidden_layer_sizes``.
    loss_curve_, validation_scores_ : list
        Loss of every epoch, with its L2 penalty, and score on the validation samples. Pruning
        keeps them, and ``loss_``, which are the larger network's; further training adds its own.
    best_loss_, best_validation_score_ : float or None
        The best of these, with which training compares; pruning forgets them (inf and -inf).
    validation_loss_curve_ : list of float or None
        Loss on the validation samples (``early_stopping``, or ``X_val`` of `fit`) after every
        epoch, defined as in ``loss_curve_``, but without dropout.
    dead_neurons_ : list of int or None
        Number of :term:`dead neurons <dead neuron>` on the same samples after every epoch, only
        for "relu". ``fit(X, y, X_val=X, y_val=y)`` counts those dead for all of ``X``.

    See Also
    --------
    PrunableMLPClassifier : The same for classification.
    neuron_ablation : The effect of every single neuron.

    References
    ----------
    .. [1] Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, "Dropout: a simple way to
       prevent neural networks from overfitting", Journal of Machine Learning Research 15, 2014.

    Examples
    --------
    >>> from sklearn.datasets import make_regression
    >>> from skneuron import PrunableMLPRegressor
    >>> X, y = make_regression(200, 5, random_state=0)
    >>> mlp = PrunableMLPRegressor(hidden_layer_sizes=(20,), solver="lbfgs", random_state=0)
    >>> mlp = mlp.set_params(tol=0.01, max_iter=2000).fit(X, y)
    >>> mlp.score(X, y) > 0.9, mlp.prune_neurons([(0, 0)]).hidden_layer_sizes_
    (True, (19,))
    """

    _sklearn_class = MLPRegressor
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **MLPRegressor._parameter_constraints,
        "dropout": [Interval(Real, 0, 1, closed="left")],
    }

    def __init__(
        self,
        loss: str = "squared_error",
        hidden_layer_sizes: int | Sequence[int] | IntArray = (100,),
        activation: str = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: RandomState = None,
        tol: float = 1e-4,
        verbose: bool | int = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: int | float = 10,
        max_fun: int = 15000,
        dropout: float = 0.0,
    ) -> None:
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
