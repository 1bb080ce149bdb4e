"""Tests of skneuron.datasets: most with a fake OpenML, some with the real data."""

import dataclasses
import doctest
import errno
import gzip
import hashlib
import json
import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from http.client import IncompleteRead
from pathlib import Path
from urllib.error import HTTPError, URLError

import numpy as np
import pytest
from sklearn.datasets import load_digits

from skneuron import datasets
from skneuron.datasets import DataUnavailableError, load_images

OPENML_NAMES = {"mnist": "mnist_784", "fashion_mnist": "Fashion-MNIST", "svhn": "SVHN"}
# Rows in all and training rows of the shrunken data sets that the fake OpenML holds.
SMALL = {"mnist": (70, 60), "fashion_mnist": (70, 60), "svhn": (1000, 730)}


class FakeOpenML:
    """Stands in for `fetch_openml`: answers with random images, and records its calls."""

    def __init__(self) -> None:
        self.calls: list[dict] = []
        self.errors: list[BaseException] = []  # to be raised by the next calls
        self.n_rows: int | None = None  # other than the data set has
        self.n_features: int | None = None
        self.format_label: Callable[[int], object] = str

    def pixels_and_labels(self, openml_name: str) -> tuple[np.ndarray, np.ndarray]:
        name = next(key for key, value in OPENML_NAMES.items() if value == openml_name)
        spec = datasets._DATASETS[name]
        shape = (self.n_rows or spec.n_rows, self.n_features or spec.n_features)
        X = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
        X[:, 0], X[0, 0] = 0, 255
        return X, np.arange(shape[0]) % 10

    def __call__(self, name: str, **options: object) -> tuple[np.ndarray, np.ndarray]:
        self.calls.append({"name": name, **options})
        if self.errors:
            raise self.errors.pop(0)
        X, y = self.pixels_and_labels(name)
        # Columns, and read-only, as pandas returns them.
        X = np.asfortranarray(X)
        X.setflags(write=False)
        return X, np.array([self.format_label(label) for label in y], dtype=object)


@pytest.fixture
def small(monkeypatch):
    """The data sets, with fewer rows."""
    for name, (n_rows, n_train) in SMALL.items():
        spec = dataclasses.replace(datasets._DATASETS[name], n_rows=n_rows, n_train=n_train)
        monkeypatch.setitem(datasets._DATASETS, name, spec)


@pytest.fixture
def openml(monkeypatch, small):
    fake = FakeOpenML()
    monkeypatch.setattr(datasets, "fetch_openml", fake)
    monkeypatch.setattr(datasets, "find_spec", lambda name: "found")
    return fake


def load(name, home, **options):
    return load_images(name, data_home=home, **{"verbose": False, **options})


def assert_same_data(a, b):
    for part in ("X_train", "y_train", "X_test", "y_test"):
        np.testing.assert_array_equal(a[part], b[part])


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


# ---------------------------------------------------------------------------------- parameters


def test_unknown_name_is_named_with_the_known_ones():
    with pytest.raises(ValueError, match=r"name='MNIST'.*'digits', 'fashion_mnist', 'm"):
        load_images("MNIST")


@pytest.mark.parametrize("name", [None, 3, ["mnist"]])
def test_a_name_of_another_type_is_a_value_error(name):
    with pytest.raises(ValueError, match="is unknown; known are 'digits'"):
        load_images(name)


@pytest.mark.parametrize("dtype", ["float16", "int64", "double", None, np.float32])
def test_unknown_dtype_is_named_with_the_known_ones(dtype):
    with pytest.raises(ValueError, match=r"dtype=.* is not one of 'float32', 'float64', 'uint8'"):
        load_images("digits", dtype=dtype)


def test_everything_but_the_name_is_keyword_only():
    with pytest.raises(TypeError):
        load_images("digits", None)  # type: ignore[call-arg]


# -------------------------------------------------------------------------------------- digits


