"""Tests of neuron_ablation: against the oracle, for every form of input, and for its invariant."""

import pickle
import re
import sys
from concurrent.futures import ThreadPoolExecutor

import joblib
import numba
import numpy as np
import oracle
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from networks import KINDS, REGRESSIONS, SINGLE_LABEL, SKLEARN, cases, deterministic, make
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, check_scoring, fbeta_score, make_scorer, r2_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from skneuron import RottenNeuronPruner, _network, neuron_ablation, prune_neurons


def assert_same(actual, expected, **tolerance):
    """Two ablations agree; bit for bit if no tolerance is given."""
    assert actual.keys() == expected.keys()
    for name in expected:
        if tolerance and np.asarray(expected[name]).dtype.kind == "f":
            assert_allclose(actual[name], expected[name], err_msg=name, **tolerance)
        else:
            assert_array_equal(actual[name], expected[name], err_msg=name)


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


def replacement_of(case, name):
    return {"replacement": name, "X_ref": case.X_ref if name == "mean" else None}


replacements = st.sampled_from(["zero", "mean"])
each_replacement = pytest.mark.parametrize("replacement", ["zero", "mean"])

# ---- against the oracle


@deterministic(max_examples=100)
@given(
    cases([*SINGLE_LABEL, "single class"]),
    replacements,
    st.booleans(),
    st.sampled_from([None, 0, -1]),
)
def test_single_label_classifiers_match_the_oracle(case, replacement, weighted, layers):
    weight = np.random.default_rng(1).random(len(case.y)) if weighted else None
    options = replacement_of(case, replacement)
    ablation = neuron_ablation(
        case.mlp, case.X, case.y, layers=layers, sample_weight=weight, **options
    )
    last = len(case.net.sizes) - 1
    chosen = {None: range(last + 1), 0: [0], -1: [last]}[layers]
    neurons = [neuron for neuron in case.net.neurons if neuron[0] in chosen]
    assert_is_the_oracles(
        ablation,
        oracle.ablation(case.net, case.X, case.y, case.classes, weight, options["X_ref"], neurons),
    )
    assert_array_equal(ablation.classes, case.classes)


@deterministic(max_examples=50)
@given(
    case=st.one_of(
        cases(SINGLE_LABEL, dyadic=True, activation=activation, dtype=np.float32)
        for activation in ("relu", "identity")
    ),
    replacement=replacements,
)
def test_ties_in_float32_match_the_oracle(case, replacement):
    # Few bits a weight: float32 is exact here, so that even a tie must be decided alike.
    options = replacement_of(case, replacement)
    ablation = neuron_ablation(case.mlp, case.X, case.y, **options)
    assert_is_the_oracles(
        ablation,
        oracle.ablation(case.net, case.X, case.y, case.classes, X_ref=options["X_ref"]),
    )


@deterministic(max_examples=60)
@given(cases([*REGRESSIONS, "multilabel"]), replacements, st.booleans())
def test_other_networks_match_the_oracle(case, replacement, weighted):
    weight = np.random.default_rng(1).random(len(case.y)) if weighted else None
    options = replacement_of(case, replacement)
    ablation = neuron_ablation(case.mlp, case.X, case.y, sample_weight=weight, **options)

    def score(replaced):
        out = oracle.output(case.net, case.X, replaced)
        if case.y.dtype.kind == "f":
            return r2_score(case.y, out, sample_weight=weight)
        return accuracy_score(case.y, (out > 0.5).astype(int), sample_weight=weight)

    expected = [score(oracle.gone(case.net, [n], options["X_ref"])) for n in case.net.neurons]
    assert_allclose(ablation.baseline_score, score({}), rtol=1e-9, atol=1e-12)
    assert_allclose(ablation.scores, expected, rtol=1e-9, atol=1e-12)
    assert_array_equal(ablation.importances, ablation.baseline_score - ablation.scores)
    assert set(ablation) == {"layer", "index", "baseline_score", "scores", "importances"}


# ---- the invariant: analysis tells what surgery does


