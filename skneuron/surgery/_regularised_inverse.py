"""The inverse of a layer's covariance matrix, which dead and copied neurons make singular."""

import numpy as np
from scipy import linalg

from skneuron.utils import BoolArray, FloatArray, single_blas_thread

# Added to every neuron's own correlation, 1, so that neurons whose coefficients the data does not
# determine (dead ones, copies of others) get small ones: far above the rounding errors of float64,
# far below what is worth knowing about a neuron.
RIDGE = 1e-8


def is_varying(covariance: FloatArray) -> BoolArray:
    """True for neurons whose variance is more than the rounding error of the largest one.

    What is not is constant: it predicts nothing, and is predicted by its mean.
    """
    variances = np.diag(covariance)
    result: BoolArray = variances > variances.max(initial=0) * 1e-14
    return result


def regularised_inverse(covariance: FloatArray) -> FloatArray:
    """Inverse of a covariance matrix that may be singular.

    `RIDGE` is added to the diagonal of the matrix of correlations, so that the scale of single
    neurons does not matter.

    Parameters
    ----------
    covariance : ndarray of shape (n_neurons, n_neurons), float64
        Of the activations of one layer; symmetric.

    Returns
    -------
    inverse : ndarray of shape (n_neurons, n_neurons), float64
        Exactly symmetric. ``1 / diag(inverse)`` is the variance of each neuron that its
        least-squares prediction from the others does not explain. A neuron whose variance is 0,
        or no more than the rounding error of the largest one, counts as uncorrelated with all
        others and of variance 1.
    """
    variances, alive = np.diag(covariance), is_varying(covariance)
    spread = np.where(alive, np.sqrt(np.where(alive, variances, 1)), 1)
    correlation = np.where(np.outer(alive, alive), covariance / np.outer(spread, spread), 0)
    np.fill_diagonal(correlation, 1 + RIDGE)
    if not correlation.size:  # nothing that older versions of SciPy can invert
        return correlation
    with single_blas_thread():  # More of them round differently.
        inverse = linalg.inv(correlation, check_finite=False)
    symmetric: FloatArray = (inverse + inverse.T) / 2 / np.outer(spread, spread)
    return symmetric
