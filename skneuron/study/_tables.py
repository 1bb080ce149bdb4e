"""The study's results as text for the terminal, as rows for CSV, and as plain data for JSON."""

import csv
import io
import json
import platform
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import joblib
import numba
import numpy as np
import scipy
import sklearn

import skneuron
from skneuron.study._experiment import NetworkStudy, Study
from skneuron.study._held_out_evaluation import N_RANDOM_DRAWS, Control, RemovalResult
from skneuron.surgery import neuron_name

REMOVAL_NAMES = {
    "one_shot": "all rotten at once",
    "greedy": "greedy, ranked again each time",
    "automatic": "automatic, honest size",
}
CONTROL_NAMES = {
    "early_stopping": "early stopping",
    "alpha": "stronger alpha",
    "dropout": "dropout",
    "small_from_scratch": "small from scratch",
}
# How many of the most rotten and most useful neurons are named.
N_SHOWN = 5


def verdict_counts(network: NetworkStudy) -> list[dict[str, int]]:
    """Numbers of rotten, neutral and useful neurons of every hidden layer."""
    signs = np.sign(network.ablation.importances)
    return [
        {
            "layer": layer,
            "rotten": int((signs[of_layer] < 0).sum()),
            "neutral": int((signs[of_layer] == 0).sum()),
            "useful": int((signs[of_layer] > 0).sum()),
        }
        for layer in range(len(network.hidden))
        for of_layer in [network.ablation.layer == layer]
    ]


def extreme_neurons(network: NetworkStudy, n: int = N_SHOWN) -> tuple[np.ndarray, np.ndarray]:
    """Positions of the ``n`` most rotten (fewer if there are fewer) and most useful neurons."""
    importances = network.ablation.importances
    order = np.argsort(importances, kind="stable")
    rotten, useful = order[:n], np.argsort(-importances, kind="stable")[:n]
    return rotten[importances[rotten] < 0], useful[importances[useful] > 0]


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"


def _points(difference: float) -> str:
    return f"{100 * difference:+.2f}"


def p_value_text(p_value: float) -> str:
    """A p-value to two digits, without pretending to more."""
    return "< 0.001" if p_value < 0.001 else f"{p_value:.2g}"


