"""What a study's page says: from its networks to the contents that `skneuron.report` renders."""

import shlex
from functools import partial
from typing import Any

import numpy as np

from skneuron.report import (
    MissingExtraError,
    ReportContents,
    Subject,
    Table,
    counted,
    made_with,
    network_contents,
    network_in_words,
    p_value_text,
    random_in_words,
    report_contents,
    report_html,
    score_words,
)
from skneuron.study._experiment import Study
from skneuron.study._network_study import NetworkStudy
from skneuron.study._saved_model import model_text
from skneuron.study._score_tables import CONTROL_NAMES, REMOVAL_NAMES, layers_text
from skneuron.study._text import ADVICE, choice_text, idle_repair_text, label_noise_text
from skneuron.surgery import Network, flat_addresses, remove_neurons, split_by_layer
from skneuron.utils import BoolArray

__all__ = ["MissingExtraError", "report_html"]

# By their names in `NetworkStudy.removals`; the others are compared besides.
CHOSEN, TOGETHER, REPAIRED = "greedy", "one_shot", "repaired"
CONTROLS_NOTE = (
    "Trained on the same samples with the same labels, and chosen on the same validation samples, "
    "the whole network being among what was chosen from. Outputs refitted: the whole network, of "
    "which the output layer alone was fitted to the validation samples, with a penalty chosen by "
    "cross-validation. Small from scratch: as large as the automatic choice. Change and p: "
    "against the whole network."
)
REPAIRS_NOTE = (
    "Most neurons removed, and what was left brought back to the outputs of the whole network, "
    "without labels."
)


@report_contents.register
def study_contents(study: Study) -> ReportContents:
    """What the page of a study says."""
    data = study.data
    return ReportContents(
        title=f"What single neurons do: {data.name}",
        about=[
            f"{study.n_fit:,} {data.unit} trained each network. What to prune was chosen on "
            f"{study.n_validation:,} other {data.unit} (validation), by removing every hidden "
            f"neuron in turn. What is said here of networks and neurons was found on "
            f"{counted(study.n_test, 'test ' + data.unit[:-1])} that nothing was chosen on."
        ],
        networks=[network_contents(_subject(study, network)) for network in study.networks],
        facts=_facts(study),
        command=study_command(study),
        warnings=data.warnings,
        source=data.DESCR,
        target=data.target or "",
    )


def _facts(study: Study) -> list[tuple[str, str]]:
    sizes = dict.fromkeys(network.hidden for network in study.networks)
    seeds = dict.fromkeys(str(network.seed) for network in study.networks)
    unit = study.data.unit
    facts = [
        ("Data", study.data.name),
        ("Networks", "; ".join(network_in_words(hidden) for hidden in sizes)),
        ("Seeds", f"{', '.join(seeds)} (of the training and of the split)"),
        (
            "Split",
            f"{study.n_fit:,} {unit} to train on, {study.n_validation:,} to choose neurons by "
            f"(validation), {study.n_test:,} to judge by (test)",
        ),
        ("Training", f"at most {counted(study.max_iter, 'epoch')}"),
    ]
    if study.label_noise:
        facts.append(("Label noise", label_noise_text(study)))
    facts.append(
        ("Saved network", f"{model_text(study)} (model.joblib; before its removals: whole.joblib)")
    )
    return [*facts, *made_with()]


def study_command(study: Study) -> str:
    """The command that makes the same networks again."""
    networks = study.networks
    words = ["skneuron", "study", *study.data.command]
    for hidden in dict.fromkeys(one.hidden for one in networks):
        words += ["--hidden", ",".join(map(str, hidden))]
    words += ["--seeds", ",".join(dict.fromkeys(str(one.seed) for one in networks))]
    words += ["--max-iter", str(study.max_iter)]
    n_train = study.n_fit + study.n_validation
    if n_train < len(study.data.y_train):
        words += ["--n-train", str(n_train)]
    if study.label_noise:
        words += ["--label-noise", f"{study.label_noise:g}"]
    if study.refit is not None:
        words += ["--refit", study.refit]
    return shlex.join([*words, "--out", "results"])


