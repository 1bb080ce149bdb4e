"""
Regression: neurons in points of R2
===================================

Nothing is special about regression: importances are the R2 that is lost without a neuron.
Friedman's first problem is drawn here, because then we know what the network should have learnt:
five of its ten features matter, and five are noise.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_friedman1
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneuron import PrunableMLPRegressor, neuron_ablation, neuron_pruning_path
from skneuron.plotting import NeuronAblationDisplay, PruningPathDisplay, VerdictDisplay

X, y = make_friedman1(n_samples=2400, n_features=10, noise=1.0, random_state=0)
X_train, X_rest, y_train, y_rest = train_test_split(X, y, test_size=0.5, random_state=0)
X_held_out, X_test, y_held_out, y_test = train_test_split(
    X_rest, y_rest, test_size=0.5, random_state=0
)
model = make_pipeline(
    StandardScaler(),
    PrunableMLPRegressor(hidden_layer_sizes=(40,), max_iter=2000, random_state=0),
).fit(X_train, y_train)
print(f"R2: training {model.score(X_train, y_train):.3f}, test {model.score(X_test, y_test):.3f}")

# %%
# Every neuron is removed in turn, on samples that the network has not seen. Verdicts say which
# effects are beyond chance: "auto" tests the squared errors, sample by sample.
ablation = neuron_ablation(model, X_held_out, y_held_out)
verdicts = ablation.verdicts()
counts = {
    name: int(np.sum(verdicts.verdict == name)) for name in ("rotten", "useful", "undecided")
}
print("verdicts:", counts)
print("tested:", verdicts.tested)

# %%
# One neuron after the other goes, by the held-out samples. The curve of new samples is the one to
# believe, since the path chose its neurons on the others. Two sets of samples may well begin at
# different R2; look at how far each curve falls.
path = neuron_pruning_path(
    model, X_held_out, y_held_out, replacement="linear", X_ref=X_train, n_neurons_to_select=2
)
for n_neurons in (40, 20, 10, 5):
    pruned = path.prune_to(n_neurons)
    print(f"{n_neurons:3} neurons: test R2 {pruned.score(X_test, y_test):.3f}")

# %%
# What the useful neurons look at: the mean size of their weights, by feature. The first five
# features make up the target, the other five are noise. The network did not learn to ignore the
# noise, only to listen to it less.
weights = np.abs(model[-1].coefs_[0])
useful = np.argsort(-ablation.importances)[:10]

figure, axes = plt.subplots(2, 2, figsize=(11, 7.5), layout="constrained")
NeuronAblationDisplay.from_ablation(ablation, score_name="R2", ax=axes[0, 0])
VerdictDisplay.from_ablation(ablation, ax=axes[0, 1])
PruningPathDisplay.from_path(
    path, X_test, y_test, name="held-out (chosen on)", score_name="R2", ax=axes[1, 0]
)
colours = ["C0"] * 5 + ["0.65"] * 5
axes[1, 1].bar(range(10), weights[:, useful].mean(axis=1), color=colours)
axes[1, 1].set_xticks(range(10), [f"x{i}" for i in range(10)])
axes[1, 1].set(title="weights to the ten most useful neurons", ylabel="mean |weight|")
axes[1, 1].set_xlabel("features (grey: noise)")
plt.show()
