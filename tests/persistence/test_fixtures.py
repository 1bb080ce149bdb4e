"""What each release has saved is loaded by this version, or it is said why not."""

import json
import pickle
import warnings
from pathlib import Path

import joblib
import numpy as np
import pytest
from helpers.child_python import run_python
from helpers.saved import ESTIMATORS, OBJECTS, answers_of, fitted_objects, save
from numpy.testing import assert_allclose, assert_array_equal
from packaging.version import Version
from sklearn.exceptions import InconsistentVersionWarning

import skneuron
from skneuron.utils import _saved_state

HERE = Path(__file__).parent
FOLDERS = sorted(path.parent for path in HERE.glob("fixtures/*/versions.json"))
LATEST = max(FOLDERS, key=lambda folder: Version(folder.name))
FILES = [
    path
    for folder in FOLDERS
    for path in sorted(folder.glob("*.*"))
    if path.suffix in (".pkl", ".joblib")
]


def facts_of(folder):
    return json.loads((folder / "versions.json").read_text(encoding="utf-8"))


def loaded(path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InconsistentVersionWarning)
        return joblib.load(path) if path.suffix == ".joblib" else pickle.loads(path.read_bytes())


def assert_same_answers(found, expected):
    """But for rounding: another processor has saved them."""
    assert found.dtype.kind == expected.dtype.kind
    if expected.dtype.kind == "f":
        assert_allclose(found, expected, rtol=1e-6, atol=1e-12)
    else:
        assert_array_equal(found, expected)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_files_of_releases(path):
    facts = facts_of(path.parent)
    if facts["format"] != _saved_state.STATE_FORMAT:
        both = rf"saved by skneuron {facts['skneuron']} .* skneuron {skneuron.__version__} reads"
        with pytest.raises(ValueError, match=both):
            loaded(path)
        return
    answers = answers_of(loaded(path))
    with np.load(path.parent / "answers.npz") as saved:
        expected = {
            k.partition("/")[2]: v for k, v in saved.items() if k.startswith(f"{path.stem}/")
        }
    assert answers.keys() == expected.keys()
    for name, answer in answers.items():
        assert_same_answers(answer, expected[name])


def test_every_release_has_a_folder_with_every_kind():
    assert FOLDERS
    for folder in FOLDERS:
        assert facts_of(folder)["skneuron"] == folder.name
        assert len(list(folder.glob("*.pkl"))) >= 15
        assert sum(path.stat().st_size for path in folder.iterdir()) < 300_000
    assert LATEST.name == skneuron.__version__, "see tests/persistence/fixtures/README.md"
    assert {path.stem for path in LATEST.glob("*.pkl")} == set(OBJECTS)


def test_the_objects_are_those_that_are_listed():
    assert tuple(fitted_objects()) == OBJECTS
    predict = [name for name in OBJECTS if hasattr(fitted_objects()[name], "predict")]
    assert tuple(predict) == ESTIMATORS


def test_a_new_process_loads_them_without_being_told_of_this_package():
    folder = str(LATEST)
    script = f"""
import json, pickle, sys, warnings
from pathlib import Path
import numpy as np
warnings.simplefilter("ignore")
assert "skneuron" not in sys.modules
rows = np.linspace(-2, 2, 20).reshape(5, 4)
paths = Path({folder!r}).glob("*.pkl")
fitted = {{path.stem: pickle.loads(path.read_bytes()) for path in paths}}
found = {{n: f.predict(rows).tolist() for n, f in fitted.items() if hasattr(f, "predict")}}
print(json.dumps(found))
"""
    rows = np.linspace(-2, 2, 20).reshape(5, 4)
    here = {path.stem: loaded(path) for path in LATEST.glob("*.pkl")}
    expected = {n: f.predict(rows).tolist() for n, f in here.items() if hasattr(f, "predict")}
    assert len(expected) == 10
    found = run_python(script).result
    assert found.keys() == expected.keys()
    for name, answer in expected.items():
        assert_same_answers(np.array(found[name]), np.array(answer))


def test_the_recipe_writes_what_is_read(tmp_path):
    folder = tmp_path / "1.2.3"
    save(folder)
    assert facts_of(folder)["format"] == _saved_state.STATE_FORMAT
    files = {path.name for path in folder.iterdir()}
    assert files == {path.name for path in LATEST.iterdir()}
    with np.load(folder / "answers.npz") as saved:
        assert_array_equal(
            saved["pruner/predict"], answers_of(loaded(folder / "pruner.pkl"))["predict"]
        )