def test_digits():
    digits = load_images("digits")
    assert digits.X_train.shape == (1297, 64)
    assert digits.X_test.shape == (500, 64)
    assert digits.X_train.dtype == digits.X_test.dtype == np.float32
    assert digits.y_train.dtype == digits.y_test.dtype == np.int64
    assert digits.image_shape == (8, 8)
    assert digits.class_names == list("0123456789")
    assert digits.name == "digits"
    assert digits.groups_train is None
    for expected in ("load_digits", "CC BY 4.0", "seeded, stratified; 1297 training, 500 test"):
        assert expected in digits.DESCR


def test_digits_are_those_of_scikit_learn_each_once():
    X, y = load_digits(return_X_y=True)
    digits = load_images("digits", dtype="float64")
    rows = np.column_stack(
        [np.vstack([digits.X_train, digits.X_test]), np.append(digits.y_train, digits.y_test)]
    )
    expected = np.column_stack([X / 16, y])
    np.testing.assert_array_equal(rows[np.lexsort(rows.T)], expected[np.lexsort(expected.T)])


def test_digits_split_is_stratified():
    digits = load_images("digits")
    n_train, n_test = np.bincount(digits.y_train), np.bincount(digits.y_test)
    np.testing.assert_allclose(n_test / (n_train + n_test), 500 / 1797, atol=0.01)


def test_digits_split_is_seeded():
    assert_same_data(load_images("digits"), load_images("digits", random_state=0))
    other = load_images("digits", random_state=1)
    assert not np.array_equal(load_images("digits").X_test, other.X_test)


def test_digits_need_no_data_home(tmp_path, openml, capsys):
    load_images("digits", data_home=tmp_path / "missing")
    assert not (tmp_path / "missing").exists()
    assert openml.calls == []
    assert capsys.readouterr().err == ""


def test_docstring_example():
    results = doctest.testmod(datasets)
    assert results.attempted == 3
    assert results.failed == 0


# ------------------------------------------------------------------------------ what is returned


@pytest.mark.parametrize("name", SMALL)
def test_official_split(name, tmp_path, openml):
    data = load(name, tmp_path, dtype="uint8")
    X, y = openml.pixels_and_labels(OPENML_NAMES[name])
    n_train = SMALL[name][1]
    np.testing.assert_array_equal(data.X_train, X[:n_train])
    np.testing.assert_array_equal(data.X_test, X[n_train:])
    np.testing.assert_array_equal(data.y_train, y[:n_train])
    np.testing.assert_array_equal(data.y_test, y[n_train:])
    assert "Split: official" in data.DESCR
    assert data.name == name


def test_the_real_sizes():
    specs = datasets._DATASETS
    assert (specs["mnist"].n_train, specs["mnist"].n_rows) == (60_000, 70_000)
    assert (specs["fashion_mnist"].n_train, specs["fashion_mnist"].n_rows) == (60_000, 70_000)
    assert (specs["svhn"].n_train, specs["svhn"].n_rows) == (73_257, 99_289)


@pytest.mark.parametrize(
    ("name", "image_shape", "first_class", "terms"),
    [
        ("mnist", (28, 28), "0", "free"),
        ("fashion_mnist", (28, 28), "T-shirt/top", "MIT"),
        ("svhn", (32, 32, 3), "0", "non-commercial research use only"),
    ],
)
def test_descriptions(name, image_shape, first_class, terms, tmp_path, openml):
    data = load(name, tmp_path)
    assert data.image_shape == image_shape
    assert data.X_train[0].reshape(data.image_shape).shape == image_shape
    assert data.class_names[0] == first_class
    assert len(data.class_names) == len(set(data.class_names)) == 10
    assert "OpenML" in data.DESCR
    assert f"Terms: {terms}" in data.DESCR


def test_changing_the_class_names_changes_no_later_load():
    load_images("digits").class_names.clear()
    assert len(load_images("digits").class_names) == 10


