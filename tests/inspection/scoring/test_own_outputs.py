"""Tests of inspection._scoring._own_outputs: what is right is what the network itself says."""

import numpy as np
import pytest
from helpers import oracle
from helpers.networks import KINDS, make
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import is_classifier
from sklearn.metrics import get_scorer

from skneuron.inspection._scoring._own_outputs import (
    check_targets_given,
    needs_no_targets,
    own_targets,
    samples_of_network,
)
from skneuron.kernels.ablation import LABEL, MULTILABEL
from skneuron.metrics import SCORERS, fidelity_scorer
from skneuron.surgery import Network


def samples_of(case, **given):
    return samples_of_network(
        case.mlp, Network.from_mlp(case.mlp), given.pop("X", case.X), **given
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", [*KINDS, "single class"])
def test_targets_are_the_networks_predictions(kind, dtype):
    case = make(kind, (4, 3), "tanh", n=600, dtype=dtype)  # more than a block of 512
    samples = samples_of(case)
    assert samples.of_network
    assert samples.targets.dtype == np.float64
    assert samples.sample_weight is None
    wanted = oracle.output(case.net, case.X.astype(np.float64))
    if samples.task == LABEL and wanted.shape[1] == 1:
        wanted = np.column_stack([1 - wanted, wanted])[:, : len(case.classes)]
        wanted = wanted if kind == "binary" else np.ones_like(wanted)
    found = samples.output_targets + (0.5 if samples.task == MULTILABEL else 0)
    assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)
    predicted = own_targets(case.mlp, samples)
    if is_classifier(case.mlp):
        assert_array_equal(predicted, case.mlp.predict(case.X))
    else:
        assert_allclose(predicted, case.mlp.predict(case.X), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", ["multiclass", "multilabel", "regression"])
def test_sparse_samples(kind):
    case = make(kind, (4, 3), n=600)
    dense, found = samples_of(case), samples_of(case, X=sparse.csr_array(case.X))
    assert_allclose(found.targets, dense.targets, rtol=1e-12, atol=1e-12)
    assert_array_equal(found.codes, dense.codes)


@pytest.mark.parametrize("kind", ["multiclass", "multioutput"])
def test_some_of_the_samples(kind):
    case, rows = make(kind, n=30), np.array([3, 4, 20])
    weight = np.arange(1.0, 31.0)
    found = samples_of(case, sample_weight=weight).subset(rows)
    alone = samples_of(case, X=case.X[rows], sample_weight=weight[rows])
    for name in ("codes", "targets", "sample_weight", "X"):
        assert_array_equal(getattr(found, name), getattr(alone, name), err_msg=name)
    assert found.of_network


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_outputs_that_are_not_finite(kind, bad):
    case = make(kind, (4,), activation="identity")
    case.mlp.intercepts_[-1][0] = bad
    network = Network.from_mlp(case.mlp, finite=False)
    with pytest.raises(ValueError, match="infinite or NaN for 40 of 40 samples: use another"):
        samples_of_network(case.mlp, network, case.X)


@pytest.mark.parametrize("weight", [[-1.0] * 40, [0.0] * 40, [1.0] * 3])
def test_weights_are_checked(weight):
    with pytest.raises(ValueError, match="sample_weight"):
        samples_of(make(), sample_weight=weight)


NO_TARGETS = [
    "fidelity", "agreement", ["fidelity"], ("agreement", "fidelity"), {"fidelity", "agreement"},
    {"mine": "fidelity", "other": SCORERS["agreement"]}, SCORERS["fidelity"],
]  # fmt: skip
TARGETS = [
    None, "accuracy", "Fidelity", ["fidelity", "accuracy"], {"fidelity": "accuracy"}, [], {}, 3,
    get_scorer("accuracy"), lambda mlp, X, y: 0.0, fidelity_scorer(make().mlp), [["fidelity"]],
]  # fmt: skip


@pytest.mark.parametrize("scoring", NO_TARGETS)
def test_scorers_that_need_no_targets(scoring):
    assert needs_no_targets(scoring)
    check_targets_given(None, scoring)


@pytest.mark.parametrize("scoring", TARGETS)
def test_scorers_that_need_targets(scoring):
    assert not needs_no_targets(scoring)
    check_targets_given(np.zeros(3), scoring)
    with pytest.raises(ValueError, match=r"y=None.*Pass y, or use scoring='fidelity'"):
        check_targets_given(None, scoring)
