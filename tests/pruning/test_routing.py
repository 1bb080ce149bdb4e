"""What `RottenNeuronPruner.fit` is given besides X and y, with and without metadata routing."""

import numpy as np
import pytest
from helpers import networks
from numpy.testing import assert_array_equal
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.model_selection import (
    BaseCrossValidator,
    GridSearchCV,
    GroupKFold,
    GroupShuffleSplit,
    StratifiedShuffleSplit,
    cross_validate,
)
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneuron import PrunableMLPClassifier, RottenNeuronPruner, RottenNeuronPrunerCV
from skneuron.pruning._routing import split_fit_params

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.default_rng(0)
X = rng.normal(size=(150, 4))
y = (X[:, 0] + X[:, 1] * X[:, 2] > 0).astype(int) + (X[:, 3] > 1)
WEIGHT = rng.integers(1, 6, 150).astype(float)
GROUPS = np.arange(150) // 5
GROUP_SPLIT = GroupShuffleSplit(n_splits=1, test_size=0.3, random_state=0)
each_class = pytest.mark.parametrize("cls", [MLPClassifier, PrunableMLPClassifier])


@pytest.fixture
def routing():
    with config_context(enable_metadata_routing=True):
        yield


@pytest.fixture(params=[False, True], ids=["plain", "routed"])
def is_routed(request):
    with config_context(enable_metadata_routing=request.param):
        yield request.param


def network(cls=PrunableMLPClassifier):
    return networks.small(cls, hidden_layer_sizes=(8,), learning_rate_init=0.05)


def weighted(estimator):
    """Asks for weights where metadata are routed."""
    with config_context(enable_metadata_routing=True):
        return estimator.set_fit_request(sample_weight=True).set_score_request(sample_weight=True)


def pruner(estimator, **parameters):
    return RottenNeuronPruner(
        estimator, **{"random_state": 0, "estimate_gain": False, "threshold": 0.005} | parameters
    )


def split_of(cv, groups=None):
    return next(cv.split(X, y, groups))


# ---- weights -----------------------------------------------------------------------------------


@each_class
def test_weights_count_in_training_and_in_scoring(cls, is_routed):
    cv = StratifiedShuffleSplit(1, test_size=0.3, random_state=0)
    train, evaluation = split_of(cv)
    fitted = pruner(weighted(network(cls)), cv=cv).fit(X, y, sample_weight=WEIGHT)
    full = network(cls).fit(X[train], y[train], sample_weight=WEIGHT[train])
    X_eval, y_eval, weight = X[evaluation], y[evaluation], WEIGHT[evaluation]
    assert fitted.baseline_score_ == pytest.approx(full.score(X_eval, y_eval, weight), rel=1e-12)
    assert fitted.pruned_score_ == pytest.approx(fitted.score(X_eval, y_eval, weight), rel=1e-12)
    assert fitted.baseline_score_ != full.score(X_eval, y_eval)
    assert fitted.n_neurons_ < 8


def test_weights_by_either_way_are_the_same():
    fits = []
    for enabled in (False, True):
        with config_context(enable_metadata_routing=enabled):
            fits.append(pruner(weighted(network())).fit(X, y, sample_weight=WEIGHT))
    assert_array_equal(fits[0].predict_proba(X), fits[1].predict_proba(X))
    assert_array_equal(fits[0].pruning_path_.scores, fits[1].pruning_path_.scores)
    assert (fits[0].predict_proba(X) != pruner(network()).fit(X, y).predict_proba(X)).any()


