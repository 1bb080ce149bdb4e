"""`NeuronPruningPath`: the order in which neurons were removed, and every network on the way."""

from collections.abc import Iterable
from copy import deepcopy
from typing import Any

import numpy as np

from skneuron.inspection._ablation import NeuronAblation
from skneuron.inspection._pruning_path._minimum_sizes import minimum_sizes
from skneuron.inspection._pruning_path._state import Removal, after_removals
from skneuron.inspection._scoring import Evaluator, score_of
from skneuron.surgery import (
    Network,
    record_removal,
    reference_rows,
    remove_neurons,
    replace_network,
    split_by_layer,
    unwrap,
)
from skneuron.utils import (
    BoolArray,
    Bunch,
    FloatArray,
    IntArray,
    MatrixLike,
    checked_int,
    data_frame,
    is_int,
    is_real,
)


class NeuronPruningPath(Bunch):
    """The networks that a fitted network becomes while its hidden neurons are removed in turn.

    `neuron_pruning_path` returns it, and a fitted `RottenNeuronPruner` has it as
    ``pruning_path_``. As in every Bunch, the attributes can be read by key as well.

    The whole network is kept once, in ``estimator``, and of every removal what took the removed
    neuron's place. `prune_to` computes the smaller networks from these.

    Attributes
    ----------
    layer, index : ndarray of shape (n_removed,)
        Addresses of the removed neurons, first removed first.
    order : ndarray of shape (n_removed,)
        Their positions among all hidden neurons, in layer-major order.
    importances : ndarray of shape (n_removed,)
        Importance of each, by ``criterion``, at the step that removed it; after exchanges of
        "swap", by how much the score falls when it is removed.
    scores, n_neurons : ndarray of shape (n_steps + 1,)
        Score and number of hidden neurons: of the whole network, then after each step.
    full_importances : ndarray of shape (n_hidden,)
        Importances of all hidden neurons in the whole network, by ``criterion``; NaN for those
        that must not be removed.
    ablation : NeuronAblation
        Effects of removing each neuron, and it alone, from the whole network.
    estimator : estimator
        With the whole network. It is what `neuron_pruning_path` was given, not a copy: once it
        is trained further, the path no longer holds.
    replacement : {"zero", "mean", "linear"}
        What took the place of removed neurons.
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

    def prune_to(
        self, n_neurons: int | float | Iterable[int], X_ref: MatrixLike | None = None
    ) -> Any:
        """The estimator with so many hidden neurons, without training.

        Parameters
        ----------
        n_neurons : int, float or list of int
            The number of hidden neurons that stay; or their share of those of the whole network;
            or the number that stays in every hidden layer, of which the others are removed in
            the order of the path.
        X_ref : array-like of shape (n_reference, n_features), default=None
            Reference data for "mean" and "linear", which a list needs. None means those that
            `neuron_pruning_path` was given; the path of a `RottenNeuronPruner` keeps none.

        Returns
        -------
        pruned : estimator
            A smaller copy of the estimator. For a number or share it is the very network whose
            score the path tells; with ``strategy="swap"``, only the network at the end of the
            path has been optimised.

        Raises
        ------
        ValueError
            If the path has no network of this size, or a list lacks its reference data.
        """
        mlp, transformers = unwrap(self.estimator)
        network = Network.from_mlp(mlp, finite=False)
        sizes, size = network.hidden_layer_sizes, _size_of_path(self, n_neurons)
        if sum(sizes) != self.n_neurons[0]:
            raise ValueError(
                f"estimator has {sum(sizes)} hidden neurons, but had {self.n_neurons[0]} when the "
                "path was made: make the path again."
            )
        if size is not None:
            n_removed = sum(sizes) - size
            smaller, support = network_after(self, n_removed), support_after(self, n_removed)
            return pruned_copy(self.estimator, smaller, support)
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
        return pruned_copy(self.estimator, smaller, support)

    def n_removed_below(self, threshold: float) -> int:
        """The number of neurons that the same strategy would have removed with a threshold.

        Parameters
        ----------
        threshold : float
            Only neurons whose importance is below this may be removed. Not above the threshold
            that the path was made with.

        Returns
        -------
        n_removed : int
            The number of neurons that were removed before the first one whose importance is not
            below the threshold. Not for exchanges of "swap", which depend on where a path ends.

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

    def to_frame(self):
        """One row for every removed neuron, in the order of removal.

        Returns
        -------
        frame : pandas.DataFrame
            Columns layer, index and importance.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        columns = {"layer": self.layer, "index": self.index, "importance": self.importances}
        return data_frame(columns, "NeuronPruningPath")

    def __repr__(self) -> str:
        return (
            f"NeuronPruningPath(n_neurons={self.n_neurons[0]} to {self.n_neurons[-1]}, "
            f"score={self.scores[0]:.4g} to {self.scores[-1]:.4g}, best={self.scores.max():.4g} "
            f"with {self.n_neurons[np.argmax(self.scores)]} neurons)"
        )


def _size_of_path(path: NeuronPruningPath, n_neurons: Any) -> int | None:
    """The number of neurons of a network on the path; None if ``n_neurons`` is no number.

    Raises
    ------
    ValueError
        If it is None, or the path has no such network.
    """
    largest = int(path.n_neurons[0])
    smallest = largest - len(path.layer)
    if is_int(n_neurons):
        why = "the sizes of the networks on the path"
        return checked_int("n_neurons", n_neurons, smallest, largest, why=why)
    if is_real(n_neurons):
        if not 0 < n_neurons <= 1:
            raise ValueError(f"n_neurons={n_neurons!r} is not above 0 and up to 1.")
        return max(int(n_neurons * largest), smallest)
    if n_neurons is None:  # Which is no limit at all in `minimum_sizes`.
        raise ValueError("n_neurons=None is not an int, a fraction or a list of ints.")
    return None


def support_after(path: NeuronPruningPath, n_removed: int) -> BoolArray:
    """True for the neurons that are left when the first ``n_removed`` have been removed."""
    support = np.ones(path.n_neurons[0], dtype=bool)
    support[path.order[:n_removed]] = False
    return support


def network_after(path: NeuronPruningPath, n_removed: int) -> Network:
    """The network that is left when the first ``n_removed`` neurons have been removed."""
    full = Network.from_mlp(unwrap(path.estimator)[0], finite=False)
    last = path._last_network if n_removed == len(path.layer) else None
    return after_removals(full, path._removals[:n_removed], last)


def scores_along(
    path: NeuronPruningPath, evaluate: Evaluator, n_removed: Iterable[int] | None = None
) -> np.ndarray:
    """Scores of networks on a path, on samples that need not be those it was chosen on.

    Parameters
    ----------
    path : NeuronPruningPath
    evaluate : Evaluator
    n_removed : iterable of int, default=None
        Which networks, by the number of neurons that have been removed from them; None means
        all, one by one, also where the path removed several in a step.
    """
    wanted = list(range(len(path.layer) + 1) if n_removed is None else n_removed)
    network = Network.from_mlp(unwrap(path.estimator)[0], finite=False)
    evaluate = evaluate.for_path(network)
    if evaluate.knows_first_layer:
        network = network.without_features()
    scores: dict[int, float] = {}
    for n in range(max(wanted) + 1):
        if n:
            removal = path._removals[n - 1]
            network = removal.applied_to(network)
            if removal.layer == 0:
                evaluate = evaluate.without_in_first_layer(~removal.keep)
        if n in wanted:
            scores[n] = score_of(evaluate, network)
    return np.array([scores[n] for n in wanted])


def pruned_copy(estimator: Any, network: Network, support: np.ndarray) -> Any:
    """A copy of an estimator that has lost neurons, and computes as ``network`` does.

    ``support`` is True for those of its neurons that stay.
    """
    pruned = deepcopy(estimator)
    mlp, _ = unwrap(pruned)
    masks = split_by_layer(support, Network.from_mlp(mlp, finite=False).hidden_layer_sizes)
    replace_network(mlp, network, masks)
    record_removal(pruned, masks)
    return pruned
