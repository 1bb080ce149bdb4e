"""Tests of inspection._ablation._ablation: scorers, losses, and what is left out without them."""

import numpy as np
import pytest
from helpers.ablations import assert_same, each_replacement, options_for
from helpers.networks import KINDS, make
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import metrics
from sklearn.metrics import check_scoring, fbeta_score, make_scorer, r2_score

from skneuron import neuron_ablation, prune_neurons

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
    assert found["accuracy"].default_test == ("mcnemar" if replacement == "zero" else "score")
    assert found["f1_macro"].default_test == "score"


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