@each_replacement
@pytest.mark.parametrize(
    ("hidden", "activation"), [((5,), "relu"), ((4, 3), "tanh"), ((3, 2, 3), "logistic")]
)
@pytest.mark.parametrize("ours", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_analysis_is_what_surgery_does(kind, ours, hidden, activation, replacement):
    case = make(kind, hidden, activation, n=60, ours=ours)
    options = replacement_of(case, replacement)
    ablation = neuron_ablation(case.mlp, case.X, case.y, **options)
    for at, neuron in enumerate(case.net.neurons):
        pruned = prune_neurons(case.mlp, [neuron], replacement=replacement, X=options["X_ref"])
        predicted = pruned.predict(case.X)
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


@each_replacement
@pytest.mark.parametrize("kind", ["multiclass", "regression"])
def test_analysis_is_what_surgery_does_in_float32(kind, replacement):
    case = make(kind, (4, 3), n=200, dtype=np.float32)
    options = replacement_of(case, replacement)
    ablation = neuron_ablation(case.mlp, case.X, case.y, **options)
    for at, neuron in enumerate(case.net.neurons):
        pruned = prune_neurons(case.mlp, [neuron], replacement=replacement, X=options["X_ref"])
        assert_allclose(ablation.scores[at], pruned.score(case.X, case.y), rtol=1e-5)


def test_analysis_is_what_surgery_does_with_weights():
    case = make(hidden=(4, 3), n=60)
    weight = np.random.default_rng(0).random(60)
    ablation = neuron_ablation(case.mlp, case.X, case.y, sample_weight=weight)
    for at, neuron in enumerate(case.net.neurons):
        pruned = prune_neurons(case.mlp, [neuron])
        assert_allclose(ablation.scores[at], pruned.score(case.X, case.y, weight), rtol=1e-13)


# ---- scoring


@pytest.mark.parametrize("n_jobs", [None, 2])
@pytest.mark.parametrize(
    ("kind", "scoring"),
    [
        ("multiclass", None),
        ("multiclass", "accuracy"),
        ("multiclass", "balanced_accuracy"),
        ("strings", "neg_log_loss"),
        ("binary", make_scorer(fbeta_score, beta=2)),
        ("multilabel", "f1_micro"),
        ("regression", "r2"),
        ("multioutput", make_scorer(r2_score, multioutput="variance_weighted")),
        ("regression", lambda mlp, X, y: -np.mean((mlp.predict(X) - y) ** 2 * X[:, 0])),
    ],
)
def test_every_kind_of_scoring(kind, scoring, n_jobs):
    case = make(kind, (4, 3), n=60)
    ablation = neuron_ablation(case.mlp, case.X, case.y, scoring=scoring, n_jobs=n_jobs)
    scorer = check_scoring(case.mlp, scoring)
    expected = [scorer(prune_neurons(case.mlp, [n]), case.X, case.y) for n in case.net.neurons]
    assert_allclose(ablation.scores, expected, rtol=1e-11, atol=1e-13)
    assert ablation.baseline_score == scorer(case.mlp, case.X, case.y)
    if kind in SINGLE_LABEL:  # what only depends on predictions does not depend on scoring
        fused = neuron_ablation(case.mlp, case.X, case.y)
        for name in ("n_fixed", "n_broken", "class_importances", "classes"):
            assert_array_equal(ablation[name], fused[name])
    else:
        assert "n_fixed" not in ablation


def test_weights_reach_the_scorer():
    case = make("regression", (4,), n=60)
    weight = np.random.default_rng(0).random(60)
    ablation = neuron_ablation(case.mlp, case.X, case.y, scoring="r2", sample_weight=weight)
    assert ablation.baseline_score == case.mlp.score(case.X, case.y, weight)


@pytest.mark.parametrize("form", ["array", "frame", "pipeline", "frozen", "pruner"])
def test_a_plain_callable_sees_the_whole_estimator_and_the_original_X(form):
    case = make("regression", (4, 3))
    X, estimator = case.X, case.mlp
    if form == "frame":
        X = pd.DataFrame(X, columns=["a", "b", "c"])
        estimator.feature_names_in_ = X.columns.to_numpy(dtype=object)
    elif form == "pipeline":
        estimator = make_pipeline(StandardScaler().fit(X * 2 + 1), estimator)
    elif form == "frozen":
        estimator = FrozenEstimator(estimator)
    elif form == "pruner":
        estimator = RottenNeuronPruner(estimator, cv="prefit", threshold=-np.inf).fit(X, case.y)
    seen = []

    def scoring(whole, X_seen, y_seen):
        assert type(X_seen) is type(X)
        assert_array_equal(X_seen, X)
        assert_array_equal(y_seen, case.y)
        seen.append(whole.predict(X_seen))
        return float(len(seen))

    ablation = neuron_ablation(estimator, X, case.y, scoring=scoring)
    expected = [prune_neurons(estimator, [n]).predict(X) for n in case.net.neurons]
    # Called once for the whole network, and once for every neuron; in whichever order.
    assert_allclose(seen[int(ablation.baseline_score) - 1], estimator.predict(X))
    assert_allclose([seen[int(score) - 1] for score in ablation.scores], expected, rtol=1e-11)
    assert len(seen) == 8


# ---- every form of input

FORMS = {
    "csr_matrix": sparse.csr_matrix,
    "csr_array": sparse.csr_array,
    "csc_matrix": sparse.csc_matrix,
    "csc_array": sparse.csc_array,
    "coo_array": sparse.coo_array,
    "int64": lambda X: X.astype(np.int64),
    "int8": lambda X: X.astype(np.int8),
    "float32": lambda X: X.astype(np.float32),
    "float16": lambda X: X.astype(np.float16),
    "longdouble": lambda X: X.astype(np.longdouble),
    "big endian": lambda X: X.astype(">f8"),
    "object": lambda X: X.astype(object),
    "Fortran order": np.asfortranarray,
    "strided": lambda X: np.repeat(np.repeat(X, 2, axis=0), 3, axis=1)[::2, ::3],
    "reversed": lambda X: X[::-1].copy()[::-1],
    "list": lambda X: X.tolist(),
    "frame": pd.DataFrame,
}


@pytest.fixture(scope="module", params=["multiclass", "binary", "regression"])
def exact(request):
    """A case whose integer data and few-bit weights are exact in any dtype."""
    return make(request.param, (4, 3), n=60, dyadic=True)


@each_replacement
@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_X(exact, form, replacement):
    def ablation(convert):
        reference = convert(exact.X_ref) if replacement == "mean" else None
        return neuron_ablation(
            exact.mlp, convert(exact.X), exact.y, replacement=replacement, X_ref=reference
        )

    assert_same(ablation(FORMS[form]), ablation(np.asarray), rtol=1e-13, atol=1e-13)


@each_replacement
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_read_only_and_memory_mapped_arrays(exact, dtype, replacement, tmp_path):
    arrays = {"X": exact.X.astype(dtype), "y": exact.y, "weight": np.arange(60.0)}
    expected = None
    for form in ("plain", "read-only", "mapped"):
        given_arrays = {}
        for name, a in arrays.items():
            np.save(tmp_path / f"{name}.npy", a)
            mapped = np.load(tmp_path / f"{name}.npy", mmap_mode="r" if form == "mapped" else None)
            if form == "read-only":
                mapped.flags.writeable = False
            given_arrays[name] = mapped
        actual = neuron_ablation(
            exact.mlp,
            given_arrays["X"],
            given_arrays["y"],
            sample_weight=given_arrays["weight"],
            replacement=replacement,
            X_ref=given_arrays["X"] if replacement == "mean" else None,
        )
        expected = actual if expected is None else expected
        assert_same(actual, expected)


@pytest.mark.parametrize("scoring", [None, "neg_log_loss"])
def test_read_only_networks(scoring):
    case = make(hidden=(4, 3))
    expected = neuron_ablation(case.mlp, case.X, case.y, scoring=scoring)
    for a in case.mlp.coefs_ + case.mlp.intercepts_:
        a.flags.writeable = False
    assert_same(neuron_ablation(case.mlp, case.X, case.y, scoring=scoring), expected)


@pytest.mark.parametrize("kind", ["strings", "regression", "multilabel"])
def test_frames_with_feature_names(kind):
    case = make(kind, (4, 3))
    columns = ["a", "b", "c"]
    frame, frame_ref = (pd.DataFrame(X, columns=columns) for X in (case.X, case.X_ref))
    y = pd.DataFrame(case.y) if case.y.ndim > 1 else pd.Series(case.y)
    expected = neuron_ablation(case.mlp, case.X, case.y, replacement="mean", X_ref=case.X_ref)
    case.mlp.feature_names_in_ = np.array(columns, dtype=object)
    actual = neuron_ablation(case.mlp, frame, y, replacement="mean", X_ref=frame_ref)
    assert_same(actual, expected)
    with pytest.raises(ValueError, match="feature names should match"):
        neuron_ablation(case.mlp, frame[["b", "a", "c"]], y)


@each_replacement
@pytest.mark.parametrize("kind", ["multiclass", "regression"])
@pytest.mark.parametrize(
    "wrap",
    [
        lambda case, scaler: make_pipeline(scaler, case.mlp),
        lambda case, scaler: FrozenEstimator(Pipeline([("s", scaler), ("m", case.mlp)])),
        lambda case, scaler: make_pipeline(scaler, FrozenEstimator(case.mlp)),
        lambda case, scaler: make_pipeline(scaler.set_output(transform="pandas"), case.mlp),
    ],
)
@pytest.mark.filterwarnings("ignore:X has feature names")
def test_networks_inside_other_estimators(kind, wrap, replacement):
    case = make(kind, (4, 3))
    scaler = StandardScaler().fit(case.X * 3 - 1)
    X, X_ref = np.array(scaler.transform(case.X)), np.array(scaler.transform(case.X_ref))
    expected = neuron_ablation(
        case.mlp,
        X,
        case.y,
        replacement=replacement,
        X_ref=X_ref if replacement == "mean" else None,
    )
    estimator = wrap(case, scaler)
    actual = neuron_ablation(estimator, case.X, case.y, **replacement_of(case, replacement))
    assert_same(actual, expected)
    assert actual.baseline_score == estimator.score(case.X, case.y)


@pytest.mark.parametrize("kind", ["multiclass", "regression"])
def test_fitted_pruners(kind):
    case = make(kind, (8, 3), n=60)
    pruner = RottenNeuronPruner(case.mlp, cv="prefit", threshold=0.05).fit(case.X, case.y)
    assert 0 < pruner.n_neurons_ < 11
    ablation = neuron_ablation(pruner, case.X, case.y)
    assert ablation.baseline_score == pruner.score(case.X, case.y)
    assert len(ablation.scores) == pruner.n_neurons_
    assert_same(ablation, neuron_ablation(pruner.estimator_, case.X, case.y))


# ---- many rows, many threads


@pytest.fixture
def long_case(monkeypatch):
    """Three blocks of one chunk each."""
    monkeypatch.setattr(_network, "BLOCK_ROWS", 256)
    return make("multiclass", (3, 2), "tanh", n=600)


def weighted_ablation(case, **options):
    weight = np.random.default_rng(0).random(len(case.y))
    return neuron_ablation(
        case.mlp, case.X, case.y, sample_weight=weight, replacement="mean", X_ref=case.X, **options
    )


@pytest.mark.parametrize("scoring", [None, "neg_log_loss"])
def test_rows_of_several_blocks(long_case, scoring, monkeypatch):
    blocks = weighted_ablation(long_case, scoring=scoring)
    monkeypatch.undo()
    assert_same(blocks, weighted_ablation(long_case, scoring=scoring), rtol=1e-13, atol=1e-14)
    if scoring is None:
        weight = np.random.default_rng(0).random(600)
        args = (long_case.net, long_case.X, long_case.y, long_case.classes, weight, long_case.X)
        assert_is_the_oracles(blocks, oracle.ablation(*args))


def test_sparse_rows_of_several_blocks(long_case):
    dense = weighted_ablation(long_case)
    long_case.X = sparse.csr_array(long_case.X)
    assert_same(weighted_ablation(long_case), dense)


@pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2, reason="needs two threads")
def test_bits_do_not_depend_on_the_number_of_threads(long_case):
    before = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        one = weighted_ablation(long_case)
        numba.set_num_threads(2)
        assert_same(weighted_ablation(long_case), one)
    finally:
        numba.set_num_threads(before)


