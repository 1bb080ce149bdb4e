"""What a user's type checker says: nothing of right code, and what is wrong of wrong code."""

import importlib.metadata
import re
import sys

import matplotlib.pyplot as plt
import pytest

mypy_api = pytest.importorskip("mypy.api")

RIGHT = """
from typing import Any, assert_type

import numpy as np
from numpy.typing import NDArray
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneuron import (
    NeuronAblation,
    NeuronPruningPath,
    PrunableMLPClassifier,
    PrunableMLPRegressor,
    RottenNeuronPruner,
    RottenNeuronPrunerCV,
    neuron_ablation,
    neuron_criterion,
    neuron_pruning_path,
    neuron_shapley,
    pairwise_ablation,
    prune_neurons,
    refit_outputs,
    refit_pruned,
    remove_redundant_neurons,
    write_report,
)
from skneuron.plotting import (
    CVResultsDisplay,
    NeuronAblationDisplay,
    PairwiseAblationDisplay,
    PruningPathDisplay,
    ReceptiveFieldDisplay,
    ShapleyDisplay,
    VerdictDisplay,
)

X = np.random.default_rng(0).normal(size=(240, 3))
y = (X[:, 0] > 0).astype(int)


def share_of_rotten(ablation: NeuronAblation) -> float:
    return float((ablation.importances < 0).mean())


# Train.
mlp = PrunableMLPClassifier((8, 4), max_iter=20, class_weight={0: 1.0, 1: 2.0}, random_state=0)
mlp.fit(X, y)
assert_type(mlp.hidden_layer_sizes_, tuple[int, ...])
activations = mlp.hidden_activations(X, layer=0)
predicted = mlp.predict(X)
mlp.fit(X, y, X_val=X[:50], y_val=y[:50], sample_weight_val=np.ones(50))
print(mlp.validation_loss_curve_, mlp.dead_neurons_, mlp.validation_scores_)
regressor = PrunableMLPRegressor(hidden_layer_sizes=(4,)).fit(X, X[:, 1])
plain = mlp.to_sklearn()
ours = PrunableMLPClassifier.from_sklearn(plain)

# Ablate.
ablation = neuron_ablation(mlp, X, y)
assert_type(ablation, NeuronAblation)
importances: NDArray[np.floating[Any]] = ablation.importances
score: float = ablation.baseline_score
rotten = [(int(a), int(b)) for a, b in zip(ablation.layer, ablation.index, strict=True)]
print(share_of_rotten(ablation), ablation["importances"], ablation.to_frame())
verdicts = ablation.verdicts(alpha=0.1, method="by")
print((verdicts.p_values < 0.1).sum(), verdicts.verdict, verdicts.to_frame())
several = neuron_ablation(mlp, X.tolist(), y.tolist(), scoring=["accuracy", "f1"], layers=[0])
print(several["f1"].importances)
print(neuron_ablation(mlp, X, scoring="fidelity").importances)
mean = neuron_ablation(mlp, X, y, replacement="mean", X_ref=X, scoring="neg_log_loss")

# Look at it from other sides.
pairs = pairwise_ablation(mlp, X, y)
print(pairs.interactions.min(), pairs.joint_importances.shape)
shapley = neuron_shapley(mlp, X, y, max_permutations=4, random_state=0)
print(shapley.shapley_values, shapley.standard_errors)
print(neuron_criterion(mlp, criterion="l1_product"))
print(neuron_criterion(mlp, X, criterion=["apoz"]).to_frame(), pairs.to_frame())

# Prune.
smaller = prune_neurons(mlp, rotten[:2])
assert_type(smaller, PrunableMLPClassifier)
by_masks = prune_neurons(mlp, [np.arange(8) > 2, np.arange(4) > 0], replacement="mean", X_ref=X)
by_other_forms = prune_neurons(mlp, ["hidden0_neuron3", 9, (1, 0)])
by_flat_mask = prune_neurons(mlp, np.arange(12) > 3)
same = remove_redundant_neurons(mlp, X)
refitted = refit_outputs(mlp, X, y, penalties=[0.1, 10.0], cv=3, random_state=0)
assert_type(refitted, PrunableMLPClassifier)
repaired = refit_pruned(smaller, mlp, X, layers="span", mixed=1.0, random_state=0)
assert_type(repaired, PrunableMLPClassifier)
print(prune_neurons(mlp, rotten[:2], refit="behind", X_refit=X).score(X, y))
path = neuron_pruning_path(mlp, X, y, strategy="greedy", n_neurons_to_select=4)
assert_type(path, NeuronPruningPath)
half = path.prune_to(0.5)
by_bytes = neuron_pruning_path(mlp, X, y, strategy="obs", replacement="linear", max_bytes=400)
print(by_bytes.prune_to(max_parameters=120, refit="span"), by_bytes.n_parameters[-1])
print(by_bytes.bytes.min())
print(by_bytes.pareto(X, y).is_optimal.sum(), by_bytes.pareto(X, y, "neg_log_loss").to_frame())
comparison = by_bytes.compare(X, y, 0.5, scoring="neg_log_loss", refit="outputs")
low, high = comparison.confidence_interval
print(comparison, comparison.difference, low, comparison.score.pruned, comparison.to_frame())
mlp.prune_neurons([(0, 1)]).partial_fit(X, y)

# In a Pipeline.
pruner = RottenNeuronPruner(PrunableMLPClassifier((8,)), threshold="auto", random_state=0)
pipeline = make_pipeline(StandardScaler(), pruner).fit(X, y)
fitted = RottenNeuronPruner(MLPClassifier((8,)), threshold=0.01, tol=None).fit(X, y)
print(fitted.n_neurons_, fitted.support_.sum(), fitted.pruning_path_.prune_to(fitted.n_neurons_))
print(fitted.transform(X).shape, fitted.get_feature_names_out(), fitted.score(X, y))
search = RottenNeuronPrunerCV(pruner, thresholds=[0.0, 0.01], cv=3).fit(X, y)
print(search.best_threshold_, search.estimator_, search.n_neurons_)

# Look at it.
assert_type(NeuronAblationDisplay.from_ablation(ablation, intervals=True), NeuronAblationDisplay)
VerdictDisplay(verdicts, ablation.layer, ablation.index).plot()
VerdictDisplay.from_ablation(ablation, alpha=0.1, method=None)
PairwiseAblationDisplay.from_pairs(pairs, order="layers").plot(values="joint_importances")
ShapleyDisplay.from_estimator(mlp, X, y, max_permutations=2).plot()
PruningPathDisplay.from_estimator(fitted, X, y, random_removals=2).plot(intervals=False)
CVResultsDisplay.from_estimator(search, x="n_neurons").plot()
ReceptiveFieldDisplay.from_estimator(fitted, [(0, 0)], feature_names=["a", "b", "c"]).plot(
    scale="own"
)
print(search.compare(X, y, sample_weight=np.ones(len(y))).n_fixed, search.cv_results_.to_frame())
print(fitted.baseline_estimator_, fitted.score(X, y), fitted.compare(X, scoring="agreement"))
print(write_report(pipeline, X, y).name, write_report(search, X, y, image_shape=(1, 3)))
print(write_report(ablation, path="page.html", title="A network"))
"""

