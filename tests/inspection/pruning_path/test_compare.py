"""A pruned network beside the whole one, against scikit-learn's scorers and the slow jackknife."""

import numpy as np
import pandas as pd
import pytest
from helpers.networks import KINDS, REGRESSIONS, make
from numpy.testing import assert_allclose
from scipy import sparse, stats
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import get_scorer, make_scorer, mean_absolute_error
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skneuron import neuron_pruning_path, prune_neurons
from skneuron.inspection._pruning_path import compared
from skneuron.inspection._scoring._paired_scores import N_GROUPS
from skneuron.metrics import agreement_scorer, fidelity_scorer

GONE = [(0, 1), (0, 3), (1, 0)]


def pair(kind="multiclass", n=200, **options):
    """A case, and what is left of its network."""
    case = make(kind, (5, 4), n=n, **options)
    return case, prune_neurons(case.mlp, GONE)


def default_name(kind):
    return "r2" if kind in REGRESSIONS else "accuracy"


def slow_interval(scorer, whole, pruned, X, y, weight=None):
    """Each of 20 random groups is left out, as `gain_confidence_interval_` has it."""

    def difference(rows):
        options = {} if weight is None else {"sample_weight": weight[rows]}
        return scorer(pruned, X[rows], y[rows], **options) - scorer(
            whole, X[rows], y[rows], **options
        )

    everything = np.arange(len(X))
    counted = everything if weight is None else np.flatnonzero(weight)
    groups = np.array_split(np.random.default_rng(0).permutation(counted), N_GROUPS)
    without = np.array([difference(np.setdiff1d(everything, group)) for group in groups])
    return difference(everything), without


@pytest.mark.parametrize("kind", KINDS)
def test_scores_are_the_scorers(kind):
    case, pruned = pair(kind)
    found = compared(case.mlp, pruned, case.X, case.y)
    assert found.scoring == default_name(kind)
    assert_allclose(
        found.score, [each.score(case.X, case.y) for each in (case.mlp, pruned)], rtol=1e-12
    )
    assert found.difference == found.score.pruned - found.score.whole
    low, high = found.confidence_interval
    assert low < found.difference < high
    assert found.n_samples == 200


@pytest.mark.parametrize("kind", KINDS)
def test_predictions_are_counted(kind):
    case, pruned = pair(kind, seed=3)
    found = compared(case.mlp, pruned, case.X, case.y)
    counts = found.n_changed, found.n_fixed, found.n_broken
    if kind in REGRESSIONS:
        assert (*counts, found.p_value) == (None,) * 4
        return
    before, after = (each.predict(case.X) for each in (case.mlp, pruned))
    right = [(predicted == case.y).reshape(200, -1).all(axis=1) for predicted in (before, after)]
    expected = [
        (before != after).reshape(200, -1).any(axis=1), right[1] & ~right[0], right[0] & ~right[1],
    ]  # fmt: skip
    assert counts == tuple(each.sum() for each in expected)
    assert 0 < found.n_broken < 200
    fewer, both = min(counts[1:]), sum(counts[1:])
    p = 2 * stats.binom.cdf(fewer, both, 0.5) - stats.binom.pmf(fewer, both, 0.5)
    assert found.p_value == pytest.approx(min(p, 1))


def test_the_interval_of_accuracy_is_that_of_paired_proportions():
    case, pruned = pair()
    found = compared(case.mlp, pruned, case.X, case.y)
    fixed, broken = ((n + 1) / 202 for n in (found.n_fixed, found.n_broken))
    middle = fixed - broken
    reach = stats.norm.ppf(0.975) * np.sqrt((fixed + broken - middle**2) / 202)
    assert_allclose(found.confidence_interval, [middle - reach, middle + reach], rtol=1e-12)


