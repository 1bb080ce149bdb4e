"""Tests of skneuron.inspection._pruning_path._ranking: which neuron goes next."""

import re

import numpy as np
import pytest
from helpers.networks import KINDS, SINGLE_LABEL, make
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneuron import neuron_ablation
from skneuron.inspection._criteria._criteria import CRITERIA, neuron_criterion
from skneuron.inspection._pruning_path._ranking import Ranked, rank_by_ablation, ranking_by
from skneuron.inspection._pruning_path._state import PruningState
from skneuron.inspection._scoring._evaluator import RemovalScores, evaluator_for
from skneuron.surgery._network import Network, with_network

WITH_CLASSES = [name for name, criterion in CRITERIA.items() if criterion.needs_classes]
ALL = np.full(7, True)


def state_of(case, removed=(), evaluate=None):
    evaluate = evaluator_for(case.mlp, case.X, case.y) if evaluate is None else evaluate
    state = PruningState(Network.from_mlp(case.mlp), evaluate, "zero", None)
    for neuron in removed:
        state.remove(neuron)
    return state


def ranking_of(case, criterion, **options):
    return ranking_by(criterion, evaluator_for(case.mlp, case.X, case.y), **options)


def transposed(seed=14):
    """A network that knew all answers, until one of its neurons turned."""
    case = make("multiclass", (4, 3), n=80, seed=seed)
    case.y = case.mlp.predict(case.X)
    case.mlp.coefs_[1][1] *= -3
    return case


# ---- the order


def test_the_weakest_come_first_and_ties_in_their_own_order():
    importances = np.array([0.5, -1.0, np.nan, 0.0, -1.0, 0.5, -2.0])
    eligible = np.array([True, True, False, True, True, True, False])
    ranked = Ranked(importances, RemovalScores(1.0, 1 - importances), eligible)
    assert ranked.weakest_first(np.inf).tolist() == [1, 4, 3, 0, 5]
    assert ranked.weakest_first(0.5).tolist() == [1, 4, 3]
    assert ranked.weakest_first(-1.0).tolist() == []
    assert ranked.weakest_first(-np.inf).tolist() == []


# ---- by ablation


@pytest.mark.parametrize("removed", [(), (1, 5)])
@pytest.mark.parametrize("kind", KINDS)
def test_ablation_ranks_by_the_loss_of_score(kind, removed):
    case = make(kind, (4, 3))
    state = state_of(case, removed)
    ranked = rank_by_ablation(state, np.arange(7) != 2)
    left = with_network(case.mlp, state.network)
    expected = neuron_ablation(left, case.X, case.y).importances
    ablated = state.alive != 2
    assert_allclose(ranked.importances[ablated], expected[ablated], rtol=1e-10, atol=1e-12)
    assert np.isnan(ranked.importances[~ablated]).all()
    assert_array_equal(ranked.eligible, ablated)


def test_only_the_whole_network_and_tests_need_all_columns():
    case = transposed()
    for removed, alpha, full in [((), None, True), ((2,), None, False), ((2,), 0.05, True)]:
        ranked = rank_by_ablation(state_of(case, removed), ALL, alpha)
        assert ("loss_std" in ranked.removal_scores.columns) is full


@pytest.mark.parametrize("scoring", ["accuracy", "neg_log_loss"])
@pytest.mark.parametrize("removed", [(), (0, 4)])
def test_with_alpha_only_verdicts_of_rotten_are_eligible(removed, scoring):
    case = transposed()
    evaluate = evaluator_for(case.mlp, case.X, case.y, scoring=scoring)
    state = state_of(case, removed, evaluate)
    left = with_network(case.mlp, state.network)
    ablation = neuron_ablation(left, case.X, case.y, scoring=scoring)
    found = []
    for alpha in (1e-12, 0.05, 0.9):
        ranked = rank_by_ablation(state, ALL, alpha)
        rotten = ablation.verdicts(alpha=alpha).verdict == "rotten"
        assert_array_equal(ranked.eligible, rotten)
        found.append(rotten.sum())
    assert found[0] == 0
    assert 0 < found[1] < len(state.alive)


