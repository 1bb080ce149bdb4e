"""`compare` of pruners, and their score by ``scoring``."""

import pickle

import numpy as np
import pandas as pd
import pytest
from helpers.networks import make
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError, UnsetMetadataPassedError
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import get_scorer, make_scorer, matthews_corrcoef
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneuron import RottenNeuronPruner, RottenNeuronPrunerCV, prune_neurons
from skneuron.inspection._pruning_path import compared
from skneuron.metrics import agreement_scorer, fidelity_scorer

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, y = load_digits(return_X_y=True)
X, y = X[:900] / 16, np.array(list("abcdefghij"))[y[:900]]
TRAIN, TEST = slice(0, 600), slice(600, 900)


def model():
    return make_pipeline(StandardScaler(), MLPClassifier((16,), max_iter=15, random_state=0))


@pytest.fixture(scope="module")
def trained():
    return model().fit(X[TRAIN], y[TRAIN])


def pruner_of(estimator, **options):
    options = {"n_neurons_to_select": 9, "cv": "prefit", "estimate_gain": False} | options
    return RottenNeuronPruner(estimator, random_state=0, **options)


@pytest.fixture(scope="module")
def fitted(trained):
    return pruner_of(trained, scoring="neg_log_loss").fit(X[TRAIN], y[TRAIN])


# ---- compare


def test_the_whole_network_is_the_one_that_was_trained(trained, fitted):
    whole = fitted.baseline_estimator_
    assert whole is fitted.pruning_path_.estimator
    np.testing.assert_array_equal(whole.predict_proba(X), trained.predict_proba(X))


def test_pruners_compare_by_their_own_score(fitted):
    found = fitted.compare(X[TEST], y[TEST])
    whole, pruned = fitted.baseline_estimator_, fitted.estimator_
    assert found == compared(whole, pruned, X[TEST], y[TEST], scoring="neg_log_loss")
    assert found.scoring == "minus log loss"
    assert found.n_neurons == (16, 9)
    assert found.n_broken > 0
    accuracy = fitted.compare(X[TEST], y[TEST], scoring="accuracy")
    assert accuracy.score.whole == pytest.approx(whole.score(X[TEST], y[TEST]))
    assert accuracy.score.pruned == pytest.approx(pruned.score(X[TEST], y[TEST]))


def test_what_was_removed_later_counts(fitted):
    left = int(np.flatnonzero(fitted.support_)[0])
    smaller = prune_neurons(fitted, [(0, 0)])
    found = smaller.compare(X[TEST], y[TEST])
    assert found.n_neurons == (16, 8)
    assert left in np.flatnonzero(fitted.support_)


def test_searches_compare(trained):
    pruner = pruner_of(FrozenEstimator(trained), n_neurons_to_select=None)
    search = RottenNeuronPrunerCV(pruner, n_neurons_to_select=[5, 9], cv=2)
    with pytest.raises(NotFittedError):
        search.compare(X[TEST], y[TEST])
    search.fit(X[TRAIN], y[TRAIN])
    weight = np.arange(300) % 4
    found = search.compare(X[TEST], y[TEST], scoring="roc_auc_ovr", sample_weight=weight)
    expected = search.pruner_.compare(
        X[TEST], y[TEST], scoring="roc_auc_ovr", sample_weight=weight
    )
    assert found == expected
    assert search.baseline_estimator_ is search.pruner_.baseline_estimator_


def test_without_labels(fitted):
    found = fitted.compare(X[TEST], scoring="fidelity")
    reference = fidelity_scorer(fitted.baseline_estimator_)
    assert found.score.pruned == pytest.approx(reference(fitted, X[TEST]))
    assert found.n_fixed is None


def test_frames_keep_their_names(trained):
    names = [f"pixel{i}" for i in range(64)]
    frame = pd.DataFrame(X, columns=names)
    fitted = pruner_of(model(), cv=0.3).fit(frame[TRAIN], y[TRAIN])
    found = fitted.compare(frame[TEST], y[TEST])
    assert found.score.pruned == pytest.approx(fitted.score(frame[TEST], y[TEST]))
    with pytest.raises(ValueError, match="feature names should match"):
        fitted.compare(frame[TEST][names[::-1]], y[TEST])


