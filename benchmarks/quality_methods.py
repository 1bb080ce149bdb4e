"""Ways to choose the neurons that stay, and ways to repair what is left, for `bench_quality.py`.

`METHODS` says which repairs follow which choice. A choice gets a `Problem` and returns a smaller
network; a repair gets that as well and returns another of the same size.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np
from quality_cases import Problem, Split
from rival_pruners import (
    Layers,
    interpolative_decomposition,
    least_squares,
    magnitude_masks,
    neuron_merging,
)

from skneuron import (
    neuron_ablation,
    neuron_criterion,
    neuron_pruning_path,
    prune_neurons,
    refit_pruned,
)

# Neurons that go between two rankings of the greedy strategy.
STEP = 4
# Samples of fine-tuning between two looks at the clock.
TUNED_AT_A_TIME = 2_000


@dataclass(frozen=True)
class Pruned:
    """A smaller network, and, where it is known, which neurons of the whole one it has."""

    network: Any
    masks: list[np.ndarray] | None = None


Choice = Callable[[Problem, tuple[int, ...]], Pruned]


def cpu_timed(run: Callable[[], Any]) -> tuple[Any, float]:
    """What it returns, and its CPU seconds."""
    start = time.process_time()
    result = run()
    return result, time.process_time() - start


def n_parameters(mlp: Any) -> int:
    return sum(part.size for part in [*mlp.coefs_, *mlp.intercepts_])


def layers_of(mlp: Any) -> Layers:
    return list(zip(mlp.coefs_, mlp.intercepts_, strict=True))


def with_layers(mlp: Any, layers: Layers) -> Any:
    """The network with other parameters, and of another size if need be."""
    masks = [np.arange(old) < len(b) for old, (_, b) in zip(sizes_of(mlp), layers, strict=False)]
    network = prune_neurons(mlp, masks)
    for own, new in zip(layers_of(network), layers, strict=True):
        for mine, other in zip(own, new, strict=True):
            mine[...] = other
    return network


def sizes_of(mlp: Any) -> list[int]:
    return [len(b) for b in mlp.intercepts_[:-1]]


def scoring_of(problem: Problem) -> str:
    return "neg_log_loss" if problem.is_classification else "neg_mean_squared_error"


def along_a_path(
    problem: Problem, sizes: tuple[int, ...], *, strategy: str, replacement: str = "linear"
) -> Pruned:
    path = neuron_pruning_path(
        problem.mlp, problem.X, problem.y, X_ref=None if replacement == "zero" else problem.X,
        replacement=replacement, scoring=scoring_of(problem), n_neurons_to_select=list(sizes),
        step=STEP, strategy=strategy,
    )  # fmt: skip
    return Pruned(path.prune_to(sum(sizes)))


def by_obs(problem: Problem, sizes: tuple[int, ...]) -> Pruned:
    """Without labels."""
    path = neuron_pruning_path(
        problem.mlp, problem.X, None, X_ref=problem.X, replacement="linear", scoring="fidelity",
        n_neurons_to_select=list(sizes), strategy="obs",
    )  # fmt: skip
    support = np.ones(sum(problem.sizes), dtype=bool)
    support[path.order] = False
    return Pruned(path.prune_to(sum(sizes)), np.split(support, np.cumsum(problem.sizes)[:-1]))


def with_masks(
    problem: Problem, sizes: tuple[int, ...], *, masks_of: Callable, replacement: str = "zero"
) -> Pruned:
    masks = masks_of(problem, sizes)
    X = None if replacement == "zero" else problem.X
    return Pruned(prune_neurons(problem.mlp, masks, replacement=replacement, X=X), masks)


def by_magnitude(problem: Problem, sizes: tuple[int, ...]) -> list[np.ndarray]:
    return magnitude_masks(layers_of(problem.mlp), sizes)


def by_torch_pruning(
    problem: Problem, sizes: tuple[int, ...], *, importance: str
) -> list[np.ndarray]:
    from peers_torch_pruning import torch_pruning_masks

    return torch_pruning_masks(problem.mlp, problem.X, problem.y, sizes, importance)


def most_important(
    problem: Problem, sizes: tuple[int, ...], *, importances: Callable
) -> list[np.ndarray]:
    """Ranked once, the most important of every layer stay."""
    masks = []
    layers = np.split(importances(problem), np.cumsum(problem.sizes)[:-1])
    for values, n_left in zip(layers, sizes, strict=True):
        mask = np.zeros(len(values), dtype=bool)
        mask[np.argsort(-values, kind="stable")[:n_left]] = True
        masks.append(mask)
    return masks


def by_ablation(problem: Problem, *, replacement: str) -> np.ndarray:
    return neuron_ablation(
        problem.mlp, problem.X, problem.y, scoring=scoring_of(problem), replacement=replacement,
        X_ref=None if replacement == "zero" else problem.X,
    ).importances  # fmt: skip


def by_criterion(problem: Problem, *, criterion: str) -> np.ndarray:
    return neuron_criterion(problem.mlp, problem.X, problem.y, criterion=criterion, random_state=0)


def merged(problem: Problem, sizes: tuple[int, ...]) -> Pruned:
    return Pruned(with_layers(problem.mlp, neuron_merging(layers_of(problem.mlp), sizes)))


def decomposed(problem: Problem, sizes: tuple[int, ...]) -> Pruned:
    layers = interpolative_decomposition(layers_of(problem.mlp), sizes, problem.X)
    return Pruned(with_layers(problem.mlp, layers))


def refitted(problem: Problem, pruned: Pruned, *, layers: str, mixed: float = 0.0) -> Any:
    return refit_pruned(
        pruned.network, problem.mlp, problem.X, layers=layers, mixed=mixed,
        groups=problem.groups, random_state=0,
    )  # fmt: skip


def refitted_with_all(problem: Problem, pruned: Pruned, *, layers: str) -> Any:
    all_there_are = replace(problem, X=problem.more.X_train, groups=problem.more.groups)
    return refitted(all_there_are, pruned, layers=layers)


def fitted_by_least_squares(problem: Problem, pruned: Pruned) -> Any:
    assert pruned.masks is not None, "only where it is known which neurons stay"
    layers = least_squares(layers_of(problem.mlp), pruned.masks, problem.X)
    return with_layers(pruned.network, layers)


def fine_tuned(pruned: Pruned, split: Split, cpu_seconds: float, seed: int) -> Any:
    """Trained on with all training samples and their labels for so many CPU seconds."""
    network = prune_neurons(pruned.network, [])  # a copy
    rng = np.random.default_rng(seed)
    end = time.process_time() + cpu_seconds
    while True:
        order = rng.permutation(len(split.X_train))
        for first in range(0, len(order), TUNED_AT_A_TIME):
            rows = order[first : first + TUNED_AT_A_TIME]
            network.partial_fit(split.X_train[rows], split.y_train[rows])
            if time.process_time() >= end:
                return network


REPAIRS: dict[str, Callable[[Problem, Pruned], Any]] = {
    "none": lambda problem, pruned: pruned.network,
    "outputs": partial(refitted, layers="outputs"),
    "behind": partial(refitted, layers="behind"),
    "span": partial(refitted, layers="span"),
    "span+mixed": partial(refitted, layers="span", mixed=1.0),
    "span, all samples": partial(refitted_with_all, layers="span"),
    "least squares": fitted_by_least_squares,
}
OURS = ("none", "outputs", "behind", "span", "span+mixed")
# Only where methods do not look at all training samples anyway.
WITH_MORE = ("span, all samples",)
# With labels, for as long as this repair has taken; it needs more than a `Repair` may know.
FINE_TUNING, AS_LONG_AS = "fine-tuning", "span"
SCRATCH = "from scratch"


@dataclass(frozen=True)
class Method:
    """A choice and the repairs that follow; a chained one goes on from the size before."""

    choose: Choice
    repairs: Sequence[str] = ("none",)
    chained: bool = False
    classifiers_only: bool = False


def _ranked(importances: Callable, replacement: str = "zero") -> Choice:
    masks_of = partial(most_important, importances=importances)
    return partial(with_masks, masks_of=masks_of, replacement=replacement)


METHODS: dict[str, Method] = {
    "greedy": Method(partial(along_a_path, strategy="greedy"), (*OURS, FINE_TUNING), chained=True),
    "swap": Method(partial(along_a_path, strategy="swap"), OURS),
    "obs": Method(by_obs, (*OURS, *WITH_MORE, "least squares", FINE_TUNING)),
    "random": Method(_ranked(partial(by_criterion, criterion="random"), "linear"), OURS),
    "random, zero": Method(_ranked(partial(by_criterion, criterion="random"))),
    "magnitude": Method(
        partial(with_masks, masks_of=by_magnitude), ("none", "least squares", "span")
    ),
    "magnitude, linear": Method(partial(with_masks, masks_of=by_magnitude, replacement="linear")),
    "neuron merging": Method(merged),
    "interpolative decomposition": Method(decomposed),
    "greedy, zero": Method(
        partial(along_a_path, strategy="greedy", replacement="zero"), chained=True
    ),
    "ranked once, linear": Method(_ranked(partial(by_ablation, replacement="linear"), "linear")),
    "mean activation": Method(_ranked(partial(by_criterion, criterion="mean_activation"))),
    "Taylor": Method(_ranked(partial(by_criterion, criterion="taylor1"))),
}
if find_spec("torch_pruning"):
    METHODS |= {
        f"Torch-Pruning, {name}": Method(
            partial(with_masks, masks_of=partial(by_torch_pruning, importance=name)),
            classifiers_only=True,
        )
        for name in ("L1", "L2", "FPGM", "LAMP", "Taylor")
    }
