"""The study's tables of networks on test samples: pruned, repaired, or made in other ways."""

from skneuron.report import p_value_text
from skneuron.study._cells import SCORE_FORMATS
from skneuron.study._held_out_evaluation import ControlResult, RemovalResult
from skneuron.study._network_study import NetworkStudy

REMOVAL_NAMES = {
    "one_shot": "all rotten at once",
    "greedy": "greedy, ranked again each time",
    "automatic": "automatic, honest size",
    "repaired": "most neurons, repaired",
}
CONTROL_NAMES = {
    "early_stopping": "early stopping",
    "refit_outputs": "outputs refitted",
    "alpha": "stronger alpha",
    "dropout": "dropout",
    "small_from_scratch": "small from scratch",
}


def removal_rows(network: NetworkStudy) -> list[list[str]]:
    """Header and rows of the table of pruned networks."""
    compared = _compared_columns(network)
    whole = SCORE_FORMATS[network.score_name].whole
    rows = [
        ["on test samples", "removed", *compared],
        ["whole network", "0", whole(network.baseline_score), *[""] * (len(compared) - 1)],
    ]
    for name, removal in network.removals.items():
        cells = _compared_cells(network, removal)
        rows.append([REMOVAL_NAMES[name], str(removal.n_removed), *cells])
        if removal.n_removed and len(removal.random_scores):
            rows.append(_random_row(network, removal, len(compared)))
    return rows


def control_rows(network: NetworkStudy) -> list[list[str]]:
    """Header and rows of the table of networks that were made in other ways."""
    rows = [["instead of removal", "chosen", *_compared_columns(network)]]
    rows += [
        [CONTROL_NAMES[name], control.choice, *_compared_cells(network, control)]
        for name, control in network.controls.items()
    ]
    return rows


def repair_rows(network: NetworkStudy) -> list[list[str]]:
    """Header and rows of the table of networks that lost most of their neurons."""
    whole, change, _ = SCORE_FORMATS[network.score_name]
    rows = [
        ["neurons that stay", "parameters", "not repaired", "repaired", "change"],
        [
            layers_text(network.hidden),
            f"{sum(p.size for p in [*network.mlp.coefs_, *network.mlp.intercepts_]):,}",
            "",
            whole(network.baseline_score),
            "",
        ],
    ]
    rows += [
        [
            layers_text(one.hidden) + (" (chosen)" if one.is_chosen else ""),
            f"{one.n_parameters:,}",
            whole(one.unrepaired_score),
            whole(one.test_score),
            change(one.test_score - network.baseline_score),
        ]
        for one in network.repairs
    ]
    return rows


def layers_text(hidden: tuple[int, ...]) -> str:
    """Sizes of hidden layers in words."""
    return " + ".join(map(str, hidden))


def _compared_columns(network: NetworkStudy) -> list[str]:
    counts = ["fixed", "broken"] if network.score_name == "accuracy" else []
    return [network.score_name, "change", *counts, "p"]


def _compared_cells(network: NetworkStudy, result: RemovalResult | ControlResult) -> list[str]:
    whole, change, _ = SCORE_FORMATS[network.score_name]
    counts = [str(n) for n in (result.n_fixed, result.n_broken) if n is not None]
    return [
        whole(result.test_score),
        change(result.test_score - network.baseline_score),
        *counts,
        p_value_text(result.p_value),
    ]


def _random_row(network: NetworkStudy, removal: RemovalResult, n_compared: int) -> list[str]:
    whole, change, _ = SCORE_FORMATS[network.score_name]
    scores = removal.random_scores
    mean, spread = scores.mean(), change(scores.std(ddof=1)).removeprefix("+")
    return [
        f"  as many at random, {len(scores)} draws",
        str(removal.n_removed),
        whole(mean),
        f"{change(mean - network.baseline_score)} ± {spread}",
        *[""] * (n_compared - 2),
    ]
