"""Bad input for the displays; no figure is left half-drawn."""

import numpy as np
import pytest
from helpers.bad_input import (
    JUNK,
    NO_ESTIMATORS,
    NO_SAMPLES,
    NO_TARGETS,
    X,
    Y,
    ablation,
    check,
    check_good,
    classifier,
    path,
    pruner,
    table,
)
from matplotlib.figure import Figure

from skneuron.plotting import NeuronAblationDisplay, PruningPathDisplay, ReceptiveFieldDisplay

AXES = ["a", 3, 1.5, {}, np.zeros(3), [3], Figure()]
MAPS = ["no such map", 3, 1.5, ["RdBu"], object()]
TEXTS = [3, 1.5, True, b"a", ["a"], object()]
SHAPES = ["ab", "abc", 8, None, (3,), (1, 2, 3), (1, 3, 2), (1.0, 3), (1, "a"), (-1, -3), (0, 3),
          (1, 3, 1, 1), [[1], [3]], {}]  # fmt: skip
TITLES = ["a", "ab", 3, ["a"], ["a", "b", "c"], True]
CURVES = [3, "ab", [1.0, 2.0], {"_test": [1.0, 2.0]}, {"test": [1.0]}, {"test": "a"}, {3: [1, 2]},
          {"test": ["a", "b"]}, {"test": None}, {"test": [[1, 2]]}]  # fmt: skip
COLUMNS = {"None": None, "text": "a", "empty": [], "texts": ["a", "b"], "matrix": np.ones((2, 2)),
           "number": 3, "complex": [1j, 2j], "object": object()}  # fmt: skip


def of(owner, method, **good):
    return lambda: (getattr(owner() if callable(owner) else owner, method), good)


def ablation_display():
    return NeuronAblationDisplay(ablation())


def path_display():
    return PruningPathDisplay([4, 3], [0.5, 0.75])


def field_display():
    return ReceptiveFieldDisplay(np.ones((2, 3)), image_shape=(1, 3))


def cls(which, **good):
    return lambda: (which, good)


FROM_MLP = {"estimator": classifier(), "X": X, "y": Y}
CALLS = {
    "ablation": cls(NeuronAblationDisplay, ablation=ablation()),
    "ablation.plot": of(ablation_display, "plot"),
    "ablation.from_ablation": lambda: (
        NeuronAblationDisplay.from_ablation, {"ablation": ablation()}
    ),
    "ablation.from_estimator": lambda: (NeuronAblationDisplay.from_estimator, FROM_MLP),
    "path": cls(PruningPathDisplay, n_neurons=[4, 3], scores=[0.5, 0.75]),
    "path.plot": of(path_display, "plot"),
    "path.from_path": lambda: (PruningPathDisplay.from_path, {"path": path()}),
    "path.from_estimator": lambda: (PruningPathDisplay.from_estimator, {"estimator": pruner()}),
    "field": cls(ReceptiveFieldDisplay, patterns=np.ones((2, 3)), image_shape=(1, 3)),
    "field.plot": of(field_display, "plot"),
    "field.from_estimator": lambda: (
        ReceptiveFieldDisplay.from_estimator,
        {"estimator": classifier(), "neurons": [(0, 1), (1, 2)], "image_shape": (1, 3)},
    ),
}  # fmt: skip
DRAWN = {"cmap": MAPS, "ax": AXES}
TARGETS = {"X": NO_SAMPLES, "y": NO_TARGETS}
ABLATIONS = ["a", 3, None, {}, {"accuracy": 3}, object()]
BAD = {
    "ablation": {"ablation": ABLATIONS, "score_name": TEXTS},
    "ablation.plot": {**DRAWN, "kind": ["a", None, 3, *JUNK, np.array([1, 2])]},
    "ablation.from_ablation": {**DRAWN, "ablation": ABLATIONS, "score_name": TEXTS},
    "ablation.from_estimator": {
        **DRAWN, **TARGETS, "estimator": NO_ESTIMATORS, "kind": ["a"], "scoring": ["a", 3],
        "replacement": ["a"], "layers": [9], "score_name": TEXTS,
    },
    "path": {
        "n_neurons": COLUMNS, "scores": COLUMNS, "further_scores": CURVES,
        "n_neurons_selected": [9, "a", 1.5, True, np.nan, [4]], "name": TEXTS, "score_name": TEXTS,
        "sizes": {name: bad for name, bad in COLUMNS.items() if name != "None"},
        "size_name": TEXTS,
    },
    "path.plot": {"ax": AXES, "baseline": ["a", None, 3, []]},
    "path.from_path": {
        "path": ABLATIONS, "further_scores": CURVES, "ax": AXES, "size": ["a", None, 3, *JUNK],
    },
    "path.from_estimator": {"estimator": {**NO_ESTIMATORS, "network": classifier()}},
    "field": {
        "patterns": {**COLUMNS, "narrow": np.ones((2, 2)), "1-D": np.ones(3)},
        "image_shape": SHAPES, "titles": TITLES,
    },
    "field.plot": {**DRAWN, "n_cols": [0, -1, 1.5, "a", None, True, np.nan, *JUNK]},
    "field.from_estimator": {
        **DRAWN, "estimator": NO_ESTIMATORS, "image_shape": SHAPES, "titles": TITLES,
        "neurons": ["a", 3, None, [], [(0, 99)], [3], ["ab"], [(0, 1.5)]],
    },
}  # fmt: skip


@pytest.mark.parametrize(
    "case", [case for name, bad in BAD.items() for case in table(name, CALLS[name], bad)]
)
def test_displays(case):
    check(case)


@pytest.mark.parametrize("name", CALLS)
def test_good_arguments(name, plt):
    check_good(CALLS[name])
