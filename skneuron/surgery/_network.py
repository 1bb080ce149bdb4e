"""`Network`: the arrays of a fitted multilayer perceptron, read from and written to estimators."""

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.compose import TransformedTargetRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted, validate_data

from skneuron.kernels import (
    ACTIVATION_CODES,
    CHUNK_ROWS,
    layer_activations,
    sparse_first_inputs,
)
from skneuron.surgery._network_checks import check_finite, check_network, is_finite
from skneuron.utils import FloatArray, IntArray, naming, replace_parameters, run_kernel

# Samples that pass through the kernels at a time: enough to keep all cores busy, few enough that
# memory does not grow with their number.
BLOCK_ROWS = 32 * CHUNK_ROWS
# What a block's copies of features or of a layer's inputs may take.
BLOCK_BYTES = 32 * 2**20


def _kernel_dtype(*operands: Any) -> np.dtype[Any]:
    """float32 if NumPy computes with these arrays or dtypes in it, else float64."""
    dtype = np.result_type(np.float32, *operands)
    return dtype if dtype == np.float32 else np.dtype(np.float64)


@dataclass(frozen=True, eq=False)
class Network:
    """Weights and activation functions of a multilayer perceptron; never written to.

    Attributes
    ----------
    coefs : tuple of ndarray of shape (fan_in, fan_out)
        Weights from input to output, C order, all float32 or all float64; but see `for_rows`.
    intercepts : tuple of ndarray of shape (fan_out,)
    activation : {"identity", "logistic", "tanh", "relu"}
        Of the hidden layers.
    out_activation : {"identity", "logistic", "softmax", "exp"}
    """

    coefs: tuple[FloatArray, ...]
    intercepts: tuple[FloatArray, ...]
    activation: str
    out_activation: str

    @classmethod
    def from_mlp(cls, mlp: Any, *, finite: bool = True) -> "Network":
        """Read a fitted `MLPClassifier` or `MLPRegressor`.

        Raises
        ------
        TypeError, ValueError
            If its attributes do not fit together, or, with ``finite``, a weight or bias is NaN or
            infinite.
        """
        check_network(mlp)
        if finite:
            check_finite(mlp)
        dtype = _kernel_dtype(*mlp.coefs_, *mlp.intercepts_)
        return cls(
            coefs=tuple(np.ascontiguousarray(c, dtype=dtype) for c in mlp.coefs_),
            intercepts=tuple(np.ascontiguousarray(b, dtype=dtype) for b in mlp.intercepts_),
            activation=mlp.activation,
            out_activation=mlp.out_activation_,
        )

    @property
    def hidden_layer_sizes(self) -> tuple[int, ...]:
        return tuple(c.shape[1] for c in self.coefs[:-1])

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.coefs[-1].dtype

    @property
    def is_finite(self) -> bool:
        """Whether no weight or bias is NaN or infinite."""
        return all(map(is_finite, (*self.coefs, *self.intercepts)))

    def for_rows(self, X: Any) -> "Network":
        """The same network in the precision in which scikit-learn would compute on ``X``.

        At most float64, though: kernels are compiled for nothing wider. For sparse samples, the
        weights of the first layer stay in the precision that they have, which `first_inputs`
        takes as well: they may be most of the memory there is.
        """
        dtype = _kernel_dtype(X.dtype, self.dtype)
        # Samples without features are those whose first product is known.
        is_dense = not sparse.issparse(X) and X.shape[1] > 0
        if is_dense or len(self.coefs) == 1:
            return self.in_dtype(dtype)
        if dtype == self.dtype:
            return self
        return self.without_features().in_dtype(dtype).with_first_weights(self.coefs[0])

    def in_dtype(self, dtype: np.dtype[Any]) -> "Network":
        """The same network in another precision."""
        return replace(
            self,
            coefs=tuple(c.astype(dtype, copy=False) for c in self.coefs),
            intercepts=tuple(b.astype(dtype, copy=False) for b in self.intercepts),
        )

    def without_features(self) -> "Network":
        """The part that turns the inputs of the first hidden layer into outputs."""
        return replace(self, coefs=(self.coefs[0][:0], *self.coefs[1:]))

    def with_first_weights(self, weights: FloatArray, units: IntArray | None = None) -> "Network":
        """The network to which `without_features` has left none, with these.

        ``units`` says which of their columns are its own; they are copied if it has not all.
        """
        if units is not None and len(units) < weights.shape[1]:
            weights = np.take(weights, units, axis=1)
        return replace(self, coefs=(weights, *self.coefs[1:]))

    def later_layers(self, layer: int) -> "Network":
        """The part that turns the activations of hidden layer ``layer`` into outputs."""
        return replace(
            self, coefs=self.coefs[layer + 1 :], intercepts=self.intercepts[layer + 1 :]
        )

    def kernel_arguments(self) -> tuple[FloatArray, IntArray, int]:
        """``parameters, sizes, activation`` as `skneuron.kernels.forward` takes them."""
        pairs = zip(self.coefs, self.intercepts, strict=True)
        parameters = np.concatenate([part.ravel() for pair in pairs for part in pair])
        sizes = np.array([self.coefs[0].shape[0], *(c.shape[1] for c in self.coefs)])
        return parameters, sizes, ACTIVATION_CODES[self.activation]


