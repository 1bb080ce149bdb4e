"""The neurons that a fitted pruner has left, and their activations as features."""

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import TransformerMixin
from sklearn.utils.validation import check_is_fitted

from skneuron.surgery import (
    Network,
    flat_addresses,
    hidden_activations,
    neuron_name,
    rows_for,
    unwrap,
)
from skneuron.utils import ArrayLike, MatrixLike, check_feature_names_in, naming


class NeuronSelectionMixin(TransformerMixin):
    """Neurons and features of ``estimator_``; for classes with ``_rows``, which checks ``X``."""

    estimator_: Any
    support_: np.ndarray
    ranking_: np.ndarray
    n_neurons_: int
    _full_sizes: tuple[int, ...]
    _rows: Callable[..., Any]

    def _record_removal(self, masks: list[np.ndarray]) -> None:
        """Be told that more neurons have been removed from ``estimator_``.

        Parameters
        ----------
        masks : list of ndarray of bool
            One for every hidden layer, False for neurons that have been removed now.
        """
        stays = np.zeros_like(self.support_)
        stays[self.support_] = np.concatenate(masks)
        # Those removed last come right after those that stay.
        later = np.where(self.support_, 2, self.ranking_ + 1)
        self.ranking_ = np.where(stays, 1, later)
        self.support_ = stays
        self.n_neurons_ = int(stays.sum())

    def get_support(self, indices: bool = False) -> np.ndarray:
        """Say which hidden neurons have not been removed, as a mask or as positions.

        Parameters
        ----------
        indices : bool, default=False
            Whether to return positions (int) instead of a mask (bool).

        Returns
        -------
        support : ndarray of shape (n_neurons,) or (`n_neurons_`,)
            Over all hidden layers of the whole network in :term:`layer-major order`.
        """
        check_is_fitted(self)
        return np.flatnonzero(self.support_) if indices else self.support_

    def transform(self, X: MatrixLike) -> np.ndarray:
        """Activations of the last hidden layer of the pruned network.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples, as the network, or the Pipeline that it is in, takes them.

        Returns
        -------
        activations : ndarray of shape (n_samples, n_neurons)
            The activations, in the dtype of ``X`` if that is float32 or float64, else float64.
        """
        check_is_fitted(self)
        return self._activations(X)

    def _activations(self, X: MatrixLike) -> np.ndarray:
        """What `transform` returns, before `set_output` makes a data frame of it."""
        mlp, transformers = unwrap(self.estimator_)
        X = self._rows(X)
        network = Network.from_mlp(mlp)
        last = len(network.hidden_layer_sizes) - 1
        activations = hidden_activations(network, rows_for(mlp, transformers, X), last)
        dtype = getattr(X, "dtype", None)
        return activations.astype(dtype, copy=False) if dtype == np.float32 else activations

    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> np.ndarray:
        """Names of the columns that `transform` returns.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Only checked against the features seen in `fit`.

        Returns
        -------
        names : ndarray of str objects
            One for each neuron of the last hidden layer that stayed: the name that it has in the
            whole network, such as "hidden0_neuron3".
        """
        check_is_fitted(self)
        with naming("input_features"):
            check_feature_names_in(self, input_features, generate_names=False)
        layer, index = flat_addresses(self._full_sizes)
        shown = self.support_ & (layer == layer[-1])
        names = [neuron_name(*address) for address in zip(layer[shown], index[shown], strict=True)]
        return np.array(names, dtype=object)


def ranking(order: np.ndarray, n_neurons: int) -> np.ndarray:
    """1 for the neurons that stayed, 2 for the one removed last, and so on."""
    result = np.ones(n_neurons, dtype=int)
    result[order] = np.arange(len(order) + 1, 1, -1)
    return result
