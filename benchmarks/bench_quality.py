"""Accuracy against size: how many points pruning to a smaller network costs, by method.

    python benchmarks/bench_quality.py --data-home FOLDER

The same shares of every hidden layer are removed from the very same trained networks, on MNIST,
Fashion-MNIST and SVHN, five seeds each. Methods choose by 30,000 training images, or all if there
are fewer, and know nothing of the test images by which all are compared:

- ours: greedy, ranked again by exact log-loss after every four removals, jointly over the layers
  down to the sizes wanted; the same with exchanges at the end ("swap"); and ranked once
  ("one_shot"); a removed neuron is replaced by nothing ("zero"), its mean, or its least-squares
  prediction from the others ("linear");
- the classic criteria of `neuron_criterion`, ranked once, with nothing in a neuron's place, and
  those that ask only for weights also with "linear";
- the importances of Torch-Pruning on the same weights, if it is installed;
- a network of the small size, trained from scratch as long as the large one.

Without retraining; and after the same few epochs of fine-tuning for all. Intervals are of the
mean over seeds, 95 %, by Student's t.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from typing import Any

import joblib
import numpy as np
from scipy import stats
from sklearn.base import clone
from timing import machine, save, saved_rows, show, use_threads

from skneuron import (
    PrunableMLPClassifier,
    neuron_ablation,
    neuron_criterion,
    neuron_pruning_path,
    prune_neurons,
)
from skneuron.datasets import load_images
from skneuron.utils._interrupt import training_in_full

FINE_TUNING_EPOCHS = 3
N_CHOOSING = 30_000
# Neurons that go between two rankings of the greedy strategy.
STEP = 4


@dataclass(frozen=True)
class Case:
    """A data set and its networks."""

    hidden: tuple[int, ...]
    max_iter: int
    shares: tuple[float, ...]
    standardize: bool = False


CASES = {
    "mnist": Case((512,), 20, (0.5, 0.6, 0.75, 0.9)),
    "fashion_mnist": Case((300, 100), 15, (0.5, 0.6, 0.7, 0.8)),
    # On pixels from 0 to 1, most relu neurons die in the first epochs.
    "svhn": Case((300, 100), 30, (0.5, 0.6, 0.7, 0.8), standardize=True),
}
QUICK = {"digits": Case((12, 8), 5, (0.5,))}

# Points lost on average, at most: replacement "linear", no retraining.
WANTED = {
    ("fashion_mnist", 0.5): 0.3,
    ("fashion_mnist", 0.6): 0.7,
    ("fashion_mnist", 0.7): 1.5,
    ("fashion_mnist", 0.8): 3.0,
    ("mnist", 0.5): 0.15,
    ("mnist", 0.75): 0.5,
}
# Published for Fashion-MNIST 784-300-100-10, base 89.80: W. Kim, S. Kim, M. Park and G. Jeon,
# "Neuron Merging: Compensating for Pruned Neurons", NeurIPS 2020, smallest L1 norms.
PUBLISHED = {
    "published: pruning": dict(zip((0.5, 0.6, 0.7, 0.8), (1.40, 4.63, 18.54, 23.04), strict=True)),
    "published: neuron merging": dict(
        zip((0.5, 0.6, 0.7, 0.8), (1.11, 2.88, 7.05, 9.78), strict=True)
    ),
}


@dataclass(frozen=True)
class Problem:
    """A trained network, and the training images that methods may look at."""

    mlp: PrunableMLPClassifier
    X: np.ndarray
    y: np.ndarray

    @property
    def sizes(self) -> tuple[int, ...]:
        return self.mlp.hidden_layer_sizes_


Method = Callable[[Problem, tuple[int, ...]], PrunableMLPClassifier]


def along_a_path(
    problem: Problem, sizes: tuple[int, ...], *, replacement: str, strategy: str = "greedy"
) -> Any:
    path = neuron_pruning_path(
        problem.mlp, problem.X, problem.y, X_ref=None if replacement == "zero" else problem.X,
        replacement=replacement, scoring="neg_log_loss", n_neurons_to_select=list(sizes),
        step=STEP, strategy=strategy,
    )  # fmt: skip
    return path.prune_to(sum(sizes))


def smallest_masks(
    importances: np.ndarray, full: tuple[int, ...], sizes: tuple[int, ...]
) -> list[np.ndarray]:
    """The most important of every layer stay."""
    masks = []
    for values, n_left in zip(np.split(importances, np.cumsum(full)[:-1]), sizes, strict=True):
        mask = np.zeros(len(values), dtype=bool)
        mask[np.argsort(-values, kind="stable")[:n_left]] = True
        masks.append(mask)
    return masks


def ranked_once(
    problem: Problem, sizes: tuple[int, ...], *, importances: Callable, replacement: str
) -> Any:
    masks = smallest_masks(importances(problem), problem.sizes, sizes)
    X = None if replacement == "zero" else problem.X
    return prune_neurons(problem.mlp, masks, replacement=replacement, X=X)


def by_ablation(problem: Problem, *, replacement: str) -> np.ndarray:
    return neuron_ablation(
        problem.mlp, problem.X, problem.y, scoring="neg_log_loss", replacement=replacement,
        X_ref=None if replacement == "zero" else problem.X,
    ).importances  # fmt: skip


def by_criterion(problem: Problem, *, criterion: str) -> np.ndarray:
    return neuron_criterion(problem.mlp, problem.X, problem.y, criterion=criterion, random_state=0)


def torch_pruning_masks(
    problem: Problem, sizes: tuple[int, ...], importance_name: str, **options: Any
) -> list[np.ndarray]:
    """What Torch-Pruning would keep of the same weights."""
    import torch
    import torch_pruning

    layers: list[Any] = []
    linears = []
    for W, b in zip(problem.mlp.coefs_, problem.mlp.intercepts_, strict=True):
        linear = torch.nn.Linear(*W.shape)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(W.T))
            linear.bias.copy_(torch.from_numpy(b))
        linears.append(linear)
        layers += [linear, torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1])
    X = torch.from_numpy(problem.X)
    y = torch.from_numpy(np.searchsorted(problem.mlp.classes_, problem.y))
    importance = getattr(torch_pruning.importance, importance_name)(**options)
    # It rounds the number that stays down.
    hidden = zip(linears[:-1], problem.sizes, sizes, strict=True)
    shares = {linear: 1 - (n_left + 0.5) / n for linear, n, n_left in hidden}
    pruner = torch_pruning.pruner.BasePruner(
        model, X[:1], importance=importance, pruning_ratio_dict=shares,
        ignored_layers=[linears[-1]],
    )  # fmt: skip
    torch.nn.functional.cross_entropy(model(X), y).backward()
    masks = [np.ones(n, dtype=bool) for n in problem.sizes]
    for group in pruner.step(interactive=True):
        dependency, gone = group[0]
        masks[linears.index(dependency.target.module)][list(gone)] = False
    found = tuple(int(mask.sum()) for mask in masks)
    if found != sizes:
        raise RuntimeError(f"Torch-Pruning kept {found} neurons instead of {sizes}")
    return masks


def by_torch_pruning(
    problem: Problem, sizes: tuple[int, ...], *, importance: str, **options: Any
) -> Any:
    return prune_neurons(problem.mlp, torch_pruning_masks(problem, sizes, importance, **options))


REPLACEMENTS = ("zero", "mean", "linear")
# From sizes to smaller sizes: what is left of one is where the next begins.
GREEDY = {f"greedy, {r}": partial(along_a_path, replacement=r) for r in REPLACEMENTS}
CRITERIA = {
    "L1 norm": "l1_incoming",
    "L2 norm": "l2_incoming",
    "mean activation": "mean_activation",
    "Taylor": "taylor1",
    "random": "random",
}
FROM_THE_WHOLE: dict[str, Method] = {
    "swap, linear": partial(along_a_path, replacement="linear", strategy="swap"),
    **{
        f"ranked once, {r}": partial(
            ranked_once, importances=partial(by_ablation, replacement=r), replacement=r
        )
        for r in REPLACEMENTS
    },
    **{
        f"{name}, {r}": partial(
            ranked_once, importances=partial(by_criterion, criterion=criterion), replacement=r
        )
        for name, criterion in CRITERIA.items()
        for r in (("zero", "linear") if name in ("L1 norm", "random") else ("zero",))
    },
}
if find_spec("torch_pruning"):
    FROM_THE_WHOLE |= {
        "Torch-Pruning, L1": partial(by_torch_pruning, importance="MagnitudeImportance", p=1),
        "Torch-Pruning, L2": partial(by_torch_pruning, importance="MagnitudeImportance", p=2),
        "Torch-Pruning, FPGM": partial(by_torch_pruning, importance="FPGMImportance"),
        "Torch-Pruning, LAMP": partial(by_torch_pruning, importance="LAMPImportance"),
        "Torch-Pruning, Taylor": partial(by_torch_pruning, importance="TaylorImportance"),
    }
# With fine-tuning, the best of each kind tells enough.
FINE_TUNED = ("greedy, linear", "L1 norm, zero", "random, zero", "Torch-Pruning, Taylor")
SMALL = "small from scratch"


def chosen(methods: dict[str, Method], names: list[str] | None) -> dict[str, Method]:
    return {name: m for name, m in methods.items() if names is None or name in names}


def trained(mlp: PrunableMLPClassifier, X: np.ndarray, y: np.ndarray) -> Any:
    with training_in_full():
        return mlp.fit(X, y)


def fine_tuned(mlp: PrunableMLPClassifier, X: np.ndarray, y: np.ndarray) -> Any:
    for _ in range(FINE_TUNING_EPOCHS):
        mlp.partial_fit(X, y)
    return mlp


def one_seed(
    name: str, case: Case, images: Any, seed: int, names: list[str] | None
) -> list[dict[str, Any]]:
    X, y = images.X_train, images.y_train
    mlp = PrunableMLPClassifier(case.hidden, max_iter=case.max_iter, random_state=seed)
    trained(mlp, X, y)
    rows = np.random.default_rng(seed).permutation(len(X))[:N_CHOOSING]
    problem = Problem(mlp, X[rows], y[rows])
    base = 100 * mlp.score(images.X_test, images.y_test)
    show({"data": name, "seed": seed, "base": base})
    results = []

    def record(method: str, share: float, network: Any, epochs: int = 0) -> None:
        accuracy = 100 * network.score(images.X_test, images.y_test)
        row = {"data": name, "seed": seed, "method": method, "share": share, "epochs": epochs}
        results.append({**row, "accuracy": accuracy, "lost": base - accuracy})

    methods, greedy = chosen(FROM_THE_WHOLE, names), chosen(GREEDY, names)
    at = dict.fromkeys(greedy, mlp)  # where each path has got to
    for share in case.shares:
        sizes = tuple(round(n * (1 - share)) for n in case.hidden)
        for method, prune in greedy.items():
            at[method] = prune(replace(problem, mlp=at[method]), sizes)
        pruned = at | {method: prune(problem, sizes) for method, prune in methods.items()}
        if names is None or SMALL in names:
            small = clone(mlp).set_params(hidden_layer_sizes=sizes)
            pruned[SMALL] = trained(small, X, y)
        for method, network in pruned.items():
            record(method, share, network)
        for method in FINE_TUNED:
            if method in pruned:
                # A copy: the next path begins where this one ended, not with a tuned network.
                network = prune_neurons(pruned[method], [])
                record(method, share, fine_tuned(network, X, y), FINE_TUNING_EPOCHS)
    return results


def summary(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Means over the seeds, and half the width of their intervals."""
    keys = dict.fromkeys((r["data"], r["epochs"], r["method"], r["share"]) for r in rows)
    table = []
    for data, epochs, method, share in keys:
        lost = np.array(
            [
                r["lost"]
                for r in rows
                if (r["data"], r["epochs"], r["method"], r["share"])
                == (data, epochs, method, share)
            ]
        )
        n = len(lost)
        reach = float(stats.t.ppf(0.975, n - 1) * stats.sem(lost)) if n > 1 else None
        table.append(
            {"data": data, "epochs": epochs, "method": method, "share": share,
             "lost": float(lost.mean()), "interval": reach, "n_seeds": n}
        )  # fmt: skip
    return table


