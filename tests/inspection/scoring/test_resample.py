"""Tests of replacement="resample": activations of other rows, against an obvious loop."""

import numpy as np
import pytest
from helpers import oracle
from helpers.networks import KINDS, REGRESSIONS, SINGLE_LABEL, make
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn import metrics
from sklearn.metrics import get_scorer

from skneuron import neuron_ablation
from skneuron.inspection._scoring import _blocks, _outputs
from skneuron.inspection._scoring._evaluator import RemovalScores
from skneuron.inspection._scoring._resample import averaged, resamplings
from skneuron.surgery import _network


def drawn(n_rows, n_samples, n_repeats, seed):
    """The same permutations, drawn from the same generator."""
    rng = np.random.RandomState(seed)
    for _ in range(n_repeats):
        rows = []
        while len(rows) < n_samples:
            rows.extend(rng.permutation(n_rows))
        yield np.array(rows[:n_samples])


def replaced_by(case, neuron, X_ref, rows):
    layer, index = neuron
    return {neuron: oracle.hidden(case.net, X_ref, layer)[rows, index]}


def resampled(case, **options):
    options = {"random_state": 3} | options
    return neuron_ablation(case.mlp, case.X, case.y, replacement="resample", **options)


# ---- against the loop


@pytest.mark.parametrize("n_ref", [None, 16, 40, 100])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_an_obvious_loop(kind, weighted, n_ref):
    case = make(kind, (4, 3), "tanh")
    weight = np.random.default_rng(1).random(40) if weighted else None
    X_ref = None if n_ref is None else np.random.default_rng(2).normal(size=(n_ref, 3))
    ablation = resampled(case, X_ref=X_ref, sample_weight=weight, n_repeats=3)
    source = case.X if X_ref is None else X_ref
    classes = None if kind in REGRESSIONS else case.classes

    def score(replaced):
        if kind in SINGLE_LABEL:
            labels = oracle.labels(case.net, case.X, case.classes, replaced)
            return metrics.accuracy_score(case.y, labels, sample_weight=weight)
        out = oracle.output(case.net, case.X, replaced)
        if kind == "multilabel":
            return metrics.accuracy_score(case.y, out > 0.5, sample_weight=weight)
        return metrics.r2_score(case.y, out, sample_weight=weight)

    full = score({})
    before = oracle.row_losses(case.net, case.X, case.y, classes)
    assert_allclose(ablation.baseline_score, full, rtol=1e-12)
    for at, neuron in enumerate(case.net.neurons):
        scores, rises = [], []
        for rows in drawn(len(source), 40, 3, seed=3):
            replaced = replaced_by(case, neuron, source, rows)
            scores.append(score(replaced))
            losses = oracle.row_losses(case.net, case.X, case.y, classes, replaced)
            rises.append(np.average(losses - before, weights=weight))
        assert_allclose(ablation.scores[at], np.mean(scores), rtol=1e-10)
        assert_allclose(ablation.repeats[at], full - np.array(scores), rtol=1e-9, atol=1e-12)
        assert_allclose(ablation.importances[at], full - np.mean(scores), rtol=1e-9, atol=1e-12)
        assert_allclose(ablation.importances_std[at], np.std(scores), rtol=1e-7, atol=1e-9)
        assert_allclose(ablation.loss_importances[at], np.mean(rises), rtol=1e-9, atol=1e-12)


def test_counts_and_matrices_are_means_over_the_draws():
    case = make("multiclass", (4, 3))
    ablation = resampled(case, n_repeats=4)
    before = oracle.labels(case.net, case.X, case.classes) == case.y
    for at, neuron in enumerate(case.net.neurons):
        fixed, broken, matrices = [], [], []
        for rows in drawn(40, 40, 4, seed=3):
            replaced = replaced_by(case, neuron, case.X, rows)
            after = oracle.labels(case.net, case.X, case.classes, replaced)
            fixed.append(np.sum(~before & (after == case.y)))
            broken.append(np.sum(before & (after != case.y)))
            matrices.append(metrics.confusion_matrix(case.y, after, labels=case.classes))
        assert_allclose(ablation.n_fixed[at], np.mean(fixed), rtol=1e-14)
        assert_allclose(ablation.n_broken[at], np.mean(broken), rtol=1e-14)
        assert_allclose(ablation.confusion_matrices[at], np.mean(matrices, axis=0), rtol=1e-14)


@pytest.mark.parametrize(
    ("kind", "scoring"),
    [("multiclass", "roc_auc_ovr"), ("regression", "neg_mean_absolute_error")],
)
def test_scorers_that_look_at_outputs(kind, scoring, monkeypatch):
    case = make(kind, (4, 3), "tanh", n=60)
    monkeypatch.setattr(_outputs, "OUTPUT_BYTES", 0)  # one neuron at a time
    ablation = resampled(case, scoring=scoring, n_repeats=2)
    for at, neuron in enumerate(case.net.neurons):
        scores = []
        for rows in drawn(60, 60, 2, seed=3):
            out = oracle.output(case.net, case.X, replaced_by(case, neuron, case.X, rows))
            if kind == "multiclass":
                scores.append(metrics.roc_auc_score(case.y, out, multi_class="ovr"))
            else:
                scores.append(-metrics.mean_absolute_error(case.y, out))
        assert_allclose(ablation.scores[at], np.mean(scores), rtol=1e-11)


# ---- what it means