def with_network(mlp: Any, network: Network) -> Any:
    """A shallow copy of ``mlp`` that computes as ``network`` does."""
    result = copy(mlp)
    replace_parameters(result, list(network.coefs), list(network.intercepts), copy_best=False)
    result.n_layers_ = len(network.coefs) + 1
    return result


def unwrap(estimator: Any) -> tuple[Any, list[Any]]:
    """Find the fitted network inside ``estimator``.

    Parameters
    ----------
    estimator : estimator
        A fitted `MLPClassifier` or `MLPRegressor` (ours or scikit-learn's), a Pipeline that ends
        in one, a FrozenEstimator around one, or a fitted `RottenNeuronPruner`; nested at will.

    Returns
    -------
    mlp : estimator
        The network itself.
    transformers : list of transformer
        What samples go through before they reach it, in this order.

    Raises
    ------
    TypeError
        If there is no multilayer perceptron in ``estimator``.
    NotFittedError
        If it is not fitted.
    """
    *wrappers, mlp = nested(estimator)
    check_is_fitted(mlp)
    pipelines = [w for w in wrappers if isinstance(w, Pipeline) and len(w.steps) > 1]
    heads = [_without_samplers(pipeline[:-1]) for pipeline in pipelines]
    return mlp, [head for head in heads if head.steps]


def _without_samplers(pipeline: Any) -> Any:
    """The steps that imbalanced-learn passes samples through when it predicts."""
    steps = [step for step in pipeline.steps if not hasattr(step[1], "fit_resample")]
    if len(steps) < len(pipeline.steps):
        pipeline.steps = steps
    return pipeline


# What holds a network where nobody looks for it -> what to pass.
_INSTEAD: dict[Any, str] = {
    (GridSearchCV, RandomizedSearchCV): "its best_estimator_",
    TransformedTargetRegressor: (
        "its regressor_, with targets that its transformer_ has transformed"
    ),
}


def _in_words(chain: list[Any]) -> str:
    """What an estimator is that holds no network, and what to pass in its place."""
    are_estimators = [hasattr(one, "get_params") and not isinstance(one, type) for one in chain]
    names = [
        type(one).__name__ if is_estimator else repr(one)
        for one, is_estimator in zip(chain, are_estimators, strict=True)
    ]
    instead = [what for kind, what in _INSTEAD.items() if isinstance(chain[-1], kind)]
    return ": pass ".join([" around ".join(names), *instead])


def nested(estimator: Any) -> list[Any]:
    """``estimator``, the one inside it, and so on; the last one is the multilayer perceptron."""
    chain = [estimator]
    while not isinstance(inner := chain[-1], MLPClassifier | MLPRegressor):
        if isinstance(inner, Pipeline):
            chain.append(inner.steps[-1][1])
        elif isinstance(inner, FrozenEstimator):
            chain.append(inner.estimator)
        elif hasattr(type(inner), "_pruned_estimator"):
            chain.append(inner._pruned_estimator)
        else:
            raise TypeError(
                "estimator must be a fitted MLPClassifier or MLPRegressor, a Pipeline that ends "
                "in one, a FrozenEstimator around one or a fitted RottenNeuronPruner; got "
                f"{_in_words(chain)}."
            )
    return chain


