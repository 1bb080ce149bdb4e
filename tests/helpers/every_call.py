"""Every public function once, on little data, with results that are checked: in a second or two.

For environments that a suite of tests is too long for, or where it cannot run: Python without
docstrings and assertions (``-OO``) has no assertions in tests, either. So nothing here is one.

``python -m helpers.every_call`` makes all calls, and ends well or with an exception.
"""

import importlib.util
import pickle
import tempfile
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import matplotlib as mpl
import numpy as np
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skneuron
from skneuron import datasets, metrics, plotting, report, study
from skneuron.__main__ import main

X, LABELS = make_classification(
    400, 6, n_informative=4, n_redundant=0, n_classes=3, class_sep=2.0, random_state=0
)
NUMBERS = X[:, 0] - 2 * X[:, 1]
# It stops after some epochs, and so does not warn that it has not converged.
STOP = {"max_iter": 20, "n_iter_no_change": 2, "tol": 1e9}
SMALL = {"hidden_layer_sizes": (6, 4), "random_state": 0, **STOP}


def expect(is_so, what):
    """Raise an error unless it is so; assertions may be switched off."""
    if not is_so:
        raise RuntimeError(f"not so: {what}")


def fitted(**options):
    return skneuron.PrunableMLPClassifier(**SMALL | options).fit(X, LABELS)


def estimators():
    network = fitted()
    expect(network.predict(X).shape == LABELS.shape, "one label a sample")
    expect(np.allclose(network.predict_proba(X).sum(axis=1), 1), "probabilities add up")
    network.partial_fit(X, LABELS)
    copy = pickle.loads(pickle.dumps(network))
    expect(np.array_equal(copy.predict_proba(X), network.predict_proba(X)), "pickles are equal")
    back = skneuron.PrunableMLPClassifier.from_sklearn(network.to_sklearn())
    expect(np.array_equal(back.predict(X), network.predict(X)), "as scikit-learn's")
    regressor = skneuron.PrunableMLPRegressor(**SMALL).fit(X, NUMBERS)
    expect(np.isfinite(regressor.score(X, NUMBERS)), "a score")
    network.fit(X, LABELS, X_val=X[:50], y_val=LABELS[:50])
    expect(len(network.validation_loss_curve_) == network.n_iter_, "one loss an epoch")
    expect(len(network.dead_neurons_) == network.n_iter_, "one number an epoch")
    lbfgs = fitted(solver="lbfgs", max_iter=1000, tol=1.0)
    expect(lbfgs.score(X, LABELS) > 0.3, "lbfgs trains")


def ablations():
    network = fitted()
    result = skneuron.neuron_ablation(network, X, LABELS)
    expect(isinstance(result, skneuron.NeuronAblation), "its type")
    expect(result.importances.shape == (10,), "one importance a neuron")
    verdicts = result.verdicts()
    expect(len(verdicts.verdict) == len(verdicts.to_frame()) == 10, "one verdict a neuron")
    probabilities = skneuron.neuron_ablation(
        network, X, LABELS, scoring="neg_log_loss", replacement="linear", X_ref=X
    )
    expect(np.isfinite(probabilities.importances).all(), "numbers")
    pairs = skneuron.pairwise_ablation(network, X, LABELS, layers=1)
    expect(isinstance(pairs, skneuron.PairwiseAblation), "its type")
    values = skneuron.neuron_shapley(network, X, LABELS, max_permutations=4, random_state=0)
    expect(isinstance(values, skneuron.NeuronShapley), "its type")
    columns = skneuron.neuron_criterion(network, X, criterion=["apoz", "l1_product"])
    for table in (result, verdicts, pairs, values, columns):
        expect("<table>" in table._repr_html_(), "a page")
    correlation = skneuron.criterion_rank_correlation(
        {"l1_product": columns["l1_product"], "importance": result.importances}
    )
    expect(correlation.correlations.shape == (2, 2), "every pair of them")
    path = skneuron.neuron_pruning_path(network, X, LABELS)
    expect(isinstance(path, skneuron.NeuronPruningPath), "its type")
    expect(repr(result) and repr(path) and repr(values), "words for each")


def smaller_networks():
    network = fitted()
    smaller = skneuron.prune_neurons(network, [np.arange(6) < 3, np.arange(4) < 2])
    sizes = [len(biases) for biases in smaller.intercepts_]
    expect(sizes == [3, 2, 3], "what was left of it")
    named = skneuron.prune_neurons(network, ["hidden0_neuron3", 4, (0, 5), "hidden1_neuron2", 9])
    expect(np.array_equal(named.coefs_[1], smaller.coefs_[1]), "the same neurons by other names")
    same = skneuron.remove_redundant_neurons(network)
    expect(np.allclose(same.predict_proba(X), network.predict_proba(X)), "the same outputs")
    refitted = skneuron.refit_outputs(network, X, LABELS, random_state=0)
    expect(refitted.score(X, LABELS) >= network.score(X, LABELS), "better outputs, or the same")
    repaired = skneuron.refit_pruned(smaller, network, X, layers="span", random_state=0)
    expect([len(biases) for biases in repaired.intercepts_] == sizes, "of the same sizes")


