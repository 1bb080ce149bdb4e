"""CSV files as people have them."""

import gzip
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from skneuron.study._csv_file import MissingPandasError, check_columns, read_csv
from skneuron.study._data_split import InvalidStudyError

pd = pytest.importorskip("pandas", reason="pandas is not installed")

FRAME = pd.DataFrame({"a": [1.5, 2.25, np.nan], "b c": ["x", "y, z", "é"], "d": [1, 2, 3]})


@pytest.fixture
def file(tmp_path):
    return tmp_path / "table.csv"


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252", "utf-16"])
def test_any_separator_and_encoding(file, separator, encoding):
    FRAME.to_csv(file, index=False, sep=separator, encoding=encoding)
    asked = "UTF_8" if encoding.startswith("utf-8") else encoding
    pd.testing.assert_frame_equal(read_csv(file, asked).frame, FRAME)


def test_decimal_commas_where_semicolons_separate(file):
    FRAME.to_csv(file, index=False, sep=";", decimal=",")
    pd.testing.assert_frame_equal(read_csv(file).frame, FRAME)


def test_decimal_points_where_semicolons_separate(file):
    FRAME.to_csv(file, index=False, sep=";")
    pd.testing.assert_frame_equal(read_csv(file).frame, FRAME)


def test_a_single_column_and_spaces_around_names(file):
    file.write_text("one \n1\n2\n")
    assert read_csv(file).frame.to_dict("list") == {"one": [1, 2]}


def test_texts_with_separators_in_them_separate_nothing(file):
    file.write_text('a,b\n"x;y;z",1\n"u;v;w",2\n')
    assert list(read_csv(file).frame.columns) == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('a,b\n"1,024.5",x\n"12",y\n', {"sep": ",", "thousands": ","}),
        ("a;b\n1.024,5;x\n12;y\n", {"sep": ";", "decimal": ",", "thousands": "."}),
        ("a;b\n1024,5;x\n12,0;y\n", {"sep": ";", "decimal": ","}),
        ('a, b\n1024.5, x\n12, "y"\n', {"sep": ",", "skipinitialspace": True}),
        ("a\tb\n1024.5\tx\n12\ty\n", {"sep": "\t"}),
    ],
)
def test_pandas_reads_the_same_if_it_is_told_the_same(file, text, told):
    file.write_text(text)
    table = read_csv(file)
    assert table.options == {"encoding": "utf-8-sig"} | told
    assert table.frame.to_dict("list") == {"a": [1024.5, 12.0], "b": ["x", "y"]}
    pd.testing.assert_frame_equal(pd.read_csv(file, **table.options), table.frame)


@pytest.mark.parametrize("last", ["1,5", "none"])
def test_all_values_of_a_column_count(file, last):
    pd.DataFrame({"a": ["1,024"] * 2_000 + [last]}).to_csv(file, index=False)
    assert "thousands" not in read_csv(file).options


@pytest.mark.parametrize("date", ["01.02.2020", "1.2.20"])
def test_dates_are_no_thousands(file, date):
    file.write_text(f"price;day\n1.024,50;{date}\n")
    assert read_csv(file).frame.to_dict("list") == {"price": ["1.024,50"], "day": [date]}


def test_decimal_points_beside_thousands_with_points_stay_what_they_are(file):
    file.write_text("price;weight\n1.024,50;3.14\n")
    assert read_csv(file).frame.to_dict("list") == {"price": ["1.024,50"], "weight": [3.14]}
    file.write_text("price;people\n1.024,50;3.140\n12;7\n")
    assert read_csv(file).frame.to_dict("list") == {"price": [1024.5, 12], "people": [3140, 7]}


def test_pairs_of_numbers_are_no_thousands(file):
    file.write_text('price,place\n"1,024","4,12"\n')
    assert read_csv(file).frame.to_dict("list") == {"price": ["1,024"], "place": ["4,12"]}


@pytest.mark.parametrize("names", ["a,a,b", "a, a ,b", '"a",b,"a\n"'])
def test_two_columns_of_one_name(file, names):
    file.write_text(f"{names}\n1,2,3\n")
    with pytest.raises(InvalidStudyError, match=r"more than one column called 'a': give each"):
        read_csv(file)


def test_columns_without_names_are_not_of_one_name(file):
    file.write_text("a,,\n1,2,3\n")
    assert list(read_csv(file).frame.columns) == ["a", "Unnamed: 1", "Unnamed: 2"]


