"""Tests of inspection._scoring._formulas: scores from sums, against scikit-learn's."""

import re

import numpy as np
import pytest
from helpers.networks import KINDS, REGRESSIONS, SINGLE_LABEL, make
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import metrics
from sklearn.metrics import get_scorer, get_scorer_names, make_scorer

from skneuron import neuron_ablation, prune_neurons
from skneuron.inspection._scoring._formulas import (
    OF_CONFUSION,
    OF_PROBABILITIES,
    OF_SUMS,
    formula_for,
)
from skneuron.inspection._scoring._samples import samples_for
from skneuron.inspection._scoring._sweep import sweep
from skneuron.inspection._scoring._wanted_sums import (
    SCORES_ONLY,
    WantedSums,
)
from skneuron.surgery._network import Network
from skneuron.surgery._replacement import layer_replacements

# What scikit-learn says of labels without rows, or of a single row.
pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning"),
    pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true:UserWarning"),
    pytest.mark.filterwarnings("ignore:A single label was found:UserWarning"),
]


def case_of(kind):
    return make(kind, (4, 3), "tanh", n=60)


def formula_of(case, scorer, weight=None, **options):
    samples = samples_for(case.mlp, case.X, case.y, weight)
    return formula_for(scorer, samples, getattr(case.mlp, "classes_", None), **options)


def found(case, scorer, weight=None):
    """By the formula, whose pass is over all neurons."""
    samples = samples_for(case.mlp, case.X, case.y, weight)
    network = Network.from_mlp(case.mlp)
    layers, indices = (np.array(column) for column in zip(*case.net.neurons, strict=True))
    ablated = sweep(
        network, samples, layer_replacements(network, "zero", None), layers, indices,
        WantedSums(confusion=True, losses=True, probabilities=True),
    )  # fmt: skip
    return formula_of(case, scorer, weight)(ablated)


def expected(case, scorer, weight=None):
    """By the scorer itself, on smaller networks."""
    weights = {} if weight is None else {"sample_weight": weight}
    networks = [case.mlp, *(prune_neurons(case.mlp, [neuron]) for neuron in case.net.neurons)]
    baseline, *scores = (scorer(mlp, case.X, case.y, **weights) for mlp in networks)
    return baseline, scores


def assert_is_the_scorers(case, scorer, weight=None):
    baseline, scores = found(case, scorer, weight)
    wanted, wanted_scores = expected(case, scorer, weight)
    assert type(baseline) is float
    assert_allclose(baseline, wanted, rtol=1e-10, atol=1e-13)
    assert_allclose(scores, wanted_scores, rtol=1e-10, atol=1e-13)
    assert len(set(np.round(scores, 9))) > 1, "a test of a metric that never changes"


WEIGHTS = {
    "unweighted": None,
    "weighted": np.random.default_rng(0).random(60),
    "with zeros": np.arange(60.0) % 3,
}
each_weight = pytest.mark.parametrize("weight", WEIGHTS.values(), ids=WEIGHTS)

# ---- every name that scikit-learn has

AVERAGES = ["macro", "micro", "weighted"]
OF_LABELS = {
    "accuracy", "balanced_accuracy", "matthews_corrcoef", "neg_log_loss",
    *(f"{name}_{average}" for name in ("f1", "jaccard", "precision", "recall")
      for average in AVERAGES),
}  # fmt: skip
OF_NUMBERS = {"r2", "neg_mean_squared_error", "neg_root_mean_squared_error"}
BINARY_ONLY = {"f1", "jaccard", "precision", "recall"}
RECOGNISED = {
    "binary": OF_LABELS | BINARY_ONLY,
    "multiclass": OF_LABELS,
    "strings": OF_LABELS,
    "multilabel": {"accuracy"},
    "regression": OF_NUMBERS,
    "multioutput": OF_NUMBERS,
    "poisson": OF_NUMBERS | {"neg_mean_poisson_deviance"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_which_names_are_recognised(kind):
    case = case_of(kind)
    names = {n for n in get_scorer_names() if formula_of(case, get_scorer(n)) is not None}
    # These are recognised, but cannot be computed of labels that are not 0 and 1.
    one_label = {name + end for name in BINARY_ONLY for end in ("", "_samples")}
    assert names - one_label == RECOGNISED[kind] - one_label
    assert names & one_label >= RECOGNISED[kind] & one_label


@each_weight
@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind in KINDS for name in sorted(RECOGNISED[kind])]
)
def test_every_name(kind, name, weight):
    assert_is_the_scorers(case_of(kind), get_scorer(name), weight)


