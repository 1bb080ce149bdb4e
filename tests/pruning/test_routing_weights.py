"""Sample weights reach the training and the scoring by whichever estimator stands around."""

import numpy as np
import pytest
from helpers import networks
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import AdaBoostClassifier
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.metrics import accuracy_score, make_scorer
from sklearn.model_selection import StratifiedKFold
from sklearn.multioutput import MultiOutputClassifier
from sklearn.utils.validation import has_fit_parameter

from skneuron import PrunableMLPClassifier, RottenNeuronPruner, RottenNeuronPrunerCV

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.default_rng(0)
X = rng.normal(size=(240, 4))
y = (rng.random(240) < 0.5).astype(int)  # Only weights make a difference.
WEIGHT = np.where(y == 1, 30.0, 1.0)


@pytest.fixture(params=[False, True], ids=["plain", "routed"])
def is_routed(request):
    with config_context(enable_metadata_routing=request.param):
        yield request.param


@pytest.fixture
def routing():
    with config_context(enable_metadata_routing=True):
        yield


def network(**fit_requests):
    mlp = networks.small(PrunableMLPClassifier, hidden_layer_sizes=(6,), learning_rate_init=0.05)
    with config_context(enable_metadata_routing=True):
        return mlp.set_fit_request(**fit_requests) if fit_requests else mlp


def pruner(mlp, **options):
    return RottenNeuronPruner(mlp, random_state=0, estimate_gain=False, **options)


def search(mlp):
    return RottenNeuronPrunerCV(pruner(mlp), thresholds=[-np.inf, 0.0], cv=2)


each_estimator = pytest.mark.parametrize("make", [pruner, search], ids=["pruner", "search"])


@each_estimator
def test_weights_stand_in_the_signature(make):
    assert has_fit_parameter(make(network()), "sample_weight")


@each_estimator
def test_calibrated_classifiers_train_with_weights(make, is_routed):
    estimator = make(network(sample_weight=True))
    plain = CalibratedClassifierCV(estimator, cv=2, ensemble=True)
    if is_routed:
        plain.set_fit_request(sample_weight=True)
    weighted = plain.fit(X, y, sample_weight=WEIGHT)
    inner = [one.estimator.predict_proba(X)[:, 1] for one in weighted.calibrated_classifiers_]
    splits = StratifiedKFold(2).split(X, y)
    by_hand = [
        make(network(sample_weight=True))
        .fit(X[train], y[train], sample_weight=WEIGHT[train])
        .predict_proba(X)[:, 1]
        for train, _ in splits
    ]
    assert_array_equal(inner, by_hand)
    assert np.mean(inner) > 0.8
    assert weighted.predict_proba(X)[:, 1].mean() > 0.8


@each_estimator
def test_boosting_trains_with_weights(make):
    found = AdaBoostClassifier(make(network()), n_estimators=1, random_state=0)
    found.fit(X, y, sample_weight=WEIGHT)
    one = found.estimators_[0]
    expected = clone(one).fit(X, y, sample_weight=WEIGHT / WEIGHT.sum())
    assert_array_equal(one.predict_proba(X), expected.predict_proba(X))
    assert one.predict_proba(X)[:, 1].mean() > clone(one).fit(X, y).predict_proba(X)[:, 1].mean()


@each_estimator
def test_several_outputs_train_with_weights(make, is_routed):
    estimator = make(network(sample_weight=True))
    found = MultiOutputClassifier(estimator).fit(X, y[:, None], sample_weight=WEIGHT)
    expected = make(network(sample_weight=True)).fit(X, y, sample_weight=WEIGHT)
    assert_array_equal(found.predict_proba(X)[0], expected.predict_proba(X))


@each_estimator
def test_weights_by_position(make):
    found = make(network()).fit(X, y, WEIGHT)
    expected = make(network()).fit(X, y, sample_weight=WEIGHT)
    assert_array_equal(found.predict_proba(X), expected.predict_proba(X))


# ---- scorers


def asking(**requests):
    return make_scorer(accuracy_score).set_score_request(**requests)


