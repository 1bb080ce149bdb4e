"""Memory does not grow with the square of the number of classes."""

import json
import subprocess
import sys

import numpy as np
import pytest
from helpers import oracle
from helpers.networks import make
from numpy.testing import assert_allclose

from skneuron import neuron_ablation
from skneuron.inspection._scoring import _blocks

LIMIT_MIB = 128
N_CLASSES, N_SAMPLES = 10_000, 3000
# Prints the most that NumPy and Python take during a call, beyond what there was before and its
# result, in MiB.
MEASURED = """
import json, sys, tracemalloc, warnings
import numpy as np
from skneuron import *
warnings.simplefilter("ignore")

def case(n_classes, n):
    rng, classes = np.random.default_rng(0), np.arange(n_classes)
    mlp = PrunableMLPClassifier((20,), random_state=0)
    mlp.partial_fit(np.zeros((2, 20)), np.arange(2), classes=np.arange(2))
    mlp.coefs_[1] = rng.normal(size=(20, n_classes))
    mlp.intercepts_[1] = rng.normal(size=n_classes)
    mlp.classes_, mlp.n_outputs_, mlp.out_activation_ = classes, n_classes, "softmax"
    mlp._label_binarizer.fit(classes)
    return mlp, rng.normal(size=(n, 20)), rng.integers(0, n_classes, n)

FUNCTIONS = {
    "ablation": neuron_ablation,
    "without losses": lambda *given: neuron_ablation(*given, losses=False),
    "verdicts": lambda *given: neuron_ablation(*given).verdicts(),
    "pairs": pairwise_ablation,
    "shapley": lambda *given: neuron_shapley(*given, max_permutations=4),
    "path": lambda *given: neuron_pruning_path(*given, n_neurons_to_select=18),
    "swap": lambda *given: neuron_pruning_path(*given, n_neurons_to_select=19, strategy="swap"),
}
small, sizes = (6, 60), json.loads(sys.argv[1])
for name in sys.argv[2:]:
    FUNCTIONS[name](*case(*small))
    given = case(*sizes)
    tracemalloc.start()
    result = FUNCTIONS[name](*given)
    left, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del result
    print(json.dumps([name, (peak - left) / 2**20]), flush=True)
"""


def peaks(n_samples, *names):
    """MiB by name, measured in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, json.dumps([N_CLASSES, n_samples]), *names],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = dict(map(json.loads, done.stdout.splitlines()))
    assert set(found) == set(names)
    return found


@pytest.mark.usefixtures("compiled")
def test_ablation():
    # 2.3 GiB before: three arrays of 10,000 by 10,000 cells, which nothing was counted in.
    found = peaks(N_SAMPLES, "ablation", "without losses", "verdicts")
    assert max(found.values()) < LIMIT_MIB, found


@pytest.mark.usefixtures("compiled")
def test_pairs_shapley_values_and_paths():
    found = peaks(300, "pairs", "shapley", "path", "swap")
    assert max(found.values()) < LIMIT_MIB, found


@pytest.mark.parametrize("n_bytes", [1, _blocks.SCRATCH_BYTES])
def test_fewer_threads_have_the_same_bits(n_bytes, monkeypatch):
    case = make("multiclass", (5, 4), n=300, activation="tanh")
    expected = neuron_ablation(case.mlp, case.X, case.y, scoring="roc_auc_ovr")
    monkeypatch.setattr(_blocks, "SCRATCH_BYTES", n_bytes)
    found = neuron_ablation(case.mlp, case.X, case.y, scoring="roc_auc_ovr")
    assert found.keys() == expected.keys()
    assert found.scores.tobytes() == expected.scores.tobytes()
    assert found.loss_importances.tobytes() == expected.loss_importances.tobytes()


@pytest.mark.parametrize("losses", [True, False])
def test_confusion_matrices_that_do_not_fit_are_not_needed(losses, monkeypatch):
    case = make("multiclass", (5, 4), n=80)
    full = neuron_ablation(case.mlp, case.X, case.y, losses=losses)
    monkeypatch.setattr("skneuron.inspection._scoring._wanted_sums.CONFUSION_BYTES", 0)
    found = neuron_ablation(case.mlp, case.X, case.y, losses=losses)
    assert "confusion_matrices" in full
    assert "confusion_matrices" not in found
    expected = oracle.ablation(case.net, case.X, case.y, case.classes)
    assert_allclose(found.scores, expected.scores, rtol=1e-13)
    assert_allclose(found.class_importances, expected.class_importances, atol=1e-13)
    np.testing.assert_array_equal(found.scores, full.scores)
