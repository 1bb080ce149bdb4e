"""
80 % of the neurons gone, repaired without a label
==================================================

Remove most neurons of a network, and it forgets most of what it knew. The whole network still
knows it: samples without labels are enough to bring the small one back. The three kinds of
repair, by how much is left.
"""

import matplotlib.pyplot as plt

from skneuron import PrunableMLPClassifier, neuron_pruning_path, refit_pruned
from skneuron.datasets import load_images

digits = load_images("digits")
mlp = PrunableMLPClassifier((100, 50), max_iter=500, random_state=0)
mlp.fit(digits.X_train, digits.y_train)
whole = mlp.score(digits.X_test, digits.y_test)

# %%
# ``strategy="obs"`` chooses neurons by what the outputs would miss, and looks at no labels
# either. ``y`` is there to score the networks on the way, and changes nothing here. The same
# share of both layers is removed.
shares = [0.5, 0.4, 0.3, 0.2, 0.15, 0.1, 0.06]
sizes = [(round(100 * share), round(50 * share)) for share in shares]
path = neuron_pruning_path(
    mlp,
    digits.X_train,
    digits.y_train,
    strategy="obs",
    replacement="linear",
    X_ref=digits.X_train,
    n_neurons_to_select=list(sizes[-1]),
    step=0.2,
)

# %%
# ``refit_pruned`` gets the small network, the whole one and samples: no labels. "outputs" changes
# the output layer, "behind" all layers but the first, "span" those and then the first one, whose
# neurons become mixtures of the whole network's.
REPAIRS = {None: "no repair", "outputs": '"outputs"', "behind": '"behind"', "span": '"span"'}
scores = {layers: [] for layers in REPAIRS}
for size in sizes:
    smaller = path.prune_to(size)
    for layers in REPAIRS:
        network = smaller
        if layers is not None:
            network = refit_pruned(smaller, mlp, digits.X_train, layers=layers, random_state=0)
        scores[layers].append(network.score(digits.X_test, digits.y_test))

print(f"test accuracy; the whole network has {whole:.3f}")
print("neurons left ", *(f"{a:>4}+{b:<3}" for a, b in sizes))
for layers, name in REPAIRS.items():
    print(f"{name:<13}", *(f"{score:8.3f}" for score in scores[layers]))

# %%
# With half of the neurons left, there is nothing to repair. The fewer are left, the more a repair
# brings, and the more layers it should change. It knows nothing of labels: what the
# whole network gets wrong, the small one learns to get wrong as well. With labels at hand, and
# time, training on is better still.
figure, ax = plt.subplots(figsize=(8, 4.6), layout="constrained")
removed = [100 - 100 * share for share in shares]
for (layers, name), marker in zip(REPAIRS.items(), "osD^", strict=True):
    colour = "0.5" if layers is None else None
    ax.plot(removed, scores[layers], marker=marker, color=colour, label=name)
ax.axhline(whole, color="black", linestyle="--", label="whole network")
ax.axvline(80, color="0.8", zorder=0)
ax.set(xlabel="neurons removed from both layers (%)", ylabel="test accuracy")
ax.set_xticks(removed, [f"{share:.0f}" for share in removed])
ax.set_title("digits, hidden layers of 100 and 50 neurons")
ax.legend(loc="lower left")
plt.show()
