"""Tests of the compact copies of skneuron.datasets, and of folders that cannot be written."""

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from urllib.error import URLError

import numpy as np
import pytest
from helpers.fake_openml import SMALL, assert_same_data, files_in, load

from skneuron import datasets
from skneuron.datasets import DataUnavailableError

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


def damaged_copies(content):
    """A file with single bytes changed, wherever they are no pixels, or cut off, or cut out."""
    rng = np.random.default_rng(0)
    size = len(content)
    for place in (*range(120), *range(size - 420, size)):
        for value in (content[place] ^ 1, 40, 86):
            yield content[:place] + bytes([value]) + content[place + 1 :]
    yield from (content[:end] for end in range(0, size, 2999))
    for start, length in rng.integers([0, 1], [size, 600], (50, 2)):
        yield content[:start] + content[start + length :]
        yield content[:start] + rng.bytes(length) + content[start + length :]


def test_no_damage_makes_another_array(tmp_path, openml):
    """Nor an error: what is read is what was written, or nothing."""
    load("mnist", tmp_path)
    path, spec = tmp_path / "skneuron" / "mnist-v1.npz", datasets._DATASETS["mnist"]
    X, y = datasets._read_cache(path, spec)
    content, outcomes = path.read_bytes(), {"nothing": 0, "the same": 0}
    for damaged in damaged_copies(content):
        path.write_bytes(damaged)
        found = datasets._read_cache(path, spec)
        if found is not None:
            np.testing.assert_array_equal(found[0], X)
            np.testing.assert_array_equal(found[1], y)
        outcomes["nothing" if found is None else "the same"] += 1
    assert outcomes["nothing"] > 1000
    assert outcomes["the same"] > 100  # dates, for example, are of no importance


def test_a_full_disk_is_one_warning_and_leaves_nothing(tmp_path, openml):
    resource = pytest.importorskip("resource", reason="no limits of files on this system")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        with pytest.warns(UserWarning, match="Cannot write.*too large") as caught:
            first = load("mnist", tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert len(caught) == 1
    assert files_in(tmp_path) == []
    assert_same_data(first, load("mnist", tmp_path))


def test_many_writers_and_readers_at_once(tmp_path, openml):
    """Each finds all of the data, whoever has written it, and no temporary file stays."""
    expected = load("mnist", tmp_path / "elsewhere")

    def work(n):
        if n % 5 == 0:
            (tmp_path / "shared" / "skneuron" / "mnist-v1.npz").unlink(missing_ok=True)
        return load("mnist", tmp_path / "shared")

    with ThreadPoolExecutor(8) as threads:
        for data in threads.map(work, range(60)):
            assert_same_data(expected, data)
    assert files_in(tmp_path / "shared") == ["skneuron/mnist-v1.npz"]


def test_cache_folder_in_place_of_the_file_is_one_warning(tmp_path, openml):
    (tmp_path / "skneuron" / "mnist-v1.npz").mkdir(parents=True)
    with pytest.warns(UserWarning, match="Cannot write") as caught:
        load("mnist", tmp_path)
    assert len(caught) == 1
    assert files_in(tmp_path) == []


@pytest.mark.parametrize("error", [KeyboardInterrupt(), MemoryError(), OSError(28, "disk full")])
@pytest.mark.parametrize("where", ["write_array", "replace"])
def test_interrupted_write_leaves_nothing(where, error, tmp_path, openml, monkeypatch):
    def write_a_part(file, *arrays, **options):
        file.write(b"half of it")
        raise error

    def fail(source, target):
        raise error

    if where == "write_array":
        monkeypatch.setattr(datasets.np.lib.format, "write_array", write_a_part)
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
    assert caught[0].filename == load.__code__.co_filename
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
