"""The strategies against the oracle: which neurons are removed, and what is left scores."""

import numpy as np
from helpers import oracle
from helpers.networks import (
    REGRESSIONS,
    SINGLE_LABEL,
    cases,
    deterministic,
    make,
)
from helpers.pruning_paths import (
    RANKING,
    STRATEGIES,
    assert_same_path,
    each_replacement,
    each_strategy_by_score,
    oracle_path,
    path_of,
    reference,
    removed_by,
    spoilt,
)
from hypothesis import given
from hypothesis import strategies as st

from skneuron.inspection._ablation._significance import verdicts

# ---- against the oracle


@deterministic(max_examples=80)
@given(
    case=cases([*SINGLE_LABEL, *REGRESSIONS]),
    strategy=st.sampled_from(RANKING),
    threshold=st.sampled_from([-np.inf, -0.1, 0.0, 0.02, 0.1, np.inf]),
    replacement=st.sampled_from(["zero", "mean"]),
    layers=st.sampled_from([None, [0]]),
    min_neurons_per_layer=st.integers(1, 3),
)
def test_order_and_scores_match_the_oracle(case, strategy, threshold, **options):
    path = path_of(case, strategy, threshold, **options)
    removed, scores = oracle_path(case, strategy, threshold, **options)
    assert_same_path(case, path, removed, scores)


@deterministic(max_examples=40)
@given(
    # Curved activations: no neuron's is exactly a mixture of others', in many ways at once.
    case=st.one_of(cases(SINGLE_LABEL, activation=name) for name in ("tanh", "logistic")),
    strategy=st.sampled_from(list(STRATEGIES)),
    threshold=st.sampled_from([0.0, 0.02, np.inf]),
)
def test_order_and_scores_match_the_oracle_by_linear_replacement(case, strategy, threshold):
    path = path_of(case, strategy, threshold, replacement="linear")
    removed, scores = oracle_path(case, strategy, threshold, replacement="linear")
    assert removed_by(path) == removed
    assert path.scores.tolist() == scores


@each_replacement
@each_strategy_by_score
def test_ties_go_to_the_first_neuron(strategy, replacement):
    # 20 rows and 10 neurons: most importances are shared by several.
    case = make("multiclass", (4, 4, 2), n=20)
    path = path_of(case, strategy, np.inf, replacement=replacement)
    removed, scores = oracle_path(case, strategy, np.inf, replacement=replacement)
    assert len(set(path.ablation.importances)) < 10
    assert removed_by(path) == removed
    assert path.scores.tolist() == scores


# ---- stopping rules, against the oracle

minima = st.one_of(st.integers(1, 3), st.tuples(st.integers(1, 3), st.integers(1, 4)))


@deterministic(max_examples=24)
@given(
    case=cases(SINGLE_LABEL, hidden=(5, 4)),
    strategy=st.sampled_from(list(STRATEGIES)),
    threshold=st.sampled_from([0.0, 0.1, np.inf]),
    replacement=st.sampled_from(["zero", "mean"]),
    min_neurons_per_layer=minima,
    n_neurons=st.integers(0, 9),
    # No multiple of a row's share, which a difference of scores could miss by its rounding.
    tol=st.sampled_from([0.0, 0.013, 0.111, 0.333, 1.0]),
)
def test_stopping_rules_match_the_oracle(case, strategy, threshold, **options):
    path = path_of(case, strategy, threshold, **options)
    removed, scores = oracle_path(case, strategy, threshold, **options)
    assert removed_by(path) == removed
    assert path.scores.tolist() == scores


@deterministic(max_examples=16)
@given(
    case=cases(SINGLE_LABEL, hidden=(5, 4)),
    strategy=st.sampled_from(["greedy", "swap"]),
    threshold=st.sampled_from([0.0, 0.1, np.inf]),
    replacement=st.sampled_from(["zero", "mean"]),
    min_neurons_per_layer=minima,
    n_neurons=st.integers(0, 9),
    tol=st.sampled_from([0.111, 1.0]),
    step=st.integers(2, 6),
)
def test_steps_match_the_oracle(case, strategy, threshold, step, **options):
    path = path_of(case, strategy, threshold, step=step, **options)
    removed, scores = oracle_path(case, strategy, threshold, step=step, **options)
    assert removed_by(path) == removed
    assert path.scores.tolist() == scores


@deterministic(max_examples=6)
@given(case=cases(SINGLE_LABEL, hidden=(5, 4)), step=st.floats(0.01, 0.99))
def test_a_fraction_is_a_step_of_all_neurons(case, step):
    fractional = path_of(case, "greedy", 0.1, step=step)
    full = path_of(case, "greedy", 0.1, step=max(1, int(step * 9)))
    assert removed_by(fractional) == removed_by(full)
    assert fractional.n_neurons.tolist() == full.n_neurons.tolist()


@deterministic(max_examples=30)
@given(
    case=st.builds(spoilt, st.integers(0, 10**6), st.sampled_from(SINGLE_LABEL)),
    alpha=st.sampled_from([0.01, 0.1, 0.6]),
    replacement=st.sampled_from(["zero", "mean"]),
    layers=st.sampled_from([None, [0]]),
)
def test_tests_of_what_is_rotten_match_the_oracle(case, alpha, replacement, layers):
    X_ref = reference(case, replacement)

    def right(replaced):
        return oracle.labels(case.net, case.X, case.classes, replaced) == case.y

    def rotten(neurons, replaced):
        """Those of them that McNemar's test, corrected for their number, finds rotten."""
        before = right(replaced)
        after = [right(oracle.gone(case.net, [n], X_ref, replaced)) for n in neurons]
        found = verdicts(
            n_samples=60, alpha=alpha, method="bh", test="mcnemar",
            n_fixed=np.array([np.sum(~before & now) for now in after]),
            n_broken=np.array([np.sum(before & ~now) for now in after]),
        )  # fmt: skip
        return [
            n for n, is_what in zip(neurons, found.verdict, strict=True) if is_what == "rotten"
        ]

    options = {"replacement": replacement, "layers": layers}
    path = path_of(case, "greedy", np.inf, alpha=alpha, **options)
    removed, scores = oracle_path(case, "greedy", np.inf, rotten=rotten, **options)
    assert removed_by(path) == removed
    assert path.scores.tolist() == scores


def test_a_path_ends_where_nothing_is_rotten_beyond_chance():
    # The tests above compare more than empty paths.
    lengths = [len(path_of(spoilt(4), "greedy", 0.0, alpha=a).layer) for a in (1e-9, 0.05, None)]
    assert lengths == [0, 1, 2]