def rewrap(estimator: Any, mlp: Any) -> Any:
    """A shallow copy of ``estimator`` with ``mlp`` in the place of the one that `unwrap` finds."""
    if isinstance(estimator, MLPClassifier | MLPRegressor):
        return mlp
    result = copy(estimator)
    if isinstance(estimator, Pipeline):
        name, last = estimator.steps[-1]
        result.steps = [*estimator.steps[:-1], (name, rewrap(last, mlp))]
    elif isinstance(estimator, FrozenEstimator):
        result.estimator = rewrap(estimator.estimator, mlp)
    else:
        pruned = rewrap(estimator._pruned_estimator, mlp)
        setattr(result, estimator._fitted_attribute, pruned)
    return result


def rows_for(mlp: Any, transformers: list[Any], X: Any) -> Any:
    """``X`` as it reaches ``mlp``: transformed, and checked as ``mlp.predict`` would check it."""
    with naming("X"):
        for transformer in transformers:
            X = transformer.transform(X)
        return validate_data(mlp, X, accept_sparse="csr", reset=False)


def rows_per_block(row_bytes: int) -> int:
    """Number of rows of so many bytes that a block may have."""
    return max(1, min(BLOCK_ROWS, BLOCK_BYTES // row_bytes))


def row_blocks(X: Any, n_rows: int) -> Iterator[tuple[slice, Any]]:
    """Blocks of rows of ``X``, each with its place."""
    for start in range(0, X.shape[0], n_rows):
        rows = slice(start, min(X.shape[0], start + n_rows))
        yield rows, X[rows]


def as_block(X: Any, dtype: np.dtype[Any]) -> FloatArray:
    """Dense rows in the form that kernels are compiled for."""
    return np.require(X, dtype, ["C", "W"])


def _read_only(array: Any, dtype: Any) -> Any:
    """``array`` as the kernel is compiled for it, which takes what nobody may write to as well."""
    view = np.ascontiguousarray(array, dtype=dtype).view()
    view.flags.writeable = False
    return view


def first_inputs(network: Network, X: Any, out: FloatArray) -> None:
    """Write what the first hidden layer gets from sparse rows to ``out``, (rows, neurons).

    In the type of ``out``, whatever that of the network is.
    """
    W, b = network.coefs[0], network.intercepts[0]
    rows = zip((X.data, X.indices, X.indptr), (out.dtype, np.int32, np.int64), strict=True)
    run_kernel(
        sparse_first_inputs, *(_read_only(array, dtype) for array, dtype in rows),
        _read_only(W, W.dtype), _read_only(b, out.dtype), out,
        n_operations=2 * X.nnz * W.shape[1],
    )  # fmt: skip


def activation_blocks(network: Network, X: Any, layer: int) -> Iterator[tuple[slice, FloatArray]]:
    """Activations of hidden layer ``layer``, (n_samples, n_neurons), in blocks of samples.

    ``X`` has passed `rows_for`; the result has the dtype of ``network.for_rows(X)``.
    """
    is_sparse = sparse.issparse(X)
    dtype = _kernel_dtype(X.dtype, network.dtype)
    rest = network.without_features() if is_sparse else network
    parameters, sizes, code = rest.in_dtype(dtype).kernel_arguments()
    widest = max(network.hidden_layer_sizes[: layer + 1])
    row_bytes = dtype.itemsize * (widest if is_sparse else max(widest, X.shape[1]))
    for rows, block in row_blocks(X, rows_per_block(row_bytes)):
        out = np.empty((block.shape[0], network.hidden_layer_sizes[layer]), dtype)
        if is_sparse:
            below = np.empty((block.shape[0], network.hidden_layer_sizes[0]), dtype)
            first_inputs(network, block, below)
        else:
            below = as_block(block, dtype)
        run_kernel(
            layer_activations, below, parameters, sizes, code, layer, out,
            n_operations=2 * len(out) * len(parameters),
        )  # fmt: skip
        yield rows, out


def hidden_activations(network: Network, X: Any, layer: int) -> FloatArray:
    """Activations of hidden layer ``layer``, (n_samples, n_neurons), of all samples at once."""
    dtype = _kernel_dtype(X.dtype, network.dtype)
    out = np.empty((X.shape[0], network.hidden_layer_sizes[layer]), dtype)
    for rows, activations in activation_blocks(network, X, layer):
        out[rows] = activations
    return out
