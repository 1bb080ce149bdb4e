"""The report's tables of networks on test images: pruned, or made in other ways."""

from skneuron.study._cells import p_value_text, percent, points
from skneuron.study._held_out_evaluation import N_RANDOM_DRAWS, ControlResult, RemovalResult
from skneuron.study._network_study import NetworkStudy

REMOVAL_NAMES = {
    "one_shot": "all rotten at once",
    "greedy": "greedy, ranked again each time",
    "automatic": "automatic, honest size",
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
    rows = [
        ["on test images", "removed", "accuracy", "change", "fixed", "broken", "p"],
        ["whole network", "0", percent(network.baseline_accuracy), "", "", "", ""],
    ]
    for name, removal in network.removals.items():
        compared = _compared_cells(network, removal)
        rows.append([REMOVAL_NAMES[name], str(removal.n_removed), *compared])
        if removal.n_removed:
            rows.append(_random_row(network, removal))
    return rows


def control_rows(network: NetworkStudy) -> list[list[str]]:
    """Header and rows of the table of networks that were made in other ways."""
    rows = [["instead of removal", "chosen", "accuracy", "change", "fixed", "broken", "p"]]
    rows += [
        [CONTROL_NAMES[name], control.choice, *_compared_cells(network, control)]
        for name, control in network.controls.items()
    ]
    return rows


def _compared_cells(network: NetworkStudy, result: RemovalResult | ControlResult) -> list[str]:
    return [
        percent(result.test_accuracy),
        points(result.test_accuracy - network.baseline_accuracy),
        str(result.n_fixed),
        str(result.n_broken),
        p_value_text(result.p_value),
    ]


def _random_row(network: NetworkStudy, removal: RemovalResult) -> list[str]:
    mean = removal.random_accuracies.mean()
    spread = 100 * removal.random_accuracies.std(ddof=1)
    return [
        f"  as many at random, {N_RANDOM_DRAWS} draws",
        str(removal.n_removed),
        percent(mean),
        points(mean - network.baseline_accuracy) + f" ± {spread:.2f}",
        "",
        "",
        "",
    ]