def test_only_neurons_in_the_game_are_tested():
    # Of 3 tests at once, one has a q-value of 0.047; of 6, none is below 0.06.
    state = state_of(transposed(25), (0,))
    first_layer = rank_by_ablation(state, np.arange(7) < 4, 0.05)
    assert first_layer.eligible.tolist() == [True] + [False] * 5
    assert not rank_by_ablation(state, ALL, 0.05).eligible.any()


def test_where_nobody_may_go_nobody_is_tested():
    ranked = rank_by_ablation(state_of(transposed()), np.full(7, False), 0.05)
    assert not ranked.eligible.any()


# ---- by a named criterion


@pytest.mark.parametrize("removed", [(), (1, 5, 0)])
@pytest.mark.parametrize("criterion", CRITERIA)
def test_a_named_criterion_measures_the_smaller_network(criterion, removed):
    case = make("multiclass", (4, 3))
    state = state_of(case, removed)
    ranked = ranking_of(case, criterion, random_state=3)(state, np.arange(7) != 6)
    left = with_network(case.mlp, state.network)
    expected = neuron_criterion(left, case.X, case.y, criterion=criterion, random_state=3)
    assert_array_equal(ranked.importances[:-1], expected[:-1])
    assert np.isnan(ranked.importances[-1])
    assert_array_equal(ranked.eligible, state.alive != 6)
    assert len(set(expected)) > 1


@pytest.mark.parametrize("found", [None, ["a"] * 7, [1.0, object()]])
def test_a_function_that_returns_no_numbers_is_named(found):
    def unhelpful(estimator, X, y):
        return found

    ranking = ranking_of(make("multiclass", (4, 3)), unhelpful)
    with pytest.raises((TypeError, ValueError), match=r"criterion=<function .* returned"):
        ranking(state_of(make("multiclass", (4, 3))), ALL)


@pytest.mark.parametrize("criterion", ["taylor2", "obs", "l2_product"])
@pytest.mark.parametrize("kind", KINDS)
def test_named_criteria_take_every_kind(kind, criterion):
    case = make(kind, (4, 3))
    state = state_of(case, (2,))
    ranked = ranking_of(case, criterion)(state, ALL)
    left = with_network(case.mlp, state.network)
    expected = neuron_criterion(left, case.X, case.y, criterion=criterion)
    assert_array_equal(ranked.importances, expected)


def test_named_criteria_see_weights_of_rows_and_what_transformers_make_of_rows():
    case = make("multiclass", (4, 3))
    estimator = make_pipeline(StandardScaler().fit(case.X * 3 + 1), case.mlp)
    weight = np.random.default_rng(0).random(40)
    evaluate = evaluator_for(estimator, case.X, case.y, sample_weight=weight)
    rank = ranking_by("mean_activation", evaluate)
    ranked = rank(state_of(case, (), evaluate), ALL)
    options = {"criterion": "mean_activation"}
    expected = neuron_criterion(estimator, case.X, case.y, sample_weight=weight, **options)
    assert_array_equal(ranked.importances, expected)
    assert not np.allclose(expected, neuron_criterion(estimator, case.X, case.y, **options))


@pytest.mark.parametrize("criterion", ["l1_incoming", lambda mlp, X, y: np.arange(7.0)])
def test_other_criteria_say_what_ablation_does_in_the_whole_network(criterion):
    case = make("multiclass", (4, 3))
    ranked = ranking_of(case, criterion)(state_of(case), ALL)
    ablation = neuron_ablation(case.mlp, case.X, case.y)
    assert_array_equal(ranked.removal_scores.importances, ablation.importances)
    assert_array_equal(ranked.removal_scores.columns["n_fixed"], ablation.n_fixed)