# Each line with the code that mypy gives it.
WRONG = """
import numpy as np

from skneuron import (
    PrunableMLPClassifier,
    RottenNeuronPruner,
    neuron_ablation,
    neuron_pruning_path,
    prune_neurons,
    write_report,
)

X = np.zeros((60, 3))
y = np.zeros(60, dtype=int)
mlp = PrunableMLPClassifier((8,)).fit(X, y)
neuron_ablation(mlp)  # call-overload
neuron_ablation(mlp, X, y, replacement=3)  # call-overload
neuron_ablation(X, y, mlp)  # call-overload
neuron_ablation(mlp, X, y, "accuracy")  # call-overload
neuron_ablation(mlp, X, y).importance  # attr-defined
neuron_ablation(mlp, X, y, scoring=["accuracy", "f1"]).importances  # attr-defined
prune_neurons(mlp, 3)  # arg-type
prune_neurons(mlp, [(0, 1)], replacment="mean")  # call-arg
neuron_pruning_path(mlp, X, y, n_neurons_to_select="half")  # arg-type
neuron_pruning_path(mlp, X, y).prune(3)  # attr-defined
neuron_pruning_path(mlp, X, y).scores.uppercase()  # attr-defined
PrunableMLPClassifier(hidden=(8,))  # call-arg
PrunableMLPClassifier((8,), dropout="0.2")  # arg-type
RottenNeuronPruner(mlp, 0.0)  # call-arg
RottenNeuronPruner(mlp, fine_tune="5")  # arg-type
write_report(mlp, X, y, image_shape="8x8")  # arg-type
"""

# As `mypy --strict`; scikit-learn has no annotations.
SETTINGS = ["--config-file=", "--strict", "--ignore-missing-imports", "--no-error-summary"]


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """What mypy says of both scripts, in a folder that has nothing to do with ours."""
    folder = tmp_path_factory.mktemp("user")
    paths = {}
    for name, code in {"right": RIGHT, "wrong": WRONG}.items():
        paths[name] = folder / f"{name}.py"
        paths[name].write_text(code)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("MYPYPATH", raising=False)
        out, problems, _ = mypy_api.run(
            [*SETTINGS, f"--cache-dir={folder / 'cache'}", f"--python-executable={sys.executable}",
             *map(str, paths.values())]
        )  # fmt: skip
    assert problems == ""
    return {name: [line for line in out.splitlines() if f"{name}.py" in line] for name in paths}


def test_right_code_passes(said):
    assert said["right"] == []


def test_wrong_code_fails_where_and_as_expected(said):
    expected = {
        number: line.partition("  # ")[2]
        for number, line in enumerate(WRONG.splitlines(), 1)
        if "  # " in line
    }
    found = {}
    for line in said["wrong"]:
        if match := re.match(r".*:(\d+): error: .*\[([a-z-]+)\]$", line):
            found.setdefault(int(match[1]), match[2])
    assert found == expected, "\n".join(said["wrong"])


def test_right_code_runs(tmp_path, monkeypatch):
    """What passes mypy is what one can do, too."""
    pytest.importorskip("pandas")
    monkeypatch.chdir(tmp_path)  # it writes pages
    code = compile(RIGHT, "right.py", "exec")
    monkeypatch.setitem(plt.rcParams, "figure.max_open_warning", 0)
    with pytest.warns(match="Maximum iterations"):
        exec(code, {"__name__": "right"})
    plt.close("all")


def test_the_package_says_that_it_is_typed():
    files = importlib.metadata.files("skneuron") or []
    listed = [file for file in files if file.name == "py.typed"]
    # An editable install has no list of files.
    assert listed or any(file.suffix == ".pth" for file in files)
