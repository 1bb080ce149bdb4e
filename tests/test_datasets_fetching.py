"""Tests of how skneuron.datasets asks scikit-learn for data, and of what may go wrong."""

import dataclasses
import errno
import gzip
import hashlib
import json
from http.client import IncompleteRead
from urllib.error import HTTPError, URLError

import numpy as np
import pytest
from helpers.fake_openml import OPENML_NAMES, SMALL, FakeOpenML, assert_same_data, files_in, load

from skneuron import datasets
from skneuron.datasets import DataUnavailableError

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
    assert caught[0].filename == load.__code__.co_filename
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
