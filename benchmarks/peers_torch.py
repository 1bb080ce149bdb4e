"""Remove every hidden neuron in turn, as one would in PyTorch: with hooks, or all at once.

All take the weights of a fitted scikit-learn `MLPClassifier` with relu neurons and more than two
classes, and return how many rows are right without each neuron: the accuracy, and nothing else
of what `neuron_ablation` returns. Only the ways called "losses" add up the log-losses too.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch.nn import functional

# Neurons and rows that are computed at a time, None standing for all rows, in the last hidden
# layer and in those before. Every tile is compiled for itself, which takes some seconds.
TILES = {
    True: ((1, None), (4, None), (16, None), (4, 2000), (16, 2000), (64, 1000)),
    False: ((1, 2000), (4, 1000), (16, 250), (16, 1000), (64, 250)),
}
COMPILED_TILES = {True: ((64, None),), False: ((8, 1000), (16, 250))}
# So many neurons of a layer tell which way is fastest.
N_TUNED = 64
TUNING_RUNS = 3

Pair = tuple[torch.Tensor, torch.Tensor]


@dataclass(frozen=True)
class Task:
    """A network and its rows, as tensors on the memory of NumPy's arrays."""

    layers: list[Pair]  # weights (fan_in, fan_out) and biases
    X: torch.Tensor
    y: torch.Tensor  # index of the right output, int32

    @classmethod
    def of(cls, mlp: Any, X: np.ndarray, y: np.ndarray) -> "Task":
        pairs = zip(mlp.coefs_, mlp.intercepts_, strict=True)
        codes = np.searchsorted(mlp.classes_, y).astype(np.int32)
        layers = [(torch.from_numpy(W), torch.from_numpy(b)) for W, b in pairs]
        return cls(layers, torch.from_numpy(X), torch.from_numpy(codes))


def sequential(task: Task) -> torch.nn.Sequential:
    """The network as PyTorch users have it: Linear, ReLU, Linear, ReLU, ..., Linear."""
    modules: list[torch.nn.Module] = []
    for W, b in task.layers:
        linear = torch.nn.Linear(*W.shape)
        linear.load_state_dict({"weight": W.T, "bias": b})
        modules += [linear, torch.nn.ReLU()]
    return torch.nn.Sequential(*modules[:-1]).eval()


def hooked(task: Task, network: torch.nn.Sequential, neurons: Sequence[tuple[int, int]]) -> Any:
    """One forward pass a neuron, which a hook zeroes."""

    def zero(index: int) -> Callable[..., None]:
        def hook(module: Any, inputs: Any, output: torch.Tensor) -> None:
            output[:, index] = 0  # in place: a copy of the layer would cost more

        return hook

    counts = []
    with torch.inference_mode():
        for layer, index in neurons:
            handle = network[2 * layer + 1].register_forward_hook(zero(index))
            counts.append((network(task.X).argmax(1) == task.y).sum())
            handle.remove()
    return torch.stack(counts).numpy()


# All at once: a neuron's removal changes the next layer's input by a rank-1 term.


@dataclass(frozen=True)
class Sweep:
    """What the removals of one hidden layer's neurons need."""

    a: torch.Tensor  # (units, rows), their activations
    outgoing: torch.Tensor  # (units, next units)
    z: torch.Tensor  # (next units, rows), the next layer's inputs
    z_rows: torch.Tensor  # (rows, next units)
    later_layers: list[Pair]
    y: torch.Tensor
    is_right: torch.Tensor  # (classes, rows), 1 at every row's right class, else 0


def sweeps(task: Task) -> Iterator[Sweep]:
    """Layer by layer, from one forward pass."""
    a = task.X.T
    inputs, activations = [], []
    for W, b in task.layers:
        inputs.append(torch.addmm(b[:, None], W.T, a))
        a = inputs[-1].relu()
        activations.append(a)
    is_right = functional.one_hot(task.y.long(), len(a)).T.to(a.dtype)
    for layer, (W, _) in enumerate(task.layers[1:]):
        z, later_layers = inputs[layer + 1], task.layers[layer + 2 :]
        yield Sweep(activations[layer], W, z, z.T.contiguous(), later_layers, task.y, is_right)


def _without(s: Sweep) -> torch.Tensor:
    """The outputs' inputs, (classes, neurons, rows)."""
    z = torch.addcmul(s.z[:, None], s.a[None], s.outgoing.T[:, :, None], value=-1)
    for W, b in s.later_layers:
        z = torch.addmm(b[:, None], W.T, z.relu_().flatten(1)).unflatten(1, s.a.shape)
    return z


def _right_output(s: Sweep, z: torch.Tensor) -> torch.Tensor:
    """That of the right class; ``z`` is from `_without`."""
    labels = s.y.long()
    if s.later_layers:
        return z.gather(0, labels.expand(1, *s.a.shape))[0]
    # To find the weights by a product, and compute it again, is faster than to pick it.
    picked = s.outgoing @ s.is_right
    return torch.addcmul(s.z.gather(0, labels[None]), s.a, picked, value=-1)


def _amax(s: Sweep) -> torch.Tensor:
    """Nothing but the largest and the right output: argmax takes many times as long as amax."""
    z = _without(s)
    return (_right_output(s, z) >= z.amax(0)).sum(1, dtype=torch.int32)


def _winner(z: torch.Tensor) -> Pair:
    """The largest output and its index, unrolled: compilers make one loop of all classes."""
    best, winner = z[0], torch.zeros_like(z[0], dtype=torch.int32)
    for c in range(1, len(z)):
        larger = z[c] > best
        best = torch.where(larger, z[c], best)
        winner = torch.where(larger, c, winner)
    return best, winner


