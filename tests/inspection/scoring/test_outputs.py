"""Tests of skneuron.inspection._scoring._outputs: any scorer, on outputs without each neuron."""

import tracemalloc

import joblib
import numpy as np
import pandas as pd
import pytest
from helpers.networks import KINDS, make
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import metrics
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import get_scorer, make_scorer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneuron import RottenNeuronPruner, neuron_ablation, prune_neurons
from skneuron.inspection._scoring import AblationProblem, _blocks, _outputs
from skneuron.inspection._scoring._outputs import _spread


def rows_at_a_time(case, n_neurons):
    """Bytes of the outputs of so many neurons."""
    return n_neurons * len(case.X) * case.mlp.n_outputs_ * 8


def expected_scores(case, scorer, replacement="zero", **weights):
    X_ref = None if replacement == "zero" else case.X_ref
    return [
        scorer(
            prune_neurons(case.mlp, [neuron], replacement=replacement, X=X_ref),
            case.X,
            case.y,
            **weights,
        )
        for neuron in case.net.neurons
    ]


def largest_error(y_true, y_pred, sample_weight=None):
    weight = np.ones(len(y_true)) if sample_weight is None else sample_weight
    return float(np.max(weight * np.abs(y_true - y_pred).reshape(len(y_true), -1).T))


SCORERS = {
    "binary": ["roc_auc", "average_precision", "neg_brier_score"],
    "multiclass": ["roc_auc_ovr", "roc_auc_ovo_weighted", "top_k_accuracy"],
    "strings": ["roc_auc_ovr_weighted"],
    "multilabel": ["roc_auc", "average_precision", "f1_samples"],
    "regression": ["neg_median_absolute_error", "explained_variance"],
    "multioutput": ["neg_mean_absolute_error", make_scorer(largest_error)],
    "poisson": ["neg_mean_gamma_deviance", "neg_mean_absolute_percentage_error"],
}


@pytest.mark.parametrize("replacement", ["zero", "mean", "linear"])
@pytest.mark.parametrize(("kind", "scoring"), [(k, s) for k in KINDS for s in SCORERS[k]])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning")
def test_any_scorer(kind, scoring, replacement):
    case = make(kind, (4, 3), "tanh", n=60)
    if kind == "poisson":
        case.y = case.y + 1
    ablation = neuron_ablation(
        case.mlp, case.X, case.y, scoring=scoring, replacement=replacement, X_ref=case.X_ref
    )
    scorer = get_scorer(scoring)
    assert_allclose(ablation.baseline_score, scorer(case.mlp, case.X, case.y), rtol=1e-11)
    assert_allclose(ablation.scores, expected_scores(case, scorer, replacement), rtol=1e-9)


@pytest.mark.parametrize("scoring", ["neg_mean_absolute_error", make_scorer(largest_error)])
def test_weights_reach_the_scorer(scoring):
    case = make("regression", (4, 3), n=60)
    weight = np.arange(60.0) % 3
    ablation = neuron_ablation(case.mlp, case.X, case.y, scoring=scoring, sample_weight=weight)
    expected = expected_scores(case, get_scorer(scoring), sample_weight=weight)
    assert_allclose(ablation.scores, expected, rtol=1e-11)
    unweighted = neuron_ablation(case.mlp, case.X, case.y, scoring=scoring)
    assert not np.allclose(unweighted.scores, ablation.scores)


def auc_of_distinct(y, p):
    """ROC AUC where what differs by rounding is a tie."""
    order = np.argsort(p)
    steps = np.diff(p[order], prepend=p[order[0]]) > 1e-9
    ranks = np.empty(len(p))
    ranks[order] = np.cumsum(steps)
    return metrics.roc_auc_score(y, ranks)


def aucs_with_ties(replacement, scoring):
    """Of an ablation, and of surgery: few different activations, so rows are often alike."""
    case = make("binary", (6, 3), n=200, dyadic=True)
    case.X = np.round(case.X / 3)
    y = np.random.default_rng(0).integers(0, 2, 200)
    options = {"replacement": replacement, "X_ref": case.X_ref}
    ablation = neuron_ablation(case.mlp, case.X, y, scoring=scoring, **options)
    expected = []
    for neuron in case.net.neurons:
        pruned = prune_neurons(case.mlp, [neuron], replacement=replacement, X=case.X_ref)
        p = pruned.predict_proba(case.X)[:, 1]
        assert len(np.unique(np.round(p, 12))) < 100
        # scikit-learn's own rounding makes differences between like rows as well.
        expected.append(auc_of_distinct(y, p))
    return ablation.scores, expected


