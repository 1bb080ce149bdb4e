"""`neuron_criterion`: the classic, cheap criteria of a neuron's importance."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
from sklearn.base import is_classifier
from sklearn.utils import check_random_state

from skneuron.inspection._criteria._activation_bins import (
    activation_entropies,
    mutual_informations,
)
from skneuron.inspection._criteria._activation_statistics import (
    ActivationSource,
    Moments,
    activation_covariances,
    activation_moments,
    class_means,
    residual_variances,
)
from skneuron.inspection._criteria._columns import NeuronCriteria
from skneuron.inspection._criteria._gradients import first_order_changes, second_order_changes
from skneuron.inspection._scoring import checked_layers, checked_weight
from skneuron.surgery import (
    Network,
    flat_addresses,
    row_blocks,
    rows_for,
    rows_per_block,
    split_by_layer,
    unwrap,
)
from skneuron.utils import (
    ArrayLike,
    Estimator,
    FloatArray,
    Layers,
    MatrixLike,
    RandomState,
    checked_random_state,
    checked_target,
    class_codes,
    is_multilabel,
    lazy_property,
    output_targets,
)


@dataclass(frozen=True, eq=False)
class Measurements:
    """What criteria are computed from, each of it once, however many criteria use it."""

    network: Network
    layers: list[int]
    random_state: RandomState = None
    X: Any = None  # This and the next three are None if no criterion needs them.
    sample_weight: Any = None
    targets: Any = None
    codes: Any = None
    n_classes: int = 0

    @lazy_property
    def source(self) -> ActivationSource:
        return ActivationSource(
            self.network.for_rows(self.X), self.X, self.sample_weight, self.layers
        )

    @lazy_property
    def moments(self) -> list[Moments]:
        return activation_moments(self.source)

    @lazy_property
    def first_order_changes(self) -> list[np.ndarray]:
        return first_order_changes(self.source, self.targets)

    def incoming(self, order: int) -> list[np.ndarray]:
        """Norms of each neuron's incoming weights."""
        return [_norms(self.network.coefs[layer], order, axis=0) for layer in self.layers]

    def outgoing(self, order: int) -> list[np.ndarray]:
        return [_norms(self.network.coefs[layer + 1], order, axis=1) for layer in self.layers]

    def product(self, order: int) -> list[np.ndarray]:
        pairs = zip(self.incoming(order), self.outgoing(order), strict=True)
        return [incoming * outgoing for incoming, outgoing in pairs]


def _norms(weights: np.ndarray, order: int, axis: int) -> np.ndarray:
    """L1 or L2 norms along an axis, from some rows of the weights at a time."""
    total: Any = 0.0 if axis == 0 else []
    for _, some in row_blocks(weights, rows_per_block(8 * weights.shape[1])):
        powers = np.abs(some.astype(np.float64)) ** order
        total = total + (powers.sum(axis=0) if axis == 0 else [powers.sum(axis=1)])
    sums = total if axis == 0 else np.concatenate(total)
    return np.sqrt(sums) if order == 2 else sums


def _taylor2(measured: Measurements) -> list[np.ndarray]:
    second = second_order_changes(measured.source)
    return [a + b for a, b in zip(measured.first_order_changes, second, strict=True)]


def _obs(measured: Measurements) -> list[np.ndarray]:
    residuals = [
        residual_variances(mean, covariance, measured.source.rounding)
        for mean, covariance in activation_covariances(measured.source)
    ]
    pairs = zip(measured.outgoing(2), residuals, strict=True)
    return [norm**2 * residual / 2 for norm, residual in pairs]


def _class_selectivity(measured: Measurements) -> list[np.ndarray]:
    result = []
    for means in class_means(measured.source, measured.codes, measured.n_classes):
        means = np.sort(means[:, ~np.isnan(means).all(axis=0)], axis=1)
        if means.shape[1] < 2:
            raise ValueError(
                "y has samples of a single class only: criterion='class_selectivity' compares "
                "classes, so pass samples of several."
            )
        highest, others = means[:, -1], means[:, :-1].mean(axis=1)
        scale = np.abs(highest) + np.abs(others)
        result.append((highest - others) / np.where(scale == 0, 1.0, scale))
    return result


def _mutual_information(measured: Measurements) -> list[np.ndarray]:
    return mutual_informations(measured.source, measured.codes, measured.n_classes)


def _random(measured: Measurements) -> list[np.ndarray]:
    # Drawn for all layers, so that a neuron's number does not depend on which are selected.
    sizes = measured.network.hidden_layer_sizes
    numbers = check_random_state(measured.random_state).uniform(size=sum(sizes))
    by_layer = split_by_layer(numbers, sizes)
    return [by_layer[layer] for layer in measured.layers]