@pytest.mark.parametrize("kind", ["multiclass", "strings"])
@pytest.mark.parametrize("name", ["f1", "precision_samples"])
def test_what_scikit_learn_refuses_is_refused_in_its_words(kind, name):
    case, scorer = case_of(kind), get_scorer(name)
    with pytest.raises(ValueError, match=r".") as error:
        # Not by the scorer, which in scikit-learn 1.7 has other words, about ``pos_label``.
        scorer._score_func(case.y, case.mlp.predict(case.X), **scorer._kwargs)
    with pytest.raises(ValueError, match=re.escape(str(error.value)[:40])):
        found(case, scorer)
    with pytest.raises(ValueError, match=r"."):
        expected(case, scorer)


@pytest.mark.parametrize("name", ["f1", "jaccard", "precision", "recall"])
@pytest.mark.parametrize("classes", [[7], [5, 6], ["a", "b"]])
def test_the_class_of_interest_has_to_be_one_of_the_networks(classes, name):
    # Of labels that are all the same, metrics return 0.
    case = make("binary" if len(classes) == 2 else "single class", (4,), n=40)
    case.mlp.classes_ = np.array(classes)
    case.mlp._label_binarizer.fit(classes)
    same = case.mlp.predict(case.X) == classes[-1]
    case.X, case.y = case.X[same], case.mlp.predict(case.X)[same]
    for score in (get_scorer(name), lambda *args: neuron_ablation(*args, scoring=name)):
        with pytest.raises(ValueError, match="pos_label=1 is not a valid label"):
            score(case.mlp, case.X, case.y)


def test_the_log_loss_of_a_single_class_is_refused():
    case = make("single class", (4,), n=40)
    with pytest.raises(ValueError, match=r"y_true contains only one label \(7\)"):
        get_scorer("neg_log_loss")(case.mlp, case.X, case.y)
    with pytest.raises(ValueError, match=r"y_true contains only one label \(7\)"):
        neuron_ablation(case.mlp, case.X, case.y, scoring="neg_log_loss")


@pytest.mark.parametrize("least", [-1.0, -1e-300])
def test_the_poisson_deviance_of_negative_targets_is_refused(least):
    case, scorer = case_of("poisson"), get_scorer("neg_mean_poisson_deviance")
    case.y[3] = least
    weight = np.arange(60.0) != 3  # whatever its weight
    assert formula_of(case, scorer) is None
    for scored in (expected, lambda *args: neuron_ablation(
        case.mlp, case.X, case.y, scoring=scorer, sample_weight=weight
    )):  # fmt: skip
        with pytest.raises(ValueError, match="can only be used on non-negative y"):
            scored(case, scorer, weight)


# ---- every entry of the tables

# scikit-learn 1.7 wants ``pos_label`` to be a label, or None, whatever the average.
PARAMETERS = {
    metrics.f1_score: {"average": "macro", "pos_label": None},
    metrics.fbeta_score: {"beta": 2, "average": "weighted", "pos_label": None},
    metrics.jaccard_score: {"average": "macro", "pos_label": None},
    metrics.precision_score: {"average": "macro", "zero_division": 1.0, "pos_label": None},
    metrics.recall_score: {"average": "micro", "labels": [5, 15], "pos_label": None},
    metrics.cohen_kappa_score: {"weights": "quadratic"},
    metrics.balanced_accuracy_score: {"adjusted": True},
    metrics.accuracy_score: {"normalize": False},
    metrics.zero_one_loss: {"normalize": False},
}


def by_name(metric):
    return metric.__name__


@each_weight
@pytest.mark.parametrize("metric", sorted(OF_CONFUSION, key=by_name), ids=by_name)
def test_every_metric_of_confusion_matrices(metric, weight):
    case = case_of("multiclass")
    scorer = make_scorer(metric, greater_is_better=False, **PARAMETERS.get(metric, {}))
    assert_is_the_scorers(case, scorer, weight)


@pytest.mark.parametrize("metric", sorted(OF_CONFUSION, key=by_name), ids=by_name)
def test_every_metric_of_binary_confusion_matrices(metric):
    case = case_of("binary")
    assert_is_the_scorers(case, make_scorer(metric, **({"beta": 0.5} if "beta" in by_name(metric)
                                                       else {})))  # fmt: skip