@pytest.mark.parametrize("scoring", [None, "neg_log_loss"])
def test_bits_are_the_same_off_the_main_thread(long_case, scoring):
    expected = weighted_ablation(long_case, scoring=scoring)
    with ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(weighted_ablation, long_case, scoring=scoring) for _ in range(4)]
    for future in futures:
        assert_same(future.result(), expected)


# ---- options and results


def test_layers_select_neurons():
    case = make(hidden=(3, 2, 4))
    whole = neuron_ablation(case.mlp, case.X, case.y)
    assert whole.layer.tolist() == [0] * 3 + [1] * 2 + [2] * 4
    assert whole.index.tolist() == [0, 1, 2, 0, 1, 0, 1, 2, 3]
    for layers, chosen in [(1, [1]), (-1, [2]), ([2, 0], [0, 2]), ([0, -3], [0])]:
        part = neuron_ablation(case.mlp, case.X, case.y, layers=layers)
        mask = np.isin(whole.layer, chosen)
        for name in ("layer", "index", "scores", "importances", "n_fixed", "n_broken"):
            assert_array_equal(part[name], whole[name][mask])
        assert_array_equal(part.class_importances, whole.class_importances[mask])
        assert part.baseline_score == whole.baseline_score


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
    # Counts are of rows, whatever these weigh.
    weighted = neuron_ablation(case.mlp, case.X, case.y, sample_weight=np.arange(60.0))
    assert_array_equal(weighted.n_fixed, ablation.n_fixed)
    assert_array_equal(weighted.n_broken, ablation.n_broken)


