"""
Prune a network at the end of a Pipeline
========================================

A table has columns of numbers and of text. A ColumnTransformer makes numbers of both, and a
`RottenNeuronPruner` trains a network on them and removes the neurons that do harm.
"""

# %%
# Customers, drawn at random. Whether one leaves depends on age, calls and plan, and on luck.
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skneuron import PrunableMLPClassifier, RottenNeuronPruner
from skneuron.plotting import NeuronAblationDisplay

rng = np.random.default_rng(0)
n = 3000
customers = pd.DataFrame(
    {
        "age": rng.integers(18, 80, n),
        "calls": rng.poisson(2, n),
        "plan": rng.choice(["basic", "family", "business"], n),
        "city": rng.choice(["Campinas", "Recife", "Santos"], n),
    }
)
risk = 0.8 * customers["calls"] - 0.05 * customers["age"] + 1.5 * (customers["plan"] == "basic")
leaves = (risk + rng.logistic(size=n) > 0).astype(int)
X_train, X_test, y_train, y_test = train_test_split(
    customers, leaves, stratify=leaves, random_state=0
)

# %%
# The pruner is the last step. It sets a fifth of the training samples aside, and removes neurons
# by what they do there.
encode = make_column_transformer(
    (StandardScaler(), ["age", "calls"]),
    (OneHotEncoder(sparse_output=False), ["plan", "city"]),
)
network = PrunableMLPClassifier((40,), max_iter=1000, random_state=0)
model = make_pipeline(encode, RottenNeuronPruner(network, random_state=0))
model.fit(X_train, y_train)
pruner = model[-1]
print(f"{pruner.n_neurons_} of {len(pruner.support_)} hidden neurons stay.")
print(f"cross-fitted gain: {pruner.gain_:+.4f}, of random removal: {pruner.null_gain_:+.4f}")

# %%
# Test samples have neither trained the network nor chosen a neuron. The whole network is kept
# for comparison. A cross-fitted gain that is not above 0 has warned: on clean labels, pruning
# makes a network smaller, hardly ever better.
encoded = model[:-1].transform(X_test)
print(pruner.compare(encoded, y_test))

# %%
# What each neuron was worth on the samples that chose.
_, ax = plt.subplots(figsize=(7, 3.2), layout="constrained")
NeuronAblationDisplay.from_ablation(pruner.ablation_, score_name="accuracy", ax=ax)
plt.show()
