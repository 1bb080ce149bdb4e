"""Data sets without the internet: a fake OpenML that holds small ones."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from skneuron import datasets
from skneuron.datasets import load_images

OPENML_NAMES = {"mnist": "mnist_784", "fashion_mnist": "Fashion-MNIST", "svhn": "SVHN"}
# Numbers of all and of training samples of the shrunken data sets that the fake OpenML holds.
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
            error = self.errors.pop(0)
            before = error.__context__
            try:
                raise error
            except BaseException:
                # Where somebody handles another error meanwhile, Python puts that there.
                error.__context__ = before or error.__context__
                raise
        X, y = self.pixels_and_labels(name)
        # Columns, and read-only, as pandas returns them.
        X = np.asfortranarray(X)
        X.setflags(write=False)
        return X, np.array([self.format_label(label) for label in y], dtype=object)


@pytest.fixture
def small(monkeypatch):
    """The data sets, with fewer samples."""
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