def print_table(table: list[dict[str, Any]], data: str, epochs: int, n_seeds: int) -> None:
    some = [line for line in table if (line["data"], line["epochs"]) == (data, epochs)]
    shares = sorted({line["share"] for line in some})
    training = f"{epochs} epochs of fine-tuning" if epochs else "without retraining"
    print(f"\n{data}, {training}: points lost, mean of {n_seeds} seeds ± 95 % interval")
    print(f"{'removed of each layer':28}" + "".join(f"{share:>16.0%}" for share in shares))
    found = {(line["method"], line["share"]): line for line in some}
    for method in dict.fromkeys(line["method"] for line in some):
        lines = [found[method, share] for share in shares]
        cells = (
            f"{line['lost']:.2f}" + (f" ± {line['interval']:.2f}" if line["interval"] else "")
            for line in lines
        )
        print(f"{method:28}" + "".join(f"{cell:>16}" for cell in cells))
    if data == "fashion_mnist" and not epochs:
        for method, lost in PUBLISHED.items():
            print(f"{method:28}" + "".join(f"{lost[share]:>16.2f}" for share in shares))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-home", help="scikit-learn's data home")
    parser.add_argument("--data", nargs="+", choices=sorted(CASES), default=list(CASES))
    parser.add_argument(
        "--methods", nargs="+", metavar="NAME", help="only these; what is saved of others stays",
        choices=[*GREEDY, *FROM_THE_WHOLE, SMALL],
    )  # fmt: skip
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=joblib.cpu_count())
    parser.add_argument("--quick", action="store_true", help="digits; nothing is saved")
    arguments = parser.parse_args()
    use_threads(arguments.threads)
    packages = ("torch-pruning", "torch") if find_spec("torch_pruning") else ()
    show(machine(*packages))
    if not packages:
        print("torch-pruning is not installed: its importances are left out")
    cases = QUICK if arguments.quick else {name: CASES[name] for name in arguments.data}
    names = arguments.methods
    seeds = 1 if arguments.quick else arguments.seeds
    # Rows of other data sets and methods stay: each data set takes its hour.
    rows = [
        row for row in ([] if arguments.quick else saved_rows("quality"))
        if row["data"] not in cases or (names is not None and row["method"] not in names)
    ]  # fmt: skip
    for name, case in cases.items():
        images = load_images(name, data_home=arguments.data_home)
        if case.standardize:
            mean, std = images.X_train.mean(), images.X_train.std()
            images.X_train, images.X_test = (
                (X - mean) / std for X in (images.X_train, images.X_test)
            )
        for seed in range(seeds):
            rows += one_seed(name, case, images, seed, names)
            table = summary(rows)
            if not arguments.quick:  # hours of work are not to be lost with the last minute
                save(
                    "quality", rows, tables={"summary": table}, packages=packages, step=STEP,
                    cases={n: vars(CASES[n]) for n in dict.fromkeys(r["data"] for r in rows)},
                    fine_tuning_epochs=FINE_TUNING_EPOCHS, n_choosing=N_CHOOSING,
                )  # fmt: skip
        for epochs in (0, FINE_TUNING_EPOCHS):
            print_table(table, name, epochs, seeds)
    for (name, share), most in WANTED.items():
        for line in summary(rows):
            if (line["data"], line["share"], line["epochs"], line["method"]) == (
                name, share, 0, "greedy, linear",
            ):  # fmt: skip
                print(f"{name}, {share:.0%}: {line['lost']:.2f} lost, at most {most} wanted")


if __name__ == "__main__":
    main()
