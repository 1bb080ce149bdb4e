"""A table of one's own, as a study takes it."""

import numpy as np
import pytest

from skneuron.study._data_split import InvalidStudyError
from skneuron.study._own_table import LEAST_OF_CLASS, table_data

pd = pytest.importorskip("pandas", reason="pandas is not installed")

ALL_DIFFERENT = "150 different texts in the 150 training and validation rows"


def customers(n=200, seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "id": [f"K{i}" for i in range(n)],
            "age": rng.integers(18, 80, n).astype(float),
            "plan": rng.choice(["basic", "pro"], n),
        }
    )
    frame["churned"] = np.where(frame["age"] + rng.normal(0, 10, n) > 50, "yes", "no")
    frame["price"] = 3000 + 20 * frame["age"] + rng.normal(0, 1, n)
    frame["level"] = (frame["age"] // 20).astype(int)
    return frame


@pytest.fixture
def table(tmp_path):
    def written(frame, name="customers.csv"):
        frame.to_csv(tmp_path / name, index=False)
        return tmp_path / name

    return written


def test_classes(table):
    data = table_data(table(customers()), target="churned", drop=["price"])
    assert (data.task, data.unit, data.score_name) == ("classification", "rows", "accuracy")
    assert data.class_names == ["no", "yes"]
    assert len(data.y_train) == 150
    assert len(data.y_test) == 50 == len(data.frame_test)
    assert data.feature_names == ["age", "level", "plan: basic", "plan: pro"]
    assert data.X_train.shape == (150, 4)
    assert f"column id is left out ({ALL_DIFFERENT})" in data.DESCR
    assert "25 % of the rows, drawn by seed 0" in data.DESCR
    # Proportions of classes are kept, and the same rows are drawn again.
    shares = [np.mean(y == "yes") for y in (data.y_train, data.y_test)]
    assert abs(shares[0] - shares[1]) < 0.01
    again = table_data(table(customers()), target="churned", drop=["price"])
    np.testing.assert_array_equal(again.X_test, data.X_test)


def test_nothing_of_the_test_part_is_in_the_features(table):
    path = table(customers())
    frame = pd.read_csv(path)  # not all digits of numbers are read by every pandas
    data = table_data(path, target="churned")
    ages = frame["age"].to_numpy()
    train = frame.drop(data.frame_test.index, errors="ignore")
    assert len(train) == 150
    trained_on = np.setdiff1d(frame["price"], data.frame_test["price"])
    of_training = frame["price"].isin(trained_on).to_numpy()
    scaled = (ages[of_training] - ages[of_training].mean()) / ages[of_training].std()
    np.testing.assert_allclose(np.sort(data.X_train[:, 0]), np.sort(scaled))


def test_numbers(table):
    frame = customers()
    data = table_data(table(frame), target="price", drop=["churned"])
    assert (data.task, data.score_name, data.class_names) == ("regression", "R2", [])
    assert data.y_train.mean() == pytest.approx(0, abs=1e-12)
    assert data.y_train.std() == pytest.approx(1)
    back = data.y_test * data.y_scaling.unit + data.y_scaling.shift
    assert set(back.round(6)) <= set(frame["price"].round(6))


@pytest.mark.parametrize(
    ("target", "task", "expected"),
    [
        ("level", "auto", "classification"),
        ("level", "regression", "regression"),
        ("age", "auto", "regression"),
        ("churned", "auto", "classification"),
    ],
)
def test_task(table, target, task, expected):
    frame = customers(400)
    frame["level"] = frame["level"].clip(1, 3)
    assert table_data(table(frame), target=target, task=task).task == expected


def test_rows_without_a_target_are_left_out_and_whole_numbers_stay_whole(table):
    frame = customers()
    frame["level"] = frame["level"].clip(1, 3).astype(float)
    frame.loc[:9, "level"] = np.nan
    data = table_data(table(frame), target="level")
    assert "10 rows without level are left out" in data.DESCR
    assert data.class_names == ["1", "2", "3"]
    assert len(data.y_train) + len(data.y_test) == 190


def test_a_test_table_of_its_own(table):
    train, test = customers(100), customers(60, seed=1)
    test["more"] = 1  # columns that nobody knows are nobody's business
    path = table(test, "test.csv")
    data = table_data(table(train), target="churned", drop=["price"], test=path)
    assert len(data.y_train) == 100
    assert len(data.y_test) == 60
    assert "the test part is test.csv" in data.DESCR
    with pytest.raises(InvalidStudyError, match=r"column 'age' is no column of test.csv"):
        table_data(
            table(train), target="churned", test=table(test.drop(columns="age"), "test.csv")
        )
    strange = table(test.assign(churned="maybe"), "test.csv")
    with pytest.raises(InvalidStudyError, match=r"test.csv: class 'maybe' of 'churned' is"):
        table_data(table(train), target="churned", test=strange)
    empty = table(test.iloc[:0], "test.csv")
    with pytest.raises(InvalidStudyError, match=r"test.csv has no rows with a churned"):
        table_data(table(train), target="churned", test=empty)


def _with(frame, **columns):
    return frame.assign(**columns)


@pytest.mark.parametrize(
    ("change", "options", "says"),
    [
        ({}, {"target": "churn"}, "--target 'churn' is no column .* did you mean 'churned'"),
        ({}, {"drop": ["ids"]}, "--drop 'ids' is no column"),
        ({}, {"drop": ["churned"]}, "--drop 'churned' is the target"),
        ({"churned": "yes"}, {}, "target 'churned' is yes in every row: there is nothing"),
        (
            {"plan": ["rare"] * 3 + ["usual"] * 197},
            {"target": "plan"},
            "class 'rare' of 2 has 3 of the rows, and needs at least 8",
        ),
        ({}, {"target": "plan", "task": "regression"}, "target 'plan' is no number, .* '"),
        ({"price": [np.inf, *range(199)]}, {"target": "price"}, "'price' is infinite"),
        ({"price": [1e300, *range(199)]}, {"target": "price"}, "1e\\+300, whose square is no"),
        ({"price": np.arange(200) * 1e-300}, {"target": "price"}, "1.99e-298, whose square is"),
        ({"age": [np.inf, *range(199)]}, {}, "part: column 'age' holds numbers that are infinite"),
        ({"age": [-1e200, *range(199)]}, {}, "column 'age' holds numbers .* or too large: mend"),
        ({"churned": None}, {}, r"has 0 rows with a target: .* \(Nothing, NA, None, null and nan"),
        (
            {"price": ["1", *["x"] * 199]},
            {"target": "price", "task": "regression"},
            "target 'price' is no number, for example 'x'",
        ),
        (
            {},
            {"drop": ["id", "age", "plan", "price", "level"]},
            "no column to learn from beside 'churned', or all are dropped.",
        ),
    ],
)
def test_what_cannot_be_learnt_is_one_sentence(table, change, options, says):
    path = table(_with(customers(), **change))
    with pytest.raises(InvalidStudyError, match=says):
        table_data(path, **({"target": "churned"} | options))


def _infinite_in_a_test_row(frame):
    frame.loc[3, "age"] = -np.inf


def _text_in_a_test_row(frame):
    frame["age"] = frame["age"].astype(object)
    frame.loc[3, "age"] = "old"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_infinite_in_a_test_row, "column 'age' holds numbers that are infinite"),
        (_text_in_a_test_row, "column 'age' is one of numbers: could not convert .* 'old'"),
    ],
)
def test_what_is_wrong_with_the_test_part_is_one_sentence(table, change, says):
    test = customers(60, seed=1)
    change(test)
    with pytest.raises(InvalidStudyError, match=f"customers.csv, or its test part: {says}"):
        table_data(table(customers()), target="churned", test=table(test, "test.csv"))


