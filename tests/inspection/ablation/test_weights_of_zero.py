"""Samples of weight 0 are as little evidence as samples that are not there."""

import numpy as np
import pytest
from helpers.networks import make
from numpy.testing import assert_allclose

from skneuron import neuron_ablation

TESTS = ["loss", "score"]  # McNemar's looks at no weights


@pytest.mark.parametrize("replacement", ["zero", "mean"])
@pytest.mark.parametrize("scoring", ["accuracy", "balanced_accuracy", "roc_auc"])
def test_they_change_nothing(scoring, replacement):
    case = make("binary", (6, 4), n=60)
    weight = np.random.default_rng(0).uniform(0.5, 2, 60)
    weight[::2] = 0
    given = {"scoring": scoring, "replacement": replacement, "X_ref": case.X_ref}
    full = neuron_ablation(case.mlp, case.X, case.y, sample_weight=weight, **given)
    rest = neuron_ablation(
        case.mlp, case.X[1::2], case.y[1::2], sample_weight=weight[1::2], **given
    )
    assert full.n_samples == rest.n_samples == 30
    assert_allclose(full.scores, rest.scores, rtol=1e-12)
    for test in TESTS:
        assert_allclose(
            full.verdicts(test=test).p_values, rest.verdicts(test=test).p_values, rtol=1e-9
        )


@pytest.mark.parametrize("test", TESTS)
def test_one_sample_is_no_evidence(test):
    case = make("multiclass", (6,), n=60)
    alone = neuron_ablation(case.mlp, case.X[:1], case.y[:1]).verdicts(test=test)
    assert np.all(alone.verdict == "undecided")
    weighted = neuron_ablation(case.mlp, case.X, case.y, sample_weight=np.eye(60)[0])
    assert np.all(weighted.verdicts(test=test).verdict == "undecided")
