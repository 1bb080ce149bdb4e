"""
Which neurons of a digit recogniser help, and which do harm?
============================================================

Train a network, remove each hidden neuron in turn on images that it has not seen, and draw the
effect of every neuron and the input patterns of the extreme ones.

    python examples/plot_neuron_ablation.py [--data mnist] [--save FILE.png] [--quick]
"""

import argparse
import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from skneuron import PrunableMLPClassifier, neuron_ablation
from skneuron.datasets import load_images
from skneuron.plotting import NeuronAblationDisplay, ReceptiveFieldDisplay

parser = argparse.ArgumentParser(description="Which neurons help, and which do harm?")
parser.add_argument("--data", default="digits", help="digits, mnist, fashion_mnist or svhn")
parser.add_argument("--data-home", help="scikit-learn's data folder")
parser.add_argument("--save", help="file for the picture; without it, a window opens")
parser.add_argument("--quick", action="store_true", help="train for a few epochs only")
arguments = parser.parse_args()

# %%
# Neurons are removed on images that the network was not trained on.
images = load_images(arguments.data, data_home=arguments.data_home)
X_train, X_validation, y_train, y_validation = train_test_split(
    images.X_train, images.y_train, test_size=1 / 6, stratify=images.y_train, random_state=0
)
n_epochs = 10 if arguments.quick else 200 if len(X_train) < 5_000 else 20
mlp = PrunableMLPClassifier((100,), max_iter=n_epochs, random_state=0)
with warnings.catch_warnings():
    warnings.simplefilter("ignore", ConvergenceWarning)
    mlp.fit(X_train, y_train)

# %%
# One call removes every neuron in turn. A negative importance means that the network is right
# more often without the neuron.
ablation = neuron_ablation(mlp, X_validation, y_validation)
print(ablation)

# %%
# The effects of all neurons, and what the most rotten and the most useful ones look for.
order = np.argsort(ablation.importances, kind="stable")
shown = np.concatenate([order[:5], order[-5:]])
figure = plt.figure(figsize=(9, 4.6), layout="constrained")
above, below = figure.subfigures(2, 1, height_ratios=[1.3, 1])
NeuronAblationDisplay.from_ablation(ablation, score_name="accuracy", ax=above.subplots())
ReceptiveFieldDisplay.from_estimator(
    mlp,
    [(ablation.layer[i], ablation.index[i]) for i in shown],
    image_shape=images.image_shape,
    titles=[f"neuron{ablation.index[i]}\n{100 * ablation.importances[i]:+.2f}" for i in shown],
    ax=list(below.subplots(1, len(shown))),
)
below.suptitle(
    "weights from the pixels: the five most rotten and the five most useful neurons\n"
    "(points of accuracy lost without the neuron)",
    fontsize="medium",
)
if arguments.save:
    figure.savefig(arguments.save, dpi=110)
else:
    plt.show()
