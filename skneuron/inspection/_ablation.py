"""`neuron_ablation`: remove every hidden neuron in turn and look at the score."""

from typing import Any

import numpy as np
from sklearn.utils import Bunch

from skneuron._network import Network, unwrap
from skneuron._neurons import flat_addresses, selected_layers
from skneuron._surgery import reference_rows, replacement_constants
from skneuron.inspection._scoring import Effects, evaluator_for


class NeuronAblation(Bunch):
    """What the removal of each hidden neuron does; see `neuron_ablation` for the fields."""

    def to_frame(self):
        """One row a neuron.

        Returns
        -------
        frame : pandas.DataFrame
            Columns layer, index, score, importance, and for classifiers n_fixed, n_broken and
            importance_CLASS for every class.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError as error:
            raise ImportError(
                "NeuronAblation.to_frame needs pandas: pip install 'skneuron[plot]'."
            ) from error
        return pd.DataFrame(self.columns())

    def columns(self) -> dict[str, np.ndarray]:
        """The columns of `to_frame` by name, without pandas."""
        columns = {
            "layer": self.layer,
            "index": self.index,
            "score": self.scores,
            "importance": self.importances,
        }
        if "n_fixed" in self:
            columns |= {"n_fixed": self.n_fixed, "n_broken": self.n_broken}
            per_class = zip(self.classes, self.class_importances.T, strict=True)
            columns |= {f"importance_{name}": column for name, column in per_class}
        return columns

    def __repr__(self) -> str:
        signs = np.sign(self.importances)
        return (
            f"NeuronAblation(n_neurons={len(self.index)}, "
            f"baseline_score={self.baseline_score:.4g}, n_rotten={(signs < 0).sum()}, "
            f"n_neutral={(signs == 0).sum()}, n_useful={(signs > 0).sum()})"
        )


def as_ablation(
    effects: Effects, sizes: tuple[int, ...], swept: np.ndarray, classes: Any
) -> NeuronAblation:
    """`Effects` on a network with hidden layers of these sizes, for its swept neurons."""
    layer, index = flat_addresses(sizes)
    result = NeuronAblation(
        layer=layer[swept],
        index=index[swept],
        baseline_score=effects.baseline_score,
        scores=effects.scores[swept],
        importances=effects.importances[swept],
        **{name: column[swept] for name, column in effects.counts.items()},
    )
    if effects.counts:
        result["classes"] = classes
    return result


def swept_neurons(network: Network, layers: Any) -> np.ndarray:
    """Mask over all hidden neurons of those in the selected layers."""
    sizes = network.hidden_layer_sizes
    if not sizes:
        raise ValueError("estimator has no hidden layer (hidden_layer_sizes=()).")
    return np.isin(flat_addresses(sizes)[0], selected_layers(layers, len(sizes)))


def neuron_ablation(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    scoring: Any = None,
    replacement: str = "zero",
    X_ref: Any = None,
    layers: Any = None,
    sample_weight: Any = None,
    n_jobs: int | None = None,
) -> NeuronAblation:
    """The exact effect of removing each hidden neuron of a fitted network on its score.

    The question that Mourao and Florindo ask of digit recognition networks [1]_, for any
    multilayer perceptron of scikit-learn. Every number is what the network without the neuron
    really scores (up to float rounding), not an estimate. Use data that the network was not
    trained on.

    Parameters
    ----------
    estimator : estimator
        A fitted `MLPClassifier` or `MLPRegressor` (ours or scikit-learn's), a Pipeline that ends
        in one, a FrozenEstimator around one, or a fitted `RottenNeuronPruner`. Not changed.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Rows to score on, as the estimator takes them. They are computed on in float32 if both
        they and the network are float32, else in float64, as in scikit-learn.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        True targets.
    scoring : str or callable, default=None
        A scorer's name, a scorer, or a callable ``scoring(estimator, X, y)``. None means
        accuracy for classifiers and R2 for regressors. Accuracy of single-label classifiers
        is computed in one fused pass; other scorers of scikit-learn's cost a pass through the
        layers behind the neuron each, and plain callables a whole prediction each.
    replacement : {"zero", "mean"}, default="zero"
        What takes the removed neuron's place: nothing, or its mean activation on ``X_ref``.
    X_ref : array-like of shape (n_samples_ref, n_features), default=None
        Reference data for ``replacement="mean"``; the training data, for example.
    layers : int or list of int, default=None
        Hidden layers to analyse, counted from 0 (or from the end, negative); None means all.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the rows in the score; a callable is given them as ``sample_weight=...``.
        ``n_fixed`` and ``n_broken`` count rows.
    n_jobs : int, default=None
        joblib workers for scorers other than accuracy, which uses numba's threads.

    Returns
    -------
    ablation : NeuronAblation
        A Bunch with one entry a neuron, in layer-major order:

        layer, index : ndarray of shape (n_neurons,)
            Its address.
        baseline_score : float
            Score of the whole network.
        scores : ndarray of shape (n_neurons,)
            Score without the neuron.
        importances : ndarray of shape (n_neurons,)
            ``baseline_score - scores``: positive if the neuron is useful, negative if it is
            rotten.
        n_fixed, n_broken : ndarray of shape (n_neurons,)
            Rows whose prediction becomes right, or wrong, without the neuron. Only for
            single-label classifiers, like what follows.
        class_importances : ndarray of shape (n_neurons, n_classes)
            Loss of every class's recall without the neuron; NaN for a class without rows.
        classes : ndarray of shape (n_classes,)
            Labels of these columns.

    Raises
    ------
    TypeError
        If there is no multilayer perceptron in ``estimator``.
    NotFittedError
        If it is not fitted.
    ValueError
        If ``X`` or ``y`` does not fit the network, ``y`` has labels never seen in training, or
        ``scoring``, ``replacement`` or ``layers`` is unknown.

    References
    ----------
    .. [1] Mourao and Florindo, "Dissecting the Neural Code: neuron-by-neuron analysis of a digit
       recognition network", 2025, doi:10.5540/03.2025.011.01.0382 (abstract).

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.model_selection import train_test_split
    >>> from sklearn.neural_network import MLPClassifier
    >>> from skneuron import neuron_ablation
    >>> X, y = load_digits(return_X_y=True)
    >>> X_train, X_test, y_train, y_test = train_test_split(X / 16, y, random_state=0)
    >>> mlp = MLPClassifier((30,), max_iter=600, random_state=0).fit(X_train, y_train)
    >>> ablation = neuron_ablation(mlp, X_test, y_test)
    >>> ablation.importances.shape, ablation.class_importances.shape
    ((30,), (30, 10))
    """
    mlp, transformers = unwrap(estimator)
    network = Network.from_mlp(mlp)
    swept = swept_neurons(network, layers)
    X_ref = reference_rows(mlp, transformers, replacement, X_ref, name="X_ref")
    evaluate = evaluator_for(
        estimator, X, y, scoring=scoring, sample_weight=sample_weight, n_jobs=n_jobs
    )
    constants = replacement_constants(network, replacement, X_ref)
    effects = evaluate(network, constants, swept)
    return as_ablation(effects, network.hidden_layer_sizes, swept, getattr(mlp, "classes_", None))
