"""Class weights: as if samples had that weight, whatever the kind of labels."""

import re

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.datasets import make_classification, make_multilabel_classification
from sklearn.metrics import recall_score
from sklearn.utils import compute_sample_weight

from skneuron import PrunableMLPClassifier
from skneuron.utils._class_weight import class_sample_weight

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

LABELS = {
    "binary": np.array([0, 0, 1, 0, 1, 0]),
    "integers": np.array([-5, 25, 15, -5, -5, 15]),
    "strings": np.array(["bee", "ape", "bee", "cat", "bee", "ape"]),
    "booleans": np.array([True, False, False, False, True, False]),
}
INDICATORS = np.array([[0, 1, 1], [1, 1, 0], [0, 0, 1], [0, 1, 0]])


def weights(class_weight, labels, sample_weight=None, *, incremental=False):
    return class_sample_weight(
        class_weight, labels, np.unique(labels), sample_weight, incremental=incremental
    )


@pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)
def test_as_scikit_learn_computes_them(labels):
    some = dict.fromkeys(np.unique(labels).tolist()[:1], 2.5)
    every = {label: 1.0 + i for i, label in enumerate(np.unique(labels).tolist())}
    for class_weight in ("balanced", some, every):
        expected = compute_sample_weight(class_weight, labels)
        assert_allclose(weights(class_weight, labels), expected, rtol=1e-12)


@pytest.mark.parametrize(
    "class_weight", ["balanced", [{0: 1, 1: 3}, {0: 2, 1: 1}, {0: 1, 1: 0.5}]], ids=str
)
def test_multilabel_weights_multiply(class_weight):
    expected = compute_sample_weight(class_weight, INDICATORS)
    assert_allclose(weights(class_weight, INDICATORS), expected, rtol=1e-12)


def test_balanced_counts_weighted_samples():
    labels = np.array([0, 0, 0, 1])
    sample_weight = np.array([1.0, 1.0, 2.0, 2.0])
    repeated = np.repeat(labels, sample_weight.astype(int))
    expected = weights("balanced", repeated)[[0, 1, 2, 4]]
    assert_allclose(weights("balanced", labels, sample_weight), expected, rtol=1e-12)
    both = weights("balanced", labels, sample_weight) * sample_weight
    assert both[labels == 0].sum() == pytest.approx(both[labels == 1].sum())


def test_part_of_the_classes():
    labels = np.array([2, 2, 0])
    given = class_sample_weight({1: 9, 2: 3}, labels, np.arange(3), None, incremental=True)
    assert_array_equal(given, [3, 3, 1])


@pytest.mark.parametrize(
    ("class_weight", "labels", "message"),
    [
        ({3: 1.0, 0: 2.0}, LABELS["binary"], r"names \[3\], but the classes are \[0, 1\]"),
        ({"dog": 2}, LABELS["strings"], r"\['dog'\], but the classes are \['ape', 'bee', 'cat'\]"),
        ([{0: 1}], LABELS["binary"], "pass 'balanced' or a dict"),
        ({0: np.nan}, LABELS["binary"], "the weight of 0 must be a finite number"),
        ({1: np.inf}, LABELS["binary"], "the weight of 1 must be a finite number"),
        ({1: -1.0}, LABELS["binary"], "at least 0; got -1.0"),
        ({1: None}, LABELS["binary"], "at least 0; got None"),
        ({"ape": "q"}, LABELS["strings"], "the weight of 'ape' must be"),
        ({0: 1}, INDICATORS, "one dict for each of the 3 labels"),
        ([{0: 1}, {0: 2}], INDICATORS, "one dict for each of the 3 labels"),
        ([{0: 1}, {0: 2}, {2: 1}], INDICATORS, r"names \[2\], but the classes are \[0, 1\]"),
    ],
    ids=str,
)
def test_weights_that_do_not_fit(class_weight, labels, message):
    with pytest.raises(ValueError, match=message) as error:
        weights(class_weight, labels)
    assert "class_weight=" in str(error.value)


def test_balanced_needs_all_of_the_data():
    with pytest.raises(ValueError, match="'balanced' is not possible with partial_fit"):
        weights("balanced", LABELS["binary"], incremental=True)


# ---- in the estimator ------------------------------------------------------------------------


def data():
    return make_classification(
        300, 6, n_informative=5, n_redundant=0, n_classes=3, weights=[0.8, 0.15], flip_y=0.1,
        random_state=0,
    )  # fmt: skip


