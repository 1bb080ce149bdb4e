"""
A threshold in three ways, and what each costs
==============================================

How many neurons should go? A grid search over the pruner's threshold trains a network for each
candidate and fold. `RottenNeuronPrunerCV` trains one for each fold. ``threshold="auto"`` trains
one.
"""

# %%
# The same digits, network and candidates for all.
from time import perf_counter

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, train_test_split

from skneuron import PrunableMLPClassifier, RottenNeuronPruner, RottenNeuronPrunerCV

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, stratify=y, random_state=0)
network = PrunableMLPClassifier((40,), max_iter=1500, random_state=0)
pruner = RottenNeuronPruner(network, estimate_gain=False, random_state=0)
thresholds = [-0.01, 0.0, 0.002, 0.005]
searches = {
    "GridSearchCV": GridSearchCV(pruner, {"threshold": thresholds}, cv=3),
    "RottenNeuronPrunerCV": RottenNeuronPrunerCV(pruner, thresholds=thresholds, cv=3),
    'threshold="auto"': RottenNeuronPruner(network, threshold="auto", random_state=0),
}
pruner.fit(X_train[:300], y_train[:300])  # the first call compiles; it is not timed

# %%
# Seconds to fit, and what each leaves of the network's 40 hidden neurons.
seconds, sizes = [], []
print(f"{'':22} {'seconds':>7} {'neurons':>7} {'accuracy on test samples':>25}")
for name, search in searches.items():
    start = perf_counter()
    search.fit(X_train, y_train)
    seconds.append(perf_counter() - start)
    fitted = getattr(search, "best_estimator_", search)
    sizes.append(fitted.n_neurons_)
    score = search.score(X_test, y_test)
    print(f"{name:22} {seconds[-1]:7.2f} {sizes[-1]:7} {score:25.3f}")

# %%
# The first two compare the same candidates by the same scores. On clean labels it is no surprise
# if little or nothing goes: the smaller network must be the better one here.
figure, ax = plt.subplots(figsize=(7, 2.4), layout="constrained")
bars = ax.barh(list(searches), seconds)
ax.bar_label(bars, [f"{size} neurons stay" for size in sizes], padding=4)
ax.set(xlabel="seconds to fit", xlim=(0, 1.35 * max(seconds)))
ax.invert_yaxis()
plt.show()
