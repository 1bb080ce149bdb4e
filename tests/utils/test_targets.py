"""Tests of utils._targets: true targets, checked and in the encodings that networks need."""

import re

import numpy as np
import pandas as pd
import pytest
from helpers.networks import KINDS, make
from numpy.testing import assert_array_equal
from scipy import sparse
from sklearn.exceptions import DataConversionWarning
from sklearn.preprocessing import OneHotEncoder

from skneuron.utils._targets import (
    check_numeric,
    check_values,
    checked_scoring_input,
    checked_target,
    class_codes,
    dense_labels,
    is_multilabel,
    label_codes,
    output_targets,
)

# ---- checked_target


def test_checked_target_makes_columns_flat():
    with pytest.warns(DataConversionWarning, match="column-vector y"):
        assert checked_target(np.zeros((2, 1)), [[1], [2]]).tolist() == [1, 2]
    assert checked_target(np.zeros((2, 1)), [[1, 0], [2, 0]]).shape == (2, 2)


@pytest.mark.parametrize(
    "y",
    [
        [1, 2, 1],
        ["b", "a", "b"],
        np.array(["b", "a", "b"], dtype=object),
        pd.Series(["b", "a", "b"]),
        pd.Series([0.5, 1, 2], index=[7, 8, 9]),
        pd.DataFrame({"a": [0, 1, 1], "b": [1, 0, 1]}),
        np.array([True, False, True]),
    ],
)
def test_checked_target_keeps_what_it_is_given(y):
    checked = checked_target(np.zeros((3, 1)), y)
    assert type(checked) is np.ndarray
    assert checked.tolist() == np.asarray(y).tolist()


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (None, "y=None: the ablation needs the true targets"),
        ([1.0, np.nan], "Input y contains NaN"),
        ([1.0, np.inf], "Input y contains infinity"),
        ([1, 2, 3], "y has 3 entries, but X has 2 samples"),
        (np.zeros((2, 2, 2)), "dim 3"),
    ],
)
def test_checked_target_names_errors(y, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        checked_target(np.zeros((2, 1)), y)


# ---- labels


@pytest.mark.parametrize(
    ("y", "classes", "codes"),
    [
        ([5, -5, 5], [-5, 5, 7], [1, 0, 1]),
        (["b", "a", "b"], ["a", "b"], [1, 0, 1]),
        (np.array(["b", "a"], dtype=object), ["a", "b"], [1, 0]),
        ([1.0, 2.0], [0, 1, 2], [1, 2]),
        ([True, False], [False, True], [1, 0]),
        ([], [1, 2], []),
    ],
)
def test_class_codes(y, classes, codes):
    actual = class_codes(np.asarray(y), np.asarray(classes))
    assert actual.tolist() == codes
    assert actual.dtype == np.int32


@pytest.mark.parametrize(
    ("y", "classes", "unknown"),
    [
        ([0, 3, 2, 3], [0, 1, 2], "[3]"),
        (["a", "z"], ["a", "b"], "['z']"),
        (["1", "10"], [1, 2, 10], "['1', '10']"),
        ([1, 10], ["1", "2", "10"], "[1, 10]"),
        (list(range(10)), [0], "[1, 2, 3, 4, 5]"),
    ],
)
def test_class_codes_names_unknown_labels(y, classes, unknown):
    message = f"y contains labels never seen in training: {unknown}; the network knows {classes}"
    with pytest.raises(ValueError, match=re.escape(message)):
        class_codes(np.array(y), np.array(classes))


@pytest.mark.parametrize("of_y", [np.int64, np.uint64])
def test_class_codes_of_large_integers_are_exact(of_y):
    """NumPy compares signed and unsigned ones as float64, which has not all of them."""
    of_classes = np.uint64 if of_y is np.int64 else np.int64
    classes = np.array([2**62, 2**62 + 1], of_classes)
    assert class_codes(np.array([2**62 + 1, 2**62], of_y), classes).tolist() == [1, 0]
    with pytest.raises(ValueError, match=f"never seen in training: .{2**62 + 2}"):
        class_codes(np.array([2**62 + 2], of_y), classes)


@pytest.mark.parametrize("kind", ["binary", "multiclass", "strings", "single class"])
def test_label_codes_are_positions_in_classes(kind):
    case = make(kind)
    assert_array_equal(case.classes[label_codes(case.mlp, case.y)], case.y)


def test_label_codes_wants_one_label_a_row():
    message = r"y is a multilabel-indicator matrix or has several columns \(shape \(40, 2\)\)"
    with pytest.raises(ValueError, match=message):
        label_codes(make("multiclass").mlp, np.ones((40, 2), int))


# ---- is_multilabel, output_targets


@pytest.mark.parametrize("ours", [False, True])
@pytest.mark.parametrize("kind", [*KINDS, "single class"])
def test_is_multilabel(kind, ours):
    assert is_multilabel(make(kind, ours=ours).mlp) == (kind == "multilabel")


@pytest.mark.parametrize("kind", KINDS)
def test_output_targets_are_as_wide_as_the_outputs(kind):
    case = make(kind)
    targets = output_targets(case.mlp, case.y)
    assert targets.dtype == np.float64
    assert targets.shape == (40, case.mlp.n_outputs_)


@pytest.mark.parametrize("kind", ["multiclass", "strings"])
def test_output_targets_of_several_classes_are_one_hot(kind):
    case = make(kind)
    encoder = OneHotEncoder(categories=[case.classes], sparse_output=False)
    expected = encoder.fit_transform(case.y[:, None])
    assert_array_equal(output_targets(case.mlp, case.y), expected)


def test_output_targets_of_two_classes_are_one_column():
    case = make("binary")
    assert_array_equal(output_targets(case.mlp, case.y)[:, 0], case.y)
    case.mlp.classes_ = np.array(["a", "b"])
    assert output_targets(case.mlp, np.array(["b", "a"])).tolist() == [[1], [0]]


@pytest.mark.parametrize("kind", ["multilabel", "regression", "multioutput", "poisson"])
def test_other_output_targets_are_the_numbers_themselves(kind):
    case = make(kind)
    assert_array_equal(output_targets(case.mlp, case.y), case.y.reshape(40, -1))


@pytest.mark.parametrize("kind", ["multilabel", "regression", "multioutput"])
def test_output_targets_reach_kernels_as_all_others_do(kind):
    # In Fortran order, as columns of a data frame are, kernels would be compiled again.
    case = make(kind)
    y = np.asfortranarray(case.y)
    y.flags.writeable = False
    targets = output_targets(case.mlp, y)
    assert targets.flags.c_contiguous
    assert targets.flags.writeable
    assert not np.shares_memory(targets, y)
    assert_array_equal(targets, case.y.reshape(40, -1))


@pytest.mark.parametrize("dtype", [bool, np.int8, np.float32])
def test_indicators_of_any_dtype(dtype):
    case = make("multilabel")
    assert_array_equal(output_targets(case.mlp, case.y.astype(dtype)), case.y)


@pytest.mark.parametrize(
    ("kind", "y", "message"),
    [
        ("multilabel", np.arange(40) % 3, "y must be a multilabel-indicator matrix of 0 and 1"),
        (
            "multilabel",
            np.arange(120).reshape(40, 3) % 3,
            "y must be a multilabel-indicator matrix of 0 and 1",
        ),
        ("multilabel", np.arange(80).reshape(40, 2) % 2, r"y has 2 column\(s\), but .* 3 output"),
        ("multiclass", np.ones((40, 2), int), r"several columns \(shape \(40, 2\)\)"),
        ("multiclass", np.full(40, 3), r"labels never seen in training: \[3\]"),
        ("regression", np.zeros((40, 2)), r"y has 2 column\(s\), but the network has 1 output"),
        ("multioutput", np.zeros(40), r"y has 1 column\(s\), but the network has 2 output"),
        ("poisson", np.zeros((40, 3)), r"y has 3 column\(s\), but the network has 1 output"),
    ],
)
def test_targets_of_another_kind_are_named(kind, y, message):
    with pytest.raises(ValueError, match=message):
        output_targets(make(kind).mlp, y)


# ---- single values, and what `score` is given


def objects(*values):
    result = np.empty(len(values), dtype=object)
    result[:] = values
    return result


@pytest.mark.parametrize("missing", [None, pd.NA, np.nan, pd.NaT])
@pytest.mark.parametrize("first", ["a", 1])
def test_missing_targets_are_told_by_their_place(missing, first):
    for y in (objects(first, missing), pd.Series([first, missing], dtype=object)):
        with pytest.raises(ValueError, match=rf"y has {missing!r} at position 1"):
            check_values(y)


def test_missing_targets_of_nullable_types():
    with pytest.raises(ValueError, match=r"y has .* at position 1"):
        check_values(pd.Series([1, None], dtype="Int64"))
    check_values(pd.Series([1, 2], dtype="Int64"))


@pytest.mark.parametrize(
    ("values", "types"),
    [((1, "a"), "int, str"), ((b"a", "a"), "bytes, str"), ((1, [1]), "int, list")],
)
def test_targets_of_types_without_an_order(values, types):
    with pytest.raises(TypeError, match=f"labels mixes values of types {types}"):
        check_values(objects(*values), name="labels")


@pytest.mark.parametrize(
    "y", [objects(1, 2.5, True), objects("a", np.str_("b")), [1, 2], ["a"], None, np.zeros((2, 2))]
)
def test_targets_that_are_left_to_other_checks(y):
    check_values(y)


def test_regressors_need_numbers():
    check_numeric([1, 2.5])
    check_numeric(objects(1, 2.5))
    for y in (["a", "b"], np.array(["2020"], dtype="datetime64[D]")):
        with pytest.raises(TypeError, match="y must be numbers for a regressor; got dtype"):
            check_numeric(y)


LABELS = np.array([[1, 0], [0, 1], [1, 1]])


@pytest.mark.parametrize("container", [sparse.csr_array, sparse.csc_matrix, sparse.coo_array])
def test_sparse_labels_become_dense_ones(container):
    assert_array_equal(dense_labels(container(LABELS)), LABELS)
    found = checked_target(np.zeros((3, 1)), container(LABELS))
    assert_array_equal(found, LABELS)
    assert found.dtype == LABELS.dtype


def test_other_sparse_targets_are_refused():
    for y in (sparse.csr_array(LABELS[:, :1]), sparse.csr_array(LABELS * 0.5)):
        with pytest.raises(TypeError, match=r"\by\b"):
            checked_target(np.zeros((3, 1)), y)
        with pytest.raises(TypeError, match="y is a sparse matrix"):
            checked_scoring_input(np.zeros((3, 1)), y, None)


def test_scoring_input():
    X = np.zeros((3, 1))
    assert checked_scoring_input(X, [1, 2, 3], None) is None
    assert checked_scoring_input(X, sparse.csr_array(LABELS), [1, 2, 3]).tolist() == [1, 2, 3]
    with pytest.raises(ValueError, match="y=None: a score needs the true targets"):
        checked_scoring_input(X, None, None)
    with pytest.raises(TypeError, match="y must be numbers"):
        checked_scoring_input(X, ["a", "b", "c"], None, numbers=True)
