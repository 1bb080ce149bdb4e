"""The slowest, most obvious float64 version of everything that skneuron computes.

Nothing here is clever and nothing comes from skneuron. A neuron is an address
``(layer, index)``; ``replaced = {address: value}`` says which neurons are gone, in the order of
their removal, and what their activations are set to during the forward pass: a constant, or a
function of the activations of the layer.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import xlogy


class Net(NamedTuple):
    """A multilayer perceptron; read from any fitted MLP of scikit-learn by `net_of`."""

    coefs: list
    intercepts: list
    activation: str
    out_activation: str

    @property
    def sizes(self):
        return [len(b) for b in self.intercepts[:-1]]

    @property
    def neurons(self):
        return [(layer, index) for layer, size in enumerate(self.sizes) for index in range(size)]


def net_of(mlp):
    return Net(
        [np.array(c, dtype=np.float64) for c in mlp.coefs_],
        [np.array(b, dtype=np.float64) for b in mlp.intercepts_],
        mlp.activation,
        mlp.out_activation_,
    )


# ---- forward pass --------------------------------------------------------------------------


def apply(name, z):
    if name == "identity":
        return z
    if name == "relu":
        return np.where(z > 0, z, 0.0)
    if name == "tanh":
        return np.tanh(z)
    if name == "logistic":
        return 1 / (1 + np.exp(-z))
    if name == "exp":
        return np.exp(z)
    if name == "softmax":
        e = np.exp(z - z.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)
    raise KeyError(name)


def hidden(net, X, layer, replaced=()):
    """Activations of one hidden layer; in longdouble if samples are."""
    a = np.asarray(X)
    a = a.astype(np.result_type(a, np.float64))
    for at in range(layer + 1):
        a = apply(net.activation, a @ net.coefs[at] + net.intercepts[at])
        # A neuron removed later has helped to predict those before it: its place is taken first.
        for neuron in reversed(list(replaced)):
            if neuron[0] == at:
                value = replaced[neuron]
                a[:, neuron[1]] = value(a) if callable(value) else value
    return a


def logits(net, X, replaced=()):
    n_hidden = len(net.sizes)
    below = hidden(net, X, n_hidden - 1, replaced) if n_hidden else np.asarray(X, np.float64)
    return below @ net.coefs[-1] + net.intercepts[-1]


def output(net, X, replaced=()):
    return apply(net.out_activation, logits(net, X, replaced))


def labels(net, X, classes, replaced=()):
    """Predicted class of every row of a single-label classifier."""
    predicted = []
    for row in logits(net, X, replaced):
        if len(classes) == 1:
            predicted.append(classes[0])
        elif len(row) == 1:  # binary
            predicted.append(classes[1] if row[0] > 0 else classes[0])
        else:
            predicted.append(classes[list(row).index(max(row))])
    return np.array(predicted)


# ---- removal -------------------------------------------------------------------------------


def prediction(A, kept, index, ridge=1e-8):
    """A function: column ``index`` of ``A``, by least squares from columns ``kept`` and 1.

    Columns count in units of their spread, and constant ones not at all. The coefficients are
    drawn to 0 a little, as by so many rows more, for columns that are collinear.
    """
    mean, spread = np.mean(A, axis=0), np.std(A, axis=0)
    spread = np.where(spread > 1e-7 * np.max(spread), spread, np.inf)

    def columns(a):
        return (a[:, kept] - mean[kept]) / spread[kept]

    rows = np.vstack([columns(A), np.sqrt(ridge * len(A)) * np.eye(len(kept))])
    wanted = np.concatenate([A[:, index] - mean[index], np.zeros(len(kept))])
    coefs = np.linalg.lstsq(rows, wanted, rcond=None)[0]
    return lambda a: mean[index] + columns(a) @ coefs


def gone(net, neurons, X_ref=None, replaced=(), linear=False):
    """``replaced`` once ``neurons`` are removed as well.

    By 0, by their means on ``X_ref``, or by their predictions there from neurons of their layer
    that stay. From front to back: reference activations are those in the network whose earlier
    layers are pruned already.
    """
    replaced = dict(replaced)
    for layer in range(len(net.sizes)):
        here = [neuron for neuron in neurons if neuron[0] == layer]
        if X_ref is None:
            replaced |= dict.fromkeys(here, 0.0)
            continue
        activations = hidden(net, X_ref, layer, replaced)
        stays = [n for n in net.neurons if n[0] == layer and n not in replaced and n not in here]
        kept = [index for _, index in stays]
        for neuron in here:
            if linear:
                replaced[neuron] = prediction(activations, kept, neuron[1])
            else:
                replaced[neuron] = np.mean(activations[:, neuron[1]])
    return replaced


# ---- ablation ------------------------------------------------------------------------------


def accuracy(y, predicted, weight):
    return sum(w for w, t, p in zip(weight, y, predicted, strict=True) if t == p) / sum(weight)


def recall(y, predicted, weight, label):
    of_class = sum(w for w, t in zip(weight, y, strict=True) if t == label)
    rows = zip(weight, y, predicted, strict=True)
    hits = sum(w for w, t, p in rows if t == label and p == label)
    return hits / of_class if of_class else np.nan


def confusion(y, predicted, weight, classes):
    matrix = np.zeros((len(classes), len(classes)))
    for w, true, label in zip(weight, y, predicted, strict=True):
        matrix[list(classes).index(true), list(classes).index(label)] += w
    return matrix


def row_losses(net, X, y, classes=None, replaced=()):
    """Loss of every row, as `sklearn.metrics` has it; ``classes`` only for classifiers."""
    out = output(net, X, replaced)
    if classes is None:
        y = np.reshape(y, out.shape)
        if net.out_activation == "exp":
            return np.mean(2 * (xlogy(y, y / out) - y + out), axis=1)
        return np.mean((y - out) ** 2, axis=1)
    eps = np.finfo(np.float64).eps
    if len(classes) == 1:
        return np.full(len(y), -np.log(1 - eps))
    p = np.clip(out, eps, 1 - eps)
    if net.out_activation == "softmax":
        columns = [list(classes).index(label) for label in y]
        return np.array([-np.log(row[c]) for row, c in zip(p, columns, strict=True)])
    # Not 1 - p, of which few digits are left where p is almost 1.
    against = np.clip(apply("logistic", -logits(net, X, replaced)), eps, 1 - eps)
    if np.ndim(y) == 1:  # two classes: of the second, or not
        y = (np.asarray(y) == classes[1])[:, None]
    return -np.sum(np.where(y, np.log(p), np.log(against)), axis=1)


def divergences(net, X, classes=None, replaced=()):
    """Kullback-Leibler divergence of every row, from the whole network to what is left of it.

    Summed over the outputs; of normal distributions with variance 1 where outputs are numbers.
    """
    if classes is not None and len(classes) == 1:
        return np.zeros(len(X))
    return divergences_of(net.out_activation, logits(net, X), logits(net, X, replaced))


def divergences_of(out_activation, old, new):
    """The same from the inputs of the output units."""
    if out_activation == "identity":
        return np.sum((old - new) ** 2, axis=1) / 2
    if out_activation == "exp":
        return np.sum(np.exp(new) - np.exp(old) + np.exp(old) * (old - new), axis=1)
    if out_activation == "softmax":
        old, new = (z - np.max(z, axis=1, keepdims=True) for z in (old, new))
        old, new = (z - np.log(np.sum(np.exp(z), axis=1, keepdims=True)) for z in (old, new))
        return np.sum(np.exp(old) * (old - new), axis=1)
    total = 0.0
    for sign in (1, -1):  # that a label is there, and that it is not
        log_old, log_new = (-np.logaddexp(0, -sign * z) for z in (old, new))
        total = total + np.exp(log_old) * (log_old - log_new)
    return np.sum(total, axis=1)


def fidelities(net, X, classes=None, weight=None, X_ref=None, linear=False, neurons=None):
    """Minus the weighted mean divergence without each neuron."""
    weight = np.ones(len(X)) if weight is None else np.asarray(weight)
    found = []
    for neuron in net.neurons if neurons is None else neurons:
        replaced = gone(net, [neuron], X_ref, linear=linear)
        rows = divergences(net, X, classes, replaced)
        found.append(-np.sum(weight * rows) / np.sum(weight))
    return np.array(found)


class LossChanges(NamedTuple):
    baseline: float
    means: list
    stds: list


def loss_changes(net, X, y, classes=None, weight=None, X_ref=None, linear=False, neurons=None):
    """Rise of the weighted mean loss without each neuron, and its spread from row to row.

    The spread over the root of the number of rows is the standard error of the mean.
    """
    weight = np.ones(len(X)) if weight is None else np.asarray(weight)
    before = row_losses(net, X, y, classes)
    means, stds = [], []
    for neuron in net.neurons if neurons is None else neurons:
        replaced = gone(net, [neuron], X_ref, linear=linear)
        changes = row_losses(net, X, y, classes, replaced) - before
        mean = np.sum(weight * changes) / np.sum(weight)
        standard_error = np.sqrt(np.sum(weight**2 * (changes - mean) ** 2)) / np.sum(weight)
        means.append(mean)
        stds.append(standard_error * np.sqrt(len(X)))
    return LossChanges(np.sum(weight * before) / np.sum(weight), means, stds)


class Ablation(NamedTuple):
    neurons: list
    baseline_score: float
    scores: list
    n_fixed: list
    n_broken: list
    class_importances: list
    confusion_matrix: np.ndarray
    confusion_matrices: list


def ablation(net, X, y, classes, weight=None, X_ref=None, neurons=None, linear=False):
    """Accuracy without each neuron of a single-label classifier, one forward pass a neuron."""
    weight = [1.0] * len(y) if weight is None else weight
    neurons = net.neurons if neurons is None else neurons
    before = labels(net, X, classes)
    scores, n_fixed, n_broken, class_importances, matrices = [], [], [], [], []
    for neuron in neurons:
        after = labels(net, X, classes, gone(net, [neuron], X_ref, linear=linear))
        scores.append(accuracy(y, after, weight))
        n_fixed.append(0)
        n_broken.append(0)
        for true, old, new in zip(y, before, after, strict=True):
            if old != true and new == true:
                n_fixed[-1] += 1
            if old == true and new != true:
                n_broken[-1] += 1
        class_importances.append(
            [recall(y, before, weight, c) - recall(y, after, weight, c) for c in classes]
        )
        matrices.append(confusion(y, after, weight, classes))
    baseline_score = accuracy(y, before, weight)
    matrix = confusion(y, before, weight, classes)
    return Ablation(
        neurons, baseline_score, scores, n_fixed, n_broken, class_importances, matrix, matrices
    )


# ---- training ------------------------------------------------------------------------------


def losses(net, y, p):
    """Loss of every row, as scikit-learn has it, of outputs ``p`` for targets ``y``."""
    eps = np.finfo(p.dtype).eps
    inside = np.clip(p, eps, 1 - eps)
    if net.out_activation == "identity":
        return 0.5 * np.mean((y - p) ** 2, axis=1)
    if net.out_activation == "softmax":
        return -np.sum(xlogy(y, inside), axis=1)
    if net.out_activation == "logistic":
        return -np.sum(xlogy(y, inside) + xlogy(1 - y, 1 - inside), axis=1)
    if net.out_activation == "exp":
        return np.sum(xlogy(y, y / p) - y + p, axis=1)
    raise KeyError(net.out_activation)


def slope(name, a):
    """The activation function's derivative where its value is ``a``."""
    slopes = {"relu": a > 0, "tanh": 1 - a**2, "logistic": a * (1 - a), "identity": 1.0}
    return slopes[name]