def test_true_and_false_are_the_same_in_a_test_table_with_gaps(table):
    train, test = customers(), customers(60, seed=1)
    train["churned"] = train["churned"] == "yes"
    test["churned"] = (test["churned"] == "yes").astype(object)
    test.loc[:9, "churned"] = None  # makes texts of the others
    data = table_data(table(train), target="churned", test=table(test, "test.csv"))
    assert data.y_train.dtype == data.y_test.dtype == bool
    np.testing.assert_array_equal(data.y_test, test["churned"][10:].astype(bool))


@pytest.mark.parametrize(
    ("labels", "test_labels", "names"),
    [
        ([0.5, 1.0, 2.0], [1, 2], ["0.5", "1", "2"]),
        ([2.0, 1e300], [2.0, 1e300], ["1e+300", "2"]),  # are no ints of 64 bits
        ([1, 2, 3], [1, 2, 3], ["1", "2", "3"]),
    ],
)
def test_numbers_that_name_classes(table, labels, test_labels, names):
    train, test = customers(), customers(60, seed=1)
    train["level"] = np.resize(labels, 200)
    test["level"] = np.resize(test_labels, 60)
    data = table_data(table(train), target="level", test=table(test, "test.csv"))
    assert data.class_names == names
    np.testing.assert_array_equal(data.y_test.astype(float), test["level"])