def _hits(a, outgoing, z, later_layers, y):
    z = _without(Sweep(a, outgoing, z, z, later_layers, y, z))
    return (_winner(z)[1] == y).sum(1, dtype=torch.int32)


def _hits_and_losses(a, outgoing, z, later_layers, y):
    """(neurons, 3): rows that are right, and the sums of their log-losses and the squares."""
    z = _without(Sweep(a, outgoing, z, z, later_layers, y, z))
    best, winner = _winner(z)
    total, right = torch.exp(z[0] - best), z[0]
    for c in range(1, len(z)):
        total = total + torch.exp(z[c] - best)
        right = torch.where(y == c, z[c], right)
    losses = torch.log(total) + best - right
    hits = (winner == y).to(z.dtype)
    return torch.stack([hits.sum(1), losses.sum(1), (losses * losses).sum(1)], 1)


def _compiled(function: Callable[..., torch.Tensor]) -> Callable[[Sweep], torch.Tensor]:
    function = torch.compile(function, dynamic=False)
    return lambda s: function(s.a, s.outgoing, s.z, s.later_layers, s.y)


def _rows_first(s: Sweep) -> torch.Tensor:
    """What comes to mind first: (neurons, rows, units)."""
    z = torch.addcmul(s.z_rows[None], s.a[:, :, None], s.outgoing[:, None], value=-1)
    for W, b in s.later_layers:
        z = torch.addmm(b, z.relu_().flatten(0, 1), W).unflatten(0, s.a.shape)
    return (z.argmax(-1) == s.y).sum(1)


def _class_by_class(s: Sweep) -> torch.Tensor:
    """The largest output so far, in place; only without later layers."""
    best = torch.addcmul(s.z[0], s.a, s.outgoing[:, :1], value=-1)
    other = torch.empty_like(best)
    for c in range(1, len(s.z)):
        torch.addcmul(s.z[c], s.a, s.outgoing[:, c : c + 1], value=-1, out=other)
        torch.maximum(best, other, out=best)
    return (_right_output(s, s.z) >= best).sum(1, dtype=torch.int32)


@dataclass(frozen=True)
class Way:
    """One way to sweep a layer: ``run`` on tiles of neurons and rows."""

    name: str
    run: Callable[[Sweep], torch.Tensor]
    n_neurons: int
    n_rows: int | None

    def __str__(self) -> str:
        return f"{self.name}, {self.n_neurons} neurons x {self.n_rows or 'all'} rows"

    def __call__(self, sweep: Sweep) -> torch.Tensor:
        n, step = len(sweep.a), min(self.n_neurons, len(sweep.a))
        parts = []
        for start in range(0, n, step):
            # The last tile is as large as the others, and overlaps: compiled code needs that.
            first = min(start, n - step)
            tiles = self._tiles(sweep, slice(first, first + step))
            counts = sum(self.run(tile).to(torch.float64) for tile in tiles)
            parts.append(counts[start - first :])
        return torch.cat(parts)

    def _tiles(self, s: Sweep, neurons: slice) -> Iterator[Sweep]:
        step = self.n_rows or len(s.y)
        a, outgoing = s.a[neurons], s.outgoing[neurons]
        for start in range(0, len(s.y), step):
            rows = slice(start, start + step)
            yield Sweep(
                a[:, rows], outgoing, s.z[:, rows], s.z_rows[rows], s.later_layers, s.y[rows],
                s.is_right[:, rows],
            )  # fmt: skip


def _ways(kind: str, is_last: bool) -> list[Way]:
    if kind == "torch":
        runs = {"amax": _amax, "class by class": _class_by_class} if is_last else {"amax": _amax}
        ways = [Way(name, run, *tile) for name, run in runs.items() for tile in TILES[is_last]]
        return [Way("argmax", _rows_first, 4, 1000), *ways]
    if kind == "compiled":
        run = _compiled(_hits)
        return [Way("compiled", run, *tile) for tile in COMPILED_TILES[is_last]]
    run = _compiled(_hits_and_losses)
    return [Way("compiled", run, *tile) for tile in COMPILED_TILES[is_last][:1]]


def _fastest(ways: Sequence[Way], sweep: Sweep) -> Way:
    """On some of the neurons, after a run that compiles."""
    some = replace(sweep, a=sweep.a[:N_TUNED], outgoing=sweep.outgoing[:N_TUNED])
    seconds = []
    for way in ways:
        way(some)
        seconds.append(min(_seconds(way, some) for _ in range(TUNING_RUNS)))
    return ways[int(np.argmin(seconds))]


def _seconds(way: Way, sweep: Sweep) -> float:
    start = time.perf_counter()
    way(sweep)
    return time.perf_counter() - start


KINDS = ("torch", "compiled", "losses")


def fastest_ways(task: Task, kind: str) -> list[Way]:
    """The fastest way of one of `KINDS` that is found for every hidden layer.

    All but the first kind need a C++ compiler: RuntimeError if there is none.
    """
    torch.compiler.reset()  # it gives up silently when one function meets many shapes
    with torch.inference_mode():
        return [_fastest(_ways(kind, not s.later_layers), s) for s in sweeps(task)]


def eager_ways(n_layers: int) -> list[Way]:
    """A good choice without tuning or compiling, which need memory of their own."""
    return [Way("amax", _amax, 16, 250)] * (n_layers - 1) + [Way("amax", _amax, 16, 2000)]


def ablated(task: Task, ways: Sequence[Way]) -> np.ndarray:
    """Rows that are right without each hidden neuron, and the losses if ``ways`` have them."""
    with torch.inference_mode():
        counts = [way(sweep) for way, sweep in zip(ways, sweeps(task), strict=True)]
    return torch.cat(counts).numpy()
