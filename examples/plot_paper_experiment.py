"""
The paper's experiment: do networks have rotten neurons?
========================================================

The question of Mourão and Florindo (2025): when a trained network loses one neuron at a time, are
there neurons without which it is better? ``run_study`` trains networks of two configurations,
removes every neuron in turn on validation samples, and looks at test samples whether what was
found there holds. Here it does so on the digits that come with scikit-learn.
"""

import matplotlib.pyplot as plt

from skneuron.plotting import NeuronAblationDisplay, PruningPathDisplay
from skneuron.study import run_study

# %%
# One hidden layer and two. All numbers below are of this run, on these digits: none of them is
# from the paper.
study = run_study("digits", hidden=[(100,), (100, 50)], seeds=(0,))

# %%
# What is gained or lost when all rotten neurons go at once ("one_shot"), or one after the other
# with new importances after each ("greedy"), beside as many neurons at random. p is that of a
# paired test between the whole network and what is left of it, on test samples.
print("hidden      whole  removed              pruned  random        p")
for network in study.networks:
    for name, removal in network.removals.items():
        print(
            f"{network.hidden!s:10} {network.baseline_score:6.3f}  {removal.n_removed:3} {name:15}"
            f"{removal.test_score:8.3f}{removal.random_scores.mean():8.3f}{removal.p_value:9.2g}"
        )

# %%
# The displays: all importances, and the greedy path down to one neuron a layer, with its score on
# test samples. Most neurons do nothing that a few hundred samples can show, and the path is better
# on the samples that it was chosen on than on others.
figure = plt.figure(figsize=(12, 8), layout="constrained")
rows = figure.subfigures(len(study.networks), 1)
for row, network in zip(rows, study.networks, strict=True):
    layers = " and ".join(str(size) for size in network.hidden)
    row.suptitle(f"hidden layers of {layers} neurons", weight="bold")
    left, right = row.subplots(1, 2, width_ratios=[1.7, 1])
    NeuronAblationDisplay.from_ablation(network.ablation, score_name="accuracy", ax=left)
    PruningPathDisplay(
        network.path.n_neurons,
        network.path.validation_score,
        name="validation (chosen on)",
        further_scores={"test": network.path.test_score},
        score_name="accuracy",
    ).plot(ax=right)
plt.show()

# %%
# On MNIST, Fashion-MNIST and SVHN
# --------------------------------
#
# The same on larger images is one name away: ``run_study("mnist")``, ``run_study("svhn")``. The
# first run downloads the data from OpenML; later ones need none. From the command line, with
# three networks of each kind, and with a report for the browser in the folder after ``--out``:
#
# .. code-block:: console
#
#     python -m skneuron study mnist --seeds 0,1,2 --out mnist
#     python -m skneuron study svhn --seeds 0,1,2 --out svhn
#
# ``label_noise=0.2`` (``--label-noise 0.2``) replaces a fifth of the labels by random ones. A
# network that learns them by heart leaves something to gain by removal, and by early stopping as
# well: the study then compares the two.
