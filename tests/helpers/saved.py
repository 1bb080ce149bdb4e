"""One fitted object of every kind that people save, small, and what it answers.

`python -m helpers.saved FOLDER`, in tests/, saves them there: see tests/persistence/fixtures.
"""

import json
import pickle
import platform
import sys
import warnings
from functools import cache
from pathlib import Path

import joblib
import numpy as np
import scipy
import sklearn
from sklearn.exceptions import ConvergenceWarning
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skneuron
from skneuron import (
    PrunableMLPClassifier,
    PrunableMLPRegressor,
    RottenNeuronPruner,
    RottenNeuronPrunerCV,
    neuron_ablation,
    neuron_pruning_path,
    neuron_shapley,
    pairwise_ablation,
)
from skneuron.utils._saved_state import STATE_FORMAT

ESTIMATORS = (
    "classifier", "binary", "multilabel", "regressor", "pruner", "pruner_of_regressor",
    "pruner_of_pipeline", "pruner_cv", "pipeline", "pruner_of_frozen",
)  # fmt: skip
RESULTS = ("ablation", "verdicts", "pairs", "shapley", "path")
OBJECTS = (*ESTIMATORS, *RESULTS)

_rng = np.random.default_rng(0)
X = _rng.normal(size=(60, 4))
_sums = X @ _rng.normal(size=(4, 3))
LABELS = np.array(["a", "b", "c"])[_sums.argmax(axis=1)]
# What fitted estimators are asked for, and of which samples.
ROWS = X[:12]
METHODS = ("predict", "predict_proba", "transform", "hidden_activations")


def _network(cls=PrunableMLPClassifier, **parameters):
    options = {"hidden_layer_sizes": (5, 3), "max_iter": 8, "random_state": 0}
    return cls(**(options | parameters))


def _pruner(estimator, **parameters):
    options = {"estimate_gain": False, "random_state": 0, "n_neurons_to_select": 5}
    return RottenNeuronPruner(estimator, **(options | parameters))


def _estimators():
    regressor = _network(PrunableMLPRegressor)
    scaled = make_pipeline(StandardScaler(), _network())
    linear = _pruner(_network(), replacement="linear", scoring="neg_log_loss")
    several = (_sums > 0).astype(int)
    cases = {
        "classifier": (_network(class_weight="balanced", dropout=0.1), LABELS),
        "binary": (_network(solver="lbfgs"), LABELS == "a"),
        "multilabel": (_network(solver="sgd", early_stopping=True), several),
        "regressor": (regressor, _sums),
        "pruner": (linear, LABELS),
        "pruner_of_regressor": (_pruner(regressor, replacement="mean"), _sums[:, 0]),
        "pruner_of_pipeline": (_pruner(scaled, strategy="swap"), LABELS),
        "pruner_cv": (
            RottenNeuronPrunerCV(_pruner(_network()), n_neurons_to_select=[5, 7], cv=2), LABELS
        ),
        "pipeline": (make_pipeline(StandardScaler(), _pruner(_network())), LABELS),
    }  # fmt: skip
    fitted = {name: estimator.fit(X, y) for name, (estimator, y) in cases.items()}
    frozen = FrozenEstimator(fitted["classifier"])
    return fitted | {"pruner_of_frozen": _pruner(frozen, cv="prefit").fit(X, LABELS)}


@cache
def fitted_objects():
    """Fitted estimators and results by name, made once: tests read them, or copies."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted = _estimators()
    network = fitted["classifier"]
    ablation = neuron_ablation(network, X, LABELS)
    return fitted | {
        "ablation": ablation,
        "verdicts": ablation.verdicts(),
        "pairs": pairwise_ablation(network, X, LABELS),
        "shapley": neuron_shapley(network, X, LABELS, random_state=0),
        "path": neuron_pruning_path(network, X, LABELS),
    }


def answers_of(fitted):
    """Arrays by name: predictions of an estimator, or the entries of a result."""
    if hasattr(fitted, "predict"):
        methods = [method for method in METHODS if hasattr(fitted, method)]
        return {method: np.asarray(getattr(fitted, method)(ROWS)) for method in methods}
    found = {k: np.asarray(v) for k, v in fitted.items() if k[0] != "_"}
    found = {k: v for k, v in found.items() if not v.dtype.hasobject}
    if hasattr(fitted, "prune_to"):
        found["smaller"] = fitted.prune_to(4).predict_proba(ROWS)
    if hasattr(fitted, "verdicts"):
        found["p_values"] = fitted.verdicts().p_values
    return found


def save(folder):
    """Every object in a file of its own, their answers, and the versions that they are of."""
    folder.mkdir(parents=True)
    objects = fitted_objects()
    answers = {}
    for name, fitted in objects.items():
        (folder / f"{name}.pkl").write_bytes(pickle.dumps(fitted))
        answers |= {f"{name}/{key}": value for key, value in answers_of(fitted).items()}
    joblib.dump(objects["pipeline"], folder / "pipeline.joblib", compress=3)
    np.savez_compressed(folder / "answers.npz", **answers)
    modules = (skneuron, sklearn, np, scipy, joblib)
    versions = {module.__name__: module.__version__ for module in modules}
    versions |= {"python": platform.python_version(), "format": STATE_FORMAT}
    (folder / "versions.json").write_text(json.dumps(versions, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    save(Path(sys.argv[1]) / skneuron.__version__)
