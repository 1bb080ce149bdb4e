"""`NeuronPruningPath`: the order in which neurons were removed, and every network on the way."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from skneuron.inspection._ablation import NeuronAblation
from skneuron.inspection._pruning_path._compare import compared
from skneuron.inspection._pruning_path._comparison import PruningComparison
from skneuron.inspection._pruning_path._minimum_sizes import minimum_sizes
from skneuron.inspection._pruning_path._network_size import (
    NetworkShape,
    hidden_sizes,
    hidden_sizes_along,
)
from skneuron.inspection._pruning_path._networks_on_path import (
    network_after,
    pruned_copy,
    scores_along,
    support_after,
)
from skneuron.inspection._pruning_path._sizes_and_scores import SizesAndScores, is_optimal
from skneuron.inspection._pruning_path._state import Removal
from skneuron.inspection._pruning_path._wanted_size import size_of_path
from skneuron.inspection._scoring import check_one_scorer, evaluator_for
from skneuron.surgery import (
    Network,
    address_columns,
    check_refit,
    reference_rows,
    refit_rows,
    remove_neurons,
    split_by_layer,
    unwrap,
)
from skneuron.utils import (
    ArrayLike,
    Bunch,
    FloatArray,
    HtmlTableMixin,
    IntArray,
    MatrixLike,
    NDArray,
    Scoring,
    data_frame,
    in_series,
    is_real,
    single_blas_thread,
)

if TYPE_CHECKING:
    import pandas as pd


class NeuronPruningPath(HtmlTableMixin, Bunch):
    """The smaller and smaller networks that the removal of hidden neurons leaves, in turn.

    `neuron_pruning_path` returns such a :term:`path`, and a fitted `RottenNeuronPruner` has one as
    ``pruning_path_``. As in every Bunch, attributes can be read by key as well.

    The path keeps the whole network once, in ``estimator``, and what took the place of each
    removed neuron. From these, `prune_to` computes the network of any size on the path.

    Attributes
    ----------
    layer, index : ndarray of shape (n_removed,)
        Addresses of the removed neurons, the first removed first.
    order : ndarray of shape (n_removed,)
        Their positions among all hidden neurons, in :term:`layer-major order`.
    importances : ndarray of shape (n_removed,)
        :term:`Importance <importance>` of each, by ``criterion``, at the step that removed it.
        After exchanges of "swap": by how much the score falls when it is removed. With "obs":
        what its removal was predicted to cost, in nats.
    scores, n_neurons : ndarray of shape (n_steps + 1,)
        Score and number of hidden neurons: of the whole network, then after each step.
    n_parameters, bytes, n_multiplications : ndarray of shape (n_steps + 1,)
        Weights and biases of these networks, the bytes that they take, and the multiplications
        for a sample. These are properties, and cannot be read by key.
    full_importances : ndarray of shape (n_hidden,)
        Importances of all hidden neurons in the whole network, by ``criterion``; NaN for those
        that must not be removed.
    ablation : NeuronAblation
        Effect of removing each single neuron from the whole network.
    estimator : estimator
        The estimator with the whole network, as given to `neuron_pruning_path`, not a copy. If
        it is trained further, the path no longer holds.
    replacement : {"zero", "mean", "linear"}
        What took the place of removed neurons.

    See Also
    --------
    neuron_pruning_path : Computes it.
    skneuron.plotting.PruningPathDisplay : Draws it.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.neural_network import MLPClassifier
    >>> from skneuron import neuron_pruning_path
    >>> X, y = load_digits(return_X_y=True)
    >>> mlp = MLPClassifier((20,), early_stopping=True, random_state=0).fit(X[:900], y[:900])
    >>> path = neuron_pruning_path(mlp, X[900:], y[900:])
    >>> score = path.prune_to(12).score(X[900:], y[900:])
    >>> bool(abs(path.scores[path.n_neurons == 12][0] - score) < 1e-9)
    True
    """

    layer: IntArray
    index: IntArray
    order: IntArray
    importances: FloatArray
    scores: FloatArray
    n_neurons: IntArray
    full_importances: FloatArray
    ablation: NeuronAblation
    estimator: Any
    replacement: str
    # One neuron each.
    _removals: tuple[Removal, ...]
    # As they reach the network; None if the path keeps none.
    _X_ref: Any
    # The smallest network, without features, as long as this object lives: kept beside the Bunch's
    # items, of which alone copies and pickles are made.
    _last_network: Network | None = None

    @property
    def n_parameters(self) -> IntArray:
        """Weights and biases of the networks that have ``scores``."""
        return self._sizes_of_steps("n_parameters")

    @property
    def bytes(self) -> IntArray:
        """What the weights and biases of these networks take."""
        return self._sizes_of_steps("bytes")

    @property
    def n_multiplications(self) -> IntArray:
        """How many multiplications a sample takes in these networks: one for each weight."""
        return self._sizes_of_steps("n_multiplications")

    def _sizes_of_steps(self, name: str) -> IntArray:
        return self._sizes_one_by_one()[name][self.n_neurons[0] - self.n_neurons]

    def _sizes_one_by_one(self) -> dict[str, IntArray]:
        """Of the whole network, and after each removal, also where a step removed several."""
        mlp, _ = unwrap(self.estimator)
        self._check_is_whole(hidden_sizes(mlp))
        return NetworkShape.of(mlp).sizes(hidden_sizes_along(hidden_sizes(mlp), self.layer))

    def _check_is_whole(self, sizes: tuple[int, ...]) -> None:
        if sum(sizes) != self.n_neurons[0]:
            raise ValueError(
                f"estimator has {sum(sizes)} hidden neurons, but had {self.n_neurons[0]} when the "
                "path was made: make the path again."
            )

    def prune_to(
        self,
        n_neurons: int | float | Iterable[int] | None = None,
        X_ref: MatrixLike | None = None,
        *,
        max_parameters: int | None = None,
        max_bytes: int | None = None,
        refit: str | None = None,
        X_refit: MatrixLike | None = None,
    ) -> Any:
        """Return a smaller copy of the estimator, of a size on the path, without training.

        Parameters
        ----------
        n_neurons : int, float or list of int
            How many hidden neurons stay. An int is their number, a float their share of the whole
            network's. A list has a number for each hidden layer; the other neurons of the layer
            are removed in the order of the path.
        X_ref : array-like of shape (n_reference, n_features), default=None
            Reference samples, which a list needs with replacement "mean" or "linear". None means
            those that `neuron_pruning_path` was given; the path of a `RottenNeuronPruner` keeps
            none.
        max_parameters : int, default=None
            In place of ``n_neurons``: the largest network on the path that has no more weights
            and biases than this.
        max_bytes : int, default=None
            In place of ``n_neurons``: the largest network on the path whose weights and biases
            take no more bytes than this.
        refit : {"outputs", "behind", "span"}, default=None
            :term:`Repair <repair>` what is left, without labels; see `refit_pruned`. Use it where
            most neurons go.
        X_refit : array-like of shape (n_samples, n_features), default=None
            Samples for ``refit``, at least 20; None means ``X_ref``, or what stands for it.

        Returns
        -------
        pruned : estimator
            A smaller copy of the estimator. For a number or share, without ``refit``, it is the
            very network whose score the path tells. With ``strategy="swap"``, only the network at
            the end of the path has been optimised.

        Raises
        ------
        ValueError
            If the path has no network of this size, a list lacks its reference samples, several
            sizes are given, or ``refit`` is unknown or has too few samples or none.
        """
        mlp, transformers = unwrap(self.estimator)
        network = Network.from_mlp(mlp, finite=refit is not None)
        rows_refit = self._rows_to_refit(refit, X_refit, X_ref)
        sizes = network.hidden_layer_sizes
        size = size_of_path(self, n_neurons, max_parameters, max_bytes)
        self._check_is_whole(sizes)
        if size is not None:
            n_removed = sum(sizes) - size
            smaller, support = network_after(self, n_removed), support_after(self, n_removed)
            return pruned_copy(self.estimator, smaller, support, refit, rows_refit)
        removed = ~support_after(self, len(self.layer))
        counts, _ = minimum_sizes(n_neurons, sizes, removed, 0, name="n_neurons")
        first_removed = [
            self.order[self.layer == layer][: size - count]
            for layer, (size, count) in enumerate(zip(sizes, counts, strict=True))
        ]
        support = np.ones(sum(sizes), dtype=bool)
        support[np.concatenate(first_removed)] = False
        rows_ref = self._X_ref
        if X_ref is not None or rows_ref is None:
            rows_ref = reference_rows(mlp, transformers, self.replacement, X_ref, name="X_ref")
        masks = split_by_layer(support, sizes)
        smaller = remove_neurons(network, masks, self.replacement, rows_ref)
        return pruned_copy(self.estimator, smaller, support, refit, rows_refit)

    def _rows_to_refit(self, refit: str | None, X_refit: Any, X_ref: Any) -> Any:
        """Samples as they reach the network; None if there is no refit."""
        if refit is None or X_refit is not None or X_ref is not None or self._X_ref is None:
            return refit_rows(*unwrap(self.estimator), refit, X_refit, X_ref, name="X_ref")
        check_refit(refit)
        return self._X_ref

    def compare(
        self,
        X: MatrixLike,
        y: ArrayLike | None = None,
        n_neurons: int | float | Iterable[int] | None = None,
        *,
        scoring: Scoring = None,
        sample_weight: ArrayLike | None = None,
        **prune_to: Any,
    ) -> PruningComparison:
        """Compare a network on the path with the whole one on :term:`held-out` samples.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples that nothing was chosen on, as the estimator takes them.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Their true targets. Not needed for "fidelity" and "agreement".
        n_neurons : int, float or list of int, default=None
            The size, as `prune_to` takes it.
        scoring : str or callable, default=None
            As `neuron_pruning_path` takes it.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples in the score.
        **prune_to : dict
            What else `prune_to` takes: ``X_ref``, ``max_parameters``, ``max_bytes``, ``refit``
            and ``X_refit``.

        Returns
        -------
        comparison : PruningComparison
            Both scores, their difference with an interval, how many samples are fixed and broken,
            both sizes, and the time that ``predict`` takes. Printed, it says so in words.

        Raises
        ------
        ValueError
            As by `prune_to`, or if ``X``, ``y`` or ``scoring`` does not fit the network.
        """
        check_one_scorer(scoring, is_weighted=sample_weight is not None)
        pruned = self.prune_to(n_neurons, **prune_to)
        return compared(self.estimator, pruned, X, y, scoring=scoring, sample_weight=sample_weight)

    def n_removed_below(self, threshold: float) -> int:
        """Count the neurons that the same strategy would have removed with another threshold.

        Parameters
        ----------
        threshold : float
            Only neurons whose importance is below this may be removed. It must not be above the
            :term:`threshold` that the path was made with.

        Returns
        -------
        n_removed : int
            The number of neurons that were removed before the first one whose importance is not
            below the threshold. Not valid after exchanges of "swap", which depend on where a path
            ends.

        Raises
        ------
        ValueError
            If it is no number, or if a step of the path removed several neurons: the strategy
            could have removed some of them, and then have ranked the others again.
        """
        if not is_real(threshold):
            raise ValueError(f"threshold={threshold!r} is not a number.")
        if len(self.scores) != len(self.layer) + 1:
            raise ValueError(
                f"threshold={threshold!r}: {len(self.layer)} neurons were removed in "
                f"{len(self.scores) - 1} steps. Make the path with step=1."
            )
        stays = ~(self.importances < threshold)
        return int(np.argmax(stays)) if stays.any() else len(stays)

    def to_frame(self) -> "pd.DataFrame":
        """A table with one row for every removed neuron, in the order of removal.

        Returns
        -------
        frame : pandas.DataFrame
            Columns layer, index, name and importance of the neuron; then of the network without
            it: score, n_neurons, n_parameters, bytes and n_multiplications. If a step of the path
            removed several neurons, there is a score for the last of them only; the others have
            NaN.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        return data_frame(self._columns(), "NeuronPruningPath")

    def _columns(self) -> dict[str, NDArray[Any]]:
        scores = np.full(len(self.layer), np.nan)
        scores[self.n_neurons[0] - self.n_neurons[1:] - 1] = self.scores[1:]
        columns = address_columns(self.layer, self.index)
        sizes = {name: values[1:] for name, values in self._sizes_one_by_one().items()}
        return columns | {"importance": self.importances, "score": scores} | sizes

    def pareto(
        self,
        X: MatrixLike,
        y: ArrayLike | None = None,
        scoring: Scoring = None,
        *,
        sample_weight: ArrayLike | None = None,
        n_jobs: int | None = None,
    ) -> "SizesAndScores":
        """Score all networks on the path on other samples, to see which sizes are worth having.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples that nothing was chosen on, as the estimator takes them.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Their true targets.
        scoring : str or callable, default=None
            As `neuron_pruning_path` takes it.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples in all scores.
        n_jobs : int, default=None
            Workers of joblib for scorers that are not computed by the kernels.

        Returns
        -------
        pareto : SizesAndScores
            A Bunch of arrays, one entry for every network that the path has a score of:
            n_neurons, n_parameters, bytes, n_multiplications, score and is_optimal, which is
            True if no smaller network scores at least as high. Its method ``to_frame()`` returns
            a table.

        Raises
        ------
        ValueError
            If ``X``, ``y`` or ``scoring`` does not fit the network.
        """
        evaluate = evaluator_for(
            self.estimator, X, y, scoring=scoring, sample_weight=sample_weight, n_jobs=n_jobs
        )
        n_removed = self.n_neurons[0] - self.n_neurons
        sizes = {name: values[n_removed] for name, values in self._sizes_one_by_one().items()}
        with single_blas_thread():
            scores = in_series(lambda: scores_along(self, evaluate, n_removed.tolist()))
        return SizesAndScores(**sizes, score=scores, is_optimal=is_optimal(scores))

    def __repr__(self) -> str:
        return (
            f"NeuronPruningPath(n_neurons={self.n_neurons[0]} to {self.n_neurons[-1]}, "
            f"score={self.scores[0]:.4g} to {self.scores[-1]:.4g}, best={self.scores.max():.4g} "
            f"with {self.n_neurons[np.argmax(self.scores)]} neurons)"
        )
