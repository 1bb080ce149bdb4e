"""Tests of skneuron.datasets: parameters, splits and contents; fake data sets, then real ones."""

import doctest
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from helpers.fake_openml import OPENML_NAMES, SMALL, assert_same_data, files_in, load
from sklearn.datasets import load_digits

from skneuron import datasets
from skneuron.datasets import DataUnavailableError, load_images

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
    assert caught[0].filename == load.__code__.co_filename

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