def _subject(study: Study, network: NetworkStudy) -> Subject:
    data = study.data
    words = score_words(data.is_classification, study.n_test)
    others = {
        name: pruned for name, pruned in network.pruned.items() if name not in (CHOSEN, TOGETHER)
    }
    removals = network.removals
    return Subject(
        estimator=network.mlp,
        X=data.X_test,
        y=data.y_test,
        unit=data.unit,
        removed=~np.concatenate(network.pruned[CHOSEN].masks),
        chosen=network.pruned[CHOSEN].network,
        path=_path(network),
        headline=REMOVAL_NAMES[REPAIRED] if REPAIRED in others else "",
        others={REMOVAL_NAMES[name]: pruned.network for name, pruned in others.items()},
        together=network.pruned[TOGETHER].network if removals[TOGETHER].n_removed else None,
        scores_chosen_on={
            "whole": float(network.ablation.baseline_score),
            "chosen": removals[CHOSEN].validation_score,
            "together": removals[TOGETHER].validation_score,
        },
        notes={
            {CHOSEN: "chosen", TOGETHER: "together"}.get(name, REMOVAL_NAMES[name]):
            random_in_words(words, removal.random_scores)
            for name, removal in removals.items()
            if removal.n_removed and len(removal.random_scores)
        },
        n_removed={
            "together": removals[TOGETHER].n_removed,
            **{REMOVAL_NAMES[name]: removals[name].n_removed for name in others},
        },
        chosen_on=f"validation {data.unit}",
        # Labels of images are numbers of names; those of a table are names themselves.
        class_names=None
        if data.image_shape is None
        else [data.class_names[label] for label in network.mlp.classes_],
        feature_names=data.feature_names,
        image_shape=data.image_shape,
        frame=data.frame_test,
        seed=network.seed,
        facts=[
            ("epochs", str(network.mlp.n_iter_)),
            (f"{words.name} on validation {data.unit}",
             words.value(network.ablation.baseline_score)),
            (f"on test {data.unit}", words.value(network.baseline_score)),
        ],
        tables=_tables(study, network, words),
        advice=ADVICE[data.unit],
    )  # fmt: skip


def _path(network: NetworkStudy) -> list[tuple[int, float, Any]]:
    """The networks that lose one neuron after the other."""
    full = Network.from_mlp(network.mlp)
    sizes = full.hidden_layer_sizes
    layer, index = flat_addresses(sizes)
    at = {address: i for i, address in enumerate(zip(layer, index, strict=True))}
    path = network.path
    order = [at[pair] for pair in zip(path.layer, path.index, strict=True)]
    steps = []
    for n_neurons, score in zip(path.n_neurons, path.validation_score, strict=True):
        stays: BoolArray = np.ones(sum(sizes), dtype=bool)
        stays[order[: sum(sizes) - int(n_neurons)]] = False
        masks = split_by_layer(stays, sizes)
        steps.append((int(n_neurons), float(score), partial(remove_neurons, full, masks, "zero")))
    return steps


def _tables(study: Study, network: NetworkStudy, words: Any) -> list[Table]:
    tables = []
    if network.repairs:
        title = "Most neurons gone, the rest repaired"
        said = [REPAIRS_NOTE, choice_text(study, network), idle_repair_text(study, network)]
        tables.append(Table(title, _repair_rows(network, words), " ".join(filter(None, said))))
    if network.controls:
        tables.append(
            Table("What would help instead?", _control_rows(network, words), CONTROLS_NOTE)
        )
    return tables


def _repair_rows(network: NetworkStudy, words: Any) -> list[list[str]]:
    head = ["neurons that stay", f"change, {words.unit}", words.name, "before the repair"]
    rows = [
        [
            layers_text(repaired.hidden) + " (chosen)" * repaired.is_chosen,
            words.change(repaired.test_score - network.baseline_score),
            words.value(repaired.test_score),
            words.value(repaired.unrepaired_score),
            f"{repaired.n_parameters:,}",
        ]
        for repaired in network.repairs
    ]
    return [[*head, "weights and biases"], *rows]


def _control_rows(network: NetworkStudy, words: Any) -> list[list[str]]:
    head = ["instead of removal", f"change, {words.unit}", words.name, "chosen"]
    rows = [[*head, "fixed", "broken", "p"]]
    for name, control in network.controls.items():
        rows.append(
            [
                CONTROL_NAMES[name],
                words.change(control.test_score - network.baseline_score),
                words.value(control.test_score),
                control.choice,
                *("" if n is None else f"{n:,}" for n in (control.n_fixed, control.n_broken)),
                p_value_text(control.p_value),
            ]
        )
    return rows