def test_scorers_get_weights_that_the_training_does_not(routing):
    cut = (np.arange(120), np.arange(120, 240))
    scorer, mlp = asking(sample_weight=True), network(sample_weight=False)
    found = pruner(mlp, scoring=scorer, cv=[cut], threshold=-np.inf)
    found.fit(X, y, sample_weight=WEIGHT)
    unweighted = network().fit(X[:120], y[:120])
    expected = unweighted.score(X[120:], y[120:], WEIGHT[120:])
    assert_allclose(found.baseline_score_, expected, rtol=1e-12)
    assert found.baseline_score_ != unweighted.score(X[120:], y[120:])


def test_scorers_may_refuse_weights_that_the_training_gets(routing):
    cut = (np.arange(120), np.arange(120, 240))
    scorer, mlp = asking(sample_weight=False), network(sample_weight=True)
    found = pruner(mlp, scoring=scorer, cv=[cut], threshold=-np.inf, fine_tune=2)
    found.fit(X, y, sample_weight=WEIGHT)
    weighted = network().fit(X[:120], y[:120], sample_weight=WEIGHT[:120])
    assert_allclose(found.baseline_score_, weighted.score(X[120:], y[120:]), rtol=1e-12)


def test_scorers_get_weights_by_another_name(routing):
    scorer, mlp = asking(sample_weight="importance"), network(sample_weight=False)
    found = RottenNeuronPrunerCV(pruner(mlp, scoring=scorer), thresholds=[-np.inf, 0.0], cv=2).fit(
        X, y, importance=WEIGHT
    )
    expected = RottenNeuronPrunerCV(
        pruner(mlp, scoring=asking(sample_weight=True)), thresholds=[-np.inf, 0.0], cv=2
    ).fit(X, y, sample_weight=WEIGHT)
    scores = [one.cv_results_["mean_test_score"] for one in (found, expected)]
    assert_array_equal(*scores)
    plain = RottenNeuronPrunerCV(pruner(mlp), thresholds=[-np.inf, 0.0], cv=2).fit(X, y)
    assert (scores[0] != plain.cv_results_["mean_test_score"]).any()


def test_scorers_that_ask_for_something_else(routing):
    def metric(y_true, y_pred, colour=None, sample_weight=None):
        return 0.0

    scorer = make_scorer(metric).set_score_request(colour=True)
    with pytest.raises(TypeError, match=r"scoring asks for \['colour'\]"):
        pruner(network(), scoring=scorer).fit(X, y, colour=np.ones(240))


# ---- score


@each_estimator
def test_score_gets_weights_by_another_name(make, routing):
    mlp = network().set_score_request(sample_weight="importance")
    fitted = make(mlp).fit(X, y)
    expected = accuracy_score(y, fitted.predict(X), sample_weight=WEIGHT)
    assert_allclose(fitted.score(X, y, importance=WEIGHT), expected, rtol=1e-12)
    with pytest.raises(TypeError, match="sample_weight"):
        fitted.score(X, y, sample_weight=WEIGHT)


@each_estimator
def test_score_with_weights_that_are_refused(make, routing):
    mlp = network().set_score_request(sample_weight=False)
    fitted = make(mlp).fit(X, y)
    with pytest.raises(TypeError, match="sample_weight"):
        fitted.score(X, y, sample_weight=WEIGHT)


@each_estimator
def test_score_with_weights_that_nobody_has_asked_for(make, routing):
    fitted = make(network()).fit(X, y)
    with pytest.raises(UnsetMetadataPassedError, match="sample_weight"):
        fitted.score(X, y, sample_weight=WEIGHT)


@each_estimator
def test_score_without_routing(make):
    fitted = make(network()).fit(X, y)
    expected = accuracy_score(y, fitted.predict(X), sample_weight=WEIGHT)
    assert_allclose(fitted.score(X, y, WEIGHT), expected, rtol=1e-12)
    assert fitted.score(X, y, sample_weight=None) == fitted.score(X, y)
    with pytest.raises(TypeError, match="colour"):
        fitted.score(X, y, colour="red")