def test_errors_name_the_argument(fitted):
    with pytest.raises(NotFittedError):
        RottenNeuronPruner().compare(X, y)
    with pytest.raises(ValueError, match="X has 3 features"):
        fitted.compare(X[TEST, :3], y[TEST])
    with pytest.raises(TypeError, match="takes no sample_weight"):
        fitted.compare(X, y, scoring=lambda mlp, X, y: 0.0, sample_weight=np.ones(900))
    with pytest.raises(ValueError, match="several scorers"):
        fitted.compare(X, y, scoring=["accuracy", "f1_macro"])


def test_the_whole_network_can_be_let_go(fitted):
    smaller = pickle.loads(pickle.dumps(fitted))
    comparison = smaller.compare(X[TEST], y[TEST])
    assert comparison == fitted.compare(X[TEST], y[TEST])
    size = len(pickle.dumps(smaller))
    del smaller.pruning_path_
    np.testing.assert_array_equal(smaller.predict(X), fitted.predict(X))
    assert smaller.score(X, y) == fitted.score(X, y)
    assert len(pickle.dumps(smaller)) < size - 64 * 16 * 8
    with pytest.raises(AttributeError, match="pruning_path_"):
        smaller.compare(X[TEST], y[TEST])
    assert prune_neurons(smaller, [(0, 0)]).n_neurons_ == 8
    assert "16 -&gt; 9" in smaller._repr_html_()


# ---- score


@pytest.mark.parametrize("scoring", ["neg_log_loss", "f1_macro", "expected_accuracy"])
def test_pruners_score_by_their_scorer(trained, scoring):
    fitted = pruner_of(trained, scoring=scoring).fit(X[TRAIN], y[TRAIN])
    assert fitted.score(X[TRAIN], y[TRAIN]) == pytest.approx(fitted.pruned_score_)
    weight = np.arange(300.0)
    found = fitted.score(X[TEST], y[TEST], weight)
    if scoring != "expected_accuracy":
        assert found == get_scorer(scoring)(
            fitted.estimator_, X[TEST], y[TEST], sample_weight=weight
        )
    assert found != fitted.score(X[TEST], y[TEST])


def test_without_a_scorer_it_is_that_of_the_network(trained):
    fitted = pruner_of(trained).fit(X[TRAIN], y[TRAIN])
    assert fitted.score(X[TEST], y[TEST]) == fitted.estimator_.score(X[TEST], y[TEST])


@pytest.mark.parametrize(
    ("scoring", "scorer_of"), [("fidelity", fidelity_scorer), ("agreement", agreement_scorer)]
)
def test_likeness_to_the_whole_network(trained, scoring, scorer_of):
    fitted = pruner_of(trained, scoring=scoring).fit(X[TRAIN])
    expected = scorer_of(trained)(fitted, X[TEST])
    assert fitted.score(X[TEST]) == fitted.score(X[TEST], y[TEST]) == pytest.approx(expected)
    weight = np.arange(300.0)
    expected = scorer_of(trained)(fitted, X[TEST], sample_weight=weight)
    assert fitted.score(X[TEST], sample_weight=weight) == pytest.approx(expected)
    with pytest.raises(ValueError, match="sample_weight"):
        fitted.score(X[TEST], sample_weight=weight[:3])
    assert fitted.score(X[TRAIN]) == pytest.approx(fitted.pruned_score_)


def test_other_scores_need_targets(fitted):
    with pytest.raises(ValueError, match="y=None: a score needs the true targets"):
        fitted.score(X[TEST])


def test_a_function_that_takes_no_weights(trained):
    fitted = pruner_of(trained, scoring=lambda mlp, X, y: float(np.mean(mlp.predict(X) == "a")))
    fitted.fit(X[TRAIN], y[TRAIN])
    assert fitted.score(X[TEST], y[TEST]) == np.mean(fitted.predict(X[TEST]) == "a")
    with pytest.raises(TypeError, match="takes no sample_weight"):
        fitted.score(X[TEST], y[TEST], np.ones(300))