def test_what_guessing_would_get_is_told(table):
    train, test = customers(), customers(60, seed=1)
    train["plan"] = np.resize(["pro", "pro", "basic"], 200)
    test["plan"] = np.resize(["pro", "basic", "basic", "basic"], 60)
    data = table_data(table(train), target="plan", test=table(test, "test.csv"))
    # By the test rows, as what the page calls no better than a trivial answer.
    assert "always answering “basic” would be right in 75.0 % of the test rows" in data.DESCR
    assert "always" not in table_data(table(train), target="price").DESCR


@pytest.mark.parametrize("target", ["churned", "price"])
def test_rows_that_are_trained_on_are_no_test_part(table, target):
    path = table(customers())
    for test in (path, table(customers(), "copy.csv")):
        with pytest.raises(InvalidStudyError, match=r"--test .* holds the very rows that are"):
            table_data(path, target=target, test=test)


def test_one_row_without_a_target(table):
    frame = customers()
    frame.loc[3, "churned"] = None
    data = table_data(table(frame), target="churned")
    assert "; 1 row without churned is left out;" in data.DESCR


@pytest.mark.parametrize("path", [None, 3, b"a.csv", ["a.csv"]])
def test_what_is_no_path_is_named(path):
    with pytest.raises(InvalidStudyError, match=r"name=.* must be the path of a CSV file"):
        table_data(path, target="churned")


def test_two_rows(table):
    with pytest.raises(InvalidStudyError, match=r"has 2 rows with a target: .* at least 40"):
        table_data(table(customers(2)), target="churned")


def test_a_class_that_is_too_rare_is_named(table):
    frame = customers()
    frame.loc[: LEAST_OF_CLASS - 2, "churned"] = "maybe"
    with pytest.raises(InvalidStudyError, match=r"class 'maybe' of 3 has 7 of the rows"):
        table_data(table(frame), target="churned")
    frame.loc[LEAST_OF_CLASS - 1, "churned"] = "maybe"
    assert len(table_data(table(frame), target="churned").class_names) == 3


def test_no_column_to_learn_from(table):
    frame = customers()[["id", "churned"]].assign(country="at")
    with pytest.raises(InvalidStudyError, match=r"no column to learn from .* id is 150 different"):
        table_data(table(frame), target="churned")


def test_the_command_that_finds_it_again(table):
    path = table(customers())
    other = table(customers(seed=1), "test.csv")
    plain = table_data(path, target="churned")
    assert plain.command == [str(path), "--target", "churned"]
    data = table_data(
        path,
        target="level",
        task="regression",
        drop=["id", "price"],
        test=other,
        encoding="cp1252",
    )
    assert data.command == [
        str(path), "--target", "level", "--drop", "id", "--drop", "price", "--test", str(other),
        "--task", "regression", "--encoding", "cp1252",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("target", "kind"),
    [
        ("id", "an id, not classes: it has 200 different values in 200 rows, such as 'K0'. Name "),
        ("since", "dates, not classes"),
        ("words", "free text, not classes"),
        ("notes", "free text, not classes: it has 70 different values"),
        ("number", r"an id, not classes: .* come again, or use --task regression"),
        ("price", r"numbers, not classes: .* come again, or use --task regression"),
    ],
)
def test_what_names_the_row_is_no_class(target, kind, table):
    """Of an id, it said that class 'K0' of 200 had 1 of the rows."""
    frame = customers()
    frame["since"] = pd.date_range("2023-01-01", periods=200).astype(str)
    frame["words"] = "free text of " + frame["id"]
    frame["number"] = np.arange(200) * 3 + 1000
    frame["notes"] = [f"a note {i % 70}" for i in range(200)]
    with pytest.raises(InvalidStudyError, match=f"target '{target}' looks like {kind}"):
        table_data(table(frame), target=target, task="classification")
    if target == "number":
        (warning,) = table_data(table(frame), target="number").warnings
        assert warning.startswith("number is a different whole number in every row: if it is an")


def test_dates_are_named_with_what_to_do(table):
    frame = customers()
    assert "date" not in table_data(table(frame), target="churned").DESCR
    frame["since"] = pd.date_range("2023-01-01", periods=200).astype(str)
    data = table_data(table(frame), target="churned")
    assert f"column since is left out ({ALL_DIFFERENT})" in data.DESCR
    assert "; since looks like dates: put numbers in its place, such as the month" in data.DESCR
    frame["renewed"] = np.resize(["31.12.2023", "30.06.2024"], 200)
    data = table_data(table(frame), target="churned")
    assert "since, renewed look like dates: put numbers in their place" in data.DESCR
    assert "renewed: 31.12.2023" in data.feature_names
