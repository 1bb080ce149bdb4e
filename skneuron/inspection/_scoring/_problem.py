"""`AblationProblem`: what users pass to functions that remove neurons, checked and unwrapped."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from skneuron.inspection._scoring._evaluator import Evaluator, check_one_scorer, evaluator_for
from skneuron.surgery import (
    LayerReplacement,
    Network,
    flat_addresses,
    layer_replacements,
    reference_rows,
    selected_layers,
    unwrap,
)
from skneuron.utils import (
    ArrayLike,
    BoolArray,
    Estimator,
    Layers,
    MatrixLike,
    Scoring,
    SeveralScorings,
)


def checked_layers(sizes: tuple[int, ...], layers: Layers) -> list[int]:
    """The hidden layers that ``layers`` names, of a network with hidden layers of these sizes."""
    if not sizes:
        raise ValueError("estimator has no hidden layer (hidden_layer_sizes=()).")
    return selected_layers(layers, len(sizes))


def ablated_neurons(sizes: tuple[int, ...], layers: Layers) -> BoolArray:
    """The mask over all hidden neurons that is True for those in the layers that are named."""
    is_chosen = np.full(len(sizes), False)
    is_chosen[checked_layers(sizes, layers)] = True
    return np.repeat(is_chosen, sizes)


@dataclass(frozen=True, eq=False)
class AblationProblem:
    """A fitted network, the neurons to remove from it, and samples to score it on.

    Attributes
    ----------
    estimator : estimator
        Fitted, as the user gave it.
    mlp : estimator
        The multilayer perceptron inside it.
    network : Network
        Its weights.
    ablated : ndarray of shape (n_hidden,), bool
        True for the neurons of the selected layers, in layer-major order.
    replacement : str
        What takes a removed neuron's place.
    X_ref : {ndarray, sparse matrix} or None
        Reference samples of the replacement, as they reach the network; None if it needs none.
    evaluate : Evaluator
        Scores networks on the user's samples.
    """

    estimator: Any
    mlp: Any
    network: Network
    ablated: np.ndarray
    replacement: str
    X_ref: Any
    evaluate: Evaluator

    @classmethod
    def of(
        cls,
        estimator: Estimator,
        X: MatrixLike,
        y: ArrayLike | None,
        *,
        scoring: Scoring | SeveralScorings = None,
        sample_weight: ArrayLike | None = None,
        layers: Layers = None,
        replacement: str = "zero",
        X_ref: MatrixLike | None = None,
        n_jobs: int | None = None,
        several_scorers: bool = False,
        more_replacements: tuple[str, ...] = (),
        finite: bool = True,
    ) -> "AblationProblem":
        """Check what the user passed, and bring it into the form that sweeps need.

        Parameters
        ----------
        estimator, X, y, scoring, sample_weight, layers, replacement, X_ref, n_jobs
            As `neuron_ablation` takes them.
        several_scorers : bool, default=False
            Whether ``scoring`` may name several scorers.
        more_replacements : tuple of str, default=()
            Values of ``replacement`` that are allowed besides those that `prune_neurons` takes.
        finite : bool, default=True
            Whether weights that are NaN or infinite are an error. If not, the evaluator removes
            every neuron of such a network one by one.

        Raises
        ------
        TypeError, NotFittedError, ValueError
            As `neuron_ablation` does. What is wrong with ``scoring`` alone comes first, unless
            it may name several scorers; then with the estimator, ``layers``, ``replacement``,
            ``X_ref``, and last ``X`` and ``y``.
        """
        if not several_scorers:
            check_one_scorer(scoring, is_weighted=sample_weight is not None)
        mlp, transformers = unwrap(estimator)
        network = Network.from_mlp(mlp, finite=finite)
        ablated = ablated_neurons(network.hidden_layer_sizes, layers)
        rows_ref = reference_rows(
            mlp, transformers, replacement, X_ref, name="X_ref", more=more_replacements
        )
        evaluate = evaluator_for(
            estimator, X, y, scoring=scoring, sample_weight=sample_weight, n_jobs=n_jobs
        )
        evaluate = replace(evaluate, one_by_one=not finite and not network.is_finite)
        return cls(estimator, mlp, network, ablated, replacement, rows_ref, evaluate)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Sizes of the hidden layers."""
        return self.network.hidden_layer_sizes

    @property
    def classes(self) -> np.ndarray | None:
        """The labels that the network tells apart; None for regressors."""
        return getattr(self.mlp, "classes_", None)

    def addresses(self) -> tuple[np.ndarray, np.ndarray]:
        """Columns ``layer`` and ``index`` of the neurons to remove."""
        layer, index = flat_addresses(self.sizes)
        return layer[self.ablated], index[self.ablated]

    def layer_replacements(self) -> list[LayerReplacement]:
        """How the neurons of every hidden layer are replaced, if they alone are removed."""
        return layer_replacements(self.network, self.replacement, self.X_ref)
