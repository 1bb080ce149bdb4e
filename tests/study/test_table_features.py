"""Columns of a table become numbers that a network can learn from."""

import numpy as np
import pytest

from skneuron.study._table_features import (
    MAX_CATEGORIES,
    as_read,
    preprocessor_of,
    readable_features,
    sorted_columns,
)

pd = pytest.importorskip("pandas", reason="pandas is not installed")


@pytest.fixture
def frame():
    rng = np.random.default_rng(0)
    n = 200
    return pd.DataFrame(
        {
            "age": np.where(rng.random(n) < 0.1, np.nan, rng.integers(18, 80, n)),
            "n_calls": rng.poisson(2, n),
            "vip": rng.random(n) < 0.2,
            "plan": np.where(rng.random(n) < 0.1, None, rng.choice(["basic", "pro"], n)),
            "id": [f"K{i}" for i in range(n)],
            "country": "at",
            "fax": np.full(n, np.nan),
            "paid": np.where(rng.random(n) < 0.5, np.nan, 1.0),  # known, or not
        }
    )


def test_columns_by_what_is_in_them(frame):
    numbers, texts, left_out = sorted_columns(frame)
    assert numbers == ["age", "n_calls", "vip", "paid"]
    assert texts == ["plan"]
    assert left_out == {
        "id": "200 different texts in the 200 training and validation rows",
        "country": "always the same",
        "fax": "empty",
    }


def test_features_by_hand(frame):
    numbers, texts, _ = sorted_columns(frame)
    rows = as_read(frame, numbers, texts)
    preprocessor = preprocessor_of(numbers, texts)
    X = preprocessor.fit_transform(rows)
    names = list(preprocessor.get_feature_names_out())
    assert names[-3:] == ["plan_basic", "plan_missing", "plan_pro"]
    assert "missingindicator_age" in names
    found = dict(zip(names, X.T, strict=True))
    age = frame["age"].fillna(frame["age"].median())
    np.testing.assert_allclose(found["age"], (age - age.mean()) / age.std(ddof=0))
    np.testing.assert_array_equal(found["plan_missing"], frame["plan"].isna())
    assert np.isfinite(X).all()


def test_rows_that_were_never_seen_have_features_too(frame):
    numbers, texts, _ = sorted_columns(frame)
    preprocessor = preprocessor_of(numbers, texts).fit(as_read(frame, numbers, texts))
    new = frame.iloc[:3].assign(plan=["platinum", None, "pro"], n_calls=[1, np.nan, 2])
    X = preprocessor.transform(as_read(new, numbers, texts))
    assert np.isfinite(X).all()
    names = list(preprocessor.get_feature_names_out())
    assert X[0, names.index("plan_basic")] == X[0, names.index("plan_pro")] == 0


def test_many_rare_texts_share_a_feature():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"city": [f"c{i}" for i in rng.integers(0, 60, 500)]})
    numbers, texts, left_out = sorted_columns(frame)
    assert (numbers, texts, left_out) == ([], ["city"], {})
    preprocessor = preprocessor_of(numbers, texts)
    X = preprocessor.fit_transform(as_read(frame, numbers, texts))
    assert X.shape[1] == MAX_CATEGORIES
    assert readable_features(preprocessor)[-1] == "city: others"


def test_true_and_false_with_gaps_are_read():
    frame = pd.DataFrame({"a": [True, False, None, True] * 5}, dtype=object)
    numbers, texts, _ = sorted_columns(frame)
    assert texts == ["a"]
    X = preprocessor_of(numbers, texts).fit_transform(as_read(frame, numbers, texts))
    assert X.shape == (20, 3)
    assert frame["a"].iloc[0] is True  # what the user has is not changed


def test_row_numbers_that_pandas_has_written_are_left_out(frame):
    frame = frame[["age", "n_calls"]]
    written = frame.set_index(np.arange(200)[::-1]).reset_index(names="Unnamed: 0")
    numbers, _, left_out = sorted_columns(written)
    assert numbers == ["age", "n_calls"]
    assert left_out == {"Unnamed: 0": "row numbers without a name"}
    written["Unnamed: 0"] = written["Unnamed: 0"] // 2  # says something
    assert sorted_columns(written)[0] == ["Unnamed: 0", "age", "n_calls"]


def test_spaces_around_names_are_not_seen(frame):
    numbers, texts, _ = sorted_columns(frame)
    spaced = frame.rename(columns=lambda name: f" {name}\t")
    pd.testing.assert_frame_equal(as_read(spaced, numbers, texts), as_read(frame, numbers, texts))


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("x", "column 'age' is one of numbers: could not convert"),
        (np.inf, "column 'age' holds numbers that are infinite or too large"),
        (-1e200, "column 'age' holds numbers that are infinite or too large"),
    ],
)
def test_what_is_no_number_is_told_with_its_column(frame, value, says):
    frame["age"] = frame["age"].astype(object)
    frame.loc[5, "age"] = value
    with pytest.raises(ValueError, match=says):
        as_read(frame, ["age"], ["plan"])


def test_names_that_people_read(frame):
    numbers, texts, _ = sorted_columns(frame)
    preprocessor = preprocessor_of(numbers, texts).fit(as_read(frame, numbers, texts))
    assert readable_features(preprocessor) == [
        "age", "n_calls", "vip", "paid", "no age", "no paid",
        "plan: basic", "plan: missing", "plan: pro",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("stray", "says"),
    [
        (["Total"], "121 different texts in the 121 {}, most of them numbers, but not 'Total'"),
        ([], "120 different texts in the 120 {}, all of them numbers there"),
        (["x", "y"] * 100, ""),
    ],
)
def test_a_text_among_numbers_is_named(stray, says):
    frame = pd.DataFrame(
        {"price": pd.Series([f"{i}.5" for i in range(120)] + stray, dtype=object)}
    )
    told = sorted_columns(frame)[2].get("price", "")
    assert told == says.format("training and validation rows")


def test_texts_that_are_no_numbers_are_left_out_without_a_word_of_numbers():
    frame = pd.DataFrame({"name": [f"K{i}" for i in range(100)]})
    assert sorted_columns(frame)[2] == {
        "name": "100 different texts in the 100 training and validation rows"
    }


def test_texts_that_are_numbers_elsewhere_are_the_same():
    frame = pd.DataFrame({"code": ["101", "A7", "101", "3.5"] * 10})
    _, texts, _ = sorted_columns(frame)
    preprocessor = preprocessor_of([], texts).fit(as_read(frame, [], texts))
    names = readable_features(preprocessor)
    new = pd.DataFrame({"code": [101.0, np.nan, 3.5, 101]})  # as pandas reads other rows
    X = preprocessor.transform(as_read(new, [], texts))
    assert names[X[0].argmax()] == names[X[3].argmax()] == "code: 101"
    assert names[X[2].argmax()] == "code: 3.5"
