"""The file neurons.csv: one line a neuron of every network."""

import csv
import io
import re
from collections.abc import Iterable

from skneuron.study._experiment import Study

# Spreadsheets run a cell that begins with one of these as a formula.
_FORMULA_STARTS = ("=", "+", "-", "@")


def safe_text(text: object) -> str:
    """Text that a spreadsheet shows and does not run, however it splits lines into cells."""
    # Some take semicolons and tabs for separators, whatever is quoted.
    one_cell = re.sub(r"[\s;]+", " ", str(text)).strip()
    return "'" + one_cell if one_cell.startswith(_FORMULA_STARTS) else one_cell


def distinct(names: Iterable[str], taken: Iterable[str]) -> list[str]:
    """The names, with "_class" added to those that are taken or have come before."""
    result: list[str] = []
    used = set(taken)
    for name in names:
        while name in used:
            name += "_class"
        used.add(name)
        result.append(name)
    return result


def neurons_csv(study: Study) -> str:
    """One line a neuron of every network."""
    address = ["hidden", "seed", "layer", "index"]
    counts = ["n_fixed", "n_broken"] if study.data.is_classification else []
    effects = ["score", "importance", *counts]
    losses = ["loss_importance", "loss_std"]
    own = [*address, *effects, *losses, "test_importance"]
    named = [safe_text(f"importance_{name}") for name in study.data.class_names]
    per_class = distinct(named, own)
    names = [*address, *effects, *per_class, *losses, "test_importance"]
    text = io.StringIO()
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    for network in study.networks:
        ablation = network.ablation
        columns = {k: v for k, v in ablation._columns().items() if k in own}
        columns["test_importance"] = network.test_importances
        if per_class:
            columns |= dict(zip(per_class, ablation.class_importances.T, strict=True))
        for row in zip(*columns.values(), strict=True):
            values = dict(zip(columns, (value.item() for value in row), strict=True))
            hidden = "-".join(map(str, network.hidden))
            writer.writerow({"hidden": hidden, "seed": network.seed} | values)
    return text.getvalue()
