"""Folds with classes that only one of them holds: as `GridSearchCV` scores them."""

import numpy as np
import pytest
from helpers import networks
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.model_selection import GridSearchCV, GroupKFold, KFold
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneuron import RottenNeuronPruner, RottenNeuronPrunerCV
from skneuron.pruning._fold_scores import has_unknown_classes

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.default_rng(0)
X = rng.normal(size=(180, 4))
y = (X[:, 0] + X[:, 1] * X[:, 2] > 0).astype(int)
y[:25] = 2  # Without shuffling, the first fold alone holds them.
GROUPS = np.arange(180) // 30
THRESHOLDS = [-np.inf, 0.0, 0.01]


def pruner(wrap=lambda mlp: mlp, **options):
    mlp = networks.small(MLPClassifier, hidden_layer_sizes=(6,), learning_rate_init=0.05)
    return RottenNeuronPruner(wrap(mlp), random_state=0, estimate_gain=False, **options)


def both(cv, groups=None, **options):
    fits = [
        RottenNeuronPrunerCV(pruner(**options), thresholds=THRESHOLDS, cv=cv),
        GridSearchCV(pruner(**options), {"threshold": THRESHOLDS}, cv=cv, refit=False,
                     scoring=options.get("scoring")),
    ]  # fmt: skip
    return [fit.fit(X, y, groups=groups).cv_results_ for fit in fits]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"scoring": "accuracy"},
        {"scoring": "balanced_accuracy"},
        {"scoring": "f1_macro"},
        {"fine_tune": 2, "scoring": "accuracy"},
        {"wrap": lambda mlp: make_pipeline(StandardScaler(), mlp)},
        {"strategy": "swap"},
    ],
    ids=["default", "accuracy", "balanced_accuracy", "f1_macro", "fine_tune", "pipeline", "swap"],
)
@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true")
def test_classes_that_one_fold_holds(options):
    ours, theirs = both(KFold(3), **options)
    for name in ("split0_test_score", "split1_test_score", "mean_test_score"):
        assert_allclose(ours[name], theirs[name], rtol=1e-12)
    assert np.isfinite(ours["mean_test_score"]).all()


def test_classes_that_one_group_holds():
    ours, theirs = both(GroupKFold(3), GROUPS)
    assert_allclose(ours["mean_test_score"], theirs["mean_test_score"], rtol=1e-12)


@pytest.mark.filterwarnings("ignore:One or more of the test scores are non-finite")
def test_scorers_that_fail_on_such_folds():
    with pytest.warns(UserWarning, match="Scoring failed"):
        ours, theirs = both(KFold(3), scoring="neg_log_loss")
    assert np.isnan(ours["split0_test_score"]).all()
    assert np.isnan(theirs["split0_test_score"]).all()
    # That fold's network is the only one that knows two classes. scikit-learn's scorer does not
    # learn from the others that they know a class that no held-out sample has; ours does.
    assert np.isfinite(ours["split1_test_score"]).all()


def test_unknown_classes():
    mlp = networks.small(MLPClassifier, hidden_layer_sizes=(6,)).fit(X[25:], y[25:])
    assert has_unknown_classes(mlp, y)
    assert not has_unknown_classes(mlp, y[25:])
    assert not has_unknown_classes(mlp, np.array([1, 1]))


@pytest.mark.filterwarnings("ignore:Only one class is present")
@pytest.mark.filterwarnings("ignore:One or more of the test scores are non-finite")
def test_scores_that_are_undefined_without_some_classes():
    """Folds whose samples lack classes that the network knows."""
    with pytest.warns(UserWarning, match="Scoring failed"):
        ours, theirs = both(KFold(3), scoring="roc_auc_ovr")
    for split in range(3):
        name = f"split{split}_test_score"
        assert_array_equal(np.isnan(ours[name]), np.isnan(theirs[name]))


def test_weights_of_zero_in_the_held_out_part():
    weight = np.zeros(180)
    weight[:40] = 1
    cv = [(np.arange(100), np.arange(100, 180))]
    given = pruner().set_params(cv=cv)
    with pytest.raises(ValueError, match="sample_weight is zero for all of the 80 samples"):
        given.fit(X, y, sample_weight=weight)
