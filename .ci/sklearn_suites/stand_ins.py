"""What scikit-learn's tests use in place of their own helpers, where ours need a network."""

import numpy as np
from sklearn.model_selection import GroupShuffleSplit  # noqa: F401  (tests import it from here)
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.tests.metadata_routing_common import (
    ConsumingSplitter,
    record_metadata_not_default,
)

from skneuron import RottenNeuronPruner, RottenNeuronPrunerCV

# As many neurons as scikit-learn's tests of RFE have features, most often.
SMALL = {"hidden_layer_sizes": (10,), "solver": "lbfgs", "max_iter": 15, "random_state": 0}


def network(**ignored):
    """In place of a linear classifier or a forest, whose parameters it does not know."""
    return MLPClassifier(**SMALL)


def regression_network(**ignored):
    """As `network`, for regression."""
    return MLPRegressor(**SMALL)


def pruner(estimator, **parameters):
    """In place of RFE, which does not split its samples, let alone at random."""
    return RottenNeuronPruner(estimator, random_state=0, estimate_gain=False, **parameters)


def pruner_cv(estimator, *, cv=None, n_jobs=None, **parameters):
    """In place of RFECV, which knows all parameters itself."""
    return RottenNeuronPrunerCV(pruner(estimator, **parameters), cv=cv, n_jobs=n_jobs)


# ---- metadata routing


class NonConsumingNetwork(MLPClassifier):
    """A network for which nothing is requested."""

    def __init__(self, hidden_layer_sizes=(3,), max_iter=3, solver="lbfgs", random_state=0):
        super().__init__(
            hidden_layer_sizes, max_iter=max_iter, solver=solver, random_state=random_state
        )

    def fit(self, X, y):
        return super().fit(X, y)


class ConsumingNetwork(NonConsumingNetwork):
    """A network that notes what metadata it is given, as their `ConsumingClassifier` does."""

    def __init__(
        self,
        registry=None,
        hidden_layer_sizes=(3,),
        max_iter=3,
        solver="lbfgs",
        random_state=0,
    ):
        super().__init__(hidden_layer_sizes, max_iter, solver, random_state)
        self.registry = registry

    def _note(self, sample_weight, metadata):
        record_metadata_not_default(self, sample_weight=sample_weight, metadata=metadata)

    def fit(self, X, y, sample_weight="default", metadata="default"):
        if self.registry is not None:
            self.registry.append(self)
        self._note(sample_weight, metadata)
        return super().fit(X, y)

    def score(self, X, y, sample_weight="default", metadata="default"):
        if self.registry is not None and self not in self.registry:
            self.registry.append(self)
        self._note(sample_weight, metadata)
        return 1.0


class SingleSplit(ConsumingSplitter):
    """Their splitter, which notes metadata, with the first of its splits only."""

    def get_n_splits(self, X=None, y=None, groups=None, metadata=None):
        return 1

    def split(self, X, y=None, groups="default", metadata="default"):
        yield next(super().split(X, y, groups=groups, metadata=metadata))


def meta_estimators(X, y):
    """What is to be known of our meta-estimators, in the form of their list."""
    common = {
        "metaestimator": RottenNeuronPruner,
        "estimator": "classifier",
        "estimator_name": "estimator",
        "init_args": {"estimate_gain": False},
        "X": X,
        "y": y,
        "preserves_metadata": "subset",
    }
    # One as they have RFE there, and one as they have RFECV.
    return [
        common
        | {
            "estimator_routing_methods": ["fit", "score"],
            "filter_registry": {"score": slice(-1, None)},
        },
        common
        | {
            "estimator_routing_methods": ["fit"],
            "scorer_name": "scoring",
            "scorer_routing_methods": ["fit"],
            "cv_name": "cv",
            "cv_routing_methods": ["fit"],
        },
    ]


# ---- callbacks

CLUSTERS = np.random.default_rng(0).normal(size=(40, 3))
SIDES = (CLUSTERS[:, 0] > 0).astype(int)


class PrunerWithData(RottenNeuronPruner):
    """A pruner whose `fit` needs no data, as that of the estimators in tests of callbacks."""

    def __init__(self, max_iter=2, computation_intensity=0.0):
        super().__init__(network(), estimate_gain=False, random_state=0)
        self.max_iter = max_iter
        self.computation_intensity = computation_intensity

    def fit(self, X=None, y=None, sample_weight=None):
        if X is None or y is None:
            X, y = CLUSTERS, SIDES
        given = {} if sample_weight is None else {"sample_weight": sample_weight}
        return super().fit(X, y, **given)