def _aligned(rows: list[list[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *others in rows:
        cells = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        yield "  " + "   ".join([first.ljust(widths[0]), *cells]).rstrip()


def removal_rows(network: NetworkStudy) -> list[list[str]]:
    """Header and rows of the table of test accuracies."""
    rows = [
        ["on test images", "removed", "accuracy", "change", "fixed", "broken", "p"],
        ["whole network", "0", _percent(network.baseline_accuracy), "", "", "", ""],
    ]
    for name, removal in network.removals.items():
        verdict = _verdict_cells(network, removal)
        rows.append([REMOVAL_NAMES[name], str(removal.n_removed), *verdict])
        if removal.n_removed:
            rows.append(_random_row(network, removal))
    return rows


def control_rows(network: NetworkStudy) -> list[list[str]]:
    """Header and rows of the table of networks that were trained otherwise."""
    rows = [["instead of removal", "chosen", "accuracy", "change", "fixed", "broken", "p"]]
    rows += [
        [CONTROL_NAMES[name], control.choice, *_verdict_cells(network, control)]
        for name, control in network.controls.items()
    ]
    return rows


def _verdict_cells(network: NetworkStudy, scored: RemovalResult | Control) -> list[str]:
    return [
        _percent(scored.test_accuracy),
        _points(scored.test_accuracy - network.baseline_accuracy),
        str(scored.n_fixed),
        str(scored.n_broken),
        p_value_text(scored.p_value),
    ]


def _random_row(network: NetworkStudy, removal: RemovalResult) -> list[str]:
    mean = removal.random_accuracies.mean()
    spread = 100 * removal.random_accuracies.std(ddof=1)
    return [
        f"  as many at random, {N_RANDOM_DRAWS} draws",
        str(removal.n_removed),
        _percent(mean),
        _points(mean - network.baseline_accuracy) + f" ± {spread:.2f}",
        "",
        "",
        "",
    ]


def neuron_rows(network: NetworkStudy, positions: np.ndarray, title: str) -> list[list[str]]:
    """Header and rows of a table of neurons."""
    ablation = network.ablation
    rows = [[title, "importance", "fixed", "broken", "importance on test"]]
    rows += [
        [
            neuron_name(ablation.layer[i], ablation.index[i]),
            _points(ablation.importances[i]),
            str(ablation.n_fixed[i]),
            str(ablation.n_broken[i]),
            _points(network.test_importances[i]),
        ]
        for i in positions
    ]
    return rows


def verdict_rows(network: NetworkStudy) -> list[list[str]]:
    """Header and rows of the counts of neurons by layer."""
    columns = ("rotten", "neutral", "useful")
    rows = [["neurons", *columns]]
    rows += [
        [f"hidden layer {count['layer']}", *(str(count[column]) for column in columns)]
        for count in verdict_counts(network)
    ]
    return rows


def still_rotten(network: NetworkStudy) -> tuple[int, int]:
    """How many neurons are rotten, and how many of these are so on the test images too."""
    rotten = network.ablation.importances < 0
    return int(rotten.sum()), int((network.test_importances[rotten] < 0).sum())


def label_noise_text(study: Study) -> str:
    """Which labels are wrong; empty if none are."""
    if not study.label_noise:
        return ""
    return (
        f"{100 * study.label_noise:g} % of the training and validation labels replaced by random "
        "ones; test labels are clean"
    )


def format_study(study: Study) -> str:
    """The tables that the command line prints."""
    lines = [
        f"{study.images.name}: {study.n_fit:,} images to train on, {study.n_validation:,} to "
        f"judge neurons on (validation), {study.n_test:,} to judge the result on (test)",
        *([f"label noise: {label_noise_text(study)}"] if study.label_noise else []),
        "importance: points of accuracy lost without the neuron; negative = rotten",
    ]
    for network in study.networks:
        rotten, useful = extreme_neurons(network)
        n_rotten, n_still = still_rotten(network)
        lines += [
            "",
            f"hidden {network.hidden}, seed {network.seed}, {network.mlp.n_iter_} epochs, "
            f"validation accuracy {_percent(network.ablation.baseline_score)}",
            *_aligned(verdict_rows(network)),
        ]
        if len(rotten):
            lines += ["", *_aligned(neuron_rows(network, rotten, "most rotten"))]
        lines += ["", *_aligned(neuron_rows(network, useful, "most useful"))]
        if n_rotten:
            lines += [f"  rotten on validation images: {n_rotten}; on test images too: {n_still}"]
        lines += ["", *_aligned(removal_rows(network))]
        if network.controls:
            lines += ["", *_aligned(control_rows(network))]
    return "\n".join(lines) + "\n"


def neurons_csv(study: Study) -> str:
    """One line a neuron of every network."""
    per_class = [f"importance_{name}" for name in study.images.class_names]
    address = ["hidden", "seed", "layer", "index"]
    effects = ["score", "importance", "n_fixed", "n_broken"]
    text = io.StringIO()
    losses = ["loss_importance", "loss_std"]
    names = [*address, *effects, *per_class, *losses, "test_importance"]
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


def results_json(study: Study) -> str:
    """Everything but the single neurons, with the versions that computed it."""
    modules = (skneuron, sklearn, np, scipy, numba, joblib)
    return json.dumps(
        {
            "data_set": study.images.name,
            "n_fit": study.n_fit,
            "n_validation": study.n_validation,
            "n_test": study.n_test,
            "max_iter": study.max_iter,
            **({"label_noise": study.label_noise} if study.label_noise else {}),
            "networks": [_network_data(network) for network in study.networks],
            "versions": {"python": platform.python_version()}
            | {module.__name__: module.__version__ for module in modules},
        },
        indent=1,
    )


def _network_data(network: NetworkStudy) -> dict[str, Any]:
    n_rotten, n_still = still_rotten(network)
    return {
        "hidden": list(network.hidden),
        "seed": network.seed,
        "n_epochs": network.mlp.n_iter_,
        "validation_accuracy": network.ablation.baseline_score,
        "test_accuracy": network.baseline_accuracy,
        "layers": verdict_counts(network),
        "n_rotten": n_rotten,
        "n_rotten_on_test_too": n_still,
        "removals": {
            name: {
                "n_removed": removal.n_removed,
                "removed_per_layer": removal.removed_per_layer,
                "validation_accuracy": removal.validation_accuracy,
                "test_accuracy": removal.test_accuracy,
                "n_fixed": removal.n_fixed,
                "n_broken": removal.n_broken,
                "p_value": removal.p_value,
                "random_test_accuracies": removal.random_accuracies.tolist(),
            }
            for name, removal in network.removals.items()
        },
        **({"controls": _controls_data(network)} if network.controls else {}),
        "path": {name: values.tolist() for name, values in network.path.items()},
    }


def _controls_data(network: NetworkStudy) -> dict[str, Any]:
    return {name: asdict(control) for name, control in network.controls.items()}