def loss_and_gradient(net, X, y, weight=None, alpha=0.0, masks=None):
    """Mean loss of a mini-batch, and its derivatives by all weights, then by all biases.

    ``masks`` are what dropout multiplies the activations of the hidden layers with. As in
    scikit-learn, the squared error's gradient is that of a sum over the outputs, although the
    loss is their mean.
    """
    weight = np.ones(len(X)) if weight is None else np.asarray(weight, dtype=np.float64)
    masks = [1.0] * len(net.sizes) if masks is None else masks
    net = net._replace(coefs=[W.astype(np.float64) for W in net.coefs])
    inputs, activations = [np.asarray(X, dtype=np.float64)], []
    for layer, mask in enumerate(masks):
        z = inputs[-1] @ net.coefs[layer] + net.intercepts[layer]
        activations.append(apply(net.activation, z))
        inputs.append(activations[-1] * mask)
    p = apply(net.out_activation, inputs[-1] @ net.coefs[-1] + net.intercepts[-1])
    penalty = sum(np.sum(W**2) for W in net.coefs) * alpha / 2
    loss = (np.sum(weight * losses(net, y, p)) + penalty) / np.sum(weight)

    delta = (p - y) * weight[:, None]
    by_weights, by_biases = [], []
    for layer in reversed(range(len(net.coefs))):
        W = net.coefs[layer]
        by_weights.insert(0, (inputs[layer].T @ delta + alpha * W) / np.sum(weight))
        by_biases.insert(0, np.sum(delta, axis=0) / np.sum(weight))
        if layer:
            a = activations[layer - 1]
            delta = (delta @ W.T) * masks[layer - 1] * slope(net.activation, a)
    return loss, by_weights + by_biases