@pytest.mark.parametrize("pos_label", ["a", "b"])
def test_a_label_of_interest(pos_label):
    case = case_of("binary")
    case.mlp._label_binarizer.fit(["a", "b"])
    case.mlp.classes_ = np.array(["a", "b"])
    case.y = case.mlp.classes_[case.y]
    assert_is_the_scorers(case, make_scorer(metrics.f1_score, pos_label=pos_label))


KIND_OF = {0: "multiclass", 1: "multilabel", 2: "multioutput", 3: "poisson"}


@each_weight
@pytest.mark.parametrize("greater_is_better", [False, True])
@pytest.mark.parametrize(
    ("metric", "task"),
    [(metric, task) for metric, (tasks, _) in OF_SUMS.items() for task in tasks],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_every_metric_of_sums(metric, task, greater_is_better, weight):
    method = "predict_proba" if metric in OF_PROBABILITIES else "predict"
    scorer = make_scorer(metric, greater_is_better=greater_is_better, response_method=method)
    assert_is_the_scorers(case_of(KIND_OF[task]), scorer, weight)


@each_weight
@pytest.mark.parametrize("kind", SINGLE_LABEL)
def test_balanced_accuracy_is_that_of_single_calls(kind, weight):
    case = case_of(kind)
    one_by_one = make_scorer(metrics.balanced_accuracy_score, adjusted=False)
    assert_allclose(
        found(case, get_scorer("balanced_accuracy"), weight)[1],
        found(case, one_by_one, weight)[1],
        rtol=1e-14,
    )


@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true")
@pytest.mark.parametrize("how", ["no samples", "no weight"])
def test_balanced_accuracy_of_a_class_that_does_not_count(how):
    case, weight = case_of("multiclass"), None
    gone = case.y == case.mlp.classes_[1]
    if how == "no weight":
        weight = np.where(gone, 0.0, 1.0)
    else:
        case.X, case.y = case.X[~gone], case.y[~gone]
    assert_is_the_scorers(case, get_scorer("balanced_accuracy"), weight)


# ---- what is left to others


@pytest.mark.parametrize(
    ("kind", "scorer"),
    [
        ("multiclass", get_scorer("roc_auc_ovr")),
        ("multiclass", get_scorer("top_k_accuracy")),
        ("multiclass", make_scorer(metrics.log_loss, response_method="predict_proba",
                                   normalize=False)),
        ("binary", make_scorer(metrics.log_loss, response_method="predict")),
        ("multilabel", get_scorer("f1_macro")),
        ("multilabel", make_scorer(metrics.accuracy_score, normalize=False)),
        ("multilabel", make_scorer(metrics.hamming_loss)),
        ("regression", get_scorer("neg_mean_absolute_error")),
        ("multioutput", make_scorer(metrics.r2_score, multioutput="variance_weighted")),
        ("regression", get_scorer("accuracy")),
        ("regression", make_scorer(metrics.mean_poisson_deviance)),
        ("multiclass", get_scorer("neg_mean_squared_error")),
        ("multiclass", lambda mlp, X, y: 0.5),
    ],
)  # fmt: skip
def test_other_scorers_have_no_formula(kind, scorer):
    assert formula_of(case_of(kind), scorer) is None


def test_without_confusion_matrices_only_sums_are_left():
    case = case_of("multiclass")
    for name in ("f1_macro", "balanced_accuracy", "matthews_corrcoef"):
        assert formula_of(case, get_scorer(name)) is not None
        assert formula_of(case, get_scorer(name), wanted=SCORES_ONLY) is None
    for name in ("accuracy", "neg_log_loss"):
        assert formula_of(case, get_scorer(name), wanted=SCORES_ONLY) is not None


# ---- conventions for what is not defined


@pytest.mark.parametrize("kind", REGRESSIONS)
def test_r2_of_constant_targets_is_scikit_learns(kind):
    case = case_of(kind)
    case.X, case.y = case.X[:60], np.ones_like(case.y[:60])
    assert formula_of(case, get_scorer("r2")) is None
    ablation = neuron_ablation(case.mlp, case.X, case.y, scoring="r2")
    baseline, scores = expected(case, get_scorer("r2"))
    assert_allclose(ablation.baseline_score, baseline, rtol=1e-10)
    assert_allclose(ablation.scores, scores, rtol=1e-10)


@pytest.mark.parametrize("kind", REGRESSIONS)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning")
def test_r2_of_a_single_row_is_undefined(kind):
    case = case_of(kind)
    case.X, case.y = case.X[:1], np.ones_like(case.y[:1])
    assert formula_of(case, get_scorer("r2")) is None
    assert np.isnan(get_scorer("r2")(case.mlp, case.X, case.y))
    with pytest.raises(ValueError, match=r"r2_score.* returned NaN for the whole network"):
        neuron_ablation(case.mlp, case.X, case.y, scoring="r2")


def test_r2_of_one_constant_output_of_several_is_scikit_learns():
    case = case_of("multioutput")
    case.y[:, 1] = 0.1  # whose variance is not 0 after rounding
    ablation = neuron_ablation(case.mlp, case.X, case.y, scoring="r2")
    baseline, scores = expected(case, get_scorer("r2"))
    assert_allclose(ablation.baseline_score, baseline, rtol=1e-10)
    assert_allclose(ablation.scores, scores, rtol=1e-10)


def test_r2_of_targets_that_are_constant_where_weights_are_not_zero():
    case = case_of("regression")
    weight = np.arange(60.0) % 2
    case.y[1::2] = 2.0
    ablation = neuron_ablation(case.mlp, case.X, case.y, scoring="r2", sample_weight=weight)
    baseline, scores = expected(case, get_scorer("r2"), weight)
    assert_allclose(ablation.baseline_score, baseline, rtol=1e-9)
    assert_allclose(ablation.scores, scores, rtol=1e-9)


@pytest.mark.parametrize("name", ["accuracy", "balanced_accuracy", "f1_macro", "jaccard_weighted"])
@pytest.mark.parametrize("rows", [np.arange(1), np.arange(0, 60, 4)])
def test_rows_of_a_single_class(name, rows):
    case = case_of("multiclass")
    case.X, case.y = case.X[rows], np.full(len(rows), case.y[0])
    baseline, scores = expected(case, get_scorer(name))
    ablation = neuron_ablation(case.mlp, case.X, case.y, scoring=name)
    assert_allclose(ablation.baseline_score, baseline, rtol=1e-12)
    assert_allclose(ablation.scores, scores, rtol=1e-12)


@each_weight
def test_classes_without_rows(weight):
    case = case_of("multiclass")
    case.y[case.y == 5] = 15
    for name in ("balanced_accuracy", "f1_macro", "precision_weighted", "matthews_corrcoef"):
        assert_is_the_scorers(case, get_scorer(name), weight)


@pytest.mark.parametrize("name", ["f1_macro", "recall_macro", "jaccard_macro"])
def test_classes_whose_rows_weigh_nothing_are_averaged_over_as_well(name):
    case = case_of("multiclass")
    case.mlp.intercepts_[-1][1] = -100  # 5 is never predicted
    weight = (case.y != 5).astype(float)
    assert_is_the_scorers(case, get_scorer(name), weight)
    unheard = case.y == 5
    case.X, case.y = case.X[~unheard], case.y[~unheard]
    without, _ = expected(case, get_scorer(name))
    case = case_of("multiclass")
    case.mlp.intercepts_[-1][1] = -100
    assert found(case, get_scorer(name), weight)[0] < without


@pytest.mark.parametrize("kind", SINGLE_LABEL)
def test_certain_and_wrong_costs_what_scikit_learn_says(kind):
    case = case_of(kind)
    for parameters in (case.mlp.coefs_, case.mlp.intercepts_):
        parameters[-1] *= 1000
    baseline, scores = found(case, get_scorer("neg_log_loss"))
    wanted, wanted_scores = expected(case, get_scorer("neg_log_loss"))
    assert baseline < -5
    # Where p is close to 1, scikit-learn's 1 - p has few digits.
    assert_allclose(baseline, wanted, rtol=1e-4)
    assert_allclose(scores, wanted_scores, rtol=1e-4)


def test_formulas_do_not_depend_on_the_neurons_that_are_ablated():
    case = case_of("strings")
    scoring = ["balanced_accuracy", "neg_log_loss"]
    full = neuron_ablation(case.mlp, case.X, case.y, scoring=scoring)
    part = neuron_ablation(case.mlp, case.X, case.y, scoring=scoring, layers=1)
    for name in scoring:
        assert part[name].baseline_score == full[name].baseline_score
        assert_array_equal(part[name].scores, full[name].scores[4:])