@pytest.mark.parametrize("again", [False, True], ids=["first", "cached"])
@pytest.mark.parametrize("name", ["digits", *SMALL])
@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8"])
def test_arrays_are_ready_for_use(name, dtype, again, tmp_path, openml):
    if again:
        load(name, tmp_path)
    data = load(name, tmp_path, dtype=dtype)
    white = {"uint8": 16 if name == "digits" else 255}.get(dtype, 1)
    assert data.X_train.max() == white
    assert data.X_train.min() == 0
    for X, y in ((data.X_train, data.y_train), (data.X_test, data.y_test)):
        assert X.dtype == dtype
        assert X.ndim == 2
        assert y.dtype == np.int64
        assert y.shape == X.shape[:1]
        for array in (X, y):
            assert array.flags.c_contiguous
            assert array.flags.writeable
    assert not np.shares_memory(data.X_train, data.X_test)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_scaling_is_the_division_in_the_wanted_type(dtype, tmp_path, openml):
    raw = load("mnist", tmp_path, dtype="uint8").X_train
    expected = raw.astype(dtype) / np.dtype(dtype).type(255)
    np.testing.assert_array_equal(load("mnist", tmp_path, dtype=dtype).X_train, expected)


@pytest.mark.parametrize("format_label", [str, int, "'{}'".format, '"{}"'.format])
def test_labels_of_every_parser(format_label, tmp_path, openml):
    openml.format_label = format_label
    np.testing.assert_array_equal(load("mnist", tmp_path).y_train, np.arange(60) % 10)


def test_svhn_zero_may_be_labelled_ten(tmp_path, openml):
    openml.format_label = lambda label: str(label or 10)
    np.testing.assert_array_equal(load("svhn", tmp_path).y_train, np.arange(730) % 10)


# ------------------------------------------------------------------------- groups, part of SVHN