def sgd(learning_rate, momentum, nesterov):
    """A function ``(parameter, gradient, memory, t) -> parameter`` that makes one update."""

    def step(p, g, memory, t):
        v = memory["v"] = momentum * memory.get("v", 0.0) - learning_rate * g
        return p + (momentum * v - learning_rate * g if nesterov else v)

    return step


def adam(learning_rate, beta_1, beta_2, epsilon):
    """As `sgd`; ``t`` counts the updates from 1."""

    def step(p, g, memory, t):
        m = memory["m"] = beta_1 * memory.get("m", 0.0) + (1 - beta_1) * g
        v = memory["v"] = beta_2 * memory.get("v", 0.0) + (1 - beta_2) * g**2
        rate = learning_rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t)
        return p - rate * m / (np.sqrt(v) + epsilon)

    return step


def trained(net, X, y, batches, step, weight=None, alpha=0.0):
    """The network after an update by each batch of row numbers, and the mean loss of the rows."""
    n_layers, total, memories = len(net.coefs), 0.0, [{} for _ in net.coefs + net.intercepts]
    for t, rows in enumerate(batches, start=1):
        of_rows = None if weight is None else weight[rows]
        loss, gradients = loss_and_gradient(net, X[rows], y[rows], of_rows, alpha)
        total += loss * len(rows)
        triples = zip(net.coefs + net.intercepts, gradients, memories, strict=True)
        parameters = [step(p, g, memory, t) for p, g, memory in triples]
        net = net._replace(coefs=parameters[:n_layers], intercepts=parameters[n_layers:])
    return net, total / sum(len(rows) for rows in batches)
