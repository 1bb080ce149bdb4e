"""Tests of neuron_ablation: against the oracle, scikit-learn, and for its invariant."""

from concurrent.futures import ThreadPoolExecutor

import joblib
import numba
import numpy as np
import pytest
from helpers import oracle
from helpers.networks import KINDS, REGRESSIONS, SINGLE_LABEL, cases, deterministic, make
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn import metrics
from sklearn.metrics import check_scoring, fbeta_score, make_scorer, r2_score

from skneuron import neuron_ablation, prune_neurons
from skneuron.inspection._scoring import _sweep
from skneuron.surgery import _network


def assert_same(actual, expected, **tolerance):
    """Two ablations agree; bit for bit if no tolerance is given."""
    assert actual.keys() == expected.keys()
    for name in expected:
        if tolerance and np.asarray(expected[name]).dtype.kind == "f":
            assert_allclose(actual[name], expected[name], err_msg=name, **tolerance)
        else:
            assert_array_equal(actual[name], expected[name], err_msg=name)


def options_for(case, replacement):
    return {
        "replacement": replacement,
        "X_ref": None if replacement == "zero" else case.X_ref,
    }


def for_the_oracle(case, replacement):
    return {
        "X_ref": None if replacement == "zero" else case.X_ref,
        "linear": replacement == "linear",
    }


def assert_is_the_oracles(ablation, expected):
    neurons = list(zip(ablation.layer.tolist(), ablation.index.tolist(), strict=True))
    assert neurons == expected.neurons
    assert ablation.n_fixed.tolist() == expected.n_fixed
    assert ablation.n_broken.tolist() == expected.n_broken
    assert_allclose(ablation.baseline_score, expected.baseline_score, rtol=1e-13)
    assert_allclose(ablation.scores, expected.scores, rtol=1e-13)
    importances = expected.baseline_score - np.array(expected.scores)
    assert_allclose(ablation.importances, importances, atol=1e-13)
    assert_allclose(ablation.class_importances, expected.class_importances, atol=1e-13)
    assert_allclose(ablation.confusion_matrix, expected.confusion_matrix, atol=1e-12)
    assert_allclose(ablation.confusion_matrices, expected.confusion_matrices, atol=1e-12)


def assert_losses_are_the_oracles(ablation, expected, tolerance):
    assert_allclose(ablation.baseline_loss, expected.baseline, rtol=1e-10)
    assert_allclose(ablation.loss_importances, expected.means, rtol=tolerance, atol=tolerance)
    assert_allclose(ablation.loss_std, expected.stds, rtol=tolerance, atol=tolerance)


def losses_tolerance(case, replacement):
    # Collinear neurons, as without a curve, leave the coefficients determined to half the digits.
    return (
        1e-6 if replacement == "linear" and case.mlp.activation in ("identity", "relu") else 1e-9
    )


def loss_by_sklearn(kind, mlp, X, y, weight=None):
    """The loss whose changes are reported, from scikit-learn's metrics and predictions."""
    if kind == "multilabel":
        p = mlp.predict_proba(X)
        columns = zip(y.T, p.T, strict=True)
        return sum(metrics.log_loss(t, q, sample_weight=weight, labels=[0, 1]) for t, q in columns)
    if kind in SINGLE_LABEL:
        p = mlp.predict_proba(X)
        return metrics.log_loss(y, p, sample_weight=weight, labels=mlp.classes_)
    metric = metrics.mean_poisson_deviance if kind == "poisson" else metrics.mean_squared_error
    return metric(y, mlp.predict(X), sample_weight=weight)


replacements = st.sampled_from(["zero", "mean", "linear"])
each_replacement = pytest.mark.parametrize("replacement", ["zero", "mean", "linear"])

# ---- against the oracle


