"""
Text: which words drive the neurons that matter?
================================================

A real text problem that is on every machine: from what a function of SciPy says of itself, tell
its package. Texts become sparse tf-idf features, and stay sparse in training, ablation and
pruning.
"""

from importlib import import_module
from inspect import getdoc

import matplotlib.pyplot as plt
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from skneuron import PrunableMLPClassifier, neuron_ablation, neuron_pruning_path
from skneuron.plotting import PruningPathDisplay, ReceptiveFieldDisplay

# %%
# The first two paragraphs of the docstrings of all public functions and classes. A text that
# several of them have is taken once, and lines that only repeat how a function is called are left
# out.
PACKAGES = ["linalg", "ndimage", "optimize", "signal", "special", "stats"]


def first_paragraphs(public):
    prose, *_ = (getdoc(public) or "").split("\n---")
    paragraphs = [" ".join(paragraph.split()) for paragraph in prose.split("\n\n")]
    return " ".join([paragraph for paragraph in paragraphs if " " in paragraph][:2])


package_of = {}
for package in PACKAGES:
    module = import_module(f"scipy.{package}")
    for name in module.__all__:
        text = first_paragraphs(getattr(module, name)).replace(name, "")
        if len(text.split()) > 5:
            package_of.setdefault(text, package)
texts, y = list(package_of), np.array(list(package_of.values()))
print(*(f"{package}: {np.sum(y == package)} texts" for package in PACKAGES), sep="\n")

# %%
# Some texts train the network, some are held out to choose neurons by, and some are new at the
# end.
text_train, text_rest, y_train, y_rest = train_test_split(
    texts, y, test_size=0.5, stratify=y, random_state=0
)
text_held_out, text_test, y_held_out, y_test = train_test_split(
    text_rest, y_rest, test_size=0.5, stratify=y_rest, random_state=0
)
model = make_pipeline(
    TfidfVectorizer(stop_words="english", min_df=3, dtype=np.float32),
    PrunableMLPClassifier((16,), alpha=0.1, max_iter=1500, random_state=0),
).fit(text_train, y_train)
features = model[:-1].transform(text_train)
print(f"{features.shape[1]} words, of which a text has {features.nnz / features.shape[0]:.0f}")
print(f"test accuracy {model.score(text_test, y_test):.3f}")

# %%
# Ablation takes the Pipeline, and the texts as they are. The loss sees finer differences than
# accuracy, so the most useful neurons are named by it.
ablation = neuron_ablation(model, text_held_out, y_held_out)
most_useful = np.argsort(-ablation.loss_importances)[:4]

# %%
# A neuron of the first layer sees words directly. Large weights alone would show rare words, which
# drive it in few texts. So each weight is multiplied by the typical size of its feature, the root
# of its mean square. The weights *from* a neuron say which package it speaks for and against most.
mlp = model[-1]
typical = np.sqrt(np.asarray(features.multiply(features).mean(axis=0)).ravel())
drives = (mlp.coefs_[0] * typical[:, np.newaxis]).T[most_useful]
titles = []
for i in most_useful:
    outgoing = mlp.coefs_[1][i]
    package_for, package_against = mlp.classes_[[np.argmax(outgoing), np.argmin(outgoing)]]
    titles.append(f"neuron {i}\nfor {package_for}, against {package_against}")

# %%
# One neuron after the other is removed, and new texts tell what that does. Half of the neurons
# can go here, and the score hardly moves.
path = neuron_pruning_path(
    model, text_held_out, y_held_out, replacement="linear", X_ref=text_train
)
for n_neurons in (16, 8, 6, 4, 3):
    small = path.prune_to(n_neurons)
    print(f"{n_neurons:3} neurons: test accuracy {small.score(text_test, y_test):.3f}")

# %%
# The picture: blue words make a neuron speak, yellow ones keep it silent. Neurons share the work:
# hardly any stands for a single package.
figure = plt.figure(figsize=(11, 7), layout="constrained")
above, below = figure.subfigures(2, 1)
display = ReceptiveFieldDisplay(
    drives, titles, feature_names=model[:-1].get_feature_names_out()
).plot(ax=list(above.subplots(1, 4)))
for ax in display.axes_:
    ax.set_xlabel("weight times typical tf-idf")
above.suptitle("the four most useful neurons, and the words that drive them")
PruningPathDisplay.from_path(
    path,
    text_test,
    y_test,
    name="held-out texts (chosen on)",
    score_name="accuracy",
    ax=below.subplots(),
)
plt.show()