@pytest.mark.parametrize("replacement", ["zero", "mean"])
def test_scores_that_look_at_ties(replacement):
    """Weights are halves and quarters: what is equal without rounding is equal."""
    assert_allclose(*aucs_with_ties(replacement, "roc_auc"), rtol=1e-12)


def test_scores_that_look_at_ties_of_what_is_predicted():
    """Predictions round, and samples that differ in the removed neuron only round differently."""
    scoring = make_scorer(auc_of_distinct, response_method="predict_proba")
    assert_allclose(*aucs_with_ties("linear", scoring), rtol=1e-12)


@pytest.mark.parametrize("replacement", ["zero", "mean", "linear"])
@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_equal_samples_are_ties_wherever_they_stand(kind, replacement):
    """Whatever the processor: in chunks of any length, in every position, to the last bit."""
    case = make(kind, (6, 3), n=30)
    rng = np.random.default_rng(0)
    positions = rng.integers(0, 30, 700)
    seen = []

    def remember(y_true, y_pred):
        seen.append(np.asarray(y_pred))
        return 0.0

    response = "predict" if kind == "regression" else "predict_proba"
    scoring = make_scorer(remember, response_method=response)
    neuron_ablation(
        case.mlp, case.X[positions], case.y[positions],
        scoring=scoring, replacement=replacement, X_ref=case.X_ref,
    )  # fmt: skip
    assert len(seen) == 1 + 9
    for outputs in seen:
        for sample in range(30):
            assert len(np.unique(outputs[positions == sample], axis=0)) == 1


# ---- a few neurons at a time