def test_of_a_smaller_network_they_say_its_score():
    case = make("multiclass", (4, 3))
    state = state_of(case, (0, 5))
    ranked = ranking_of(case, "l1_incoming")(state, ALL)
    left = with_network(case.mlp, state.network)
    assert_allclose(ranked.removal_scores.baseline_score, left.score(case.X, case.y), rtol=1e-13)
    assert np.isnan(ranked.removal_scores.scores).all()
    assert ranked.removal_scores.scores.shape == (5,)


# ---- by a function


@pytest.mark.parametrize("kind", [*SINGLE_LABEL, "regression"])
def test_a_function_gets_the_smaller_estimator_and_the_rows_as_they_were_given(kind):
    case = make(kind, (4, 3))
    estimator, seen = make_pipeline(StandardScaler().fit(case.X * 3 + 1), case.mlp), []

    def criterion(given, X, y):
        seen.append((given, X, y))
        return [float(n) for n in np.concatenate(given[-1].intercepts_[:-1])]

    evaluate = evaluator_for(estimator, case.X, case.y)
    state = state_of(case, (2, 4), evaluate)
    ranked = ranking_by(criterion, evaluate)(state, np.arange(7) != 0)
    ((given, X, y),) = seen
    assert X is case.X
    assert_array_equal(y, case.y)
    scaled = estimator[0].transform(case.X)
    expected = with_network(case.mlp, state.network).predict(scaled)
    assert_array_equal(given.predict(case.X), expected)
    assert estimator[-1] is case.mlp
    assert [b.size for b in case.mlp.intercepts_[:-1]] == [4, 3]
    biases = np.delete(np.concatenate(case.mlp.intercepts_[:-1]), [2, 4])
    assert_array_equal(ranked.importances[1:], biases[1:])
    assert np.isnan(ranked.importances[0])


def test_neurons_that_a_function_says_nothing_of_may_not_go():
    case = make("multiclass", (4, 3))
    importances = np.array([1, np.nan, 0.5, np.inf, -np.inf, np.nan, 0])
    ranked = ranking_of(case, lambda mlp, X, y: importances)(state_of(case), ALL)
    assert_array_equal(ranked.eligible, ~np.isnan(importances))
    assert ranked.weakest_first(np.inf).tolist() == [4, 6, 2, 0]


@pytest.mark.parametrize(
    "wrong", [1.0, np.zeros(7), np.zeros(5), np.zeros((6, 1)), [], np.zeros((1, 6))]
)
def test_importances_of_another_shape_are_an_error(wrong):
    case = make("multiclass", (4, 3))

    def importance(mlp, X, y):
        return wrong

    message = (
        f"criterion={importance!r} returned an array of shape {np.shape(wrong)}, where (6,), one "
        "importance for every hidden neuron, was expected."
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        ranking_of(case, importance)(state_of(case, (3,)), ALL)


# ---- which rankings there are


def test_ablation_is_the_criterion_by_that_name():
    assert ranking_of(make(), "ablation") is rank_by_ablation


@pytest.mark.parametrize("criterion", ["taylor3", "Ablation", ""])
def test_unknown_names_are_an_error_that_lists_the_known(criterion):
    message = f"criterion={criterion!r} is unknown; use a callable or ['ablation', 'activation_"
    with pytest.raises(ValueError, match=re.escape(message)):
        ranking_of(make(), criterion)


@pytest.mark.parametrize("criterion", [None, 3, ["taylor1"], np.zeros(3)])
def test_what_is_neither_a_name_nor_a_function_is_an_error(criterion):
    message = f"criterion={criterion!r} is neither a name nor a callable."
    with pytest.raises(ValueError, match=re.escape(message)):
        ranking_of(make(), criterion)


@pytest.mark.parametrize("criterion", WITH_CLASSES)
def test_criteria_that_need_classes_are_an_error_for_regressors(criterion):
    case = make("regression", (4, 3))
    with pytest.raises(ValueError, match=criterion):
        ranking_of(case, criterion)(state_of(case), ALL)