@deterministic(max_examples=120)
@given(
    cases([*SINGLE_LABEL, "single class"]),
    replacements,
    st.booleans(),
    st.sampled_from([None, 0, -1]),
)
def test_single_label_classifiers_match_the_oracle(case, replacement, weighted, layers):
    weight = np.random.default_rng(1).random(len(case.y)) if weighted else None
    ablation = neuron_ablation(
        case.mlp, case.X, case.y, layers=layers, sample_weight=weight,
        **options_for(case, replacement),
    )  # fmt: skip
    last = len(case.net.sizes) - 1
    chosen = {None: range(last + 1), 0: [0], -1: [last]}[layers]
    arguments = {
        "classes": case.classes,
        "weight": weight,
        "neurons": [neuron for neuron in case.net.neurons if neuron[0] in chosen],
        **for_the_oracle(case, replacement),
    }
    assert_is_the_oracles(ablation, oracle.ablation(case.net, case.X, case.y, **arguments))
    assert_losses_are_the_oracles(
        ablation,
        oracle.loss_changes(case.net, case.X, case.y, **arguments),
        losses_tolerance(case, replacement),
    )
    assert_array_equal(ablation.classes, case.classes)


@deterministic(max_examples=50)
@given(
    case=st.one_of(
        cases(SINGLE_LABEL, dyadic=True, activation=activation, dtype=np.float32)
        for activation in ("relu", "identity")
    ),
    replacement=st.sampled_from(["zero", "mean"]),
)
def test_ties_in_float32_match_the_oracle(case, replacement):
    # Few bits a weight: float32 is exact here, so that even a tie must be decided alike.
    ablation = neuron_ablation(case.mlp, case.X, case.y, **options_for(case, replacement))
    X_ref = for_the_oracle(case, replacement)["X_ref"]
    expected = oracle.ablation(case.net, case.X, case.y, case.classes, X_ref=X_ref)
    assert_is_the_oracles(ablation, expected)


@deterministic(max_examples=80)
@given(cases([*REGRESSIONS, "multilabel"]), replacements, st.booleans())
def test_other_networks_match_the_oracle(case, replacement, weighted):
    weight = np.random.default_rng(1).random(len(case.y)) if weighted else None
    options = options_for(case, replacement)
    ablation = neuron_ablation(case.mlp, case.X, case.y, sample_weight=weight, **options)
    multilabel = case.y.dtype.kind != "f"

    def score(out):
        if multilabel:
            right = (out > 0.5).astype(int)
            return metrics.accuracy_score(case.y, right, sample_weight=weight)
        return r2_score(case.y, out, sample_weight=weight)

    like = for_the_oracle(case, replacement)
    full = oracle.output(case.net, case.X)
    without = [
        oracle.output(case.net, case.X, oracle.gone(case.net, [neuron], **like))
        for neuron in case.net.neurons
    ]
    tolerance = losses_tolerance(case, replacement)
    assert_allclose(ablation.baseline_score, score(full), rtol=1e-9, atol=1e-12)
    assert_allclose(ablation.scores, [score(out) for out in without], rtol=tolerance, atol=1e-9)
    assert_array_equal(ablation.importances, ablation.baseline_score - ablation.scores)
    expected = oracle.loss_changes(
        case.net, case.X, case.y, case.classes if multilabel else None, weight, **like
    )
    assert_losses_are_the_oracles(ablation, expected, tolerance)
    if multilabel:
        before = (case.y == (full > 0.5)).all(axis=1)
        after = [(case.y == (out > 0.5)).all(axis=1) for out in without]
        assert ablation.n_fixed.tolist() == [int((~before & right).sum()) for right in after]
        assert ablation.n_broken.tolist() == [int((before & ~right).sum()) for right in after]


COMMON = {"layer", "index", "baseline_score", "scores", "importances", "n_samples"}
COMMON |= {"default_test", "loss_importances", "loss_std", "baseline_loss"}
COUNTS = {"n_fixed", "n_broken"}
PER_CLASS = {"class_importances", "classes", "confusion_matrix", "confusion_matrices"}


