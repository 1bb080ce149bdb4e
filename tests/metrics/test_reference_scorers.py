"""Tests of metrics._reference_scorers: how close estimators are to a fitted one."""

import pickle

import numpy as np
import pandas as pd
import pytest
from helpers import oracle
from helpers.networks import KINDS, REGRESSIONS, make
from numpy.testing import assert_allclose
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneuron import RottenNeuronPruner, prune_neurons
from skneuron.metrics import (
    SCORERS,
    agreement_scorer,
    fidelity_score,
    fidelity_scorer,
)

WRAPPED = {
    "alone": lambda mlp: mlp,
    "pipeline": lambda mlp: make_pipeline("passthrough", mlp),
    "frozen": FrozenEstimator,
    "frozen pipeline": lambda mlp: FrozenEstimator(make_pipeline("passthrough", mlp)),
}


@pytest.mark.parametrize("wrapped", WRAPPED)
@pytest.mark.parametrize("kind", KINDS)
def test_scorers_compare_any_estimators(kind, wrapped):
    case = make(kind, (4, 3), n=50)
    reference = WRAPPED[wrapped](case.mlp)
    smaller = prune_neurons(case.mlp, [(0, 1)])
    weight = np.arange(50) % 3 + 1.0
    scorer = fidelity_scorer(reference)
    classes = getattr(case.mlp, "classes_", None)
    rows = oracle.divergences(case.net, case.X, classes, {(0, 1): 0.0})
    assert_allclose(scorer(smaller, case.X), -rows.mean(), rtol=1e-9)
    assert_allclose(scorer(smaller, case.X, case.y), -rows.mean(), rtol=1e-9)
    weighted = scorer(smaller, case.X, sample_weight=weight)
    assert_allclose(weighted, -np.average(rows, weights=weight), rtol=1e-9)
    assert scorer(reference, case.X) == 0
    if kind in REGRESSIONS:
        with pytest.raises(TypeError, match="is no classifier: use fidelity_scorer"):
            agreement_scorer(reference)
        return
    agreement = agreement_scorer(reference)
    same = (smaller.predict(case.X) == case.mlp.predict(case.X)).reshape(50, -1).all(axis=1)
    assert agreement(smaller, case.X) == same.mean()
    found = agreement(smaller, case.X, sample_weight=weight)
    assert_allclose(found, np.average(same, weights=weight), rtol=1e-12)
    assert agreement(reference, case.X) == 1


def test_scorers_of_a_pruner_know_what_its_network_predicts():
    case = make("poisson", (4,), n=50)
    pruner = RottenNeuronPruner(case.mlp, cv="prefit", threshold=-np.inf).fit(case.X, case.y)
    smaller = prune_neurons(case.mlp, [(0, 1)])
    found = fidelity_scorer(pruner)(smaller, case.X)
    assert_allclose(found, fidelity_scorer(case.mlp)(smaller, case.X), rtol=1e-12)


def test_scorers_compare_other_kinds_of_estimators():
    case = make("multiclass", n=60)
    linear = LogisticRegression().fit(case.X, case.y)
    wanted = fidelity_score(case.mlp.predict_proba(case.X), linear.predict_proba(case.X))
    assert fidelity_scorer(case.mlp)(linear, case.X) == wanted
    case = make("regression", n=60)
    linear = LinearRegression().fit(case.X, case.y)
    wanted = -np.mean((case.mlp.predict(case.X) - linear.predict(case.X)) ** 2) / 2
    assert_allclose(fidelity_scorer(linear)(case.mlp, case.X), wanted, rtol=1e-12)


def test_in_searches_and_cross_validation():
    """The held-out samples of each fold are compared, and data frames go through."""
    case = make("multiclass", (5,), n=80)
    X = pd.DataFrame(case.X, columns=list("abc"))
    reference = case.mlp
    reference.feature_names_in_ = np.array(list("abc"), dtype=object)
    scorer = fidelity_scorer(reference)
    frozen = FrozenEstimator(prune_neurons(reference, [(0, 1)]))
    found = cross_val_score(frozen, X, case.y, scoring=scorer, cv=4)
    assert_allclose(found.mean(), scorer(frozen, X), rtol=1e-9)
    pruner = RottenNeuronPruner(FrozenEstimator(reference), cv="prefit", replacement="linear")
    sizes = {"n_neurons_to_select": [2, 4]}
    search = GridSearchCV(pruner, sizes, scoring=scorer, cv=2).fit(X, case.y)
    assert search.best_params_ == {"n_neurons_to_select": 4}
    without = clone(pruner).set_params(scoring="fidelity")
    search = GridSearchCV(without, sizes, scoring=scorer, cv=2).fit(X)  # no labels at all
    assert search.best_params_ == {"n_neurons_to_select": 4}
    assert -1 < search.best_score_ < 0


def test_other_classes_cannot_be_compared():
    case = make("multiclass")
    other = LogisticRegression().fit(case.X, np.arange(40) % 4)
    for scorer in (fidelity_scorer(case.mlp), agreement_scorer(case.mlp)):
        with pytest.raises(ValueError, match="their outputs cannot be compared"):
            scorer(other, case.X)
        with pytest.raises(ValueError, match="estimator has the classes None"):
            scorer(LinearRegression().fit(case.X, case.X[:, 0]), case.X)


@pytest.mark.parametrize("factory", [fidelity_scorer, agreement_scorer])
def test_bad_references(factory):
    for bad in (None, 3, MLPClassifier, StandardScaler()):
        with pytest.raises(TypeError, match=r"reference=.* is no estimator that predicts"):
            factory(bad)
    with pytest.raises(NotFittedError):
        factory(MLPClassifier())


def test_scorers_are_pickled_and_say_what_they_are():
    case = make()
    scorer = fidelity_scorer(case.mlp)
    again = pickle.loads(pickle.dumps(scorer))
    smaller = prune_neurons(case.mlp, [(0, 1)])
    assert again(smaller, case.X) == scorer(smaller, case.X) < 0
    assert repr(scorer).startswith("fidelity_scorer(MLPClassifier(")
    assert scorer.__name__ == "fidelity"
    assert repr(SCORERS["agreement"]) == "agreement"


@pytest.mark.parametrize("name", ["fidelity", "agreement"])
def test_a_name_alone_knows_no_reference(name):
    case = make()
    with pytest.raises(TypeError, match=rf"use skneuron.metrics.{name}_scorer\(reference\)"):
        SCORERS[name](case.mlp, case.X)
