"""skops loads fitted objects with the documented list of trusted types, and nothing beyond it."""

import importlib
import re
from pathlib import Path

import joblib
import numpy as np
import pytest
from helpers.saved import ESTIMATORS, OBJECTS, answers_of, fitted_objects
from numpy.testing import assert_array_equal

import skneuron
from skneuron import to_sklearn
from skneuron.persistence import TRUSTED_TYPES
from skneuron.utils import _saved_state

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def skops():
    return pytest.importorskip("skops.io", reason="skops is not installed: see the extra 'all'")


def test_the_list_names_classes_that_exist():
    assert list(TRUSTED_TYPES) == sorted(set(TRUSTED_TYPES), key=TRUSTED_TYPES.index)
    for path in TRUSTED_TYPES:
        module, _, name = path.rpartition(".")
        found = getattr(importlib.import_module(module), name)
        assert isinstance(found, type)
        assert (found.__module__, found.__qualname__) == (module, name)


def test_the_list_has_every_public_class():
    public = {
        f"{value.__module__}.{value.__qualname__}"
        for value in map(vars(skneuron).get, skneuron.__all__)
        if isinstance(value, type)
    }
    assert public <= set(TRUSTED_TYPES)


def test_the_list_is_documented():
    text = (ROOT / "docs" / "persistence.md").read_text(encoding="utf-8")
    assert sorted(
        re.findall(r"^- `((?:skneuron|sklearn)\.[\w.]+)`$", text, re.MULTILINE)
    ) == sorted(TRUSTED_TYPES)


@pytest.mark.parametrize("name", OBJECTS)
def test_what_it_trusts_is_enough(skops, name):
    fitted = fitted_objects()[name]
    data = skops.dumps(fitted)
    assert set(skops.get_untrusted_types(data=data)) <= set(TRUSTED_TYPES)
    loaded = skops.loads(data, trusted=TRUSTED_TYPES)
    assert type(loaded) is type(fitted)
    found, expected = answers_of(loaded), answers_of(fitted)
    assert found.keys() == expected.keys()
    for key, answer in expected.items():
        assert_array_equal(found[key], answer)


def test_what_it_trusts_is_needed(skops):
    needed = [skops.get_untrusted_types(data=skops.dumps(o)) for o in fitted_objects().values()]
    assert set().union(*needed) == set(TRUSTED_TYPES)
    with pytest.raises(Exception, match="PrunableMLPClassifier") as error:
        skops.loads(skops.dumps(fitted_objects()["pruner"]), trusted=TRUSTED_TYPES[:-7])
    assert type(error.value).__name__ == "UntrustedTypesFoundException"


@pytest.mark.parametrize("name", ESTIMATORS)
def test_scikit_learn_s_own_needs_no_trust(skops, name):
    plain = to_sklearn(fitted_objects()[name])
    data = skops.dumps(plain)
    assert skops.get_untrusted_types(data=data) == []
    assert_array_equal(answers_of(skops.loads(data))["predict"], answers_of(plain)["predict"])


@pytest.mark.parametrize("name", ["classifier", "pipeline", "pruner_cv"])
def test_scikit_learn_s_own_of_memory_maps_needs_none_either(skops, name, tmp_path):
    joblib.dump(fitted_objects()[name], tmp_path / "saved")
    plain = to_sklearn(joblib.load(tmp_path / "saved", mmap_mode="r"))
    assert skops.get_untrusted_types(data=skops.dumps(plain)) == []


def test_another_format_is_refused_as_in_pickles(skops, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(skneuron, "__version__", "9.8.7")
        patch.setattr(_saved_state, "STATE_FORMAT", 98)
        data = skops.dumps(fitted_objects()["pruner"])
    with pytest.raises(
        ValueError, match=rf"by skneuron 9\.8\.7 in format 98, and skneuron {skneuron.__version__}"
    ):
        skops.loads(data, trusted=TRUSTED_TYPES)


def test_jackknifed_errors_stay_behind(skops):
    """skops saves what is in a dict, and not what is beside."""
    rows = np.eye(4)[np.arange(60) % 4] + np.linspace(0, 1, 240).reshape(60, 4)
    network = fitted_objects()["classifier"]
    ablation = skneuron.neuron_ablation(network, rows, network.predict(rows), scoring="f1_macro")
    loaded = skops.loads(skops.dumps(ablation), trusted=TRUSTED_TYPES)
    assert_array_equal(loaded.importances, ablation.importances)
    with pytest.raises(ValueError, match="Call verdicts before you copy or pickle it"):
        loaded.verdicts()