def test_searches_score_as_their_pruner(trained):
    pruner = pruner_of(FrozenEstimator(trained), n_neurons_to_select=None, scoring="fidelity")
    search = RottenNeuronPrunerCV(pruner, n_neurons_to_select=[5, 9], cv=2).fit(X[TRAIN])
    assert search.score(X[TEST]) == search.pruner_.score(X[TEST]) < 0
    named = clone(search).set_params(pruner__scoring="f1_macro").fit(X[TRAIN], y[TRAIN])
    assert named.score(X[TEST], y[TEST]) == named.pruner_.score(X[TEST], y[TEST])
    with pytest.raises(ValueError, match="y=None: a score needs"):
        named.score(X[TEST])


def test_cross_validation_and_grids_use_it(trained):
    pruner = pruner_of(FrozenEstimator(trained), scoring="neg_log_loss")
    scores = cross_val_score(pruner, X, y, cv=2)
    assert scores.max() < 0
    grid = GridSearchCV(pruner, {"n_neurons_to_select": [3, 12]}, cv=2).fit(X, y)
    assert grid.best_score_ < 0
    assert grid.score(X, y) == grid.best_estimator_.score(X, y)


# ---- metadata routing


@pytest.fixture
def routing():
    with config_context(enable_metadata_routing=True):
        yield


def test_a_scorer_asks_for_the_weights(trained, routing):
    mcc = make_scorer(matthews_corrcoef).set_score_request(sample_weight=True)
    fitted = pruner_of(trained, scoring=mcc).fit(X[TRAIN], y[TRAIN])
    weight = np.arange(300.0)
    expected = matthews_corrcoef(y[TEST], fitted.predict(X[TEST]), sample_weight=weight)
    # The networks inside say nothing of weights to score with: they do not score.
    assert fitted.score(X[TEST], y[TEST], weight) == pytest.approx(expected)
    search = RottenNeuronPrunerCV(
        pruner_of(FrozenEstimator(trained), n_neurons_to_select=None, scoring=mcc),
        n_neurons_to_select=[9], cv=2,
    ).fit(X[TRAIN], y[TRAIN])  # fmt: skip
    expected = matthews_corrcoef(y[TEST], search.predict(X[TEST]), sample_weight=weight)
    assert search.score(X[TEST], y[TEST], weight) == pytest.approx(expected)


def test_else_the_network_does(routing):
    case = make("multiclass", (5, 4), n=60, ours=True)
    weight = np.arange(60.0)
    fitted = pruner_of(case.mlp, scoring="f1_macro").fit(case.X, case.y)
    with pytest.raises(UnsetMetadataPassedError):
        fitted.score(case.X, case.y, weight)
    case.mlp.set_score_request(sample_weight=True)
    expected = get_scorer("f1_macro")(fitted.estimator_, case.X, case.y)
    assert fitted.score(case.X, case.y) == expected
    assert fitted.score(case.X, case.y, weight) != expected


# ---- the page of a notebook


def headline_of(page):
    return page.split("<style>")[0]


def test_a_headline(trained, fitted):
    found = pruner_of(trained, estimate_gain=True).fit(X[TRAIN], y[TRAIN])
    low, high = found.gain_confidence_interval_
    assert headline_of(found._repr_html_()) == (
        f"<p><strong>16 -&gt; 9 hidden neurons; gain on samples that chose none of them "
        f"{found.gain_:+.3g} (95 % interval {low:+.3g} to {high:+.3g})</strong></p>"
    )
    without = headline_of(fitted._repr_html_())
    assert without == "<p><strong>16 -&gt; 9 hidden neurons</strong></p>"
    assert headline_of(pruner_of(trained)._repr_html_()) == ""
    later = prune_neurons(fitted, [(0, 0)])
    assert "16 -&gt; 8 hidden" in headline_of(later._repr_html_())


def test_a_headline_of_a_search(trained):
    pruner = pruner_of(FrozenEstimator(trained), n_neurons_to_select=None)
    search = RottenNeuronPrunerCV(pruner, n_neurons_to_select=[9], cv=2)
    assert headline_of(search._repr_html_()) == ""
    assert headline_of(search.fit(X[TRAIN], y[TRAIN])._repr_html_()) == (
        "<p><strong>n_neurons_to_select=9 is best: 16 -&gt; 9 hidden neurons</strong></p>"
    )