def pruners():
    pruner = skneuron.RottenNeuronPruner(
        make_pipeline(StandardScaler(), skneuron.PrunableMLPClassifier(**SMALL)), random_state=0
    ).fit(X, LABELS)
    expect(pruner.predict(X).shape == LABELS.shape, "one label a sample")
    expect(np.isfinite(pruner.gain_), "a gain")
    comparison = pruner.compare(X, LABELS)
    whole = pruner.baseline_estimator_.score(X, LABELS)
    expect(np.isclose(comparison.score.whole, whole), "its score")
    expect("neurons" in str(comparison), "words")
    search = skneuron.RottenNeuronPrunerCV(clone(pruner), cv=2).fit(X, LABELS)
    expect("threshold" in search.best_params_, "a choice")
    scores = cross_val_score(clone(pruner), X, LABELS, cv=2, error_score="raise")
    expect(len(scores) == 2, "one score a fold")
    expect(repr(pruner) and pruner._repr_html_(), "words and a diagram")


def displays():
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    network = fitted()
    path = skneuron.neuron_pruning_path(network, X, LABELS)
    plotting.NeuronAblationDisplay.from_estimator(network, X, LABELS)
    plotting.VerdictDisplay.from_estimator(network, X, LABELS)
    plotting.ShapleyDisplay.from_estimator(network, X, LABELS, max_permutations=4, random_state=0)
    plotting.PairwiseAblationDisplay.from_estimator(network, X, LABELS, layers=1)
    plotting.PruningPathDisplay.from_path(path, X, LABELS, random_removals=2, random_state=0)
    plotting.ReceptiveFieldDisplay.from_estimator(network, [(0, 1), (1, 2)], image_shape=(2, 3))
    plotting.ReceptiveFieldDisplay.from_estimator(network, ["hidden0_neuron1"])
    search = skneuron.RottenNeuronPrunerCV(
        skneuron.RottenNeuronPruner(skneuron.PrunableMLPClassifier(**SMALL), random_state=0), cv=2
    )
    plotting.CVResultsDisplay.from_estimator(search.fit(X, LABELS))
    with tempfile.TemporaryFile() as file:
        plt.savefig(file)
    plt.close("all")


def data_and_metrics():
    images = datasets.load_images("digits")
    expect(images.X_train.shape == (1297, 64), "all images")
    probabilities = fitted().predict_proba(X)
    score = metrics.expected_accuracy_score(LABELS, probabilities)
    expect(0 <= score <= 1, "a share")
    expect(callable(metrics.expected_accuracy_scorer), "a scorer")
    expect(metrics.fidelity_score(probabilities, probabilities) == 0, "the same")
    expect(metrics.fidelity_scorer(fitted())(fitted(), X) == 0, "the same network")
    expect(metrics.agreement_scorer(fitted())(fitted(), X) == 1, "the same classes")
    try:
        datasets.load_images("letters")
    except ValueError:
        return
    expect(False, "an unknown name is an error")


def reports():
    pruner = skneuron.RottenNeuronPruner(fitted(), cv="prefit", random_state=0).fit(X, LABELS)
    with tempfile.TemporaryDirectory() as folder:
        page = skneuron.write_report(pruner, X, LABELS, Path(folder) / "page.html")
        expect("<html" in page.read_text(encoding="utf-8"), "a page")


def tables():
    if importlib.util.find_spec("pandas") is None:
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        path.write_text("a,b\n" + "".join(f"{i % 17},{i % 5}\n" for i in range(120)))
        result = study.run_study(path, target="b", hidden=[(5,)], max_iter=3, refit="outputs")
        expect(len(result.networks[0].repairs) == 2, "repaired networks")


def studies():
    result = study.run_study("digits", hidden=[(5,)], max_iter=3, n_train=200)
    expect("<html" in report.report_html(result), "a page")
    with tempfile.TemporaryDirectory() as folder:
        with redirect_stdout(StringIO()) as stdout:
            status = main(
                ["study", "digits", "--quiet", "--hidden", "5", "--max-iter", "3", "--out", folder]
            )
        expect(status == 0 and stdout.getvalue() == "", "a quiet study")
        names = {path.name for path in Path(folder).iterdir()}
        expect({"report.html", "results.json", "neurons.csv", "model.joblib"} <= names, "files")
    tables()
    with redirect_stdout(StringIO()) as stdout:
        skneuron.show_versions()
    expect("numba" in stdout.getvalue(), "versions")


def machine_code():
    expect(skneuron.warmup(["float64"], n_jobs=1).n_compiled >= 0, "a number")


CALLS = [
    estimators,
    ablations,
    smaller_networks,
    pruners,
    displays,
    data_and_metrics,
    reports,
    studies,
    machine_code,
]


def run():
    """Make the calls, one after the other, and say which."""
    for call in CALLS:
        call()
        print(call.__name__, flush=True)


if __name__ == "__main__":
    run()
