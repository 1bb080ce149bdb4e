"""
What a neuron sees
==================

The weights from the inputs to a neuron of the first hidden layer say what it responds to. Of
images they are images; of a table they are bars with the names of its features.
"""

# %%
# Digits: the three least and the three most useful neurons, on held-out samples. Weight decay
# (``alpha``) is strong here, so that neurons which the network does not need see nothing.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneuron import PrunableMLPClassifier, neuron_ablation
from skneuron.plotting import ReceptiveFieldDisplay

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, stratify=y, random_state=0)
mlp = PrunableMLPClassifier((30,), max_iter=500, alpha=1.0, random_state=0).fit(X_train, y_train)
ablation = neuron_ablation(mlp, X_test, y_test)
order = np.argsort(ablation.importances, kind="stable")
shown = [*order[:3], *order[-3:]]
titles = [f"neuron{i}\n{100 * ablation.importances[i]:+.1f} points" for i in shown]
ReceptiveFieldDisplay.from_estimator(
    mlp, [(0, i) for i in shown], image_shape=(8, 8), titles=titles, n_cols=3
)

# %%
# A table: names come from the data frame, through the Pipeline. Weights can be compared because
# the features have been brought to one scale.
X, y = load_breast_cancer(return_X_y=True, as_frame=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
network = PrunableMLPClassifier((20,), max_iter=1000, alpha=1.0, random_state=0)
model = make_pipeline(StandardScaler(), network).fit(X_train, y_train)
ablation = neuron_ablation(model, X_test, y_test, scoring="neg_log_loss")
most_useful = np.argsort(-ablation.importances, kind="stable")[:2]
ReceptiveFieldDisplay.from_estimator(model, [(0, i) for i in most_useful], n_features=8)
plt.show()
