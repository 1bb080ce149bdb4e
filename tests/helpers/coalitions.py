"""Scores of all sets of neurons, as slow as it gets, and games to compare with them."""

import itertools
import math

import numpy as np
from helpers import oracle
from helpers.networks import (
    REGRESSIONS,
)
from sklearn import metrics

from skneuron.inspection._interactions._coalitions import (
    game_for,
)
from skneuron.inspection._scoring import AblationProblem


def labels(case, replaced):
    if case.y.ndim == 1:
        return oracle.labels(case.net, case.X, case.classes, replaced)
    return (oracle.output(case.net, case.X, replaced) > 0.5).astype(int)


def probabilities(case, replaced):
    p = oracle.output(case.net, case.X, replaced)
    return np.hstack([1 - p, p]) if p.shape[1] == 1 else p


def outputs(case, replaced):
    return oracle.output(case.net, case.X, replaced)


def mean_of_predictions(estimator, X, y):
    return float(np.mean(estimator.predict(X) * X[:, 0]))


# scoring -> what predicts, and the score of that
SCORES = {
    "accuracy": (labels, metrics.accuracy_score),
    "balanced_accuracy": (labels, metrics.balanced_accuracy_score),
    "f1_macro": (labels, lambda y, p, **w: metrics.f1_score(y, p, average="macro", **w)),
    "neg_log_loss": (probabilities, lambda y, p, **w: -metrics.log_loss(y, p, **w)),
    "roc_auc_ovr": (
        probabilities,
        lambda y, p, **w: metrics.roc_auc_score(y, p, multi_class="ovr", **w),
    ),
    "r2": (outputs, metrics.r2_score),
    "neg_mean_squared_error": (outputs, lambda *a, **w: -metrics.mean_squared_error(*a, **w)),
    "neg_mean_absolute_error": (outputs, lambda *a, **w: -metrics.mean_absolute_error(*a, **w)),
    "neg_mean_poisson_deviance": (
        outputs,
        lambda *a, **w: -metrics.mean_poisson_deviance(*a, **w),
    ),
    mean_of_predictions: (outputs, None),
}


class Brute:
    """Scores of coalitions, each by a forward pass of the oracle."""

    def __init__(self, case, scoring, *, replacement="zero", layers=None, weight=None):
        self.case = case
        self.layers = range(len(case.net.sizes)) if layers is None else layers
        self.players = [neuron for neuron in case.net.neurons if neuron[0] in self.layers]
        self.constants = dict.fromkeys(self.players, 0.0)
        if replacement == "mean":  # of the whole network
            for neuron in self.players:
                self.constants |= oracle.gone(case.net, [neuron], case.X_ref)
        self.predict, self.metric = SCORES[scoring]
        self.weights = {} if weight is None else {"sample_weight": weight}

    def score(self, gone):
        predicted = self.predict(self.case, {n: self.constants[n] for n in gone})
        if self.metric is None:
            return np.mean(predicted[:, 0] * self.case.X[:, 0])
        return self.metric(self.case.y, predicted, **self.weights)

    def path(self, permutation):
        order = [self.players[at] for at in permutation]
        return [self.score(order[:t]) for t in range(len(order) + 1)]

    def shapley_values(self):
        n, values = len(self.players), dict.fromkeys(self.players, 0.0)
        for size in range(n):
            share = 1 / (n * math.comb(n - 1, size))
            for gone in itertools.combinations(self.players, size):
                for neuron in set(self.players) - set(gone):
                    values[neuron] += share * (self.score(gone) - self.score([*gone, neuron]))
        return [values[neuron] for neuron in self.players]


def game_of(case, scoring=None, *, replacement="zero", layers=None, weight=None, n_jobs=None):
    return game_for(
        AblationProblem.of(
            case.mlp,
            case.X,
            case.y,
            scoring=scoring,
            sample_weight=weight,
            layers=layers,
            replacement=replacement,
            X_ref=case.X_ref,
            n_jobs=n_jobs,
        )
    )


def default_scoring(kind):
    return "r2" if kind in REGRESSIONS else "accuracy"