def test_a_row_weighs_as_much_as_its_copies():
    case = make("multiclass", (4, 3))
    repeats = np.arange(40) % 3
    weighted = neuron_ablation(case.mlp, case.X, case.y, sample_weight=repeats)
    X, y = np.repeat(case.X, repeats, axis=0), np.repeat(case.y, repeats)
    repeated = neuron_ablation(case.mlp, X, y)
    for name in ("baseline_score", "scores", "importances", "class_importances"):
        assert_allclose(weighted[name], repeated[name], rtol=1e-13, atol=1e-13)


def test_nothing_is_changed():
    case = make("multiclass", (4, 3), early_stopping=False)
    weight = np.ones(40)
    everything = (case.mlp, case.X, case.y, case.X_ref, weight)
    before = joblib.hash(everything)
    for scoring in (None, "neg_log_loss", lambda mlp, X, y, sample_weight: mlp.score(X, y)):
        neuron_ablation(
            case.mlp, case.X, case.y, scoring=scoring, sample_weight=weight,
            replacement="mean", X_ref=case.X_ref,
        )  # fmt: skip
        assert joblib.hash(everything) == before


def test_to_frame():
    case = make("strings", (4, 3))
    ablation = neuron_ablation(case.mlp, case.X, case.y)
    frame = ablation.to_frame()
    assert frame.columns.tolist() == [
        "layer", "index", "score", "importance", "n_fixed", "n_broken",
        "importance_setosa", "importance_versicolor", "importance_virginica",
    ]  # fmt: skip
    assert_array_equal(frame["score"], ablation.scores)
    assert_array_equal(frame["importance_virginica"], ablation.class_importances[:, 2])


