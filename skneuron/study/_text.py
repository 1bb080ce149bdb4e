"""The study's results as the text that the command line prints."""

from collections.abc import Iterable

from skneuron.report import (
    counted,
    network_in_words,
    nothing_learnt,
    score_words,
    trivial_answer,
)
from skneuron.study._cells import SCORE_FORMATS, aligned, is_narrowed, wrapped
from skneuron.study._experiment import Study
from skneuron.study._held_out_evaluation import LUCK
from skneuron.study._network_study import NetworkStudy
from skneuron.study._neuron_tables import (
    extreme_neurons,
    layer_rows,
    neuron_rows,
    still_rotten,
)
from skneuron.study._repair import MOST_LOST
from skneuron.study._saved_model import model_text
from skneuron.study._score_tables import (
    REMOVAL_NAMES,
    control_rows,
    layers_text,
    removal_rows,
    repair_rows,
)

# Inputs and targets are scaled already.
ADVICE = {
    "rows": "columns that say more of the target, more rows, or more epochs (--max-iter)",
    "images": "more epochs (--max-iter), more images (--n-train) or other networks (--hidden)",
}
NARROW = "(narrow terminal: columns left out)"
REFIT_NAMES = {
    "outputs": "its output layer",
    "behind": "all layers but the first",
    "span": "all layers",
}

# A line, or the rows of a table.
Block = str | list[list[str]]


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
    neurons = counted(sum(network.hidden), "neuron")
    if not greedy.n_removed:
        return f"None of {neurons} was removed: without any, validation is no better."
    whole, change, unit = SCORE_FORMATS[network.score_name]
    luck = "beyond chance" if greedy.p_value < LUCK else "no more than chance may do"
    return (
        f"{greedy.n_removed} of {neurons} {'was' if greedy.n_removed == 1 else 'were'} removed "
        f"({REMOVAL_NAMES['greedy']}): "
        f"test {network.score_name} {whole(network.baseline_score)} -> "
        f"{whole(greedy.test_score)}, {change(greedy.test_score - network.baseline_score)} "
        f"{unit}, {luck}."
    )


def learning_text(study: Study, network: NetworkStudy) -> str:
    """That the network is no better than the trivial answer; empty if it is better."""
    data = study.data
    names = data.class_names if data.image_shape is not None else []
    trivial = trivial_answer(data.y_test, data.is_classification, dict(enumerate(names)))
    if trivial is None or not trivial.is_as_good_as(network.baseline_score):
        return ""
    words = score_words(data.is_classification, study.n_test)
    return nothing_learnt(words, network.baseline_score, trivial, ADVICE[data.unit])


def interaction_text(study: Study, network: NetworkStudy) -> str:
    """Why removal of all rotten neurons at once does harm; empty if it does none.

    By the rule of the page: it loses a unit of the last digit on the samples that chose, and does
    not gain on test samples.
    """
    all_at_once, before = network.removals["one_shot"], network.ablation.baseline_score
    words = score_words(study.data.is_classification, study.n_test)
    on_test = all_at_once.test_score - network.baseline_score
    if not words.falls(before, all_at_once.validation_score) or on_test > 0:
        return ""
    _, change_text, unit = SCORE_FORMATS[network.score_name]
    change = all_at_once.validation_score - before
    return (
        f"Each of the {all_at_once.n_removed} rotten neurons does harm where it is, yet without "
        f"all of them the network loses: {change_text(change)} {unit} on the very samples that "
        f"chose them, {change_text(on_test)} on test samples. This is interaction, not bad luck: "
        'neurons make up for each other. So "greedy", the default, ranks the others again after '
        "every removal."
    )


def choice_text(study: Study, network: NetworkStudy) -> str:
    """Which of the repaired sizes is chosen and by what rule, or why none is."""
    most = {
        "accuracy": f"{100 * MOST_LOST:g} points of accuracy", "R2": f"{MOST_LOST:g} R2",
    }[network.score_name]  # fmt: skip
    there = f"on validation {study.data.unit}"
    chosen = next((one for one in network.repairs if one.is_chosen), None)
    if chosen is not None:
        return (
            f"Chosen, {layers_text(chosen.hidden)}: the smallest size that, like every larger "
            f"one, loses no more than {most} {there}."
        )
    first = network.repairs[0].hidden
    neurons = f"neuron{' loses' if first == (1,) else 's lose'}"
    return (
        f"None chosen: already {layers_text(first)} {neurons} more than {most} {there}. "
        f"Saved, with --out, is {model_text(study)}."
    )


def idle_repair_text(study: Study, network: NetworkStudy) -> str:
    """Why the repair has changed nothing, where it could not; empty elsewhere."""
    is_output_layer = study.refit in ("outputs", "behind") and len(network.hidden) == 1
    whole = SCORE_FORMATS[network.score_name].whole
    changed = any(whole(one.test_score) != whole(one.unrepaired_score) for one in network.repairs)
    if changed or not is_output_layer:
        return ""
    return (
        f"{study.refit!r} changed nothing: with one hidden layer it is the output layer alone, "
        "and the removal has adjusted that already. 'span' repairs all layers."
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
    blocks: list[Block] = list(_wrapped(lines, width))
    for network in study.networks:
        blocks += _network_blocks(study, network, width)
    if any(is_narrowed(block, width) for block in blocks if isinstance(block, list)):
        blocks += ["", *_wrapped([NARROW], width)]
    lines = []
    for block in blocks:
        lines += [block] if isinstance(block, str) else aligned(block, width)
    return "\n".join(lines) + "\n"


def _wrapped(lines: Iterable[str], width: int | None, indent: str = "") -> Iterable[str]:
    for line in lines:
        yield from wrapped(line, width, indent, indent or "  ")


def _network_blocks(study: Study, network: NetworkStudy, width: int | None) -> list[Block]:
    rotten, useful = extreme_neurons(network)
    n_rotten, n_still = still_rotten(network)
    whole = SCORE_FORMATS[network.score_name].whole
    epochs = counted(network.mlp.n_iter_, "epoch")
    title = (
        f"{network_in_words(network.hidden)}, seed {network.seed}, {epochs}, "
        f"validation {network.score_name} {whole(network.ablation.baseline_score)}"
    )
    blocks: list[Block] = ["", *_wrapped([title], width)]
    if idle := learning_text(study, network):
        blocks += _wrapped([idle], width or 96, "  ")
    blocks.append(layer_rows(network))
    if len(rotten):
        blocks += ["", neuron_rows(network, rotten, "most rotten")]
    if len(useful):
        blocks += ["", neuron_rows(network, useful, "most useful")]
    if n_rotten:
        found = f"rotten on validation samples: {n_rotten}; on test samples too: {n_still}"
        blocks += _wrapped([found], width, "  ")
    blocks += ["", removal_rows(network)]
    blocks += _wrapped([verdict_text(network)], width or 96, "  ")
    if interaction := interaction_text(study, network):
        blocks += _wrapped([interaction], width or 96, "  ")
    if network.repairs and study.refit is not None:
        repaired = (
            f"most neurons removed, then {REFIT_NAMES[study.refit]} repaired without labels "
            f"(refit={study.refit!r}), on test samples:"
        )
        blocks += ["", *_wrapped([repaired], width, "  "), repair_rows(network)]
        said = [choice_text(study, network), idle_repair_text(study, network)]
        blocks += _wrapped(filter(None, said), width or 96, "  ")
    if network.controls:
        blocks += ["", control_rows(network)]
    return blocks
