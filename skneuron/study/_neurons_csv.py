"""The file neurons.csv: one line a neuron of every network."""

import csv
import io

from skneuron.study._experiment import Study


def neurons_csv(study: Study) -> str:
    """One line a neuron of every network."""
    per_class = [f"importance_{name}" for name in study.images.class_names]
    address = ["hidden", "seed", "layer", "index"]
    effects = ["score", "importance", "n_fixed", "n_broken"]
    losses = ["loss_importance", "loss_std"]
    names = [*address, *effects, *per_class, *losses, "test_importance"]
    text = io.StringIO()
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    for network in study.networks:
        columns = network.ablation._columns() | {"test_importance": network.test_importances}
        for label in network.ablation.classes:
            columns[per_class[label]] = columns.pop(f"importance_{label}")
        for row in zip(*columns.values(), strict=True):
            values = dict(zip(columns, (value.item() for value in row), strict=True))
            hidden = "-".join(map(str, network.hidden))
            writer.writerow({"hidden": hidden, "seed": network.seed} | values)
    return text.getvalue()