@pytest.mark.parametrize("kind", KINDS)
def test_fields(kind):
    case = make(kind, (4, 3))
    ablation = neuron_ablation(case.mlp, case.X, case.y)
    of_kind = COUNTS if kind == "multilabel" else COUNTS | PER_CLASS
    of_kind = set() if kind in REGRESSIONS else of_kind
    assert set(ablation) == COMMON | of_kind
    assert ablation.n_samples == 40
    resampled = neuron_ablation(case.mlp, case.X, case.y, replacement="resample", n_repeats=2)
    assert set(resampled) == COMMON | of_kind | {"importances_std", "repeats", "n_repeats"}


# ---- the invariant: analysis tells what surgery does


@each_replacement
@pytest.mark.parametrize(
    ("hidden", "activation", "ours"),
    [((5,), "relu", False), ((4, 3), "tanh", True), ((3, 2, 3), "logistic", False)],
)
@pytest.mark.parametrize("kind", KINDS)
def test_analysis_is_what_surgery_does(kind, ours, hidden, activation, replacement):
    case = make(kind, hidden, activation, n=60, ours=ours)
    options = options_for(case, replacement)
    ablation = neuron_ablation(case.mlp, case.X, case.y, **options)
    before = loss_by_sklearn(kind, case.mlp, case.X, case.y)
    assert_allclose(ablation.baseline_loss, before, rtol=1e-11)
    for at, neuron in enumerate(case.net.neurons):
        pruned = prune_neurons(case.mlp, [neuron], replacement=replacement, X=options["X_ref"])
        predicted = pruned.predict(case.X)
        rise = loss_by_sklearn(kind, pruned, case.X, case.y) - before
        assert_allclose(ablation.loss_importances[at], rise, rtol=1e-9, atol=1e-12)
        # Sample for sample: the ablated network is never wrong about what the pruned one says.
        if kind not in REGRESSIONS:
            assert ablation.scores[at] == pruned.score(case.X, case.y)
            assert neuron_ablation(case.mlp, case.X, predicted, **options).scores[at] == 1
        else:
            assert_allclose(ablation.scores[at], pruned.score(case.X, case.y), rtol=1e-10)
            errors = neuron_ablation(
                case.mlp, case.X, predicted, scoring="neg_mean_absolute_error", **options
            )
            assert_allclose(errors.scores[at], 0, atol=1e-12)
        if kind in SINGLE_LABEL:
            matrix = metrics.confusion_matrix(case.y, predicted, labels=case.classes)
            assert_array_equal(ablation.confusion_matrices[at], matrix)


@each_replacement
@pytest.mark.parametrize("kind", ["multiclass", "multilabel", "regression", "poisson"])
def test_analysis_is_what_surgery_does_in_float32(kind, replacement):
    case = make(kind, (4, 3), n=200, dtype=np.float32)
    options = options_for(case, replacement)
    ablation = neuron_ablation(case.mlp, case.X, case.y, **options)
    before = loss_by_sklearn(kind, case.mlp, case.X, case.y)
    for at, neuron in enumerate(case.net.neurons):
        pruned = prune_neurons(case.mlp, [neuron], replacement=replacement, X=options["X_ref"])
        assert_allclose(ablation.scores[at], pruned.score(case.X, case.y), rtol=1e-5)
        rise = loss_by_sklearn(kind, pruned, case.X, case.y) - before
        assert_allclose(ablation.loss_importances[at], rise, rtol=1e-4, atol=1e-5)


