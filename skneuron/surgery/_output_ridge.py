"""Least squares from the last hidden layer to the targets, pulled towards the weights there are.

Wrong labels blur targets, which squares take calmly: the outputs become estimates of what share of
the samples like this one has each label. Logistic losses gained less at every size that was tried.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import linalg

from skneuron.surgery._network import row_blocks, rows_per_block
from skneuron.utils import FloatArray, IntArray


class Moments(NamedTuple):
    """Weighted means and covariances of activations and targets, float64.

    Attributes
    ----------
    mean : ndarray of shape (n_neurons,)
    target_mean : ndarray of shape (n_outputs,)
    covariance : ndarray of shape (n_neurons, n_neurons)
    cross_covariance : ndarray of shape (n_neurons, n_outputs)
    """

    mean: FloatArray
    target_mean: FloatArray
    covariance: FloatArray
    cross_covariance: FloatArray

    @classmethod
    def of(
        cls, activations: FloatArray, targets: FloatArray, weights: FloatArray, rows: IntArray
    ) -> "Moments":
        """Of some rows, in blocks: activations may be float32 and many."""
        shares = weights[rows] / weights[rows].sum()
        target_mean = shares @ targets[rows]
        n_neurons = activations.shape[1]
        n_rows = rows_per_block(activations.itemsize * n_neurons)
        mean = np.zeros(n_neurons)
        for place, block in row_blocks(rows, n_rows):
            mean += shares[place] @ activations[block].astype(np.float64)
        covariance = np.zeros((n_neurons, n_neurons))
        cross_covariance = np.zeros((n_neurons, targets.shape[1]))
        for place, block in row_blocks(rows, n_rows):
            centred = activations[block] - mean
            weighted = centred.T * shares[place]
            covariance += weighted @ centred
            cross_covariance += weighted @ (targets[block] - target_mean)
        return cls(mean, target_mean, covariance, cross_covariance)


@dataclass(frozen=True, eq=False)
class OutputRidge:
    """The solutions for all penalties, from one eigendecomposition.

    Minimised is the mean squared distance of ``activations @ coef + intercept`` from the targets
    plus ``penalty * unit * ((coef - start) ** 2).sum()``: the unit is the mean variance of the
    neurons, so that penalties mean the same whatever their scale.

    Attributes
    ----------
    moments : Moments
    start : ndarray of shape (n_neurons, n_outputs)
        The weights there are, times what makes them fit the targets best.
    eigenvalues, eigenvectors : ndarray
        Of the covariance matrix.
    slopes : ndarray of shape (n_neurons, n_outputs)
        Of the squares at the start, by eigenvector.
    unit : float
    """

    moments: Moments
    start: FloatArray
    eigenvalues: FloatArray
    eigenvectors: FloatArray
    slopes: FloatArray
    unit: float

    @classmethod
    def of(cls, moments: Moments, coef: FloatArray, *, one_scale: bool) -> "OutputRidge":
        """Pulled towards ``coef``, of which outputs are scaled by one number or each by its own.

        ``one_scale`` is for softmax, which looks at differences of outputs only.
        """
        start = coef - coef.mean(axis=1, keepdims=True) if one_scale else coef
        axis = None if one_scale else 0
        variances = (start * (moments.covariance @ start)).sum(axis=axis)
        covariances = (start * moments.cross_covariance).sum(axis=axis)
        # Outputs that run against the targets are no start, and constant ones have no scale.
        usable = (variances > 0) & (covariances > 0)
        start = start * np.where(usable, covariances / np.where(usable, variances, 1.0), 0.0)
        eigenvalues, eigenvectors = linalg.eigh(moments.covariance)
        eigenvalues = np.maximum(eigenvalues, 0.0)
        slopes = eigenvectors.T @ (moments.cross_covariance - moments.covariance @ start)
        return cls(moments, start, eigenvalues, eigenvectors, slopes, eigenvalues.mean() or 1.0)

    def solution(self, penalty: float) -> tuple[FloatArray, FloatArray]:
        """Weights and intercepts for a penalty."""
        shrunk = self.slopes / (self.eigenvalues + penalty * self.unit)[:, None]
        coef = self.start + self.eigenvectors @ shrunk
        return coef, self.moments.target_mean - self.moments.mean @ coef
