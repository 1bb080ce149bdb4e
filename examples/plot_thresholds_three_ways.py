"""
A threshold in three ways, and what each costs
==============================================

How many neurons should go? A grid search over the pruner's threshold trains a network for each
candidate and fold. `RottenNeuronPrunerCV` trains one for each fold. ``threshold="auto"`` trains
one.
"""

# %%
# On clean labels all three mostly keep every neuron. So 30 % of the training labels are made
# random here, and the network is large enough to learn them by heart. Test labels stay right.
# Expected accuracy, the mean probability of the right class, is a less noisy score than accuracy.
from time import perf_counter

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GridSearchCV, train_test_split

from skneuron import PrunableMLPClassifier, RottenNeuronPruner, RottenNeuronPrunerCV
from skneuron.metrics import expected_accuracy_scorer

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, stratify=y, random_state=0)
rng = np.random.default_rng(0)
is_wrong = rng.random(len(y_train)) < 0.3
noisy = np.where(is_wrong, rng.integers(10, size=len(y_train)), y_train)

network = PrunableMLPClassifier((100,), learning_rate_init=0.005, max_iter=1000, random_state=0)
options = {"scoring": "expected_accuracy", "replacement": "mean", "random_state": 0}
pruner = RottenNeuronPruner(network, estimate_gain=False, **options)
thresholds = [-0.01, -0.002, 0.0, 0.001, 0.002, 0.005]
searches = {
    "GridSearchCV": GridSearchCV(
        pruner, {"threshold": thresholds}, cv=3, scoring=expected_accuracy_scorer
    ),
    "RottenNeuronPrunerCV": RottenNeuronPrunerCV(pruner, thresholds=thresholds, cv=3),
    'threshold="auto"': RottenNeuronPruner(network, threshold="auto", **options),
}
_ = pruner.fit(X_train[:300], noisy[:300])  # the first call compiles; it is not timed

# %%
# Seconds to fit, the neurons that stay, and the accuracy on test samples, whose labels are right.
rows = {}
print(f"{'':22} {'seconds':>7} {'neurons':>7} {'accuracy':>8}")
for name, search in searches.items():
    start = perf_counter()
    search.fit(X_train, noisy)
    seconds = perf_counter() - start
    fitted = getattr(search, "best_estimator_", search)
    rows[name] = seconds, fitted.n_neurons_, accuracy_score(y_test, search.predict(X_test))
    print(f"{name:22} {seconds:7.2f} {fitted.n_neurons_:7} {rows[name][2]:8.3f}")
whole = fitted.baseline_estimator_  # the same one in all three: same seed, same training part
whole_accuracy = accuracy_score(y_test, whole.predict(X_test))
print(f"{'whole network':22} {'':7} {100:7} {whole_accuracy:8.3f}")

# %%
# The first two compare the same candidates by the same scores, and choose alike.
# ``threshold="auto"`` judges on fewer samples, and removes a neuron only if that gains more than
# a standard error.
figure, axes = plt.subplots(1, 3, figsize=(9.5, 2.6), sharey=True, layout="constrained")
for ax, values, title in zip(
    axes,
    zip(*rows.values(), strict=True),
    ("seconds to fit", "neurons that stay", "accuracy (dashed: whole)"),
    strict=True,
):
    bars = ax.barh(list(rows), values)
    ax.bar_label(bars, fmt="%.3g", padding=3)
    ax.set(title=title, xlim=(0, 1.25 * max(values)))
axes[2].axvline(whole_accuracy, color="0.3", linestyle="--")
axes[0].invert_yaxis()
plt.show()