@dataclass(frozen=True)
class CriterionFormula:
    """A function from measurements to one array for each layer, and what it needs."""

    compute: Callable[[Measurements], list[np.ndarray]]
    needs_X: bool = False
    needs_y: bool = False
    needs_classes: bool = False


CRITERIA: dict[str, CriterionFormula] = {
    "l1_incoming": CriterionFormula(lambda m: m.incoming(1)),
    "l2_incoming": CriterionFormula(lambda m: m.incoming(2)),
    "l1_outgoing": CriterionFormula(lambda m: m.outgoing(1)),
    "l2_outgoing": CriterionFormula(lambda m: m.outgoing(2)),
    "l1_product": CriterionFormula(lambda m: m.product(1)),
    "l2_product": CriterionFormula(lambda m: m.product(2)),
    "random": CriterionFormula(_random),
    "mean_activation": CriterionFormula(
        lambda m: [of.mean_magnitude for of in m.moments], needs_X=True
    ),
    "activation_variance": CriterionFormula(
        lambda m: [of.variance for of in m.moments], needs_X=True
    ),
    "apoz": CriterionFormula(lambda m: [1 - of.zero_share for of in m.moments], needs_X=True),
    "entropy": CriterionFormula(lambda m: activation_entropies(m.source), needs_X=True),
    "obs": CriterionFormula(_obs, needs_X=True),
    "taylor1": CriterionFormula(lambda m: m.first_order_changes, needs_X=True, needs_y=True),
    "taylor2": CriterionFormula(_taylor2, needs_X=True, needs_y=True),
    "class_selectivity": CriterionFormula(_class_selectivity, True, True, needs_classes=True),
    "mutual_information": CriterionFormula(_mutual_information, True, True, needs_classes=True),
}


def _checked_names(criterion: Any) -> list[str]:
    names = [criterion] if isinstance(criterion, str) else criterion
    if not isinstance(names, list | tuple) or not names:
        raise ValueError(f"criterion={criterion!r} is neither a name nor a list of names.")
    for name in names:
        if not isinstance(name, str) or name not in CRITERIA:
            raise ValueError(f"criterion={name!r} is unknown; use some of {sorted(CRITERIA)}.")
    return list(names)


def _check_given(names: list[str], X: Any, y: Any, mlp: Any) -> None:
    """Raise ValueError for the first criterion that lacks something."""
    for name in names:
        criterion = CRITERIA[name]
        if criterion.needs_X and X is None:
            without = sorted(n for n, other in CRITERIA.items() if not other.needs_X)
            raise ValueError(
                f"X=None: criterion={name!r} looks at activations, so pass samples to compute "
                f"them from, for example the training data; without X there are {without}."
            )
        if criterion.needs_y and y is None:
            without = sorted(n for n, other in CRITERIA.items() if not other.needs_y)
            raise ValueError(
                f"y=None: criterion={name!r} needs the true targets; without y there are "
                f"{without}."
            )
        if criterion.needs_classes and (not is_classifier(mlp) or is_multilabel(mlp)):
            without = sorted(n for n, other in CRITERIA.items() if not other.needs_classes)
            raise ValueError(
                f"criterion={name!r} needs a classifier that gives a row one class, which the "
                f"estimator is not; for any network there are {without}."
            )


