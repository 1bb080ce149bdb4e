"""What is said of a table before anything is learnt from it."""

import numpy as np
import pytest

from skneuron.study import run_study
from skneuron.study._report import study_contents
from skneuron.study._table_notes import (
    _number,
    dates,
    far_numbers,
    kind_of_names,
    look_like_dates,
    many_texts,
    names_of_rows,
    numbers_of_rows,
    numbers_with_units,
    to_beat,
    unit_in,
)
from skneuron.study._text import format_study

pd = pytest.importorskip("pandas", reason="pandas is not installed")


def test_what_is_to_be_beaten_is_what_no_better_means():
    assert to_beat(np.array(["a", "a", "b", "a"])) == [
        "always answering “a” would be right in 75.0 % of the test rows"
    ]
    assert to_beat(np.array(["a", "a"])) == []


@pytest.mark.parametrize(
    "date",
    ["2024-05-31", "2024/5/1", "31.12.1999", "1/2/24", "2024-05-31 12:30:00", "2024-05-31T12:30Z",
     "2024-05", " 2024-05-31 "],
)  # fmt: skip
def test_dates_are_known_by_their_looks(date):
    assert look_like_dates(pd.Series([date, None, date]))
    assert look_like_dates(pd.Series([date] * 19 + ["unknown"]))
    assert not look_like_dates(pd.Series([date, "unknown"]))


@pytest.mark.parametrize(
    "text",
    ["basic", "12", "10-20", "1.5", "3-4 rooms", "2024-05/31", "K1-2", "1234-56 7", "12-34-56",
     "99/99/9999", "2020-13-45"],
)  # fmt: skip
def test_other_texts_are_no_dates(text):
    assert not look_like_dates(pd.Series([text]))
    assert not look_like_dates(pd.Series([None], dtype=object))


def test_numbers_are_no_dates():
    assert not look_like_dates(pd.Series([2024.05, 2024.06]))
    assert not look_like_dates(pd.Series([20240531, 20240601]))


def test_columns_of_dates_by_name():
    frame = pd.DataFrame({"since": ["2024-05-31"] * 3, "age": [1, 2, 3], "plan": ["a", "b", "c"]})
    advice = "place, such as the month or the age in days"
    assert dates(frame[["age", "plan"]]) == []
    assert dates(frame) == [f"since looks like dates: put numbers in its {advice}"]
    frame["until"] = frame["since"]
    assert dates(frame) == [f"since, until look like dates: put numbers in their {advice}"]


@pytest.mark.parametrize(
    "text", ["70.3 kg", "5km", " 12 % ", "1,200 m2", "-3.5°C", "9.99€", "3 rooms", "2 m²"]
)
def test_numbers_with_a_unit_are_known_by_their_looks(text):
    assert unit_in(pd.Series([None, text, text])) == text.strip()
    assert unit_in(pd.Series([text] * 19 + ["unknown"])) == text.strip()
    assert unit_in(pd.Series([text, "unknown"])) == ""


@pytest.mark.parametrize(
    "text",
    [
        "kg",
        "70.3",
        "2024-05-31",
        "6.10.2023 16:38",
        "10-20",
        "3/4",
        "12 Main Street",
        "K1",
        "1:30",
    ],
)
def test_other_texts_have_no_unit(text):
    assert unit_in(pd.Series([text])) == ""


def test_many_letters_behind_numbers_are_no_units():
    assert unit_in(pd.Series([f"12{letter}" for letter in "abcdef"])) == ""
    assert unit_in(pd.Series([1.5, 2.5])) == ""
    assert unit_in(pd.Series([None], dtype=object)) == ""


def test_columns_with_more_texts_than_features():
    n = 90
    frame = pd.DataFrame(
        {
            "notes": [f"words {i % 31}" for i in range(n)],
            "kind": [f"kind {i % 30}" for i in range(n)],
            "weight": [f"{i % 40}.5 kg" for i in range(n)],
            "since": [f"2024-05-{i % 31 + 1:02d}" for i in range(n)],
        }
    )
    assert many_texts(frame, list(frame)) == [
        "column notes has 31 different texts in the 90 training and validation rows: the 29 most "
        "frequent have a feature each, the others share one (if it is free text, split it into "
        "words: see the page on sparse samples and text)"
    ]
    assert numbers_with_units(frame) == [
        "column weight looks like numbers with a unit ('0.5 kg'): make numbers of it"
    ]


