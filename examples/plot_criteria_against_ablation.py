"""
How well do cheap criteria rank the neurons?
============================================

Norms of weights, activations and derivatives are quick stand-ins for the real question: what is
lost without this neuron? Ablation measures that. Here are nine classic criteria and chance beside
it, by the order in which they put the neurons, and by what is left of a network that each of them
pruned.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.model_selection import train_test_split

from skneuron import (
    PrunableMLPClassifier,
    criterion_rank_correlation,
    neuron_ablation,
    neuron_criterion,
    neuron_pruning_path,
    prune_neurons,
)
from skneuron.datasets import load_images

digits = load_images("digits")
X_train, X_held_out, y_train, y_held_out = train_test_split(
    digits.X_train, digits.y_train, test_size=0.4, stratify=digits.y_train, random_state=0
)
mlp = PrunableMLPClassifier((60,), max_iter=500, random_state=0).fit(X_train, y_train)

# %%
# All criteria are computed at once, on the held-out samples that the ablation uses as well.
# Ablation gives two columns: the change of accuracy, and of the loss. Only few samples change
# sides when one neuron goes, so many neurons share a rank by accuracy; the loss sees finer
# differences.
criteria = [
    "taylor2",
    "taylor1",
    "obs",
    "mutual_information",
    "activation_variance",
    "mean_activation",
    "l2_outgoing",
    "l1_product",
    "class_selectivity",
    "random",
]
scores = dict(
    neuron_criterion(mlp, X_held_out, y_held_out, criterion=criteria, random_state=0).items()
)
ablation = neuron_ablation(mlp, X_held_out, y_held_out)
scores = {
    "ablation, loss": ablation.loss_importances,
    "ablation, accuracy": ablation.importances,
    **scores,
}
ranks = criterion_rank_correlation(scores)

# %%
# Now the test that counts: keep the 20 neurons that a criterion puts first, remove the other 40
# at once, and score what is left on new samples. "random" is the mean of 20 draws.
N_KEPT = 20


def score_of_the_first(importances):
    keep = np.zeros(len(importances), dtype=bool)
    keep[np.argsort(-importances, kind="stable")[:N_KEPT]] = True
    return prune_neurons(mlp, keep).score(digits.X_test, digits.y_test)


test_scores = {name: score_of_the_first(column) for name, column in scores.items()}
rng = np.random.RandomState(0)
test_scores["random"] = np.mean([score_of_the_first(rng.rand(60)) for _ in range(20)])

# %%
# All of these rank once. Neurons make up for each other, so a ranking is out of date as soon as
# the first neuron is gone: a greedy path ranks the others again after every removal.
path = neuron_pruning_path(mlp, X_held_out, y_held_out, n_neurons_to_select=N_KEPT)
test_scores["ablation, greedy"] = path.prune_to(N_KEPT).score(digits.X_test, digits.y_test)
whole = mlp.score(digits.X_test, digits.y_test)

# %%
# "taylor2" puts the neurons in nearly the same order as ablation by the loss, without removing
# any: if you want to know what each neuron does, it is a good stand-in. For removing two thirds
# of the network at once, neither is of use. Both look at one neuron while all others are there,
# and so do the other rankings. Which of these comes first changes with the network: try another
# ``random_state``. The greedy path, which costs the most, stays far ahead.
figure, (left, right) = plt.subplots(
    1, 2, figsize=(12, 5.2), width_ratios=[1.2, 1], layout="constrained"
)
image = left.imshow(ranks.correlations, cmap="RdBu", vmin=-1, vmax=1)
left.set_xticks(range(len(scores)), ranks.names, rotation=60, ha="right", rotation_mode="anchor")
left.set_yticks(range(len(scores)), ranks.names)
for (row, column), value in np.ndenumerate(ranks.correlations):
    colour = "white" if abs(value) > 0.6 else "black"
    left.text(column, row, f"{value:.1f}", ha="center", va="center", size=7, color=colour)
left.set_title("rank correlation (Spearman) of 60 neurons")
figure.colorbar(image, ax=left, shrink=0.7)

names = sorted(test_scores, key=test_scores.get)
colours = ["C0" if name.startswith("ablation") else "0.65" for name in names]
right.barh(names, [test_scores[name] for name in names], color=colours)
right.axvline(whole, color="black", linestyle="--", label="whole network")
for place, name in enumerate(names):
    text_place = test_scores[name] - 0.01
    right.text(text_place, place, f"{test_scores[name]:.3f}", ha="right", va="center", size=8)
right.set(xlim=(0, 1), xlabel="test accuracy", title=f"{N_KEPT} of 60 neurons kept")
right.legend(loc="lower right")
plt.show()