@overload
def neuron_criterion(
    estimator: Estimator,
    X: MatrixLike | None = None,
    y: ArrayLike | None = None,
    *,
    criterion: str = "taylor1",
    layers: Layers = None,
    sample_weight: ArrayLike | None = None,
    random_state: RandomState = None,
) -> FloatArray: ...
@overload
def neuron_criterion(
    estimator: Estimator,
    X: MatrixLike | None = None,
    y: ArrayLike | None = None,
    *,
    criterion: list[str] | tuple[str, ...],
    layers: Layers = None,
    sample_weight: ArrayLike | None = None,
    random_state: RandomState = None,
) -> NeuronCriteria: ...
def neuron_criterion(
    estimator: Estimator,
    X: MatrixLike | None = None,
    y: ArrayLike | None = None,
    *,
    criterion: str | list[str] | tuple[str, ...] = "taylor1",
    layers: Layers = None,
    sample_weight: ArrayLike | None = None,
    random_state: RandomState = None,
) -> FloatArray | NeuronCriteria:
    """Estimate the importance of each hidden neuron by a classic criterion, without removing it.

    A :term:`criterion` is an approximation or a rule of thumb. `neuron_ablation` measures what it
    estimates; `criterion_rank_correlation` compares the two. Larger is more important. Compare
    neurons of one layer rather than of several: no criterion adjusts to the sizes of layers.

    From the weights alone:

    - ``"l1_incoming"``, ``"l2_incoming"``: norm of the weights to the neuron, without its bias
      [1]_.
    - ``"l1_outgoing"``, ``"l2_outgoing"``: norm of the weights from it [2]_.
    - ``"l1_product"``, ``"l2_product"``: product of these two norms. Unlike each of them, it stays
      the same if the weights to a relu neuron are multiplied by a number and those from it are
      divided by it, which does not change what the network computes [3]_.
    - ``"random"``: uniform numbers in [0, 1), which any criterion should beat [14]_.

    From the activations ``a`` on ``X``:

    - ``"mean_activation"``: mean of ``|a|``; for relu and logistic, of ``a`` [4]_.
    - ``"activation_variance"``: variance of ``a`` [5]_.
    - ``"apoz"``: one minus the average percentage of zeros, the share of samples with ``a``
      exactly 0. Meant for relu: other activations are hardly ever 0 [6]_.
    - ``"entropy"``: entropy in nats of ``a`` in 10 bins of equal width between the neuron's
      extremes [7]_.
    - ``"obs"``: optimal brain surgeon [8]_, by layers [9]_ and for whole neurons. The neuron is
      removed, and the weights of the others and the bias are fitted again. What counts is half
      the squared error that this leaves in the next layer's input, before its activation
      function, summed over that layer's units and averaged over samples. It is
      ``|w_out|^2 / (2 [G^-1]_jj)``, where ``G`` is the mean of ``a a^T`` with a constant unit
      appended. For layers with redundant neurons, each variance is raised by 1e-8 of itself.

    From the activations and ``y``:

    - ``"taylor1"``: predicted change of the mean training loss, without penalties, when ``a`` is
      set to 0: mean of ``-g a``, with the loss's derivative ``g`` by ``a`` [10]_ [4]_. Unlike
      the later authors, who take absolute values or squares, it keeps its sign: negative where
      the loss would fall.
    - ``"taylor2"``: mean of ``-g a + h a^2 / 2`` [11]_ [12]_. ``h`` is the Gauss-Newton
      approximation of the second derivative: exact for relu and identity, and in the last hidden
      layer. Costs a pass back through the layers for each output.
    - ``"class_selectivity"``: the highest of the classes' mean activations minus the mean of the
      others, divided by the sum of both [13]_. The divisor has absolute values, so that negative
      activations (tanh, identity) give numbers from 0 to 1 as well. 0 for a neuron that is always
      0. Its authors found it a poor sign of importance.
    - ``"mutual_information"``: of ``a``, in 10 bins of equal frequency, and the class, in nats,
      as in the selection of features [15]_. There is no correction: with few samples it is too
      large for every neuron. With more than 10,000 samples, as many of them make the bins.

    Parameters
    ----------
    estimator : estimator
        A fitted `MLPClassifier` or `MLPRegressor` (ours or scikit-learn's), a Pipeline that ends
        in one, a FrozenEstimator around one, or a fitted `RottenNeuronPruner`. Not changed.
    X : {array-like, sparse matrix} of shape (n_samples, n_features), default=None
        Samples as the estimator takes them. They pass through the network in blocks, so memory
        does not grow with ``n_samples * n_neurons``. Ignored by criteria that need none.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
        True targets. Ignored by criteria that need none.
    criterion : str or list of str, default="taylor1"
        Names from above. The default is the cheapest one that, like ablation, has a sign. Several
        at once share their passes over the samples.
    layers : int or list of int, default=None
        Hidden layers to look at, counted from 0 (or from the end, negative); None means all.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the samples in every mean and frequency; 2 is like a sample given twice.
    random_state : int, RandomState instance or None, default=None
        Draws the numbers of ``"random"``.

    Returns
    -------
    importances : ndarray of shape (n_neurons,), or dict of such
        Importances in :term:`layer-major order`. For a list of criteria, a dict (a Bunch) from
        name to array, with a method ``to_frame()``.

    Raises
    ------
    TypeError
        If there is no multilayer perceptron in ``estimator``.
    NotFittedError
        If it is not fitted.
    ValueError
        If ``criterion`` or ``layers`` is unknown, a criterion needs ``X``, ``y`` or classes that
        are not there, or ``X``, ``y`` or ``sample_weight`` does not fit.

    See Also
    --------
    neuron_ablation : Measures what criteria estimate.
    criterion_rank_correlation : How much two criteria agree.

    References
    ----------
    .. [1] Li, Kadav, Durdanovic, Samet and Graf, "Pruning Filters for Efficient ConvNets", ICLR
       2017, arXiv:1608.08710.
    .. [2] He, Fan, Qian, Tan and Yu, "Reshaping Deep Neural Network for Fast Decoding by
       Node-Pruning", ICASSP 2014, doi:10.1109/ICASSP.2014.6853595.
    .. [3] Neyshabur, Salakhutdinov and Srebro, "Path-SGD: Path-Normalized Optimization in Deep
       Neural Networks", NIPS 2015, arXiv:1506.02617.
    .. [4] Molchanov, Tyree, Karras, Aila and Kautz, "Pruning Convolutional Neural Networks for
       Resource Efficient Inference", ICLR 2017, arXiv:1611.06440.
    .. [5] Polyak and Wolf, "Channel-Level Acceleration of Deep Face Representations", IEEE
       Access 3, 2015, doi:10.1109/ACCESS.2015.2494536.
    .. [6] Hu, Peng, Tai and Tang, "Network Trimming: A Data-Driven Neuron Pruning Approach
       towards Efficient Deep Architectures", 2016, arXiv:1607.03250.
    .. [7] Luo and Wu, "An Entropy-based Pruning Method for CNN Compression", 2017,
       arXiv:1706.05791.
    .. [8] Hassibi and Stork, "Second Order Derivatives for Network Pruning: Optimal Brain
       Surgeon", NIPS 1992.
    .. [9] Dong, Chen and Pan, "Learning to Prune Deep Neural Networks via Layer-wise Optimal
       Brain Surgeon", NIPS 2017, arXiv:1705.07565.
    .. [10] Mozer and Smolensky, "Skeletonization: A Technique for Trimming the Fat from a
       Network via Relevance Assessment", NIPS 1988.
    .. [11] LeCun, Denker and Solla, "Optimal Brain Damage", NIPS 1989.
    .. [12] Molchanov, Mallya, Tyree, Frosio and Kautz, "Importance Estimation for Neural Network
       Pruning", CVPR 2019, arXiv:1906.10771.
    .. [13] Morcos, Barrett, Rabinowitz and Botvinick, "On the importance of single directions
       for generalization", ICLR 2018, arXiv:1803.06959.
    .. [14] Mittal, Bhardwaj, Khapra and Ravindran, "Recovering from Random Pruning: On the
       Plasticity of Deep Convolutional Neural Networks", 2018, arXiv:1801.10447.
    .. [15] Battiti, "Using mutual information for selecting features in supervised neural net
       learning", IEEE Transactions on Neural Networks 5, 1994, doi:10.1109/72.298224.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.neural_network import MLPClassifier
    >>> from skneuron import neuron_criterion
    >>> X, y = load_digits(return_X_y=True)
    >>> mlp = MLPClassifier((30,), max_iter=600, random_state=0).fit(X / 16, y)
    >>> norms = abs(mlp.coefs_[0]).sum(axis=0)
    >>> bool(abs(neuron_criterion(mlp, criterion="l1_incoming") - norms).max() < 1e-9)
    True
    >>> several = neuron_criterion(mlp, X / 16, y, criterion=["apoz", "taylor2"])
    >>> several["taylor2"].shape, bool((several["apoz"] >= 0).all() and several["apoz"].max() <= 1)
    ((30,), True)
    """
    names = _checked_names(criterion)
    checked_random_state(random_state)
    mlp, transformers = unwrap(estimator)
    network = Network.from_mlp(mlp)
    chosen = checked_layers(network.hidden_layer_sizes, layers)
    _check_given(names, X, y, mlp)

    needed: dict[str, Any] = {}
    if any(CRITERIA[name].needs_X for name in names):
        X = rows_for(mlp, transformers, X)
        needed |= {"X": X, "sample_weight": checked_weight(sample_weight, X)}
    if any(CRITERIA[name].needs_y for name in names):
        true = checked_target(X, y)
        needed["targets"] = output_targets(mlp, true)
    if any(CRITERIA[name].needs_classes for name in names):
        needed |= {"codes": class_codes(true, mlp.classes_), "n_classes": len(mlp.classes_)}

    measured = Measurements(network, chosen, random_state, **needed)
    results = {name: np.concatenate(CRITERIA[name].compute(measured)) for name in names}
    if isinstance(criterion, str):
        return results[criterion]
    layer, index = flat_addresses(network.hidden_layer_sizes)
    here = np.isin(layer, chosen)
    return NeuronCriteria.of(results, layer[here], index[here])