@each_replacement
@pytest.mark.parametrize("kind", KINDS)
def test_analysis_is_what_surgery_does_with_weights(kind, replacement):
    case = make(kind, (4, 3), "tanh", n=60)
    weight = np.random.default_rng(0).integers(0, 3, 60) * 0.7  # and zero for every third row
    options = options_for(case, replacement)
    ablation = neuron_ablation(case.mlp, case.X, case.y, sample_weight=weight, **options)
    before = loss_by_sklearn(kind, case.mlp, case.X, case.y, weight)
    for at, neuron in enumerate(case.net.neurons):
        pruned = prune_neurons(case.mlp, [neuron], replacement=replacement, X=options["X_ref"])
        score = pruned.score(case.X, case.y, weight)
        assert_allclose(ablation.scores[at], score, rtol=1e-10)
        rise = loss_by_sklearn(kind, pruned, case.X, case.y, weight) - before
        assert_allclose(ablation.loss_importances[at], rise, rtol=1e-9, atol=1e-12)
        if kind in SINGLE_LABEL:
            matrix = metrics.confusion_matrix(
                case.y, pruned.predict(case.X), labels=case.classes, sample_weight=weight
            )
            assert_allclose(ablation.confusion_matrices[at], matrix, rtol=1e-12, atol=1e-12)


# ---- scoring


@each_replacement
@pytest.mark.parametrize("n_jobs", [None, 2])
@pytest.mark.parametrize(
    ("kind", "scoring"),
    [
        ("multiclass", None),
        ("multiclass", "accuracy"),
        ("multiclass", "balanced_accuracy"),
        ("multiclass", "roc_auc_ovr"),
        ("strings", "neg_log_loss"),
        ("binary", make_scorer(fbeta_score, beta=2)),
        ("multilabel", "f1_micro"),
        ("regression", "r2"),
        ("multioutput", make_scorer(r2_score, multioutput="variance_weighted")),
        ("regression", lambda mlp, X, y: -np.mean((mlp.predict(X) - y) ** 2 * X[:, 0])),
    ],
)
def test_every_kind_of_scoring(kind, scoring, n_jobs, replacement):
    case = make(kind, (4, 3), "tanh", n=60)
    options = options_for(case, replacement)
    ablation = neuron_ablation(case.mlp, case.X, case.y, scoring=scoring, n_jobs=n_jobs, **options)
    scorer = check_scoring(case.mlp, scoring)
    expected = [
        scorer(
            prune_neurons(case.mlp, [neuron], replacement=replacement, X=options["X_ref"]),
            case.X,
            case.y,
        )
        for neuron in case.net.neurons
    ]
    assert_allclose(ablation.scores, expected, rtol=1e-10, atol=1e-13)
    assert_allclose(ablation.baseline_score, scorer(case.mlp, case.X, case.y), rtol=1e-11)
    # What only depends on predictions does not depend on scoring.
    usual = neuron_ablation(case.mlp, case.X, case.y, **options)
    assert usual.keys() == ablation.keys()
    for name in usual.keys() - {"scores", "importances", "baseline_score", "default_test"}:
        assert_array_equal(ablation[name], usual[name], err_msg=name)


SEVERAL = ["accuracy", "neg_log_loss", "roc_auc_ovr", "f1_macro"]


@pytest.mark.parametrize("form", [list, tuple, set])
@pytest.mark.parametrize("replacement", ["zero", "resample"])
def test_several_scorers_by_name(form, replacement):
    case = make("strings", (4, 3), n=60)
    options = {"replacement": replacement, "random_state": 0}
    found = neuron_ablation(case.mlp, case.X, case.y, scoring=form(SEVERAL), **options)
    assert type(found) is dict
    assert set(found) == set(SEVERAL)
    for name, ablation in found.items():
        alone = neuron_ablation(case.mlp, case.X, case.y, scoring=name, **options)
        assert_same(ablation, alone)
    assert found["accuracy"].default_test == ("mcnemar" if replacement == "zero" else "loss")
    assert found["f1_macro"].default_test == "loss"


