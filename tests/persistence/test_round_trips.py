"""Saved and loaded objects, copies, and other processes' answer the same, bit for bit."""

import copy
import io
import multiprocessing
import pickle
from concurrent.futures import ProcessPoolExecutor

import joblib
import numpy as np
import pytest
from helpers.saved import ESTIMATORS, LABELS, OBJECTS, X, answers_of, fitted_objects

from skneuron import PrunableMLPClassifier, neuron_ablation, neuron_pruning_path, prune_neurons
from skneuron.surgery import unwrap


def through_joblib(fitted):
    file = io.BytesIO()
    joblib.dump(fitted, file)
    file.seek(0)
    return joblib.load(file)


WAYS = {
    **{
        f"pickle, protocol {n}": lambda x, n=n: pickle.loads(pickle.dumps(x, n)) for n in (2, 4, 5)
    },
    "joblib": through_joblib,
    "deepcopy": copy.deepcopy,
    "copy": copy.copy,
}


def assert_same_bits(found, expected):
    assert found.keys() == expected.keys()
    for name, answer in expected.items():
        assert found[name].dtype == answer.dtype
        np.testing.assert_array_equal(found[name], answer)


@pytest.mark.parametrize("name", OBJECTS)
@pytest.mark.parametrize("way", WAYS)
def test_what_comes_back_is_the_same(way, name):
    fitted = fitted_objects()[name]
    back = WAYS[way](fitted)
    assert type(back) is type(fitted)
    assert vars(back).keys() - {"_last_network"} <= vars(fitted).keys()
    assert_same_bits(answers_of(back), answers_of(fitted))


def test_spawned_processes_answer_the_same():
    """They import the package anew, and get the objects as pickles."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        found = list(
            pool.map(answers_of, [fitted_objects()[name] for name in OBJECTS], timeout=300)
        )
    for name, answers in zip(OBJECTS, found, strict=True):
        assert_same_bits(answers, answers_of(fitted_objects()[name]))


# ---- memory maps -------------------------------------------------------------------------------


def mapped(name, folder):
    """An object as `joblib.load(..., mmap_mode="r")` gives it: nobody may write to its arrays."""
    joblib.dump(fitted_objects()[name], folder / "saved")
    return joblib.load(folder / "saved", mmap_mode="r")


def target_of(mlp):
    """What the network in an object can be scored on and trained with further."""
    if not hasattr(mlp, "classes_"):
        return X[:, : mlp.n_outputs_].squeeze()
    if mlp.classes_.dtype.kind == "U":
        return LABELS
    return LABELS == "a" if mlp.classes_.dtype.kind == "b" else (X[:, :3] > 0).astype(int)


@pytest.mark.parametrize("name", OBJECTS)
def test_memory_mapped_objects_answer_the_same(name, tmp_path):
    assert_same_bits(answers_of(mapped(name, tmp_path)), answers_of(fitted_objects()[name]))


@pytest.mark.parametrize("name", ESTIMATORS)
def test_memory_mapped_networks_are_analysed_and_pruned(name, tmp_path):
    found, fitted = mapped(name, tmp_path), fitted_objects()[name]
    y = target_of(unwrap(found)[0])
    assert isinstance(unwrap(found)[0].coefs_[0], np.memmap)
    for f in ("importances", "loss_importances"):
        np.testing.assert_array_equal(
            neuron_ablation(found, X, y)[f], neuron_ablation(fitted, X, y)[f]
        )
    options = {"replacement": "linear", "X_ref": X}
    paths = [neuron_pruning_path(each, X, y, **options).prune_to(4) for each in (found, fitted)]
    smaller = [
        prune_neurons(each, [(0, 0)], replacement="linear", X=X) for each in (found, fitted)
    ]
    for ours, theirs in (paths, smaller):
        np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", ESTIMATORS)
def test_memory_mapped_networks_train_on_and_leave_the_file_alone(name, tmp_path):
    found = mapped(name, tmp_path)
    before = (tmp_path / "saved").read_bytes()
    ours, own = unwrap(found)[0], copy.deepcopy(unwrap(fitted_objects()[name])[0])
    y = target_of(ours)
    for mlp in (ours, own):
        mlp.set_params(max_iter=2, warm_start=True)
        if isinstance(mlp, PrunableMLPClassifier):
            mlp.set_params(class_weight=None)  # "balanced" needs all samples
        mlp.fit(X, y)
        if mlp.solver != "lbfgs" and not mlp.early_stopping:
            mlp.partial_fit(X, y)
    assert_same_bits(answers_of(ours), answers_of(own))
    assert ours.coefs_[0].flags.writeable
    assert (tmp_path / "saved").read_bytes() == before