def test_groups_of_the_full_svhn(tmp_path, openml):
    groups = load("svhn", tmp_path).groups_train
    assert groups.dtype == np.int64
    np.testing.assert_array_equal(groups, np.arange(730) // 50)


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_no_groups_elsewhere(name, tmp_path, openml):
    assert load(name, tmp_path).groups_train is None


def test_part_of_svhn_is_split_by_blocks_and_says_so(tmp_path, openml):
    openml.n_rows = 520  # ten blocks and a rest
    with pytest.warns(UserWarning, match="only 520 of the 1,000 rows of SVHN") as caught:
        data = load("svhn", tmp_path, dtype="uint8")
    assert len(caught) == 1
    assert "seeded split by blocks of 50 neighbouring rows" in str(caught[0].message)
    assert "crops of the same photo" in str(caught[0].message)
    assert caught[0].filename == __file__

    X, y = openml.pixels_and_labels("SVHN")
    row_of = {row.tobytes(): index for index, row in enumerate(X)}
    train = [row_of[row.tobytes()] for row in data.X_train]
    test = [row_of[row.tobytes()] for row in data.X_test]
    assert sorted(train + test) == list(range(520))
    np.testing.assert_array_equal(data.y_train, y[train])
    np.testing.assert_array_equal(data.groups_train, np.array(train) // 50)
    assert set(data.groups_train).isdisjoint(np.array(test) // 50)
    assert len(set(np.array(test) // 50)) == 3  # 0.2 of 11 blocks, rounded up
    assert "incomplete" in data.DESCR


def test_part_of_svhn_split_is_seeded(tmp_path, openml):
    openml.n_rows = 520
    with pytest.warns(UserWarning, match="only 520"):
        first, again, other = (load("svhn", tmp_path, random_state=seed) for seed in (0, 0, 1))
    assert_same_data(first, again)
    assert not np.array_equal(first.groups_train, other.groups_train)


def test_full_svhn_takes_the_place_of_a_part(tmp_path, openml):
    openml.n_rows = 520
    with pytest.warns(UserWarning, match="only 520"):
        load("svhn", tmp_path)
    assert files_in(tmp_path) == []  # a cached part would win for ever
    openml.n_rows = None
    assert len(load("svhn", tmp_path).X_train) == 730


@pytest.mark.parametrize(
    ("name", "n_rows", "n_features"),
    [("mnist", 69, None), ("mnist", 71, None), ("mnist", None, 783), ("svhn", 1001, None)],
)
def test_unexpected_shape_is_an_error(name, n_rows, n_features, tmp_path, openml):
    openml.n_rows, openml.n_features = n_rows, n_features
    with pytest.raises(DataUnavailableError, match=r"has the shape .*, not .*: delete it"):
        load(name, tmp_path)
    assert files_in(tmp_path) == []


# --------------------------------------------------------------------------- asking scikit-learn


@pytest.mark.parametrize("name", SMALL)
def test_the_request(name, tmp_path, openml):
    load(name, tmp_path)
    (call,) = openml.calls
    assert call["name"] == OPENML_NAMES[name]
    assert call["version"] == 1
    assert call["data_home"] == tmp_path
    assert call["as_frame"] is False
    assert call["parser"] == "pandas"
    n_features = datasets._DATASETS[name].n_features
    types = call["read_csv_kwargs"]["dtype"]
    assert types == {**dict.fromkeys(range(n_features), np.uint8), n_features: str}


def test_without_pandas_it_says_how_slow_that_is(tmp_path, openml, monkeypatch):
    monkeypatch.setattr(datasets, "find_spec", lambda name: None)
    with pytest.warns(UserWarning, match="Without pandas, parsing mnist_784 is slow") as caught:
        load("mnist", tmp_path)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert 'pip install "skneuron[plot]"' in str(caught[0].message)
    assert openml.calls[0]["parser"] == "liac-arff"
    assert "read_csv_kwargs" not in openml.calls[0]
    load("mnist", tmp_path)  # cached: no pandas needed, no warning


@pytest.mark.parametrize(("name", "expected"), [("mnist", "0.9 GiB"), ("svhn", "4.8 GiB")])
def test_without_pandas_the_memory_is_announced(name, expected, tmp_path, openml, monkeypatch):
    real = dict(zip(SMALL, (70_000, 70_000, 99_289), strict=True))[name]
    spec = dataclasses.replace(datasets._DATASETS[name], n_rows=real)
    monkeypatch.setitem(datasets._DATASETS, name, spec)
    monkeypatch.setattr(datasets, "find_spec", lambda name: None)
    openml.errors = [URLError("no network")]
    with pytest.warns(UserWarning, match=expected), pytest.raises(DataUnavailableError):
        load(name, tmp_path)


def test_progress_message_only_before_a_slow_load(tmp_path, openml, capsys):
    load("mnist", tmp_path, verbose=True)
    captured = capsys.readouterr()
    assert captured.err == f"fetching mnist_784 from OpenML, or from its copy in {tmp_path} ...\n"
    assert captured.out == ""
    load("mnist", tmp_path, verbose=True)
    assert capsys.readouterr().err == ""


def test_no_progress_message_if_not_verbose(tmp_path, openml, capsys):
    load("mnist", tmp_path, verbose=False)
    assert capsys.readouterr().err == ""


def test_default_data_home_is_that_of_scikit_learn(tmp_path, openml, monkeypatch):
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path / "default"))
    load("mnist", None)
    assert openml.calls[0]["data_home"] == tmp_path / "default"
    assert files_in(tmp_path / "default") == ["skneuron/mnist-v1.npz"]


def test_data_home_may_be_a_string_and_start_with_a_tilde(tmp_path, openml, monkeypatch):
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(tmp_path))
    load("mnist", "~/data")
    assert files_in(tmp_path / "data") == ["skneuron/mnist-v1.npz"]


# --------------------------------------------------------------------------------------- cache


@pytest.mark.parametrize("name", SMALL)
def test_second_load_is_the_first_without_openml(name, tmp_path, openml):
    first = load(name, tmp_path)
    assert files_in(tmp_path) == [f"skneuron/{name}-v1.npz"]
    second = load(name, tmp_path)
    assert len(openml.calls) == 1
    assert_same_data(first, second)


def test_cache_is_one_byte_a_pixel(tmp_path, openml):
    load("svhn", tmp_path)
    size = (tmp_path / "skneuron" / "svhn-v1.npz").stat().st_size
    assert size == pytest.approx(1000 * 3073, abs=1000)


def test_cache_is_as_readable_as_any_new_file(tmp_path, openml):
    load("mnist", tmp_path)
    (tmp_path / "other").touch()
    mode = (tmp_path / "skneuron" / "mnist-v1.npz").stat().st_mode
    assert mode == (tmp_path / "other").stat().st_mode


def test_cache_false_neither_writes_nor_reads(tmp_path, openml):
    load("mnist", tmp_path, cache=False)
    assert files_in(tmp_path) == []
    load("mnist", tmp_path)
    load("mnist", tmp_path, cache=False)
    assert len(openml.calls) == 3


def flip_a_pixel(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def save(**arrays):
    def damage(path):
        with path.open("wb") as file:
            np.savez(file, **arrays)

    return damage


X_OK, Y_OK = np.zeros((70, 784), np.uint8), np.zeros(70, np.uint8)


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda path: path.write_bytes(b""), id="empty"),
        pytest.param(lambda path: path.write_bytes(b"no zip file"), id="garbage"),
        pytest.param(lambda path: path.write_bytes(path.read_bytes()[:-9]), id="end missing"),
        pytest.param(lambda path: path.write_bytes(path.read_bytes()[:99]), id="head only"),
        pytest.param(flip_a_pixel, id="one bit flipped"),
        pytest.param(save(X=X_OK), id="no labels"),
        pytest.param(save(X=X_OK[1:], y=Y_OK[1:]), id="too few rows"),
        pytest.param(save(X=X_OK[:, 1:], y=Y_OK), id="too few columns"),
        pytest.param(save(X=X_OK, y=Y_OK[1:]), id="too few labels"),
        pytest.param(save(X=X_OK.astype(float), y=Y_OK), id="floats"),
        pytest.param(save(X=X_OK.astype(object), y=Y_OK), id="pickled objects"),
    ],
)
def test_damaged_cache_is_rebuilt(damage, tmp_path, openml):
    first = load("mnist", tmp_path)
    path = tmp_path / "skneuron" / "mnist-v1.npz"
    good = np.load(path)["X"]
    damage(path)
    assert_same_data(first, load("mnist", tmp_path))
    assert len(openml.calls) == 2
    np.testing.assert_array_equal(np.load(path)["X"], good)