@pytest.mark.parametrize("n_jobs", [None, 1, 2, -1])
@pytest.mark.parametrize("n_at_a_time", [1, 2, 5, 100])
def test_blocks_of_neurons(n_at_a_time, n_jobs, monkeypatch):
    case = make("multiclass", (4, 3), n=60)
    expected = neuron_ablation(case.mlp, case.X, case.y, scoring="roc_auc_ovr")
    monkeypatch.setattr(_outputs, "OUTPUT_BYTES", rows_at_a_time(case, n_at_a_time))
    sizes, original = [], _outputs._scores_of_block

    def scores_of_block(*args):
        sizes.append(len(args[-1]))
        return original(*args)

    monkeypatch.setattr(_outputs, "_scores_of_block", scores_of_block)
    actual = neuron_ablation(case.mlp, case.X, case.y, scoring="roc_auc_ovr", n_jobs=n_jobs)
    assert_array_equal(actual.scores, expected.scores)
    assert actual.baseline_score == expected.baseline_score
    assert sum(sizes) == 7
    n_workers = joblib.effective_n_jobs(n_jobs)
    assert max(sizes) == min(n_at_a_time, -(-7 // n_workers))


def test_less_memory_than_one_neuron_takes_is_one_neuron(monkeypatch):
    case = make("regression", (4,), n=60)
    expected = neuron_ablation(case.mlp, case.X, case.y, scoring="neg_max_error")
    monkeypatch.setattr(_outputs, "OUTPUT_BYTES", 0)
    actual = neuron_ablation(case.mlp, case.X, case.y, scoring="neg_max_error")
    assert_array_equal(actual.scores, expected.scores)


def test_memory_does_not_grow_with_the_number_of_neurons(monkeypatch):
    monkeypatch.setattr(_outputs, "OUTPUT_BYTES", 10 * 20_000 * 8)
    monkeypatch.setattr(_blocks, "BLOCK_BYTES", 2**20)
    peaks = []
    for n_hidden in (20, 80):
        case = make("regression", (n_hidden,), n=20_000)
        scoring = "neg_mean_absolute_error"
        neuron_ablation(case.mlp, case.X[:300], case.y[:300], scoring=scoring)  # compiles
        tracemalloc.start()
        neuron_ablation(case.mlp, case.X, case.y, scoring=scoring)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    one_output = 20_000 * 8
    assert peaks[1] - peaks[0] < 5 * one_output  # and not 60


@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_blocks_of_rows(kind, monkeypatch):
    scoring = {"regression": "neg_max_error", "binary": "roc_auc"}.get(kind, "roc_auc_ovr")
    case = make(kind, (5, 4), "tanh", n=1000)
    expected = neuron_ablation(case.mlp, case.X, case.y, scoring=scoring)
    scorer = get_scorer(scoring)
    for n_chunks in (1, 2):  # of 256 rows; the last block is smaller
        n_bytes = n_chunks * 256 * 8 * (3 + 2 * 9 + case.mlp.n_outputs_)
        monkeypatch.setattr(_blocks, "BLOCK_BYTES", n_bytes)
        actual = neuron_ablation(case.mlp, case.X, case.y, scoring=scoring)
        assert_array_equal(actual.scores, expected.scores)
        assert actual.baseline_score == expected.baseline_score
        assert_allclose(actual.baseline_score, scorer(case.mlp, case.X, case.y), rtol=1e-12)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_worker_processes(n_jobs):
    case = make("multiclass", (4, 3), n=60)
    scorings = ["roc_auc_ovr", make_scorer(metrics.mutual_info_score)]
    for scoring in scorings:
        expected = neuron_ablation(case.mlp, case.X, case.y, scoring=scoring)
        with joblib.parallel_config("loky", n_jobs=n_jobs):
            actual = neuron_ablation(case.mlp, case.X, case.y, scoring=scoring)
        assert_array_equal(actual.scores, expected.scores)


def test_spread_keeps_the_order():
    layers = np.repeat([0, 1], [6, 5])
    indices = np.concatenate([np.arange(6), np.arange(5)])

    def score_block(given, factor, layers, indices):
        return np.array([layers * factor + indices, -indices])

    given = make("multiclass", (4, 3), n=60)
    given = AblationProblem.of(given.mlp, given.X, given.y).evaluate.scorer_input

    for n_jobs in (None, 2, 3):
        for n_per_block in (1, 2, 4, 50):
            found = _spread(score_block, given, (10,), layers, indices, n_per_block, n_jobs)
            assert_array_equal(found, score_block(given, 10, layers, indices))


# ---- plain callables


@pytest.mark.parametrize("form", ["array", "frame", "pipeline", "frozen", "pruner"])
@pytest.mark.parametrize("replacement", ["zero", "linear"])
def test_a_plain_callable_sees_the_whole_estimator_and_the_original_X(form, replacement):
    case = make("regression", (4, 3), "tanh")
    X, X_ref, estimator = case.X, case.X_ref, case.mlp
    if form == "frame":
        X, X_ref = (pd.DataFrame(rows, columns=["a", "b", "c"]) for rows in (X, X_ref))
        estimator.feature_names_in_ = X.columns.to_numpy(dtype=object)
    elif form == "pipeline":
        estimator = make_pipeline(StandardScaler().fit(X * 2 + 1), estimator)
    elif form == "frozen":
        estimator = FrozenEstimator(estimator)
    elif form == "pruner":
        estimator = RottenNeuronPruner(estimator, cv="prefit", threshold=-np.inf).fit(X, case.y)
    seen = []

    def scoring(full, X_seen, y_seen):
        assert type(X_seen) is type(X)
        assert type(full) is type(estimator)
        assert_array_equal(X_seen, X)
        assert_array_equal(y_seen, case.y)
        seen.append(full.predict(X_seen))
        return float(len(seen))

    options = {"replacement": replacement, "X_ref": X_ref}
    ablation = neuron_ablation(estimator, X, case.y, scoring=scoring, **options)
    expected = [
        prune_neurons(estimator, [neuron], replacement=replacement, X=X_ref).predict(X)
        for neuron in case.net.neurons
    ]
    # Called once for the whole network, and once for every neuron; in whichever order.
    assert_allclose(seen[int(ablation.baseline_score) - 1], estimator.predict(X))
    assert_allclose([seen[int(score) - 1] for score in ablation.scores], expected, rtol=1e-10)
    assert len(seen) == 8


def test_plain_callables_and_scorers_together():
    case = make("regression", (4, 3))

    def plain(mlp, X, y, sample_weight):
        return metrics.max_error(y, mlp.predict(X)) + sample_weight[0]

    weight = np.full(40, 0.5)
    scoring = {"a": plain, "b": "neg_mean_absolute_error", "c": plain, "d": "r2"}
    found = neuron_ablation(case.mlp, case.X, case.y, scoring=scoring, sample_weight=weight)
    assert list(found) == ["a", "b", "c", "d"]
    assert_array_equal(found["a"].scores, found["c"].scores)
    expected = expected_scores(case, get_scorer("neg_max_error"))
    assert_allclose(found["a"].scores, 0.5 - np.array(expected), rtol=1e-11)
    for name in ("b", "d"):
        alone = neuron_ablation(
            case.mlp, case.X, case.y, scoring=scoring[name], sample_weight=weight
        )
        assert_array_equal(found[name].scores, alone.scores)


def test_plain_callables_cannot_score_resampling():
    case = make()
    message = r"replacement='resample' has no network whose score a plain callable could tell"
    with pytest.raises(ValueError, match=message):
        neuron_ablation(
            case.mlp, case.X, case.y, replacement="resample", scoring=lambda mlp, X, y: 0.0
        )
