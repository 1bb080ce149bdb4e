"""What tests of the study compute by other means: scores, p-values, samples with wrong labels."""

import copy
import math

import numpy as np
from sklearn.base import clone
from sklearn.utils import Bunch

from skneuron.study._data_split import split_training_samples, with_wrong_labels
from skneuron.study._held_out_evaluation import ControlResult, RemovalResult
from skneuron.utils import training_in_full


def mid_p(fixed, broken):
    """McNemar's mid-p-value: outcomes further from the middle count in full, those as far by half.

    If nothing has changed, it is 1.
    """
    n = fixed + broken
    seen = abs(fixed - broken)
    doubled = sum(
        math.comb(n, k) * ((abs(2 * k - n) > seen) + (abs(2 * k - n) >= seen))
        for k in range(n + 1)
    )
    return doubled / 2 ** (n + 1) if n else 1.0


def shares(images, n_train=None, seed=0):
    return split_training_samples(images, n_train, seed)


def silenced_score(mlp, layer, index, X, y):
    """Accuracy with the neuron's outgoing weights set to 0, by scikit-learn alone."""
    silenced = copy.deepcopy(mlp)
    silenced.coefs_[layer + 1][index] = 0
    return silenced.score(X, y)


def noisy_rows(images, result):
    """Rows to fit on and to choose by, with the wrong labels of the study's seed."""
    seed = result.networks[0].seed
    rng = np.random.default_rng([seed, 1])
    return [
        (images.X_train[rows], with_wrong_labels(images.y_train[rows], result.label_noise, rng))
        for rows in shares(images, n_train=600, seed=seed)
    ]


def trained_again(mlp, rows, **parameters):
    with training_in_full():
        return clone(mlp).set_params(**parameters).fit(*rows)


def fake_network(importances, layer=None, hidden=(6,), score_name="accuracy"):
    importances = np.array(importances)
    n = len(importances)
    layer = np.zeros(n, dtype=int) if layer is None else np.array(layer)
    return Bunch(
        hidden=hidden,
        score_name=score_name,
        mlp=Bunch(coefs_=[np.zeros((3, 6))], intercepts_=[np.zeros(6)]),
        repairs=[],
        baseline_score=0.95,
        test_importances=-importances,
        ablation=Bunch(
            layer=layer,
            index=np.arange(n),
            importances=importances,
            n_fixed=np.arange(n),
            n_broken=np.arange(n) + 1,
        ),
        removals={
            "greedy": RemovalResult(
                2, [2], 0.97, 0.945, 3, 8, 0.2265, np.array([0.9, 0.92, 0.94])
            ),
            "one_shot": RemovalResult(0, [0], 0.97, 0.95, 0, 0, 1.0, np.array([0.95, 0.95])),
        },
        controls={
            "early_stopping": ControlResult("epoch 12", 0.5, 0.975, 15, 2, 0.0002),
            "small_from_scratch": ControlResult("hidden (3, 2)", 0.4, 0.9, 1, 26, 0.04),
        },
    )