def network(**parameters):
    return PrunableMLPClassifier(
        **{"hidden_layer_sizes": (10,), "max_iter": 5, "random_state": 0} | parameters
    )


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@pytest.mark.parametrize("class_weight", ["balanced", {0: 0.5, 2: 3.0}], ids=str)
@pytest.mark.parametrize("early_stopping", [False, True])
def test_training_is_as_with_sample_weights(solver, class_weight, early_stopping):
    X, y = data()
    options = {"solver": solver, "early_stopping": early_stopping}
    ours = network(class_weight=class_weight, **options).fit(X, y)
    weight = compute_sample_weight(class_weight, y)
    assert_array_equal(ours.coefs_[0], network(**options).fit(X, y, weight).coefs_[0])
    given = np.linspace(0.5, 1.5, len(y))
    both = network(class_weight={0: 0.5, 2: 3.0}, **options).fit(X, y, given)
    weight = given * compute_sample_weight({0: 0.5, 2: 3.0, 1: 1.0}, y)
    assert_array_equal(both.coefs_[0], network(**options).fit(X, y, weight).coefs_[0])


def test_strings_and_partial_fit():
    X, y = data()
    names = np.array(["ape", "bee", "cat"])
    by_name = network(class_weight={"cat": 5}).partial_fit(X, names[y], classes=names)
    by_number = network(class_weight={2: 5}).partial_fit(X, y, classes=range(3))
    assert_array_equal(by_name.coefs_[0], by_number.coefs_[0])
    assert (by_name.coefs_[0] != network().partial_fit(X, y, classes=range(3)).coefs_[0]).any()


def test_multilabel():
    X, y = make_multilabel_classification(100, 6, n_classes=3, random_state=0)
    per_label = [{1: 2.0}, {0: 0.5}, {}]
    weight = 2.0 ** y[:, 0] * 0.5 ** (1 - y[:, 1])
    weighted = network(class_weight=per_label).fit(X, y)
    assert_array_equal(weighted.coefs_[0], network().fit(X, y, weight).coefs_[0])


@pytest.mark.parametrize("container", [sparse.csr_matrix, sparse.csr_array])
@pytest.mark.parametrize("class_weight", ["balanced", [{1: 2.0}, {0: 0.5}, {}]], ids=str)
def test_sparse_multilabel_targets(container, class_weight):
    X, y = make_multilabel_classification(100, 6, n_classes=3, random_state=0)
    dense, thin = (network(class_weight=class_weight).fit(X, t) for t in (y, container(y)))
    assert_array_equal(thin.coefs_[0], dense.coefs_[0])


def test_balanced_without_the_samples_of_one_class():
    X, y = data()
    masked = network(class_weight="balanced").fit(X, y, sample_weight=(y != 2).astype(float))
    weight = np.zeros(len(y))
    weight[y != 2] = compute_sample_weight("balanced", y[y != 2])
    assert_array_equal(masked.coefs_[0], network().fit(X, y, weight).coefs_[0])


def test_rare_classes_are_found():
    X, y = data()
    recalls = [
        recall_score(y, network(class_weight=w, max_iter=100).fit(X, y).predict(X), average=None)
        for w in (None, "balanced")
    ]
    assert recalls[1][2] > recalls[0][2] + 0.2


@pytest.mark.parametrize(
    ("class_weight", "sample_weight"),
    [(None, 0.0), ({0: 0, 1: 0, 2: 0}, None), ({0: 0, 1: 0, 2: 0}, 1.0), ("balanced", 0.0)],
    ids=str,
)
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_weights_of_zero_only(class_weight, sample_weight, solver):
    X, y = data()
    mlp = network(class_weight=class_weight, solver=solver)
    given = None if sample_weight is None else np.full(len(y), sample_weight)
    # Before classes are looked at.
    is_first = sample_weight == 0
    message = "sample_weight is zero for every sample" if is_first else "class_weight={0: 0, 1: 0"
    with pytest.raises(ValueError, match=re.escape(message)):
        mlp.fit(X, y, sample_weight=given)
    assert not hasattr(mlp, "coefs_")


def test_a_batch_of_weight_zero():
    X, y = data()
    with pytest.raises(ZeroDivisionError, match="Weights sum to zero, can't be normalized"):
        network(batch_size=10).fit(X, y, sample_weight=np.arange(len(y)) == 0)


@pytest.mark.parametrize("class_weight", ["even", 3, [1, 2, 3], {7: 1.0}], ids=str)
def test_bad_class_weights_leave_the_network_as_it_was(class_weight):
    X, y = data()
    mlp = network().fit(X, y)
    before = [c.copy() for c in mlp.coefs_]
    mlp.set_params(class_weight=class_weight)
    with pytest.raises(ValueError, match="class_weight"):
        mlp.fit(X, y)
    for mine, old in zip(mlp.coefs_, before, strict=True):
        assert_array_equal(mine, old)
