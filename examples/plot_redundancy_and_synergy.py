"""
Redundancy and synergy: why all rotten neurons together may be good ones
========================================================================

A neuron is rotten if the network is right more often without it, all others being there. Without
some others it may be needed. So removing all rotten neurons at once can do harm.
"""

# %%
# A small network for digits, and the effect of every pair of its neurons on held-out samples. It
# is one of twelve, picked because the harm is easy to see: with most, little happens.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from skneuron import (
    PrunableMLPClassifier,
    neuron_pruning_path,
    neuron_shapley,
    pairwise_ablation,
    prune_neurons,
)
from skneuron.plotting import PairwiseAblationDisplay, ShapleyDisplay

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(
    X / 16, y, test_size=0.5, stratify=y, random_state=0
)
mlp = PrunableMLPClassifier((40,), max_iter=1000, random_state=2).fit(X_train, y_train)
pairs = pairwise_ablation(mlp, X_test, y_test)
print(pairs)

# %%
# All neurons that are rotten by themselves, at once; and one after the other, where the rest is
# ranked again after every step and nothing goes that has become useful.
rotten = np.flatnonzero(pairs.importances < 0)
at_once = prune_neurons(mlp, [(0, i) for i in rotten])
path = neuron_pruning_path(mlp, X_test, y_test, threshold=0.0)
greedy = path.prune_to(40 - len(path.layer))
whole = mlp.score(X_test, y_test)
print(f"{'':24} {'neurons':>7} {'accuracy':>8}")
print(f"{'whole network':24} {40:7} {whole:8.3f}")
print(f"{'all rotten ones at once':24} {40 - len(rotten):7} {at_once.score(X_test, y_test):8.3f}")
print(f"{'one after the other':24} {40 - len(path.layer):7} {greedy.score(X_test, y_test):8.3f}")

# %%
# Blue pairs stand in for each other: losing both is worse than losing each by itself lets one
# expect. Yellow ones need each other, or cancel.
PairwiseAblationDisplay.from_pairs(pairs, score_name="accuracy")

# %%
# A Shapley value is what a neuron adds on average over all sets of the others. A neuron
# can be rotten in the whole network and still be worth something here.
shapley = neuron_shapley(mlp, X_test, y_test, max_permutations=64, random_state=0)
ShapleyDisplay.from_shapley(shapley, score_name="accuracy")
plt.show()