@pytest.mark.parametrize(
    ("kind", "scoring"),
    [
        ("multiclass", "neg_log_loss"), ("multiclass", "f1_macro"), ("binary", "roc_auc"),
        ("strings", "balanced_accuracy"), ("regression", "r2"), ("poisson", None),
        ("multioutput", make_scorer(mean_absolute_error, greater_is_better=False)),
        ("multilabel", "f1_samples"),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning")
def test_other_intervals_leave_out_groups(kind, scoring):
    case, pruned = pair(kind)
    scorer = get_scorer(scoring or "r2")
    found = compared(case.mlp, pruned, case.X, case.y, scoring=scoring)
    difference, without = slow_interval(scorer, case.mlp, pruned, case.X, case.y)
    assert found.difference == pytest.approx(difference, rel=1e-9)
    error = np.sqrt((N_GROUPS - 1) / N_GROUPS * ((without - difference) ** 2).sum())
    low, high = found.confidence_interval
    assert (low + high) / 2 == pytest.approx(difference, rel=1e-9)
    # Groups are as large as each other. Few that say most of it make the interval wider.
    reach = (high - low) / 2
    assert reach >= stats.t.ppf(0.975, N_GROUPS - 1) * error * (1 - 1e-9)
    assert reach < 3 * error


def test_weights():
    case, pruned = pair()
    weight = np.random.default_rng(0).integers(0, 4, 200).astype(float)
    found = compared(case.mlp, pruned, case.X, case.y, sample_weight=weight)
    for one, network in zip(found.score, (case.mlp, pruned), strict=True):
        assert one == pytest.approx(network.score(case.X, case.y, weight))
    counted = weight > 0
    alone = compared(
        case.mlp, pruned, case.X[counted], case.y[counted], sample_weight=weight[counted]
    )
    assert found.n_samples == alone.n_samples == counted.sum()
    assert (found.n_fixed, found.n_broken) == (alone.n_fixed, alone.n_broken)
    scorer = get_scorer("accuracy")
    difference, without = slow_interval(scorer, case.mlp, pruned, case.X, case.y, weight)
    low, high = found.confidence_interval
    assert (low + high) / 2 == pytest.approx(difference)
    assert 1.5 < (high - low) / 2 / np.sqrt(((without - difference) ** 2).sum()) < 3


@pytest.mark.parametrize("kind", ["multiclass", "multilabel", "regression"])
def test_without_labels(kind):
    case, pruned = pair(kind)
    found = compared(case.mlp, pruned, case.X, scoring="fidelity")
    assert found.score.whole == 0
    assert found.score.pruned == pytest.approx(fidelity_scorer(case.mlp)(pruned, case.X))
    assert (found.n_fixed, found.n_broken, found.p_value) == (None, None, None)
    with_labels = compared(case.mlp, pruned, case.X, case.y, scoring="fidelity")
    assert with_labels.score == found.score
    assert (with_labels.n_fixed is None) == (kind == "regression")


def test_agreement():
    case, pruned = pair()
    found = compared(case.mlp, pruned, case.X, scoring="agreement")
    assert found.score == (1.0, pytest.approx(agreement_scorer(case.mlp)(pruned, case.X)))
    assert found.n_changed == round(200 * (1 - found.score.pruned))
    low, high = found.confidence_interval
    assert low < found.difference < high < 0
    weighted = compared(
        case.mlp, pruned, case.X, scoring="agreement", sample_weight=np.arange(200)
    )
    assert weighted.score.pruned != found.score.pruned


def test_sizes():
    case, pruned = pair()
    found = compared(case.mlp, pruned, case.X, case.y)
    assert found.n_neurons == (9, 6)
    whole, left = (
        (sum(c.size for c in mlp.coefs_), sum(b.size for b in mlp.intercepts_))
        for mlp in (case.mlp, pruned)
    )
    assert found.n_multiplications == (whole[0], left[0])
    assert found.n_parameters == (sum(whole), sum(left))
    assert found.bytes == (8 * sum(whole), 8 * sum(left))


@pytest.mark.parametrize("wrap", [FrozenEstimator, "pipeline"])
@pytest.mark.parametrize(
    "form", [np.asarray, np.ndarray.tolist, pd.DataFrame, sparse.csr_array, sparse.coo_array]
)
def test_whatever_is_around_the_network(wrap, form):
    case, _ = pair()
    whole = case.mlp
    if wrap == "pipeline":
        whole = make_pipeline(StandardScaler(with_mean=False).fit(form(case.X)), case.mlp)
    else:
        whole = wrap(case.mlp)
    pruned = prune_neurons(whole, GONE)
    found = compared(whole, pruned, form(case.X), case.y)
    rows = case.X / case.X.std(axis=0) if wrap == "pipeline" else case.X
    assert_allclose(found.score[1], unwrapped(pruned).score(rows, case.y), rtol=1e-12)


def unwrapped(estimator):
    return estimator[-1] if hasattr(estimator, "steps") else estimator.estimator


def test_batches_are_bounded_and_single_samples_timed():
    case, pruned = pair(n=1200)
    sizes = []

    def counted(X):
        sizes.append(X.shape[0])
        return X

    whole, left = (make_pipeline(FunctionTransformer(counted), mlp) for mlp in (case.mlp, pruned))
    found = compared(whole, left, case.X, case.y)
    # All of them once, to score both.
    assert sizes.count(1200) == 1
    assert set(sizes) == {1200, 1000, 1}
    assert found.batch_size == 1000
    assert min(*found.batch_seconds, *found.sample_seconds) >= 0
    few = compared(whole, left, case.X[:30], case.y[:30])
    assert few.batch_size == 30


def test_the_same_network_twice():
    case, _ = pair()
    for scoring in ("accuracy", "neg_log_loss"):
        found = compared(case.mlp, case.mlp, case.X, case.y, scoring=scoring)
        assert found.difference == 0
        low, high = found.confidence_interval
        assert low <= 0 <= high
        assert high - low < 0.05
        assert (found.n_changed, found.p_value) == (0, 1.0)


def test_scores_that_need_what_a_group_has():
    case, pruned = pair("binary")
    y = np.zeros(200, dtype=int)
    y[3] = 1
    found = compared(case.mlp, pruned, case.X, y, scoring="roc_auc")
    assert np.isnan(found.confidence_interval).all()
    assert np.isfinite(found.difference)


def test_one_sample_says_nothing():
    case, pruned = pair()
    found = compared(case.mlp, pruned, case.X[:1], case.y[:1], scoring="neg_log_loss")
    assert found.confidence_interval == (-np.inf, np.inf)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y": None}, r"y=None: the ablation needs the true targets"),
        ({"y": np.full(200, 99)}, "y contains labels never seen in training"),
        ({"X": np.ones((200, 2))}, "X has 2 features"),
        ({"scoring": "speed"}, "scoring"),
        ({"sample_weight": np.ones(3)}, "sample_weight"),
    ],
)
def test_errors_name_the_argument(change, message):
    case, pruned = pair()
    arguments = {"X": case.X, "y": case.y} | change
    with pytest.raises(ValueError, match=message):
        compared(case.mlp, pruned, **arguments)


def test_a_path_compares():
    case, _ = pair()
    path = neuron_pruning_path(case.mlp, case.X[:100], case.y[:100], threshold=np.inf)
    X, y = case.X[100:], case.y[100:]
    assert path.compare(X, y, 5) == compared(case.mlp, path.prune_to(5), X, y)
    weight = np.arange(100) % 3
    found = path.compare(X, y, max_parameters=60, scoring="neg_log_loss", sample_weight=weight)
    expected = compared(
        case.mlp, path.prune_to(max_parameters=60), X, y, scoring="neg_log_loss",
        sample_weight=weight,
    )  # fmt: skip
    assert found == expected
    repaired = path.compare(X, y, [3, 2], refit="outputs", X_refit=case.X[:100])
    assert repaired.n_neurons == (9, 5)
    assert repaired != path.compare(X, y, [3, 2])
    with pytest.raises(ValueError, match="n_neurons=None"):
        path.compare(X, y)
    with pytest.raises(TypeError, match="takes no sample_weight"):
        path.compare(X, y, 5, scoring=lambda mlp, X, y: 0.0, sample_weight=weight)