def test_several_scorers_with_names_of_their_own():
    case = make("regression", (4, 3))

    def worst(mlp, X, y):
        return -np.max(np.abs(mlp.predict(X) - y))

    scorers = {"mine": worst, "r2": "r2", "theirs": make_scorer(metrics.median_absolute_error)}
    found = neuron_ablation(case.mlp, case.X, case.y, scoring=scorers)
    assert list(found) == ["mine", "r2", "theirs"]
    for name, ablation in found.items():
        alone = neuron_ablation(case.mlp, case.X, case.y, scoring=scorers[name])
        assert_same(ablation, alone)


@pytest.mark.parametrize("scoring", [["accuracy"], ("f1_macro",), {"only": "roc_auc_ovr"}])
def test_one_scorer_in_a_collection_is_a_dict_as_well(scoring):
    case = make("multiclass", (4,), n=60)
    found = neuron_ablation(case.mlp, case.X, case.y, scoring=scoring)
    assert list(found) == list(scoring)


def test_weights_reach_the_scorer():
    case = make("regression", (4,), n=60)
    weight = np.random.default_rng(0).random(60)
    for scoring in ("r2", "neg_mean_absolute_error"):
        ablation = neuron_ablation(case.mlp, case.X, case.y, scoring=scoring, sample_weight=weight)
        score = metrics.get_scorer(scoring)(case.mlp, case.X, case.y, sample_weight=weight)
        assert_allclose(ablation.baseline_score, score, rtol=1e-13)


# ---- many rows, many threads


@pytest.fixture
def long_case(monkeypatch):
    """Three blocks of one chunk each."""
    monkeypatch.setattr(_network, "BLOCK_ROWS", 256)
    monkeypatch.setattr(_sweep, "BLOCK_BYTES", 1)
    return make("multiclass", (3, 2), "tanh", n=600)


def weighted_ablation(case, **options):
    weight = np.random.default_rng(0).random(len(case.y))
    options = {"replacement": "mean", "X_ref": case.X} | options
    return neuron_ablation(case.mlp, case.X, case.y, sample_weight=weight, **options)


MANY = pytest.mark.parametrize(
    "options",
    [
        {"replacement": "zero"},
        {"replacement": "mean"},
        {"replacement": "linear"},
        {"replacement": "resample", "random_state": 0, "n_repeats": 2},
        {"scoring": "neg_log_loss"},
        {"scoring": "roc_auc_ovr", "replacement": "linear"},
    ],
    ids=str,
)


@MANY
def test_rows_of_several_blocks(long_case, options, monkeypatch):
    blocks = weighted_ablation(long_case, **options)
    monkeypatch.undo()
    tolerance = 1e-6 if options.get("replacement") == "linear" else 1e-12
    expected = weighted_ablation(long_case, **options)
    assert_same(blocks, expected, rtol=tolerance, atol=tolerance)


def test_rows_of_several_blocks_match_the_oracle(long_case):
    weight = np.random.default_rng(0).random(600)
    args = (long_case.net, long_case.X, long_case.y, long_case.classes, weight, long_case.X)
    assert_is_the_oracles(weighted_ablation(long_case), oracle.ablation(*args))


@MANY
def test_sparse_rows_of_several_blocks(long_case, options):
    dense = weighted_ablation(long_case, **options)
    long_case.X = sparse.csr_array(long_case.X)
    assert_same(weighted_ablation(long_case, **options), dense)


@MANY
@pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2, reason="needs two threads")
def test_bits_do_not_depend_on_the_number_of_threads(long_case, options):
    before = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        one = weighted_ablation(long_case, **options)
        numba.set_num_threads(2)
        assert_same(weighted_ablation(long_case, **options), one)
    finally:
        numba.set_num_threads(before)


@MANY
def test_bits_are_the_same_off_the_main_thread(long_case, options):
    expected = weighted_ablation(long_case, **options)
    with ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(weighted_ablation, long_case, **options) for _ in range(4)]
    for future in futures:
        assert_same(future.result(), expected)


# ---- what results mean