def test_cache_folder_in_place_of_the_file_is_one_warning(tmp_path, openml):
    (tmp_path / "skneuron" / "mnist-v1.npz").mkdir(parents=True)
    with pytest.warns(UserWarning, match="Cannot write") as caught:
        load("mnist", tmp_path)
    assert len(caught) == 1
    assert files_in(tmp_path) == []


@pytest.mark.parametrize("error", [KeyboardInterrupt(), MemoryError(), OSError(28, "disk full")])
@pytest.mark.parametrize("where", ["savez", "replace"])
def test_interrupted_write_leaves_nothing(where, error, tmp_path, openml, monkeypatch):
    def write_a_part(file, **arrays):
        file.write(b"half of it")
        raise error

    def fail(source, target):
        raise error

    if where == "savez":
        monkeypatch.setattr(datasets.np, "savez", write_a_part)
    else:
        monkeypatch.setattr(datasets.os, "replace", fail)
    if isinstance(error, OSError):
        with pytest.warns(UserWarning, match="Cannot write.*disk full"):
            load("mnist", tmp_path)
    else:
        with pytest.raises(type(error)):
            load("mnist", tmp_path)
    assert files_in(tmp_path) == []


def test_interrupted_download_leaves_nothing(tmp_path, openml):
    openml.errors = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        load("mnist", tmp_path)
    assert files_in(tmp_path) == []


