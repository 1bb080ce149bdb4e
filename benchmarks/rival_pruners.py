"""Published ways to prune without retraining, written again from their papers in NumPy.

They work on relu networks, given as one pair of weights (inputs x neurons) and biases a layer.

- `neuron_merging`: W. Kim, S. Kim, M. Park and G. Jeon, "Neuron Merging: Compensating for Pruned
  Neurons", NeurIPS 2020. No data: a pruned neuron is merged into the most similar one that stays.
  The case "fashion_mnist_sgd" of `bench_quality.py` holds it to the paper's figures: see there.
- `interpolative_decomposition`: J. Chee, M. Flynn, A. Damle and C. De Sa, "Model Preserving
  Compression for Neural Networks", NeurIPS 2022. A pivoted QR decomposition of the activations
  says which neurons stay, and how the others are combinations of them.
- `least_squares`: what weights must follow so that the next layer gets the pre-activations that it
  had, found layer by layer on the activations of the pruned network, as in Y. He, X. Zhang and
  J. Sun, "Channel Pruning for Accelerating Very Deep Neural Networks", ICCV 2017, and J.-H. Luo,
  J. Wu and W. Lin, "ThiNet", ICCV 2017. Which neurons stay is for the caller to say.

Of the last two no published figure is at hand that is about a network of `bench_quality.py`:
tests hold them to their definitions.
"""

from collections.abc import Sequence

import numpy as np
from scipy import linalg

Layers = list[tuple[np.ndarray, np.ndarray]]
# Of neuron merging: less similar neurons are not merged, but removed (the paper's for LeNet).
THRESHOLD = 0.45
# Of least squares: beside mean squares of the inputs, so that dead neurons make no trouble.
RIDGE = 1e-7


def _with_biases(W: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.vstack([W, b])


def largest(W: np.ndarray, b: np.ndarray, n_left: int) -> np.ndarray:
    """Positions of the neurons whose incoming weights and bias have the largest L1 norms."""
    norms = np.abs(_with_biases(W, b)).sum(axis=0)
    return np.sort(np.argsort(-norms, kind="stable")[:n_left])


def magnitude_masks(layers: Layers, sizes: Sequence[int]) -> list[np.ndarray]:
    """True for the neurons of every hidden layer that `largest` keeps."""
    masks = []
    for (W, b), n_left in zip(layers[:-1], sizes, strict=True):
        mask = np.zeros(len(b), dtype=bool)
        mask[largest(W, b, n_left)] = True
        masks.append(mask)
    return masks


def shares_of_merged(
    W: np.ndarray, b: np.ndarray, kept: np.ndarray, threshold: float = THRESHOLD
) -> np.ndarray:
    """How much of every neuron each of the ``kept`` ones stands for: (kept, neurons).

    For relu, a neuron with c > 0 times the weights and bias of another is c times as active.
    So each goes to that with the largest cosine, by the ratio of their lengths.
    """
    both = _with_biases(W, b).astype(np.float64)
    lengths = np.linalg.norm(both, axis=0)
    directions = both / np.where(lengths > 0, lengths, 1)
    cosines = directions[:, kept].T @ directions
    nearest = cosines.argmax(axis=0)
    neurons = np.arange(len(b))
    merged = cosines[nearest, neurons] >= threshold
    shares = np.zeros((len(kept), len(b)))
    shares[nearest[merged], neurons[merged]] = (
        lengths[merged] / np.where(lengths > 0, lengths, 1)[kept][nearest[merged]]
    )
    shares[:, kept] = np.eye(len(kept))
    return shares


def neuron_merging(layers: Layers, sizes: Sequence[int], threshold: float = THRESHOLD) -> Layers:
    """Keep the neurons of the largest L1 norms, and merge the others into them.

    Norms and cosines are of the weights that a layer had before anything was merged before it.
    """
    merged = []
    shares = np.eye(len(layers[0][0]))
    for (W, b), n_left in zip(layers[:-1], sizes, strict=True):
        kept = largest(W, b, n_left)
        merged.append(((shares @ W)[:, kept], b[kept]))
        shares = shares_of_merged(W, b, kept, threshold)
    W, b = layers[-1]
    return [*merged, (shares @ W, b)]


def interpolative_decomposition(layers: Layers, sizes: Sequence[int], X: np.ndarray) -> Layers:
    """Keep pivots of a QR decomposition of each layer's activations, first layer first."""
    smaller = []
    a, (W, b) = X, layers[0]
    for n_left, following in zip(sizes, layers[1:], strict=True):
        active = np.maximum(a @ W + b, 0)
        # The triangle of the activations has the pivots of the activations, and is small.
        triangle = np.linalg.qr(active.astype(np.float64), mode="r")
        R, pivots = linalg.qr(triangle, mode="r", pivoting=True)
        kept = pivots[:n_left]
        interpolation = np.empty((n_left, len(b)))
        interpolation[:, pivots] = np.linalg.lstsq(R[:n_left, :n_left], R[:n_left], rcond=None)[0]
        smaller.append((W[:, kept], b[kept]))
        a = active[:, kept]
        W, b = interpolation @ following[0], following[1]
    return [*smaller, (W, b)]


def regressed(a: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weights and biases by which ``a`` predicts ``target`` with the least squares."""
    mean, mean_target = (part.mean(axis=0, dtype=np.float64) for part in (a, target))
    a = a - mean
    gram = a.T @ a
    gram[np.diag_indices(len(gram))] += RIDGE * max(np.trace(gram) / len(gram), 1e-30)
    W = linalg.solve(gram, a.T @ (target - mean_target), assume_a="pos")
    return W, mean_target - mean @ W


def least_squares(layers: Layers, masks: Sequence[np.ndarray], X: np.ndarray) -> Layers:
    """Keep the neurons of ``masks``; later layers are fitted to what they got before."""
    (W, b), kept = layers[0], masks[0]
    dense = np.maximum(X @ W + b, 0)
    smaller = [(W[:, kept], b[kept])]
    a = dense[:, kept]
    # All outputs stay.
    for (W, b), kept in zip(layers[1:], [*masks[1:], slice(None)], strict=True):
        before = dense @ W + b
        dense = np.maximum(before, 0)
        smaller.append(regressed(a, before[:, kept]))
        a = np.maximum(a @ smaller[-1][0] + smaller[-1][1], 0)
    return smaller
