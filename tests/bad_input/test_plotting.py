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
from helpers.made_up_results import cv_results, judged, pairs, shapley
from matplotlib.figure import Figure

from skneuron.plotting import (
    CVResultsDisplay,
    NeuronAblationDisplay,
    PairwiseAblationDisplay,
    PruningPathDisplay,
    ReceptiveFieldDisplay,
    ShapleyDisplay,
    VerdictDisplay,
)

AXES = ["a", 3, 1.5, {}, np.zeros(3), [3], Figure()]
MAPS = ["no such map", 3, 1.5, ["RdBu"], object()]
TEXTS = [3, 1.5, True, b"a", ["a"], object()]
SHAPES = ["ab", "abc", 8, (3,), (1, 2, 3), (1, 3, 2), (1.0, 3), (1, "a"), (-1, -3), (0, 3),
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


def verdict_display():
    return VerdictDisplay(*judged(5, 4))


def shapley_display():
    return ShapleyDisplay(shapley(5, 4))


def pairs_display():
    return PairwiseAblationDisplay(pairs(5, 4)[0])


def results_display():
    return CVResultsDisplay(cv_results())


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
    "path.from_path on new samples": lambda: (
        PruningPathDisplay.from_path, {"path": path(), "X": X, "y": Y, "random_removals": 1}
    ),
    "verdicts": cls(
        VerdictDisplay, verdicts=judged(3)[0], layer=np.zeros(3, int), index=np.arange(3)
    ),
    "verdicts.plot": of(verdict_display, "plot"),
    "verdicts.from_ablation": lambda: (VerdictDisplay.from_ablation, {"ablation": ablation()}),
    "verdicts.from_estimator": lambda: (VerdictDisplay.from_estimator, FROM_MLP),
    "shapley": cls(ShapleyDisplay, shapley=shapley(3)),
    "shapley.plot": of(shapley_display, "plot"),
    "shapley.from_shapley": cls(ShapleyDisplay.from_shapley, shapley=shapley(3)),
    "shapley.from_estimator": lambda: (
        ShapleyDisplay.from_estimator, FROM_MLP | {"max_permutations": 2}
    ),
    "pairs": cls(PairwiseAblationDisplay, pairs=pairs(3)[0]),
    "pairs.plot": of(pairs_display, "plot"),
    "pairs.from_pairs": cls(PairwiseAblationDisplay.from_pairs, pairs=pairs(3)[0]),
    "pairs.from_estimator": lambda: (PairwiseAblationDisplay.from_estimator, FROM_MLP),
    "results": cls(CVResultsDisplay, cv_results=cv_results()),
    "results.plot": of(results_display, "plot"),
    "results.from_cv_results": cls(CVResultsDisplay.from_cv_results, cv_results=cv_results()),
    "field": cls(ReceptiveFieldDisplay, patterns=np.ones((2, 3)), image_shape=(1, 3)),
    "field.plot": of(field_display, "plot"),
    "field.from_estimator": lambda: (
        ReceptiveFieldDisplay.from_estimator,
        {"estimator": classifier(), "neurons": [(0, 1), (1, 2)], "image_shape": (1, 3)},
    ),
}  # fmt: skip
DRAWN = {"cmap": MAPS, "ax": AXES}
TARGETS = {"X": NO_SAMPLES, "y": NO_TARGETS}
# Without new samples there are none to be scored on, and y says so.
TARGETS_OR_NONE = {"X": {n: v for n, v in NO_SAMPLES.items() if n != "None"}, "y": NO_TARGETS}
ABLATIONS = ["a", 3, None, {}, {"accuracy": 3}, object()]
BAD = {
    "ablation": {"ablation": ABLATIONS, "score_name": TEXTS},
    "ablation.plot": {
        **DRAWN, "kind": ["a", None, 3, *JUNK, np.array([1, 2])],
        "intervals": ["a", None, 3, 1.5, *JUNK, np.array([True, False])],
    },
    "ablation.from_ablation": {**DRAWN, "ablation": ABLATIONS, "score_name": TEXTS},
    "ablation.from_estimator": {
        **DRAWN, **TARGETS, "estimator": NO_ESTIMATORS, "kind": ["a"], "scoring": ["a", 3],
        "replacement": ["a"], "layers": [9], "score_name": TEXTS, "intervals": ["a", 3],
    },
    "path": {
        "n_neurons": COLUMNS, "scores": COLUMNS, "further_scores": CURVES,
        "n_neurons_selected": [9, "a", 1.5, True, np.nan, [4]], "name": TEXTS, "score_name": TEXTS,
        "sizes": {name: bad for name, bad in COLUMNS.items() if name != "None"},
        "size_name": TEXTS, "n_samples": [0, -1, 1.5, "a", True, [5], {"a": 5}, object()],
        "standard_errors": [[0.1], "a", 3, ["a", "b"], [[1, 2]], {"a": [1, 2]}, [1j, 2j]],
        "random_scores": [3, "a", [0.1, 0.2], [[0.1]], [], [["a", "b"]], [[1j, 2j]]],
    },
    "path.plot": {"ax": AXES, "baseline": ["a", None, 3, []], "intervals": ["a", None, 3, []]},
    "path.from_path": {
        "path": ABLATIONS, "further_scores": CURVES, "ax": AXES, "size": ["a", None, 3, *JUNK],
    },
    "path.from_path on new samples": {
        **TARGETS_OR_NONE, "random_removals": [-1, 1.5, "a", None, True, *JUNK],
        "random_state": ["a", -1, 1.5], "scoring": ["a", 3], "intervals": ["a", 3],
        "score_name": TEXTS, "X_ref": ["a", 3, X[:, :2]],
    },
    "path.from_estimator": {
        "estimator": {**NO_ESTIMATORS, "network": classifier()}, "X": ["a", 3, X[:, :2]],
    },
    "verdicts": {
        "verdicts": ABLATIONS, "layer": {**COLUMNS, "few": [0, 0]},
        "index": {**COLUMNS, "few": [0, 1]},
    },
    "verdicts.plot": {"ax": AXES},
    "verdicts.from_ablation": {
        "ablation": ABLATIONS, "alpha": ["a", 0, 1, None], "method": ["a", 3],
        "test": ["a", None, 3], "ax": AXES,
    },
    "verdicts.from_estimator": {
        **TARGETS, "estimator": NO_ESTIMATORS, "ax": AXES, "alpha": [0, "a"], "layers": [9],
    },
    "shapley": {"shapley": ABLATIONS, "score_name": TEXTS},
    "shapley.plot": {"ax": AXES},
    "shapley.from_shapley": {"shapley": ABLATIONS, "score_name": TEXTS, "ax": AXES},
    "shapley.from_estimator": {
        **TARGETS, "estimator": NO_ESTIMATORS, "ax": AXES, "score_name": TEXTS,
        "max_permutations": [0, "a"],
    },
    "pairs": {"pairs": ABLATIONS, "score_name": TEXTS},
    "pairs.plot": {**DRAWN, "order": ["a", None, 3, *JUNK], "values": ["a", None, 3, *JUNK]},
    "pairs.from_pairs": {**DRAWN, "pairs": ABLATIONS, "score_name": TEXTS, "order": ["a"]},
    "pairs.from_estimator": {
        **DRAWN, **TARGETS, "estimator": NO_ESTIMATORS, "order": ["a", 3], "values": ["a", 3],
        "score_name": TEXTS, "layers": [9], "replacement": ["a"],
    },
    "results": {
        "cv_results": ABLATIONS, "score_name": TEXTS,
        "best_index": [-1, 5, 1.5, "a", True, np.nan, [1]],
    },
    "results.plot": {"ax": AXES, "x": ["a", None, 3, *JUNK]},
    "results.from_cv_results": {"cv_results": ABLATIONS, "ax": AXES, "x": ["a"]},
    "field": {
        "patterns": {**COLUMNS, "narrow": np.ones((2, 2)), "1-D": np.ones(3)},
        "image_shape": SHAPES, "titles": TITLES, "feature_names": ["a", 3, ["a"], ["a"] * 3],
    },
    "field.plot": {
        **DRAWN, "n_cols": [0, -1, 1.5, "a", True, np.nan, *JUNK],
        "n_features": [0, -1, 1.5, "a", None, True, np.nan, *JUNK],
        "scale": ["a", None, 3, *JUNK], "colorbar": ["a", None, 3, *JUNK],
    },
    "field.from_estimator": {
        **DRAWN, "estimator": NO_ESTIMATORS, "image_shape": SHAPES, "titles": TITLES,
        "neurons": ["a", 3, None, [], [(0, 99)], [99], ["ab"], [(0, 1.5)]],
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