# ----------------------------------------------------------------------------- unwritable homes


def test_data_home_that_cannot_be_made_is_one_warning(tmp_path, openml):
    (tmp_path / "file").touch()
    home = tmp_path / "file" / "home"
    with pytest.warns(UserWarning, match="Cannot write.*as slow as this one") as caught:
        data = load("mnist", home)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert str(home) in str(caught[0].message)
    assert data.X_train.shape == (60, 784)
    load("mnist", home, cache=False)  # nothing to write, nothing to warn of


def test_default_data_home_that_cannot_be_made_is_one_warning(tmp_path, openml, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path / "file" / "home"))
    with pytest.warns(UserWarning, match="Cannot write"):
        assert load("mnist", None).X_train.shape == (60, 784)


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.ENOTDIR, errno.ENOSPC])
def test_scikit_learn_may_do_without_the_data_home(number, tmp_path, openml):
    openml.errors = [OSError(number, os.strerror(number))]
    assert load("mnist", tmp_path).X_train.shape == (60, 784)
    first, second = openml.calls
    assert first["data_home"] == tmp_path
    assert second["cache"] is False
    assert "data_home" not in second


def test_offline_is_reported_rather_than_the_unwritable_home(tmp_path, openml):
    openml.errors = [PermissionError(errno.EACCES, "denied"), URLError("no network")]
    with pytest.raises(DataUnavailableError, match=r"URLError.*no network"):
        load("mnist", tmp_path)