@pytest.mark.parametrize("depth", [1, 2])
def test_weights_reach_the_network_in_a_pipeline(is_routed, depth):
    estimator = weighted(network())
    for _ in range(depth):
        scaler = StandardScaler()
        if is_routed:
            scaler.set_fit_request(sample_weight=False)
        estimator = make_pipeline(scaler, estimator)
    cv = StratifiedShuffleSplit(1, test_size=0.3, random_state=0)
    train, evaluation = split_of(cv)
    fitted = pruner(estimator, cv=cv).fit(X, y, sample_weight=WEIGHT)
    rows = X
    for _ in range(depth):
        rows = StandardScaler().fit(rows[train]).transform(rows)
    full = network().fit(rows[train], y[train], sample_weight=WEIGHT[train])
    expected = full.score(rows[evaluation], y[evaluation], WEIGHT[evaluation])
    assert fitted.baseline_score_ == pytest.approx(expected, rel=1e-12)
    assert expected != full.score(rows[evaluation], y[evaluation])


def test_weights_of_prefit_networks_count_in_scoring(is_routed):
    mlp = weighted(network()).fit(X, y)
    fitted = pruner(mlp, cv="prefit").fit(X, y, sample_weight=WEIGHT)
    assert fitted.baseline_score_ == pytest.approx(mlp.score(X, y, WEIGHT), rel=1e-12)
    assert fitted.baseline_score_ != mlp.score(X, y)


def test_nothing_is_routed(is_routed):
    """With routing enabled, scikit-learn's answer to nothing is one that never ends."""
    fitted = pruner(network()).fit(X, y)
    shared = split_fit_params(fitted, fitted.estimator, {})
    assert (shared.sample_weight, shared.fit_params, shared.split_params) == (None, {}, {})


def test_weights_that_are_none_are_none(is_routed):
    fitted = pruner(network()).fit(X, y, sample_weight=None, groups=None)
    assert_array_equal(fitted.predict_proba(X), pruner(network()).fit(X, y).predict_proba(X))


def test_weights_that_nobody_asked_for(routing):
    with pytest.raises(UnsetMetadataPassedError, match="sample_weight"):
        pruner(network()).fit(X, y, sample_weight=WEIGHT)


def test_weights_that_the_network_refuses(routing):
    estimator = network().set_fit_request(sample_weight=False)
    with pytest.raises(TypeError, match="sample_weight"):
        pruner(estimator).fit(X, y, sample_weight=WEIGHT)


def test_weights_under_another_name(routing):
    estimator = network().set_fit_request(sample_weight="importance")
    found = pruner(estimator).fit(X, y, importance=WEIGHT)
    expected = pruner(weighted(network())).fit(X, y, sample_weight=WEIGHT)
    assert_array_equal(found.pruning_path_.scores, expected.pruning_path_.scores)
    assert_array_equal(found.predict_proba(X), expected.predict_proba(X))


@pytest.mark.parametrize("cv", [0.3, "prefit"])
@pytest.mark.parametrize("n", [149, 151, 3])
def test_weights_of_other_rows(n, cv):
    mlp = network().fit(X, y) if cv == "prefit" else network()
    with pytest.raises(ValueError, match=rf"sample_weight.shape == \({n},\), expected \(150,\)"):
        pruner(mlp, cv=cv).fit(X, y, sample_weight=np.ones(n))


def test_one_weight_for_all_is_no_weight():
    equal, expected = (
        pruner(network()).fit(X, y, sample_weight=weight) for weight in (2.0, np.full(150, 2))
    )
    assert_array_equal(equal.support_, expected.support_)
    assert equal.baseline_score_ == expected.baseline_score_


def test_groups_of_other_rows():
    with pytest.raises(ValueError, match="groups has 7 entries, but X has 150 samples"):
        pruner(network(), cv=GROUP_SPLIT).fit(X, y, groups=GROUPS[:7])


def test_what_has_no_entry_a_row_is_handed_on_whole(routing):
    class Remembering(StandardScaler):
        def fit(self, X, y=None, names=None, flag=None):
            self.seen_ = names, flag
            return super().fit(X, y)

    scaler = Remembering().set_fit_request(names=True, flag=True)
    fitted = pruner(make_pipeline(scaler, network())).fit(X, y, names=["a", "b"], flag=True)
    assert fitted.estimator_[0].seen_ == (["a", "b"], True)


