"""The study's results as the text that the command line prints."""

from collections.abc import Iterable
from textwrap import wrap

from skneuron.report import network_in_words, nothing_learnt, score_words, trivial_answer
from skneuron.study._cells import SCORE_FORMATS, aligned
from skneuron.study._experiment import Study
from skneuron.study._network_study import NetworkStudy
from skneuron.study._neuron_tables import (
    extreme_neurons,
    layer_rows,
    neuron_rows,
    still_rotten,
)
from skneuron.study._score_tables import REMOVAL_NAMES, control_rows, removal_rows, repair_rows

# A p-value of less is taken for more than luck.
LUCK = 0.05
# Inputs and targets are scaled already.
ADVICE = {
    "rows": "columns that say more of the target, more rows, or more epochs (--max-iter)",
    "images": "more epochs (--max-iter), more images (--n-train) or other networks (--hidden)",
}
REFIT_NAMES = {
    "outputs": "its output layer",
    "behind": "all layers but the first",
    "span": "all layers",
}


def label_noise_text(study: Study) -> str:
    """Which labels are wrong; empty if none are."""
    if not study.label_noise:
        return ""
    return (
        f"{100 * study.label_noise:g} % of the training and validation labels replaced by random "
        "ones; test labels are clean"
    )


def verdict_text(network: NetworkStudy) -> str:
    """What removal has brought or cost, as far as the test samples can tell."""
    greedy = network.removals["greedy"]
    n_neurons = sum(network.hidden)
    if not greedy.n_removed:
        return f"None of {n_neurons} neurons was removed: without any, validation is no better."
    whole, change, unit = SCORE_FORMATS[network.score_name]
    luck = "beyond chance" if greedy.p_value < LUCK else "no more than chance may do"
    return (
        f"{greedy.n_removed} of {n_neurons} neurons were removed ({REMOVAL_NAMES['greedy']}): "
        f"test {network.score_name} {whole(network.baseline_score)} -> "
        f"{whole(greedy.test_score)}, {change(greedy.test_score - network.baseline_score)} "
        f"{unit}, {luck}."
    )


def learning_text(study: Study, network: NetworkStudy) -> str:
    """That the network is no better than the trivial answer; empty if it is better."""
    data = study.data
    names = data.class_names if data.image_shape is not None else []
    trivial = trivial_answer(data.y_test, data.is_classification, dict(enumerate(names)))
    if network.baseline_score > trivial.score:
        return ""
    words = score_words(data.is_classification, study.n_test)
    return nothing_learnt(words, network.baseline_score, trivial, ADVICE[data.unit])


def interaction_text(network: NetworkStudy) -> str:
    """Why removal of all rotten neurons at once does harm; empty if it does none."""
    all_at_once = network.removals["one_shot"]
    change = all_at_once.validation_score - network.ablation.baseline_score
    if change >= 0:
        return ""
    _, change_text, unit = SCORE_FORMATS[network.score_name]
    on_test = change_text(all_at_once.test_score - network.baseline_score)
    return (
        f"Each of the {all_at_once.n_removed} rotten neurons does harm where it is, yet without "
        f"all of them the network loses: {change_text(change)} {unit} on the very samples that "
        f"chose them, {on_test} on test samples. This is interaction, not bad luck: neurons make "
        'up for each other. So "greedy", the default, ranks the others again after every removal.'
    )


def format_study(study: Study, width: int | None = None) -> str:
    """The tables that the command line prints.

    Parameters
    ----------
    study : Study
    width : int, default=None
        Columns of the terminal; None for no limit.
    """
    unit = study.data.unit
    importance = SCORE_FORMATS[study.data.score_name].unit
    lines = [
        f"{study.data.name}: {study.n_fit:,} {unit} to train on, {study.n_validation:,} to "
        f"score neurons on (validation), {study.n_test:,} to score the result on (test)",
        *([study.data.DESCR] if study.data.target is not None else []),
        *(f"mind: {warning}" for warning in study.data.warnings),
        *([f"label noise: {label_noise_text(study)}"] if study.label_noise else []),
        f"importance: {importance} lost without the neuron; negative = rotten",
    ]
    lines = list(_wrapped(lines, width))
    for network in study.networks:
        lines += _network_lines(study, network, width)
    return "\n".join(lines) + "\n"


def _wrapped(lines: Iterable[str], width: int | None, indent: str = "") -> Iterable[str]:
    for line in lines:
        if width is None:
            yield indent + line
        else:
            yield from wrap(line, width, initial_indent=indent, subsequent_indent=indent or "  ")


def _network_lines(study: Study, network: NetworkStudy, width: int | None) -> list[str]:
    rotten, useful = extreme_neurons(network)
    n_rotten, n_still = still_rotten(network)
    whole = SCORE_FORMATS[network.score_name].whole
    title = (
        f"{network_in_words(network.hidden)}, seed {network.seed}, {network.mlp.n_iter_} epochs, "
        f"validation {network.score_name} {whole(network.ablation.baseline_score)}"
    )
    lines = ["", *_wrapped([title], width)]
    if idle := learning_text(study, network):
        lines += _wrapped([idle], width or 96, "  ")
    lines += aligned(layer_rows(network), width)
    if len(rotten):
        lines += ["", *aligned(neuron_rows(network, rotten, "most rotten"), width)]
    if len(useful):
        lines += ["", *aligned(neuron_rows(network, useful, "most useful"), width)]
    if n_rotten:
        found = f"rotten on validation samples: {n_rotten}; on test samples too: {n_still}"
        lines += _wrapped([found], width, "  ")
    lines += ["", *aligned(removal_rows(network), width)]
    lines += _wrapped([verdict_text(network)], width or 96, "  ")
    if interaction := interaction_text(network):
        lines += _wrapped([interaction], width or 96, "  ")
    if network.repairs and study.refit is not None:
        repaired = (
            f"most neurons removed, then {REFIT_NAMES[study.refit]} repaired without labels "
            f"(refit={study.refit!r}), on test samples:"
        )
        lines += ["", *_wrapped([repaired], width, "  "), *aligned(repair_rows(network), width)]
    if network.controls:
        lines += ["", *aligned(control_rows(network), width)]
    return lines
