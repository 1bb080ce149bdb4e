"""What Torch-Pruning would keep of a fitted network, by its importances, on the same weights."""

from typing import Any

import numpy as np
import torch
import torch_pruning

# Names of importances and their options.
IMPORTANCES: dict[str, tuple[str, dict[str, Any]]] = {
    "L1": ("MagnitudeImportance", {"p": 1}),
    "L2": ("MagnitudeImportance", {"p": 2}),
    "FPGM": ("FPGMImportance", {}),
    "LAMP": ("LAMPImportance", {}),
    "Taylor": ("TaylorImportance", {}),
}


def torch_pruning_masks(
    mlp: Any, X: np.ndarray, y: np.ndarray, sizes: tuple[int, ...], name: str
) -> list[np.ndarray]:
    """True for the neurons of every hidden layer that stay, ``sizes`` of them.

    ``mlp`` is a classifier with relu neurons and more than two classes.
    """
    layers: list[Any] = []
    linears = []
    for W, b in zip(mlp.coefs_, mlp.intercepts_, strict=True):
        linear = torch.nn.Linear(*W.shape)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(W.T))
            linear.bias.copy_(torch.from_numpy(b))
        linears.append(linear)
        layers += [linear, torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1])
    inputs = torch.from_numpy(X)
    codes = torch.from_numpy(np.searchsorted(mlp.classes_, y))
    importance, options = IMPORTANCES[name]
    full = mlp.hidden_layer_sizes_
    # It rounds the number that stays down.
    hidden = zip(linears[:-1], full, sizes, strict=True)
    shares = {linear: 1 - (n_left + 0.5) / n for linear, n, n_left in hidden}
    pruner = torch_pruning.pruner.BasePruner(
        model, inputs[:1], importance=getattr(torch_pruning.importance, importance)(**options),
        pruning_ratio_dict=shares, ignored_layers=[linears[-1]],
    )  # fmt: skip
    torch.nn.functional.cross_entropy(model(inputs), codes).backward()
    masks = [np.ones(n, dtype=bool) for n in full]
    for group in pruner.step(interactive=True):
        dependency, gone = group[0]
        masks[linears.index(dependency.target.module)][list(gone)] = False
    found = tuple(int(mask.sum()) for mask in masks)
    if found != sizes:
        raise RuntimeError(f"Torch-Pruning kept {found} neurons instead of {sizes}")
    return masks