def test_names_are_for_those_who_ask_for_them(routing):
    class Remembering(StandardScaler):
        def fit(self, X, y=None, mode=None):
            self.seen_ = mode
            return super().fit(X, y)

    scaler = Remembering().set_fit_request(mode="groups")
    fitted = pruner(make_pipeline(scaler, network())).fit(X, y, groups="abc")
    assert fitted.estimator_[0].seen_ == "abc"


# ---- groups ------------------------------------------------------------------------------------


def test_groups_reach_the_splitter(is_routed):
    cv = GroupShuffleSplit(n_splits=1, test_size=0.3, random_state=0)
    train, evaluation = split_of(cv, GROUPS)
    assert not set(GROUPS[train]) & set(GROUPS[evaluation])
    found = pruner(network(), cv=cv).fit(X, y, groups=GROUPS)
    expected = pruner(network(), cv=[(train, evaluation)]).fit(X, y)
    assert_array_equal(found.pruning_path_.scores, expected.pruning_path_.scores)
    assert_array_equal(found.predict_proba(X), expected.predict_proba(X))


def test_groups_and_weights_together(is_routed):
    cv = GroupShuffleSplit(n_splits=1, test_size=0.3, random_state=0)
    split = split_of(cv, GROUPS)
    estimator = weighted(network())
    found = pruner(estimator, cv=cv).fit(X, y, groups=GROUPS, sample_weight=WEIGHT)
    expected = pruner(estimator, cv=[split]).fit(X, y, sample_weight=WEIGHT)
    assert_array_equal(found.predict_proba(X), expected.predict_proba(X))


@pytest.mark.parametrize("cv", [0.2, "prefit", [(np.arange(100), np.arange(100, 150))]])
def test_groups_that_nothing_looks_at(cv):
    estimator = network().fit(X, y)
    with pytest.raises(ValueError, match=r"(?s)groups were given, but cv=.* does not look"):
        pruner(estimator, cv=cv).fit(X, y, groups=GROUPS)
    with config_context(enable_metadata_routing=True), pytest.raises(TypeError, match="groups"):
        pruner(estimator, cv=cv).fit(X, y, groups=GROUPS)


class ByTime(BaseCrossValidator):
    """A splitter that asks for something of its own."""

    __metadata_request__split = {"cv": True}  # noqa: RUF012

    def get_n_splits(self, X=None, y=None, groups=None):
        return 1

    def split(self, X, y=None, groups=None, cv=None):
        yield np.flatnonzero(np.less(cv, 100)), np.flatnonzero(np.greater_equal(cv, 100))


def test_splitters_get_what_they_ask_for(routing):
    fitted = pruner(network(), cv=ByTime()).fit(X, y, cv=np.arange(150)[::-1])
    expected = pruner(network(), cv=[(np.arange(50, 150), np.arange(50))]).fit(X, y)
    assert_array_equal(fitted.support_, expected.support_)


def test_splitters_without_groups_are_given_none():
    class Plain:
        def get_n_splits(self):
            return 1

        def split(self, X, y):
            yield np.arange(100), np.arange(100, 150)

    assert pruner(network(), cv=Plain()).fit(X, y).n_neurons_ <= 8


def test_weights_by_another_name_count_in_folds(routing):
    def search(name):
        mlp = network().set_fit_request(sample_weight=name)
        found = RottenNeuronPrunerCV(pruner(mlp), thresholds=[0.0, 0.01], cv=2)
        given = {"sample_weight" if name is True else name: WEIGHT}
        return found.fit(X, y, **given).cv_results_["mean_test_score"]

    assert_array_equal(search("importance"), search(True))


# ---- anything else -----------------------------------------------------------------------------


def test_unknown_parameters():
    message = r"RottenNeuronPruner\.fit got \['colour', 'size'\].*sample_weight and groups only"
    with pytest.raises(TypeError, match=message):
        pruner(network()).fit(X, y, size=3, colour="red", sample_weight=WEIGHT)


