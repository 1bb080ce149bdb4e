"""
Is the gain real?
=================

Neurons are chosen by their effect on a score, so the score on the samples that chose them rises
whatever the neurons do. ``gain_`` is cross-fitted instead: one half of the samples chooses, the
other half scores. Here test samples with clean labels say which of them to believe.
"""

# %%
# Digits twice: with clean labels, and with 40 % of the training labels drawn at random.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from skneuron import PrunableMLPClassifier, RottenNeuronPruner

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(
    X / 16, y, test_size=0.4, stratify=y, random_state=0
)
rng = np.random.default_rng(0)
y_wrong = np.where(rng.random(len(y_train)) < 0.4, rng.integers(0, 10, len(y_train)), y_train)

# %%
# The same pruner for both, five times each: a single training says little. ``null_gain_`` is the
# gain if as many neurons are removed at random.
names = ["on the samples that chose", "cross-fitted", "random removal", "on clean test samples"]
gains = {}
for labels, y_fit in [("clean labels", y_train), ("40 % drawn labels", y_wrong)]:
    gains[labels] = []
    for seed in range(5):
        network = PrunableMLPClassifier((60,), max_iter=5000, random_state=seed)
        pruner = RottenNeuronPruner(network, cv=0.4, random_state=seed).fit(X_train, y_fit)
        before = pruner.baseline_estimator_.score(X_test, y_test)
        after = pruner.estimator_.score(X_test, y_test)
        flattering = pruner.pruned_score_ - pruner.baseline_score_
        gains[labels].append([flattering, pruner.gain_, pruner.null_gain_, after - before])

# %%
# Means, with standard errors over the five trainings. The first bar flatters in both pictures.
# The cross-fitted gain does not, and errs on the careful side: only half as many samples chose,
# and wrong labels score where labels are wrong. With wrong labels, pruning is
# far better than random removal, and still no gain on clean test samples is beyond its error.
figure, axes = plt.subplots(1, 2, figsize=(9, 2.8), sharex=True, sharey=True, layout="constrained")
for ax, (labels, rows) in zip(axes, gains.items(), strict=True):
    points = 100 * np.array(rows)
    means, errors = points.mean(axis=0), points.std(axis=0, ddof=1) / np.sqrt(len(points))
    print(f"{labels}: change of accuracy, in points")
    for name, mean, error in zip(names, means, errors, strict=True):
        print(f"    {name:26} {mean:+6.2f} ± {error:.2f}")
    ax.barh(names, means, xerr=errors, color=["C1", "C0", "0.6", "C2"])
    ax.axvline(0, color="black", linewidth=0.8)
    ax.set(title=labels, xlabel="change of accuracy, in points")
axes[0].invert_yaxis()
plt.show()