def test_to_frame_of_regressors():
    case = make("regression", (4,))
    frame = neuron_ablation(case.mlp, case.X, case.y).to_frame()
    assert frame.columns.tolist() == ["layer", "index", "score", "importance"]
    assert len(frame) == 4


def test_to_frame_without_pandas(monkeypatch):
    case = make()
    ablation = neuron_ablation(case.mlp, case.X, case.y)
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"to_frame needs pandas: pip install"):
        ablation.to_frame()


def test_repr_counts_signs():
    case = make("multiclass", (4,))
    ablation = neuron_ablation(case.mlp, case.X, case.y)
    ablation.importances = np.array([-0.1, 0.0, 0.0, 0.2])
    ablation.baseline_score = 0.875
    assert repr(ablation) == (
        "NeuronAblation(n_neurons=4, baseline_score=0.875, n_rotten=1, n_neutral=2, n_useful=1)"
    )


def test_results_can_be_pickled():
    case = make()
    ablation = neuron_ablation(case.mlp, case.X, case.y)
    copy = pickle.loads(pickle.dumps(ablation))
    assert type(copy) is type(ablation)
    assert_same(copy, ablation)


# ---- errors


def test_wants_a_fitted_network():
    X, y = np.zeros((4, 3)), np.arange(4)
    with pytest.raises(NotFittedError, match="MLPClassifier instance is not fitted yet"):
        neuron_ablation(SKLEARN["classifier"](), X, y)
    with pytest.raises(
        TypeError, match=r"estimator must be a fitted .* got LogisticRegression\(\)"
    ):
        neuron_ablation(LogisticRegression(), X, y)