def test_layers_select_neurons():
    case = make(hidden=(3, 2, 4))
    full = neuron_ablation(case.mlp, case.X, case.y)
    assert full.layer.tolist() == [0] * 3 + [1] * 2 + [2] * 4
    assert full.index.tolist() == [0, 1, 2, 0, 1, 0, 1, 2, 3]
    a_number_each = full.keys() - {"baseline_score", "baseline_loss", "n_samples", "classes"}
    a_number_each -= {"confusion_matrix", "default_test"}
    for layers, chosen in [(1, [1]), (-1, [2]), ([2, 0], [0, 2]), ([0, -3], [0])]:
        part = neuron_ablation(case.mlp, case.X, case.y, layers=layers)
        mask = np.isin(full.layer, chosen)
        for name in a_number_each:
            assert_array_equal(part[name], full[name][mask], err_msg=name)
        assert part.baseline_score == full.baseline_score


def test_classes_without_rows_have_no_recall_to_lose():
    case = make("multiclass", (4,))
    rows = case.y != 5
    ablation = neuron_ablation(case.mlp, case.X[rows], case.y[rows])
    assert_array_equal(np.isnan(ablation.class_importances), np.tile(case.classes == 5, (4, 1)))
    weighted = neuron_ablation(case.mlp, case.X, case.y, sample_weight=rows.astype(float))
    assert_array_equal(weighted.class_importances, ablation.class_importances)


def test_counts_add_up():
    case = make("multiclass", (4, 3), n=60)
    ablation = neuron_ablation(case.mlp, case.X, case.y)
    net_loss = ablation.n_broken - ablation.n_fixed
    assert ablation.n_fixed.any()
    assert ablation.n_broken.any()
    assert_allclose(ablation.importances * 60, net_loss, atol=1e-12)
    rows_of_class = (case.y == case.classes[:, None]).sum(axis=1)
    assert_allclose(ablation.class_importances @ rows_of_class, net_loss, atol=1e-12)
    assert_array_equal(ablation.confusion_matrices.sum(axis=2), np.tile(rows_of_class, (7, 1)))
    right = np.trace(ablation.confusion_matrices, axis1=1, axis2=2)
    assert_array_equal(np.trace(ablation.confusion_matrix) - right, net_loss)
    # Counts are of rows, whatever these weigh.
    weighted = neuron_ablation(case.mlp, case.X, case.y, sample_weight=np.arange(60.0))
    assert_array_equal(weighted.n_fixed, ablation.n_fixed)
    assert_array_equal(weighted.n_broken, ablation.n_broken)