# -------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    "error",
    [
        URLError("no network"),
        HTTPError("https://openml.org", 503, "busy", None, None),  # type: ignore[arg-type]
        TimeoutError("too slow"),
        ConnectionResetError(errno.ECONNRESET, "reset"),
        IncompleteRead(b"some"),
        gzip.BadGzipFile("not a gzipped file"),
        EOFError("file ended"),
        ValueError("md5 checksum does not match"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_unavailable_data_is_one_clear_error(error, tmp_path, openml):
    openml.errors = [error]
    with pytest.raises(DataUnavailableError) as caught:
        load("fashion_mnist", tmp_path)
    assert isinstance(caught.value, OSError)
    assert caught.value.__cause__ is error
    message = str(caught.value)
    for expected in (
        "Cannot load 'fashion_mnist'",
        "OpenML's 'Fashion-MNIST'",
        f"the data home {str(tmp_path)!r}",
        f"({type(error).__name__}: {error})",
        "Connect to the internet",
        "pass its path as data_home",
        "load_images('digits') works offline",
    ):
        assert expected in message
    assert "\n" not in message
    assert files_in(tmp_path) == []


def test_the_error_names_the_first_of_a_chain(tmp_path, openml):
    # What scikit-learn raises after it failed to read a file and to download it again.
    error = URLError("no network")
    error.__context__ = EOFError("file ended")
    openml.errors = [error]
    with pytest.raises(DataUnavailableError, match="EOFError: file ended") as caught:
        load("mnist", tmp_path)
    assert caught.value.__cause__ is error


def test_the_error_does_not_blame_what_the_caller_was_handling(tmp_path, openml):
    openml.errors = [URLError("no network")]
    try:
        raise KeyError("of the caller")
    except KeyError:
        with pytest.raises(DataUnavailableError, match=r"\(URLError: .*no network"):
            load("mnist", tmp_path)


@pytest.mark.parametrize("error", [TypeError("a bug"), MemoryError(), ImportError("pandas")])
def test_other_errors_are_not_disguised(error, tmp_path, openml):
    openml.errors = [error]
    with pytest.raises(type(error)):
        load("mnist", tmp_path)


def test_a_failed_load_is_not_remembered(tmp_path, openml):
    openml.errors = [URLError("no network")]
    with pytest.raises(DataUnavailableError):
        load("mnist", tmp_path)
    assert load("mnist", tmp_path).X_train.shape == (60, 784)


# ------------------------------------------- the real fetch_openml on a home-made data home


@pytest.fixture
def mnist_home(tmp_path, small, monkeypatch):
    """A data home with 70 images, in the form that scikit-learn keeps its downloads in."""
    X, y = FakeOpenML().pixels_and_labels("mnist_784")
    attributes = "".join(f"@ATTRIBUTE pixel{i} NUMERIC\n" for i in range(1, 785))
    rows = "".join(f"{','.join(map(str, row))},{label}\n" for row, label in zip(X, y, strict=True))
    labels = [str(i) for i in range(10)]
    header = f"@RELATION mnist\n{attributes}@ATTRIBUTE class {{{','.join(labels)}}}\n@DATA\n"
    arff = (header + rows).encode()
    feature = {"is_ignore": "false", "is_row_identifier": "false", "number_of_missing_values": "0"}
    features = [
        {"index": str(i), "name": f"pixel{i + 1}", "data_type": "numeric", "is_target": "false"}
        for i in range(784)
    ]
    features.append({"index": "784", "name": "class", "data_type": "nominal", "is_target": "true"})
    description = {
        "id": "554",
        "name": "mnist_784",
        "version": "1",
        "description": "made up",
        "format": "ARFF",
        "status": "active",
        "url": "https://api.openml.org/data/v1/download/52667/mnist_784.arff",
        "md5_checksum": hashlib.md5(arff, usedforsecurity=False).hexdigest(),
    }
    api = "api/v1/json/data"
    answers = {
        f"{api}/list/data_name/mnist_784/limit/2/data_version/1": {
            "data": {"dataset": [{"did": 554, "name": "mnist_784", "version": 1}]}
        },
        f"{api}/554": {"data_set_description": description},
        f"{api}/features/554": {"data_features": {"feature": [feature | f for f in features]}},
        f"{api}/qualities/554": {
            "data_qualities": {"quality": [{"name": "NumberOfInstances", "value": "70.0"}]}
        },
    }
    content = {path: json.dumps(answer).encode() for path, answer in answers.items()}
    content["data/v1/download/52667/mnist_784.arff"] = arff
    for path, data in content.items():
        file = tmp_path / "openml" / "openml.org" / f"{path}.gz"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(gzip.compress(data))

    def no_network(request):
        raise URLError("no network")

    monkeypatch.setattr("sklearn.datasets._openml.urlopen", no_network)
    monkeypatch.setattr("sklearn.datasets._openml.time.sleep", lambda seconds: None)
    return tmp_path


def test_both_parsers_read_the_same(mnist_home, monkeypatch):
    pytest.importorskip("pandas")
    with_pandas = load("mnist", mnist_home, cache=False, dtype="uint8")
    monkeypatch.setattr(datasets, "find_spec", lambda name: None)
    with pytest.warns(UserWarning, match="Without pandas"):
        without = load("mnist", mnist_home, cache=False, dtype="uint8")
    assert_same_data(with_pandas, without)
    X, y = FakeOpenML().pixels_and_labels("mnist_784")
    np.testing.assert_array_equal(np.vstack([with_pandas.X_train, with_pandas.X_test]), X)
    np.testing.assert_array_equal(np.append(with_pandas.y_train, with_pandas.y_test), y)


def test_offline_with_scikit_learn_itself(mnist_home):
    # No warning of its retries either: the tests turn every warning into an error.
    with pytest.raises(DataUnavailableError, match=r"'Fashion-MNIST'.*URLError.*no network"):
        load("fashion_mnist", mnist_home)


@pytest.mark.parametrize(
    "content",
    [b"", b"no gzip file", gzip.compress(b"neither ARFF nor JSON")],
    ids=["empty", "no gzip", "other text"],
)
@pytest.mark.parametrize("file", ["52667/mnist_784.arff.gz", "554.gz"])
def test_damaged_download_with_scikit_learn_itself(file, content, mnist_home):
    folder = "api/v1/json/data" if file == "554.gz" else "data/v1/download"
    path = mnist_home / "openml" / "openml.org" / folder / file
    assert path.exists()
    path.write_bytes(content)
    with pytest.raises(DataUnavailableError, match=r"gzip|md5|JSON") as caught:
        load("mnist", mnist_home)
    assert "no network)" not in str(caught.value)  # true, but not what is wrong
    assert not (mnist_home / "skneuron").exists()


def test_truncated_download_with_scikit_learn_itself(mnist_home):
    path = next(mnist_home.rglob("mnist_784.arff.gz"))
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(DataUnavailableError, match="EOFError"):
        load("mnist", mnist_home)


def test_unmakeable_home_with_scikit_learn_itself(mnist_home):
    (mnist_home / "file").touch()
    with pytest.raises(DataUnavailableError, match=r"URLError.*no network"):
        load("mnist", mnist_home / "file" / "home")


# ------------------------------------------------------------------------------ the real data


@pytest.mark.parametrize(
    ("name", "first_labels", "counts"),
    [
        (
            "mnist",
            ([5, 0, 4, 1, 9], [7, 2, 1, 0, 4]),
            (
                [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
                [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009],
            ),
        ),
        ("fashion_mnist", ([9, 0, 0, 3, 0], [9, 2, 1, 1, 6]), ([6000] * 10, [1000] * 10)),
    ],
)
def test_real_official_sets(name, first_labels, counts, data_home):
    pytest.importorskip("pandas")
    first = load(name, data_home, dtype="uint8")
    second = load(name, data_home)
    assert first.X_train.shape == (60_000, 784)
    assert first.X_test.shape == (10_000, 784)
    for y, labels, count in zip((first.y_train, first.y_test), first_labels, counts, strict=True):
        assert y[:5].tolist() == labels
        assert np.bincount(y).tolist() == count
    np.testing.assert_array_equal(second.X_test, first.X_test / np.float32(255))
    np.testing.assert_array_equal(second.y_train, first.y_train)


def test_real_part_of_svhn(data_home):
    pytest.importorskip("pandas")
    with pytest.warns(UserWarning, match="only 10,000 of the 99,289 rows of SVHN"):
        svhn = load("svhn", data_home)
    assert svhn.X_train.shape == (8000, 3072)
    assert svhn.X_test.shape == (2000, 3072)
    assert svhn.groups_train.shape == (8000,)
    assert len(np.unique(svhn.groups_train)) == 160
    assert (np.diff(svhn.groups_train) >= 0).all()
    # Photos are smooth: rows of pixels in another order would make neighbours differ much more.
    images = svhn.X_train[:500].reshape(-1, *svhn.image_shape)
    assert np.abs(np.diff(images, axis=1)).mean() < 0.05
    assert np.abs(np.diff(images, axis=2)).mean() < 0.05


def test_real_mnist_needs_a_few_times_its_size_in_memory(data_home):
    pytest.importorskip("pandas")
    if not Path("/proc/self/status").exists():
        pytest.skip("the peak memory is read from /proc/self/status")
    code = """if True:
        import sys
        from skneuron.datasets import load_images

        def peak():
            lines = open("/proc/self/status").read().splitlines()
            return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

        before = peak()
        load_images("mnist", data_home=sys.argv[1], dtype="uint8", cache=False)
        print(peak() - before)
    """
    command = [sys.executable, "-c", code, str(data_home)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    # 52 MiB of pixels; a float64 copy alone would be 419 MiB, and scikit-learn makes two.
    assert int(done.stdout) / 1024 < 12 * 52


def test_warnings_are_errors():
    # The tests above rely on it: "no warning" is not asserted one by one.
    with pytest.raises(UserWarning):
        warnings.warn("a warning", UserWarning, stacklevel=1)