@pytest.mark.parametrize("n_ref", [16, 40, 100])
def test_a_neurons_distribution_is_kept(n_ref):
    X_ref = np.arange(n_ref)[:, None]
    for resampling in resamplings(X_ref, 40, 5, 0):
        assert resampling.X is X_ref
        counts = np.bincount(resampling.rows, minlength=n_ref)
        assert len(resampling.rows) == 40
        # Without replacement: no row a second time before all have been there once.
        assert counts.max() - counts.min() <= 1
        assert counts.min() == 40 // n_ref


def test_draws_differ_from_each_other():
    rows = [tuple(r.rows) for r in resamplings(np.zeros((30, 1)), 30, 5, 0)]
    assert len(set(rows)) == 5
    assert tuple(range(30)) not in rows


def test_a_constant_neuron_is_not_missed_and_a_duplicate_row_changes_nothing():
    case = make("multiclass", (4, 3), "tanh")
    case.mlp.coefs_[0][:, 1] = 0
    ablation = resampled(case)
    for name in ("importances", "importances_std", "loss_importances", "loss_std", "n_broken"):
        assert ablation[name][1] == 0
    assert np.count_nonzero(ablation.loss_importances) == 6
    case.X[:] = case.X[0]
    assert not resampled(case).loss_importances.any()


def test_random_state():
    case = make("multiclass", (4, 3))
    first, again, other = (resampled(case, random_state=seed) for seed in (0, 0, 1))
    for name in first:
        assert_array_equal(first[name], again[name], err_msg=name)
    assert not np.array_equal(first.repeats, other.repeats)
    generator = np.random.RandomState(0)
    assert_array_equal(resampled(case, random_state=generator).repeats, first.repeats)
    assert not np.array_equal(resampled(case, random_state=generator).repeats, first.repeats)


def test_all_scorers_see_the_same_draws():
    case = make("binary", (4, 3), n=60)
    scoring = ["accuracy", "roc_auc", "neg_log_loss"]
    found = resampled(case, scoring=scoring)
    for name in scoring:
        alone = resampled(case, scoring=name)
        assert_array_equal(found[name].repeats, alone.repeats)


def test_the_number_of_repeats():
    case = make("multiclass", (4, 3))
    five = resampled(case)
    assert five.repeats.shape == (7, 5)
    assert five.n_repeats == 5
    two = resampled(case, n_repeats=np.int64(2))
    assert_array_equal(two.repeats, five.repeats[:, :2])
    one = resampled(case, n_repeats=1)
    assert not one.importances_std.any()
    assert_array_equal(one.importances, one.repeats[:, 0])


@pytest.mark.parametrize("n_repeats", [0, -1, 2.0, "5", None])
def test_bad_numbers_of_repeats_are_named(n_repeats):
    message = rf"n_repeats={n_repeats!r} must be an int of at least 1"
    with pytest.raises(ValueError, match=message):
        resampled(make(), n_repeats=n_repeats)


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("n_ref", [None, 700])
def test_rows_of_several_blocks(form, n_ref, monkeypatch):
    case = make("multiclass", (4, 3), "tanh", n=600)
    case.X = form(case.X)
    X_ref = None if n_ref is None else form(np.random.default_rng(0).normal(size=(n_ref, 3)))
    for scoring in ("accuracy", "roc_auc_ovr"):
        options = {"X_ref": X_ref, "scoring": scoring, "n_repeats": 2}
        expected = resampled(case, **options)
        with monkeypatch.context() as patch:
            patch.setattr(_blocks, "BLOCK_BYTES", 1)
            patch.setattr(_network, "BLOCK_ROWS", 256)
            actual = resampled(case, **options)
        assert_array_equal(actual.repeats, expected.repeats)
        assert_allclose(actual.loss_importances, expected.loss_importances, rtol=1e-12)


def test_single_rows_and_single_neurons():
    case = make("regression", (1,))
    X, y = case.X[:1], case.y[:1]
    options = {"replacement": "resample", "scoring": "neg_mean_squared_error"}
    ablation = neuron_ablation(case.mlp, X, y, **options)
    assert ablation.importances.tolist() == [0]
    score = get_scorer("neg_mean_squared_error")(case.mlp, X, y)
    assert_allclose(ablation.baseline_score, score, rtol=1e-12)


# ---- averaged


def removal_scores(scores, **columns):
    return RemovalScores(
        1.0, np.array(scores), columns, {"n_samples": 4, "default_test": "mcnemar"}
    )


def test_averages_of_scores_and_columns():
    ablated = np.array([True, False, True])
    found = averaged(
        [
            removal_scores(
                [0.5, np.nan, 0.75], n_fixed=np.array([1, 2]), loss_std=np.array([3.0, 1.0])
            ),
            removal_scores(
                [0.7, np.nan, 0.25], n_fixed=np.array([2, 2]), loss_std=np.array([4.0, 1.0])
            ),
        ],
        ablated,
    )
    assert_allclose(found.scores, [0.6, np.nan, 0.5])
    assert found.baseline_score == 1
    assert_allclose(found.columns["n_fixed"], [1.5, 2])
    # Spreads are averaged as variances.
    assert_allclose(found.columns["loss_std"], [np.sqrt(12.5), 1])
    assert_allclose(found.columns["repeats"], [[0.5, 0.3], [0.25, 0.75]])
    assert_allclose(found.columns["importances_std"], [0.1, 0.25])
    assert found.facts == {"n_samples": 4, "n_repeats": 2, "default_test": "score"}
