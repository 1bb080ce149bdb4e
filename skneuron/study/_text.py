"""The study's results as the text that the command line prints."""

from skneuron.study._accuracy_tables import control_rows, removal_rows
from skneuron.study._cells import aligned, percent
from skneuron.study._experiment import Study
from skneuron.study._network_study import NetworkStudy
from skneuron.study._neuron_tables import (
    extreme_neurons,
    layer_rows,
    neuron_rows,
    still_rotten,
)


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
        f"score neurons on (validation), {study.n_test:,} to score the result on (test)",
        *([f"label noise: {label_noise_text(study)}"] if study.label_noise else []),
        "importance: points of accuracy lost without the neuron; negative = rotten",
    ]
    for network in study.networks:
        lines += _network_lines(network)
    return "\n".join(lines) + "\n"


def _network_lines(network: NetworkStudy) -> list[str]:
    rotten, useful = extreme_neurons(network)
    n_rotten, n_still = still_rotten(network)
    lines = [
        "",
        f"hidden {network.hidden}, seed {network.seed}, {network.mlp.n_iter_} epochs, "
        f"validation accuracy {percent(network.ablation.baseline_score)}",
        *aligned(layer_rows(network)),
    ]
    if len(rotten):
        lines += ["", *aligned(neuron_rows(network, rotten, "most rotten"))]
    lines += ["", *aligned(neuron_rows(network, useful, "most useful"))]
    if n_rotten:
        lines += [f"  rotten on validation images: {n_rotten}; on test images too: {n_still}"]
    lines += ["", *aligned(removal_rows(network))]
    if network.controls:
        lines += ["", *aligned(control_rows(network))]
    return lines