@each_replacement
@pytest.mark.parametrize("kind", KINDS)
def test_a_row_weighs_as_much_as_its_copies(kind, replacement):
    case = make(kind, (4, 3))
    repeats = np.arange(40) % 3
    options = options_for(case, replacement)
    weighted = neuron_ablation(case.mlp, case.X, case.y, sample_weight=repeats, **options)
    X, y = np.repeat(case.X, repeats, axis=0), np.repeat(case.y, repeats, axis=0)
    repeated = neuron_ablation(case.mlp, X, y, **options)
    same = {"baseline_score", "scores", "importances", "class_importances", "baseline_loss"}
    same |= {"loss_importances", "confusion_matrix", "confusion_matrices"}
    for name in same & set(repeated):
        assert_allclose(weighted[name], repeated[name], rtol=1e-11, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("kind", ["multiclass", "multilabel", "regression"])
def test_equal_weights_are_no_weights(kind):
    case = make(kind, (4, 3))
    weighted = neuron_ablation(case.mlp, case.X, case.y, sample_weight=np.full(40, 0.3))
    plain = neuron_ablation(case.mlp, case.X, case.y)
    for name in ("baseline_score", "scores", "loss_importances", "loss_std", "baseline_loss"):
        assert_allclose(weighted[name], plain[name], rtol=1e-11, atol=1e-13, err_msg=name)
    if kind == "multiclass":
        assert_allclose(weighted.confusion_matrices, plain.confusion_matrices * 0.3, atol=1e-12)


def test_nothing_is_changed():
    case = make("multiclass", (4, 3), early_stopping=False)
    weight = np.ones(40)
    everything = (case.mlp, case.X, case.y, case.X_ref, weight)
    before = joblib.hash(everything)
    scorings = [None, "neg_log_loss", lambda mlp, X, y, sample_weight: mlp.score(X, y)]
    for scoring in [*scorings, ["accuracy", "roc_auc_ovr"]]:
        for replacement in ("zero", "mean", "linear"):
            neuron_ablation(
                case.mlp, case.X, case.y, scoring=scoring, sample_weight=weight,
                replacement=replacement, X_ref=case.X_ref,
            )  # fmt: skip
            assert joblib.hash(everything) == before


# ---- without losses


@pytest.mark.parametrize("replacement", ["zero", "linear", "resample"])
@pytest.mark.parametrize("kind", KINDS)
def test_without_losses_all_else_is_the_same(kind, replacement):
    case = make(kind, (5, 4), n=100)
    options = {"replacement": replacement, "X_ref": case.X_ref, "random_state": 0}
    full = neuron_ablation(case.mlp, case.X, case.y, **options)
    scores_only = neuron_ablation(case.mlp, case.X, case.y, losses=False, **options)
    assert set(full) - set(scores_only) == {"loss_importances", "loss_std", "baseline_loss"}
    for name in set(scores_only) - {"default_test"}:
        assert_array_equal(scores_only[name], full[name], err_msg=name)


def test_scorers_that_need_losses_get_them():
    case = make("multiclass", (5,), n=100)
    scoring = ["accuracy", "neg_log_loss"]
    full = neuron_ablation(case.mlp, case.X, case.y, scoring=scoring)
    scores_only = neuron_ablation(case.mlp, case.X, case.y, scoring=scoring, losses=False)
    for name in scoring:
        assert_array_equal(scores_only[name].scores, full[name].scores)
        assert_array_equal(scores_only[name].loss_std, full[name].loss_std)


# ---- which changes of the loss are none


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("scale", [1e-6, 1e-3, 1e4])
@pytest.mark.parametrize("kind", ["regression", "multioutput"])
def test_units_of_the_targets_do_not_matter(kind, scale, dtype):
    case = make(kind, (5,), n=200, dtype=dtype)
    expected = neuron_ablation(case.mlp, case.X, case.y)
    for parameters in (case.mlp.coefs_, case.mlp.intercepts_):
        parameters[-1] = (parameters[-1] * scale).astype(dtype)
    found = neuron_ablation(case.mlp, case.X, case.y * scale)
    assert expected.loss_importances.all()
    rtol = 1e-3 if dtype == np.float32 else 1e-8
    assert_allclose(found.loss_importances, expected.loss_importances * scale**2, rtol=rtol)
    assert_array_equal(found.verdicts().verdict, expected.verdicts().verdict)


def test_exact_copies_are_missed_by_nobody_if_predicted():
    case = make("multiclass", (8,), "relu", n=300)
    for copy_of, at in ((0, 1), (2, 3)):
        case.mlp.coefs_[0][:, at] = case.mlp.coefs_[0][:, copy_of]
        case.mlp.intercepts_[0][at] = case.mlp.intercepts_[0][copy_of]
    ablation = neuron_ablation(case.mlp, case.X, case.y, replacement="linear", X_ref=case.X_ref)
    assert_array_equal(ablation.loss_importances[:4], 0)
    assert set(ablation.verdicts(test="loss").verdict[:4]) == {"undecided"}
    assert ablation.loss_importances[4:].any()


def test_losses_that_are_not_numbers_stay_so():
    case = make("multiclass", (5,), "tanh", n=50)
    case.mlp.intercepts_[-1][0] = np.nan
    ablation = neuron_ablation(case.mlp, case.X, case.y)
    assert np.isnan(ablation.baseline_loss)
    assert np.isnan(ablation.loss_importances).all()