def test_what_becomes_of_texts_is_told_of_the_training_rows(tmp_path):
    """Free text became thirty features, and weights none, without a word."""
    rng = np.random.default_rng(0)
    n = 240
    frame = pd.DataFrame(
        {
            "notes": rng.choice([f"a {i} b" for i in range(50)], n),
            "weight": [f"{value:.3f} kg" for value in rng.normal(70, 9, n)],
            "name": [f"Ms {i}" for i in range(n)],
            "age": rng.integers(20, 60, n),
        }
    )
    frame["ill"] = np.where(frame["age"] > 40, "yes", "no")
    frame.to_csv(tmp_path / "patients.csv", index=False)
    study = run_study(tmp_path / "patients.csv", target="ill", hidden=[(3,)], max_iter=2)
    n_features = sum(name.startswith("notes: ") for name in study.data.feature_names)
    assert n_features == 30  # 29 and the others
    said = study.data.DESCR.split("; ")
    rows = "in the 180 training and validation rows"
    assert f"column name is left out (180 different texts {rows})" in said
    (weight,) = [note for note in said if note.startswith("column weight looks")]
    assert weight.endswith(" kg'): make numbers of it")
    (notes,) = [note for note in said if note.startswith("column notes has")]
    assert ": the 29 most frequent have a feature each, the others share one" in notes
    assert notes in format_study(study)
    assert notes in study_contents(study).source


def test_what_only_names_the_row():
    frame = pd.DataFrame(
        {"id": [7, 8, 9], "age": [30, 30, 31], "price": [1.5, 2.5, 3.5], "vip": [0, 1, 0]}
    )
    assert names_of_rows(frame, ["age", "price", "vip"]) == []
    assert names_of_rows(frame, list(frame)) == [
        "id has a different whole number in every row: --drop what only names the row"
    ]
    frame["no"] = [3, 1, 2]
    assert names_of_rows(frame, list(frame))[0].startswith(
        "id, no have a different whole number in"
    )


def test_what_names_rows_is_no_target():
    assert kind_of_names(np.array(["2024-05-31", "2024-06-01"])) == "dates"
    assert kind_of_names(np.array(["new tyres, bent rim", "one owner"])) == "free text"
    assert kind_of_names(np.array(["BK-10", "BK 11", "BK-12"])) == "an id"
    assert kind_of_names(np.arange(3)) == "an id"
    assert kind_of_names(np.array([0.5, 1e-20, -3.0])) == "numbers"
    assert kind_of_names(np.array(["0.5", "1"])) == "numbers"
    assert kind_of_names(np.array(["0.5", "v1.5"])) == "an id"


def test_numbers_of_rows_are_told_of_a_regression():
    (one,) = numbers_of_rows(np.arange(7000.0, 7300.0, 3), "patient no")
    assert one.startswith("patient no is a different whole number in every row: if it is an id")
    for y in (np.arange(100) + 0.5, np.arange(100) // 2, np.arange(100) * 900.0):
        assert numbers_of_rows(y, "price") == []


@pytest.mark.parametrize("scale", [1.0, 1e-6, 1e6])
def test_numbers_far_from_all_others(scale):
    usual = np.linspace(-1, 1, 101) * scale
    assert far_numbers(usual, "price") == []
    assert far_numbers(np.append(usual, 15 * scale), "price") == []
    (one,) = far_numbers(np.append(usual, 900 * scale), "price")
    assert one.startswith(f"price is {_number(900 * scale)} in 1 row, and 98 % of the others are ")
    (few,) = far_numbers(np.append(usual[::3], -900 * scale), "price")
    assert few.startswith(f"price is {_number(-900 * scale)} in 1 row")
    (two,) = far_numbers(np.append(usual, [500 * scale, -900 * scale]), "price")
    assert two.startswith(f"price goes to {_number(-900 * scale)} in 2 rows, and 98 %")


def test_numbers_as_people_write_them():
    found = [_number(value) for value in (9e8, -72082.4, 1234.5, 0.05, 1e30)]
    assert found == ["900,000,000", "-72,082", "1234.5", "0.05", "1e+30"]


def test_heavy_tails_are_no_mistakes():
    rng = np.random.default_rng(0)
    assert far_numbers(rng.lognormal(size=2000), "price") == []
    assert far_numbers(rng.standard_t(3, size=2000), "price") == []
    assert far_numbers(np.r_[np.zeros(99), 5.0], "price") == []  # rare is not far


def test_they_are_told_first(tmp_path):
    """With one wrong price, R2 was 0 on test rows and 0.95 on validation rows."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"number": np.arange(200), "area": rng.uniform(30, 200, 200)})
    frame["price"] = 2000 * frame["area"] + rng.normal(0, 100, 200)
    frame.loc[3, "price"] = 9e9
    frame.to_csv(tmp_path / "houses.csv", index=False)
    study = run_study(tmp_path / "houses.csv", target="price", hidden=[(3,)], max_iter=2)
    said = "price is 9,000,000,000 in 1 row, and 98 % of the others are between"
    assert "\nmind: " + said in format_study(study)
    (warning,) = study_contents(study).warnings
    assert warning.startswith(said)
    assert "number has a different whole number in every row" in study.data.DESCR