@pytest.mark.parametrize(
    ("content", "encoding", "says"),
    [
        (b"", "utf-8", "no table: its first line, of column names, is empty"),
        (b"\n1,2\n", "utf-8", "first line, of column names, is empty"),
        ("a\né\n".encode("latin-1"), "utf-8", r"not utf-8 text (byte 0xe9)"),
        ("a\n1\n".encode("utf-16"), "utf-8", "for example with --encoding utf-16, or"),
        (b"a,b\n1,2\n1,2,3,4\n", "utf-8", "is no table: Expected 2 fields in line 3, saw 4."),
        (
            b"PK\x03\x04\xff",
            "latin-1",
            "is no table: it is an Excel file, or packed: save it",
        ),
        (gzip.compress(b"a\n1\n"), "utf-8", "it is an Excel file, or packed"),
        (b"a\n1\n", "klingon", "encoding='klingon' is unknown: use 'utf-8'"),
    ],
)
def test_what_is_no_table_is_one_sentence(file, content, encoding, says):
    file.write_bytes(content)
    with pytest.raises(InvalidStudyError, match=re.escape(says)) as caught:
        read_csv(file, encoding)
    assert "\n" not in str(caught.value)


def test_a_byte_that_is_wrong_far_below_is_told_as_well(file):
    file.write_bytes(b"a\n" + b"x\n" * 200_000 + b"\xff\n")
    with pytest.raises(InvalidStudyError, match=r"0xff.*--encoding"):
        read_csv(file)


def test_files_that_are_none(tmp_path):
    with pytest.raises(InvalidStudyError, match=r"nope.csv' does not exist: pass a CSV file"):
        read_csv(tmp_path / "nope.csv")
    with pytest.raises(InvalidStudyError, match="is a folder"):
        read_csv(tmp_path)


def test_a_file_that_may_not_be_read(file, monkeypatch):
    file.write_text("a\n1\n")

    def refused(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refused)
    with pytest.raises(InvalidStudyError, match=r"cannot be read: Permission denied\."):
        read_csv(file)


def test_without_pandas(file, monkeypatch):
    file.write_text("a\n1\n")
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingPandasError, match="pandas, which is not installed"):
        read_csv(file)


def test_columns_that_are_not_there_are_named_with_what_was_meant():
    check_columns(FRAME, ["a", "d"], "table.csv", "--drop")
    with pytest.raises(InvalidStudyError, match=r"--drop 'b_c' is no .*mean 'b c'\? It has"):
        check_columns(FRAME, ["a", "b_c"], "table.csv", "--drop")
    with pytest.raises(InvalidStudyError, match=r"no column of table.csv. It has: a, b c, d\."):
        check_columns(FRAME, ["target"], "table.csv", "--target")
    many = pd.DataFrame(np.zeros((1, 30)), columns=[f"column{i}" for i in range(30)])
    with pytest.raises(InvalidStudyError, match=r"column19, \.\.\.\.$"):
        check_columns(many, ["price"], "table.csv", "--target")
    with pytest.raises(InvalidStudyError, match=r"mean 'b c'\? It has"):
        check_columns(FRAME, [" B C "], "table.csv", "--target")


def test_what_was_typed_is_a_part_of_what_was_meant():
    """For "id", "kind" was proposed."""
    frame = pd.DataFrame(
        np.zeros((1, 4)), columns=["kind", "bike_id", "the long bike_id", "ID no"]
    )
    with pytest.raises(InvalidStudyError, match="did you mean 'ID no'"):
        check_columns(frame, ["id"], "table.csv", "--drop")
    with pytest.raises(InvalidStudyError, match="did you mean 'bike_id'"):
        check_columns(frame.drop(columns="ID no"), ["id"], "table.csv", "--drop")
    with pytest.raises(InvalidStudyError, match=r"table\.csv\. It has"):
        check_columns(frame, ["k"], "table.csv", "--drop")  # a letter is in everything


def test_columns_with_commas_between_them_are_repeated():
    with pytest.raises(InvalidStudyError) as caught:
        check_columns(FRAME, ["a, b c"], "table.csv", "--drop")
    assert str(caught.value) == (
        "--drop 'a, b c': repeat it for each column: --drop a --drop 'b c'."
    )
    for wanted, option in (("a,x", "--drop"), ("a,d", "--target")):
        with pytest.raises(InvalidStudyError, match="is no column of"):
            check_columns(FRAME, [wanted], "table.csv", option)


def test_rows_that_end_in_a_separator_keep_their_columns(file):
    file.write_text("a,b,c\n1,2,x,\n3,4,y,\n")
    assert read_csv(file).frame.to_dict("list") == {"a": [1, 3], "b": [2, 4], "c": ["x", "y"]}


def test_rows_with_more_fields_than_names(file):
    file.write_text("a,b,c\n1,2,x,9\n3,4,y,9\n")
    with pytest.raises(InvalidStudyError, match="rows have more fields than its first line has"):
        read_csv(file)
