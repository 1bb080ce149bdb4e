"""Tests of inspection._scoring._samples: true targets and weights, as the kernels take them."""

import numpy as np
import pytest
from helpers import oracle
from helpers.networks import KINDS, REGRESSIONS, SINGLE_LABEL, make
from numpy.testing import assert_allclose, assert_array_equal

from skneuron.inspection._scoring._samples import one_logit_per_class, samples_for
from skneuron.kernels.ablation.row_scores import LABEL, MULTILABEL, POISSON_REGRESSION, REGRESSION
from skneuron.surgery._network import Network


def samples_of(case, weight=None):
    return samples_for(case.mlp, case.X, case.y, weight)


# ---- samples_for

TASKS = {"multilabel": MULTILABEL, "regression": REGRESSION, "multioutput": REGRESSION}
TASKS |= {"poisson": POISSON_REGRESSION} | dict.fromkeys([*SINGLE_LABEL, "single class"], LABEL)


@pytest.mark.parametrize("kind", TASKS)
def test_every_kind_of_network_has_its_task(kind):
    assert samples_of(make(kind)).task == TASKS[kind]


@pytest.mark.parametrize("kind", [*SINGLE_LABEL, "single class"])
def test_labels_are_codes_and_nothing_else(kind):
    case = make(kind)
    samples = samples_of(case)
    assert_array_equal(case.classes[samples.codes], case.y)
    assert samples.codes.dtype == np.int32
    assert samples.targets.size == 0
    assert samples.n_classes == len(case.classes)


@pytest.mark.parametrize("kind", ["multilabel", *REGRESSIONS])
def test_other_targets_are_numbers(kind):
    case = make(kind)
    samples = samples_of(case)
    assert_array_equal(samples.targets, case.y.reshape(40, -1))
    assert samples.targets.dtype == np.float64
    assert samples.codes.size == 0
    assert samples.n_classes == (3 if kind == "multilabel" else 0)


def test_weights():
    case = make()
    assert samples_of(case).sample_weight is None
    assert samples_of(case).weights.tolist() == [1] * 40
    weight = np.arange(40)
    samples = samples_of(case, weight)
    assert_array_equal(samples.sample_weight, weight)
    assert samples.sample_weight.dtype == np.float64
    assert samples.weights is samples.sample_weight


def test_read_only_and_strided_weights_reach_kernels_as_all_others_do():
    case = make()
    weight = np.arange(80.0)[::2]
    weight.flags.writeable = False
    samples = samples_of(case, weight)
    assert samples.sample_weight.flags.c_contiguous
    assert samples.sample_weight.flags.writeable
    assert_array_equal(samples.sample_weight, weight)
    samples.sample_weight[0] = 7
    assert weight[0] == 0


@pytest.mark.parametrize("kind", ["multiclass", "regression"])
@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (np.zeros(40), r"sample.weight.*zero"),
        (-np.ones(40), "Negative values .*sample_weight"),
        (np.ones(3), r"sample_weight.shape == \(3,\)"),
        (np.full(40, np.nan), "sample_weight contains NaN"),
        (np.ones((40, 2)), "Sample weights must be 1D"),
    ],
)
def test_bad_weights_are_named(kind, weight, message):
    with pytest.raises(ValueError, match=f"(?i){message}"):
        samples_of(make(kind), weight)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("weighted", [False, True])
def test_truth_of_some_rows(kind, weighted):
    case = make(kind)
    samples = samples_of(case, np.arange(40.0) if weighted else None)
    task, codes, targets, weight = samples.truth_of(slice(3, 8))
    assert task == samples.task
    assert_array_equal(codes, samples.codes[3:8])
    assert_array_equal(targets, samples.targets[3:8])
    assert weight.tolist() == ([3, 4, 5, 6, 7] if weighted else [])


@pytest.mark.parametrize("rows_dtype", [np.float32, np.float64])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", ["binary", "multilabel", "regression"])
def test_the_scored_network_computes_in_the_precision_of_scikit_learn(kind, dtype, rows_dtype):
    case = make(kind, dtype=dtype)
    case.X = case.X.astype(rows_dtype)
    scored = samples_of(case).network_to_score(Network.from_mlp(case.mlp))
    assert scored.dtype == np.result_type(dtype, rows_dtype)
    assert scored.coefs[-1].shape[1] == (2 if kind == "binary" else case.mlp.n_outputs_)


# ---- one_logit_per_class


def padded(case):
    return one_logit_per_class(Network.from_mlp(case.mlp), len(case.classes))


@pytest.mark.parametrize("kind", [*SINGLE_LABEL, "single class"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_one_logit_per_class_predicts_as_sklearn(kind, dtype):
    case = make(kind, (4, 3), dtype=dtype, dyadic=True)  # exact arithmetic, so ties are ties
    network = padded(case)
    assert network.coefs[-1].shape == (3, len(case.classes))
    assert network.intercepts[-1].shape == (len(case.classes),)
    assert network.dtype == dtype
    assert network.coefs[-1].flags.c_contiguous
    net = oracle.Net(network.coefs, network.intercepts, network.activation, "softmax")
    largest = oracle.logits(net, case.X).argmax(axis=1)
    assert_array_equal(case.classes[largest], case.mlp.predict(case.X))


@pytest.mark.parametrize("kind", SINGLE_LABEL)
def test_softmax_behind_it_gives_the_probabilities_of_sklearn(kind):
    case = make(kind, (4, 3))
    network = padded(case)
    net = oracle.Net(network.coefs, network.intercepts, network.activation, "softmax")
    assert_allclose(oracle.output(net, case.X), case.mlp.predict_proba(case.X), rtol=1e-12)


def test_on_the_decision_boundary_the_first_class_wins():
    case = make("binary")
    case.mlp.coefs_[-1][:] = case.mlp.intercepts_[-1][:] = 0  # the logit is 0, a draw
    network = padded(case)
    assert case.mlp.predict(case.X).tolist() == [0] * 40
    assert not network.coefs[-1].any()


def test_networks_of_several_classes_are_left_alone():
    network = Network.from_mlp(make("multiclass").mlp)
    assert one_logit_per_class(network, 4) is network