def test_unknown_parameters_under_routing(routing):
    with pytest.raises(TypeError, match="colour"):
        pruner(network()).fit(X, y, colour="red")


def test_parameters_by_who_gets_them(is_routed):
    estimator = weighted(network())
    shared = split_fit_params(
        pruner(estimator, cv=GROUP_SPLIT), estimator, {"sample_weight": WEIGHT, "groups": GROUPS}
    )
    assert shared.sample_weight is WEIGHT
    assert list(shared.fit_params) == ["sample_weight"]
    assert list(shared.split_params) == ["groups"]
    assert shared.split_params["groups"] is GROUPS
    nothing = split_fit_params(pruner(estimator), estimator, {})
    assert (nothing.sample_weight, nothing.fit_params, nothing.split_params) == (None, {}, {})


# ---- inside other estimators -------------------------------------------------------------------


def test_cross_validation_passes_weights(routing):
    # scikit-learn 1.7 asks a meta-estimator itself what its `score` wants.
    estimator = pruner(weighted(network())).set_score_request(sample_weight=True)
    results = cross_validate(
        estimator, X, y, params={"sample_weight": WEIGHT}, cv=3,
        return_estimator=True, return_indices=True,
    )  # fmt: skip
    for fold, fitted in enumerate(results["estimator"]):
        train, test = (results["indices"][part][fold] for part in ("train", "test"))
        by_hand = pruner(weighted(network())).fit(X[train], y[train], sample_weight=WEIGHT[train])
        assert_array_equal(fitted.predict_proba(X), by_hand.predict_proba(X))
        assert results["test_score"][fold] == by_hand.score(X[test], y[test], WEIGHT[test])
        assert results["test_score"][fold] != by_hand.score(X[test], y[test])


def test_cross_validation_passes_groups_to_both_splitters(routing):
    estimator = pruner(network(), cv=GROUP_SPLIT)
    results = cross_validate(
        estimator, X, y, params={"groups": GROUPS}, cv=GroupKFold(3),
        return_estimator=True, return_indices=True,
    )  # fmt: skip
    for fold, fitted in enumerate(results["estimator"]):
        train, test = (results["indices"][part][fold] for part in ("train", "test"))
        assert not set(GROUPS[train]) & set(GROUPS[test])
        by_hand = clone(estimator).fit(X[train], y[train], groups=GROUPS[train])
        assert_array_equal(fitted.predict_proba(X), by_hand.predict_proba(X))


def test_searches_pass_weights(is_routed):
    grid = {"threshold": [-np.inf, 0.0, 0.02]}
    estimator = pruner(weighted(network()))
    if is_routed:  # As above.
        estimator.set_score_request(sample_weight=True)
    search = GridSearchCV(estimator, grid, cv=2)
    search.fit(X, y, sample_weight=WEIGHT)
    best = pruner(weighted(network()), **search.best_params_).fit(X, y, sample_weight=WEIGHT)
    assert_array_equal(search.predict_proba(X), best.predict_proba(X))


def test_a_pruner_at_the_end_of_a_pipeline(is_routed):
    scaler = StandardScaler()
    if is_routed:
        scaler.set_fit_request(sample_weight=False)
    pipeline = make_pipeline(scaler, pruner(weighted(network())))
    name = "sample_weight" if is_routed else "rottenneuronpruner__sample_weight"
    pipeline.fit(X, y, **{name: WEIGHT})
    rows = StandardScaler().fit_transform(X)
    by_hand = pruner(weighted(network())).fit(rows, y, sample_weight=WEIGHT)
    assert_array_equal(pipeline.predict_proba(X), by_hand.predict_proba(rows))


def test_features_are_fitted_with_weights(is_routed):
    found = pruner(weighted(network())).fit_transform(X, y, sample_weight=WEIGHT)
    fitted = pruner(weighted(network())).fit(X, y, sample_weight=WEIGHT)
    assert_array_equal(found, fitted.transform(X))
