"""Verdicts on the score that the ablation was asked for, against explicit recomputation."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from helpers.networks import make
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats
from sklearn.metrics import check_scoring, make_scorer, median_absolute_error

from skneuron import neuron_ablation, neuron_pruning_path, prune_neurons
from skneuron.metrics import SCORERS


def groups_again(case, weight):
    """Groups of samples, every class spread evenly over them, as `sample_groups` makes them."""
    rows = np.flatnonzero(np.ones(len(case.y)) if weight is None else weight)
    rows = np.random.default_rng(0).permutation(rows)
    if hasattr(case.mlp, "classes_"):
        rows = np.concatenate([rows[case.y[rows] == label] for label in case.mlp.classes_])
    return [rows[at::40] for at in range(40)]


def slow_test(case, scoring, replacement="zero", weight=None):
    """Effects and p-values: every network scored by scikit-learn without every group."""
    scorer = check_scoring(case.mlp, SCORERS.get(scoring, scoring))
    X_ref = None if replacement == "zero" else case.X_ref
    without = [
        prune_neurons(case.mlp, [neuron], replacement=replacement, X=X_ref)
        for neuron in case.net.neurons
    ]

    def importances(rows):
        weights = {} if weight is None else {"sample_weight": weight[rows]}
        scores = [scorer(mlp, case.X[rows], case.y[rows], **weights) for mlp in without]
        return scorer(case.mlp, case.X[rows], case.y[rows], **weights) - np.array(scores)

    everything = np.arange(len(case.y))
    w = np.ones(len(case.y)) if weight is None else weight
    effects, groups = importances(everything), groups_again(case, weight)
    influences = np.array(
        [
            (effects - importances(np.delete(everything, group))) * (1 - w[group].sum() / w.sum())
            for group in groups
        ]
    )
    errors = np.sqrt(40 / 39 * (influences**2).sum(axis=0))
    p_values = []
    for effect, error, influence in zip(effects, errors, influences.T, strict=True):
        kurtosis = 40 * (influence**4).sum() / (influence**2).sum() ** 2 if influence.any() else 3
        freedom = np.clip(2 * 40 / (kurtosis - 1), 1, 39)
        p_values.append(2 * stats.t.sf(abs(effect) / error, freedom) if effect else 1.0)
    return effects, np.array(p_values)


CASES = [
    ("strings", "balanced_accuracy", "balanced accuracy"),
    ("multiclass", "f1_macro", "f1 (average='macro')"),
    ("binary", "roc_auc", "roc auc"),
    ("multiclass", "expected_accuracy", "expected accuracy"),
    ("multioutput", "r2", "r2"),
    ("regression", make_scorer(median_absolute_error, greater_is_better=False),
     "median absolute error"),
    ("regression", lambda mlp, X, y: -np.mean(np.abs(mlp.predict(X) - y)), "<lambda>"),
]  # fmt: skip


@pytest.mark.parametrize("replacement", ["zero", "linear"])
@pytest.mark.parametrize(("kind", "scoring", "words"), CASES)
def test_auto_tests_the_score_that_was_asked_for(kind, scoring, words, replacement):
    case = make(kind, (4, 3), "tanh", n=150)
    ablation = neuron_ablation(
        case.mlp, case.X, case.y, scoring=scoring, replacement=replacement,
        X_ref=None if replacement == "zero" else case.X_ref,
    )  # fmt: skip
    found = ablation.verdicts()
    effects, p_values = slow_test(case, scoring, replacement)
    assert found.test == "score"
    stratified = ", stratified by class" if hasattr(case.mlp, "classes_") else ""
    assert found.tested == f"{words}, delete-group jackknife, 40 groups{stratified}"
    assert_allclose(found.effects, effects, rtol=1e-9, atol=1e-12)
    assert_allclose(found.effects, ablation.importances, rtol=1e-12, atol=1e-14)
    assert_allclose(found.p_values, p_values, rtol=1e-5, atol=1e-9)
    assert len(set(p_values)) > 3
    inside = np.abs(found.confidence_intervals.mean(axis=1) - found.effects)
    assert_allclose(inside, 0, atol=1e-12)
    excludes_zero = (found.confidence_intervals > 0).all(axis=1) | (
        found.confidence_intervals < 0
    ).all(axis=1)
    assert_array_equal(excludes_zero, found.p_values < 0.05)


@pytest.mark.parametrize("scoring", ["accuracy", "balanced_accuracy", "roc_auc_ovr_weighted"])
def test_weights_are_in_the_test(scoring):
    case = make("multiclass", (4, 3), "tanh", n=150)
    weight = np.random.default_rng(0).integers(0, 4, size=150).astype(float)
    ablation = neuron_ablation(case.mlp, case.X, case.y, scoring=scoring, sample_weight=weight)
    effects, p_values = slow_test(case, scoring, weight=weight)
    found = ablation.verdicts()
    assert_allclose(found.effects, effects, rtol=1e-9, atol=1e-12)
    assert_allclose(found.p_values, p_values, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize(
    ("kind", "scoring", "tested"),
    [
        ("multiclass", "accuracy", "accuracy, McNemar's test (mid-p)"),
        ("multiclass", "neg_log_loss", "log-loss, paired t-test of the samples' changes"),
        ("regression", "r2", "squared error, paired t-test of the samples' changes"),
    ],
)
def test_the_result_says_what_was_tested(kind, scoring, tested):
    case = make(kind, (4, 3), n=60)
    assert neuron_ablation(case.mlp, case.X, case.y, scoring=scoring).verdicts().tested == tested


@pytest.mark.parametrize("scoring", ["accuracy", "roc_auc_ovr"])
def test_means_over_draws_are_tested(scoring):
    case = make("multiclass", (4, 3), n=150)
    options = {"replacement": "resample", "random_state": 0, "scoring": scoring, "n_repeats": 3}
    ablation = neuron_ablation(case.mlp, case.X, case.y, **options)
    found = ablation.verdicts()
    assert found.test == "score"
    assert_allclose(found.effects, ablation.importances, rtol=1e-12, atol=1e-14)
    assert np.isfinite(found.p_values).all()
    assert (found.p_values < 0.05).any()


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning")
def test_a_class_of_one_sample_leaves_verdicts_undecided():
    case = make("binary", (4,), n=60)
    y = np.full(60, case.mlp.classes_[0])
    y[7] = case.mlp.classes_[1]
    found = neuron_ablation(case.mlp, case.X, y, scoring="roc_auc").verdicts()
    assert np.isnan(found.p_values).all()
    assert set(found.verdict) == {"undecided"}
    assert found.tested.endswith(
        "no verdict where the score is undefined without one of the groups"
    )


def test_balanced_accuracy_without_the_only_sample_of_a_class_is_that_of_the_others():
    case = make("multiclass", (4,), n=160)
    label = case.mlp.classes_[0]
    kept = case.y != label
    kept[np.flatnonzero(~kept)[0]] = True
    case.X, case.y = case.X[kept], case.y[kept]
    # Nothing is said of the groups: warnings are errors here.
    found = neuron_ablation(case.mlp, case.X, case.y, scoring="balanced_accuracy").verdicts()
    with pytest.warns(UserWarning, match="y_pred contains classes not in y_true"):
        effects, p_values = slow_test(case, "balanced_accuracy")
    assert_allclose(found.effects, effects, rtol=1e-9, atol=1e-12)
    assert_allclose(found.p_values, p_values, rtol=1e-5, atol=1e-9)
    assert found.tested.endswith("stratified by class")


@pytest.mark.parametrize(
    "twin_of", [copy.copy, copy.deepcopy, lambda a: pickle.loads(pickle.dumps(a))]
)
def test_copies_have_no_samples(twin_of):
    case = make("multiclass", (4, 3), n=2000)
    ablation = neuron_ablation(case.mlp, case.X, case.y, scoring="balanced_accuracy")
    assert len(pickle.dumps(ablation)) < case.X.nbytes / 2
    with pytest.raises(ValueError, match=r"Call verdicts before you copy or pickle it"):
        twin_of(ablation).verdicts()
    expected = ablation.verdicts()
    found = twin_of(ablation).verdicts()
    assert_array_equal(found.p_values, expected.p_values)
    assert found.tested == expected.tested


def test_data_frames_are_split_into_groups():
    case = make("multiclass", (4, 3), n=150)
    frame = pd.DataFrame(case.X)
    scoring = check_scoring(case.mlp, "balanced_accuracy")
    function = neuron_ablation(case.mlp, frame, case.y, scoring=lambda *args: scoring(*args))
    expected = neuron_ablation(case.mlp, case.X, case.y, scoring="balanced_accuracy")
    assert_allclose(function.verdicts().p_values, expected.verdicts().p_values, rtol=1e-7)


def test_scorers_are_called_for_every_group_and_neuron_once():
    case, n_calls = make("multiclass", (4, 3), n=150), [0]

    def counting(y_true, y_pred):
        n_calls[0] += 1
        return np.mean(y_true == y_pred)

    ablation = neuron_ablation(case.mlp, case.X, case.y, scoring=make_scorer(counting))
    n_calls[0] = 0
    first = ablation.verdicts()
    # 40 groups and all samples; 7 neurons and the whole network.
    assert n_calls[0] == (40 + 1) * (7 + 1)
    assert_array_equal(ablation.verdicts(alpha=0.2).p_values, first.p_values)
    assert n_calls[0] == (40 + 1) * (7 + 1)


@pytest.mark.parametrize("scoring", ["balanced_accuracy", "roc_auc_ovr"])
def test_alpha_removes_by_the_same_test(scoring):
    case = make("multiclass", (8, 5), n=300)
    verdicts = neuron_ablation(case.mlp, case.X, case.y, scoring=scoring).verdicts(alpha=0.4)
    path = neuron_pruning_path(
        case.mlp, case.X, case.y, scoring=scoring, alpha=0.4, strategy="one_shot"
    )
    removed = set(zip(path.layer.tolist(), path.index.tolist(), strict=True))
    rotten = np.array(case.net.neurons)[verdicts.verdict == "rotten"]
    assert removed == {tuple(neuron) for neuron in rotten.tolist()}


def test_a_class_called_std_has_a_column_of_its_own():
    case = make("strings", (4,), n=60)
    case.mlp.classes_ = np.array(["std", "std_class", "x"])
    y = case.mlp.classes_[np.unique(case.y, return_inverse=True)[1]]
    case.mlp._label_binarizer.fit(case.mlp.classes_)
    ablation = neuron_ablation(case.mlp, case.X, y, replacement="resample", random_state=0)
    frame = ablation.to_frame()
    assert_array_equal(frame["importance_std"], ablation.importances_std)
    names = ["importance_std_class", "importance_std_class_class", "importance_x"]
    assert_array_equal(frame[names], ablation.class_importances)
