"""The slowest, most obvious version of pruning paths; see `helpers.oracle`."""

from math import isclose

import numpy as np
from helpers.oracle import gone


def removable(net, neurons, removed, min_neurons_per_layer=1, n_neurons=0):
    """The candidates that are left, in layers that are still larger than the minimum."""
    left, least = list(net.sizes), min_neurons_per_layer
    for layer, _ in removed:
        left[layer] -= 1
    least = [least] * len(left) if isinstance(least, int) else least
    may_go = [n for n in neurons if n not in removed and left[n[0]] > least[n[0]]]
    return may_go if sum(left) > n_neurons else []


def removed_in_order(net, order, X_ref, linear, replaced=()):
    """``replaced`` once neurons have been removed one after the other."""
    for n in order:
        replaced = gone(net, [n], X_ref, replaced, linear)
    return replaced


def greedy_path(
    net, score, neurons, threshold, X_ref=None, linear=False, tol=np.inf, step=1, rotten=None,
    **minima,
):  # fmt: skip
    """Removed neurons in order, and scores; ``score(replaced)`` scores a network.

    Remove the first of the least important neurons, and rank again, while it is below threshold.
    With ``rotten(neurons, replaced)``, only those that it returns may go.
    """
    removed, replaced = [], {}
    scores = [score(replaced)]
    while True:
        left = [n for n in neurons if n not in removed]
        may_go = left if rotten is None else rotten(left, replaced)
        importances = {
            n: scores[-1] - score(gone(net, [n], X_ref, replaced, linear)) for n in left
        }
        chosen = []
        for n in sorted(may_go, key=importances.get):
            fits = n in removable(net, neurons, removed + chosen, **minima)
            if fits and importances[n] < threshold and len(chosen) < step:
                chosen.append(n)
        after = removed_in_order(net, chosen, X_ref, linear, replaced)
        if not chosen or scores[0] - score(after) > tol:
            return removed, scores
        removed, replaced = removed + chosen, after
        scores.append(score(replaced))


def one_shot_path(net, score, neurons, threshold, X_ref=None, linear=False, tol=np.inf, **minima):
    """Rank once; then remove all below threshold, the least important first."""
    removed, replaced = [], {}
    scores = [score(replaced)]
    importances = {n: scores[0] - score(gone(net, [n], X_ref, linear=linear)) for n in neurons}
    for n in sorted(neurons, key=importances.get):
        if importances[n] < threshold and n in removable(net, neurons, removed, **minima):
            replaced = gone(net, [n], X_ref, replaced, linear)
            if scores[0] - score(replaced) > tol:
                break
            removed.append(n)
            scores.append(score(replaced))
    return removed, scores


def swap_path(
    net, score, neurons, threshold, X_ref=None, linear=False, tol=np.inf, step=1, **minima
):
    """The greedy path, but try for every removed neuron whether another one had better go."""
    order, scores = greedy_path(net, score, neurons, threshold, X_ref, linear, tol, step, **minima)
    greedy, best = order, scores[-1]
    for _ in range(3):
        for n in order:
            others = sorted((o for o in order if o != n), key=lambda o: o[0])
            replaced = removed_in_order(net, others, X_ref, linear)
            may_go = removable(net, neurons, others, **minima)
            found = {o: score(gone(net, [o], X_ref, replaced, linear)) for o in may_go}
            winner = max(found, key=found.get)
            if found[winner] > best and not isclose(found[winner], best, rel_tol=1e-10):
                order, best = [*others, winner], found[winner]
    if order != greedy:
        parts = [order[:n_removed] for n_removed in range(len(order) + 1)]
        scores = [score(removed_in_order(net, part, X_ref, linear)) for part in parts]
    return order, scores
