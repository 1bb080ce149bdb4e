"""Tests of utils._checks."""

import re

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from skneuron.utils import (
    check_lengths,
    checked_flag,
    checked_int,
    checked_n_jobs,
    checked_random_state,
    checked_sample_weight,
    checked_text,
    is_int,
    is_real,
    naming,
)


@pytest.mark.parametrize("value", [0, -1, 7, np.int64(3), np.uint8(3)])
def test_integers(value):
    assert is_int(value)
    assert is_real(value)


@pytest.mark.parametrize("value", [0.5, np.float32(3), np.inf, -np.inf])
def test_real_numbers(value):
    assert not is_int(value)
    assert is_real(value)


@pytest.mark.parametrize("value", [True, np.True_, np.nan, "3", None, [3], 3j, np.zeros(2)])
def test_what_is_no_number(value):
    assert not is_int(value)
    assert not is_real(value)


@pytest.mark.parametrize("value", [2, np.int32(2), np.uint8(2)])
def test_ints_are_handed_back_as_pythons(value):
    assert checked_int("name", value, 2) == checked_int("name", value, 0, 2) == 2
    assert type(checked_int("name", value, 2)) is int


@pytest.mark.parametrize("value", [1, -3, 2.0, "2", None, True, np.True_, np.nan, [2]])
def test_others_are_refused_by_name_and_value(value):
    with pytest.raises(
        ValueError, match=re.escape(f"size={value!r} must be an int of at least 2.")
    ):
        checked_int("size", value, 2)
    with pytest.raises(ValueError, match=re.escape(f"size={value!r} must be an int from 2 to 4.")):
        checked_int("size", value, 2, 4)


def test_the_largest_that_is_allowed():
    assert checked_int("size", 4, 2, 4) == 4
    with pytest.raises(ValueError, match="size=5 must be an int from 2 to 4"):
        checked_int("size", 5, 2, 4)


@pytest.mark.parametrize("value", [True, False, np.True_])
def test_flags(value):
    assert checked_flag("name", value) is bool(value)


@pytest.mark.parametrize("value", [0, 1, None, "a", []])
def test_what_is_no_flag(value):
    with pytest.raises(ValueError, match=re.escape(f"name={value!r} is neither True nor False")):
        checked_flag("name", value)


def test_texts():
    assert checked_text("name", "a") == "a"
    assert checked_text("name", None) is None
    with pytest.raises(ValueError, match="name=3 is neither None nor a text"):
        checked_text("name", 3)


# ---- naming


@pytest.mark.parametrize("kind", [TypeError, ValueError])
def test_errors_are_given_the_name_of_the_argument(kind):
    with pytest.raises(kind, match=r"^weights: too many$") as caught, naming("weights"):
        raise kind("too many")
    assert str(caught.value.__cause__) == "too many"


@pytest.mark.parametrize("text", ["weights are bad", "X has weights", "weights=3", "2 Ys: Y"])
def test_errors_that_name_an_argument_stay_as_they_are(text):
    error = ValueError(text)
    with pytest.raises(ValueError, match=f"^{text}$") as caught, naming("weights", "Y"):
        raise error
    assert caught.value is error


@pytest.mark.parametrize("text", ["X_ref is bad", "my weights_ are"])
def test_a_part_of_a_word_is_no_name(text):
    with pytest.raises(ValueError, match=r"^X: "), naming("X", "weights"):
        raise ValueError(text)


def test_what_numpy_derives_becomes_what_python_has():
    with pytest.raises(TypeError) as caught, naming("y"):
        np.less("a", 1.0)
    assert type(caught.value) is TypeError
    with pytest.raises(ValueError, match=r"^y: ") as caught, naming("y"):
        np.zeros(3).sum(axis=2)  # an AxisError, which is an IndexError as well
    assert type(caught.value) is ValueError


def test_classes_of_others_stay():
    with pytest.raises(NotFittedError, match=r"^not yet$"), naming("y"):
        raise NotFittedError("not yet")
    with pytest.raises(KeyError), naming("y"):
        raise KeyError("key")


# ---- random states, weights and lengths


def test_random_states():
    rng = np.random.RandomState(0)
    assert checked_random_state(rng) is rng
    assert checked_random_state(7).randint(1000) == np.random.RandomState(7).randint(1000)
    assert checked_random_state(None) is np.random.mtrand._rand


@pytest.mark.parametrize("value", ["a", [1], 1.5, -1, 2**32, 2**70, np.nan, int, {}])
def test_what_is_no_random_state(value):
    with pytest.raises(
        ValueError, match=re.escape(f"random_state={value!r} must be None, an int from 0 to 4294")
    ):
        checked_random_state(value)


X = np.zeros((3, 1))


@pytest.mark.parametrize("dtype", [np.float32, np.float64, int, bool, object])
def test_weights_keep_their_numbers(dtype):
    given = np.array([1, 0, 1]).astype(dtype)
    found = checked_sample_weight(given, X)
    assert found.tolist() == [1, 0, 1]
    assert found.dtype == (np.float32 if dtype is np.float32 else np.float64)


def test_weights_that_stand_for_many():
    assert checked_sample_weight(None, X).tolist() == [1, 1, 1]
    assert checked_sample_weight(2, X).tolist() == [2, 2, 2]
    assert checked_sample_weight([-1, 1, 1], X).tolist() == [-1, 1, 1]


@pytest.mark.parametrize(
    ("weight", "options", "message"),
    [
        (["1", "2", "3"], {}, "sample_weight must be numbers, one a sample; got dtype <U1"),
        ({0: 1}, {}, "sample_weight must be numbers, one a sample; got dict"),
        ([1, None, 1], {}, "sample_weight must be numbers, one a sample; got dtype object"),
        ([0, 0, 0], {}, "sample_weight is zero for every sample"),
        ([1, 1], {}, "sample_weight.shape == "),
        ([1, np.nan, 1], {}, "sample_weight contains NaN"),
        ([1, -1, 1], {"ensure_non_negative": True}, "`sample_weight`"),
        ([[1], [1, 2], [1]], {}, "sample_weight: setting an array element"),
    ],
)
def test_bad_weights(weight, options, message):
    with pytest.raises((TypeError, ValueError), match=re.escape(message)):
        checked_sample_weight(weight, X, **options)


def test_lengths():
    check_lengths(X, [1, 2, 3])
    with pytest.raises(ValueError, match="y has 2 entries, but X has 3 samples"):
        check_lengths(X, [1, 2])
    with pytest.raises(TypeError, match=r"^X: "):
        check_lengths(None, [1, 2])
    with pytest.raises(TypeError, match=r"^y: "):
        check_lengths(X, 3)


@pytest.mark.parametrize("value", [None, 1, -1, 1000, np.int64(2)])
def test_numbers_of_workers(value):
    found = checked_n_jobs("n_jobs", value)
    assert found == value
    assert type(found) in (int, type(None))


@pytest.mark.parametrize("value", [0, 1.5, "a", True, np.nan])
def test_no_numbers_of_workers(value):
    with pytest.raises(ValueError, match=re.escape(f"n_jobs={value!r} must be None or an int")):
        checked_n_jobs("n_jobs", value)