def test_wants_a_hidden_layer():
    case = make(hidden=())
    message = r"estimator has no hidden layer \(hidden_layer_sizes=\(\)\)"
    with pytest.raises(ValueError, match=message):
        neuron_ablation(case.mlp, case.X, case.y)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"X": np.zeros((40, 2))}, r"X has 2 features, but MLPClassifier is expecting 3 features"),
        ({"X": np.full((40, 3), np.nan)}, r"Input X contains NaN"),
        ({"X": np.zeros((0, 3))}, r"Found array with 0 sample\(s\)"),
        ({"y": None}, r"y=None: the ablation needs the true targets"),
        ({"y": np.zeros(39, int)}, r"inconsistent numbers of samples: \[40, 39\]"),
        ({"y": np.full(40, 6)}, r"y contains labels never seen in training: \[6\]"),
        ({"y": np.full(40, "a")}, r"y contains labels never seen in training: \['a'\]"),
        ({"scoring": "acuracy"}, r"'scoring' parameter .* Got 'acuracy' instead"),
        ({"replacement": "median"}, r"replacement='median' is unknown; use one of \['mean', "),
        ({"replacement": None}, r"replacement=None is unknown"),
        ({"replacement": ["mean"]}, r"replacement=\['mean'\] is unknown"),
        ({"replacement": "mean"}, r"replacement='mean' needs reference data: pass X_ref"),
        ({"replacement": "mean", "X_ref": np.zeros((5, 2))}, r"X has 2 features"),
        ({"replacement": "mean", "X_ref": np.full((5, 3), np.nan)}, r"contains NaN"),
        ({"replacement": "mean", "X_ref": np.zeros((0, 3))}, r"Found array with 0 sample"),
        ({"layers": 1}, r"layers=1 names hidden layer 1, but the network has 1 hidden layer"),
        ({"layers": "last"}, r"layers='last' is not None, an int or a list of ints"),
        ({"layers": []}, r"layers=\[\] selects no hidden layer"),
        ({"sample_weight": np.zeros(40)}, r"(?i)sample.weight.*zero"),
        ({"sample_weight": np.ones(4)}, r"sample_weight.shape == \(4,\), expected \(40,\)"),
    ],
)
def test_bad_arguments_are_named(changes, message):
    case = make()
    before = joblib.hash(case.mlp)
    arguments = {"X": case.X, "y": case.y} | changes
    with pytest.raises(ValueError, match=message):
        neuron_ablation(case.mlp, **arguments)
    assert joblib.hash(case.mlp) == before


def test_scorers_errors_are_not_swallowed():
    def scoring(mlp, X, y):
        raise ZeroDivisionError("from the scorer")

    case = make()
    with pytest.raises(ZeroDivisionError, match=re.escape("from the scorer")):
        neuron_ablation(case.mlp, case.X, case.y, scoring=scoring)


@pytest.mark.parametrize("scoring", [["accuracy", "f1_macro"], {"a": "accuracy"}])
def test_several_scorers_are_not_taken_for_one(scoring):
    case = make("multiclass", (3,))
    with pytest.raises(ValueError, match=r"scoring=.* one at a time"):
        neuron_ablation(case.mlp, case.X, case.y, scoring=scoring)
