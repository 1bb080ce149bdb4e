"""Which of scikit-learn's test files are run, and what is exchanged in them."""

import re
from dataclasses import dataclass, field


@dataclass
class Suite:
    """A test file of scikit-learn's, from its package folder."""

    path: str
    # Pattern to replacement, tried in order. Each has to be found: a file that has changed so
    # much is looked at by somebody.
    swaps: dict[str, str] = field(default_factory=dict)

    def swapped(self, text: str) -> str:
        """The file with our classes."""
        for pattern, replacement in self.swaps.items():
            text, n = re.subn(pattern, replacement, text, flags=re.MULTILINE | re.DOTALL)
            if not n:
                raise ValueError(f"sklearn/{self.path} has nothing like {pattern!r} any more")
        return text


ROUTING = "ConsumingNetwork, GroupShuffleSplit, NonConsumingNetwork, SingleSplit, meta_estimators"

# Not here: model_selection/tests/test_search.py. It is about grids and candidates of any
# estimator's parameters, of which `RottenNeuronPrunerCV` has none; that it takes what GridSearchCV
# takes is in the suites of RFE (its RFECV), and in tests/pruning/.
SUITES = {
    "mlp": Suite(
        "neural_network/tests/test_mlp.py",
        {
            r"\bMLP(Classifier|Regressor)\b": r"PrunableMLP\1",
            r"^from sklearn\.neural_network import Prunable": "from skneuron import Prunable",
        },
    ),
    "metadata_routing": Suite(
        "tests/test_metaestimators_metadata_routing.py",
        {
            r"^(METAESTIMATOR_IDS = )": r"METAESTIMATORS = meta_estimators(X, y_binary)\n\1",
            r"\bConsumingClassifier\(": "ConsumingNetwork(",
            r"\bNonConsumingClassifier\(\)": "NonConsumingNetwork()",
            r"\bConsumingSplitter\(": "SingleSplit(",
            r"metaestimator_class\(cv=GroupKFold\(n_splits=2\)": (
                "metaestimator_class(cv=GroupShuffleSplit(n_splits=1)"
            ),
            r"^(rng = )": f"from stand_ins import {ROUTING}\n\n\\1",
        },
    ),
    # A pruner's fit has two tasks, train and prune: that is their estimator's `max_iter`.
    "callback_support": Suite(
        "callback/tests/test_callback_support.py",
        {
            r"^    MaxIterEstimator,\n": "",
            r"\bMaxIterEstimator\b": "PrunerWithData",
            r"\bn_fits, max_iter = 5, 7$": "n_fits, max_iter = 5, 2",
            r"^(from sklearn\.utils\.parallel)": r"from stand_ins import PrunerWithData\n\1",
        },
    ),
    "callback_context": Suite(
        "callback/tests/test_callback_context.py",
        {
            r"^    MaxIterEstimator,\n": "",
            r"\bMaxIterEstimator\b": "PrunerWithData",
            r"\bmax_iter = (2, 3, )?\d+$": r"max_iter = \g<1>2",
            r"^(from sklearn\.callback\.tests)": r"from stand_ins import PrunerWithData\n\1",
        },
    ),
    "rfe": Suite(
        "feature_selection/tests/test_rfe.py",
        {
            # The estimators there have no neurons.
            r"(?<!class )\b(?:SVC|RandomForestClassifier|LogisticRegression|MockClassifier)\(": (
                "network("
            ),
            r"\b(?:SVR|LinearSVR|LinearRegression)\(": "regression_network(",
            r"\bRFECV\b": "pruner_cv",
            r"\bRFE\b": "pruner",
            r"^from sklearn\.feature_selection import .*?$": (
                "from stand_ins import network, pruner, pruner_cv, regression_network"
            ),
            r"\bn_features_to_select\b": "n_neurons_to_select",
            r"\.n_features_\b": ".n_neurons_",
        },
    ),
    "from_model": Suite(
        "feature_selection/tests/test_from_model.py",
        {
            r"(?<!class )\b(?:SGDClassifier|RandomForestClassifier|LogisticRegression)\(": (
                "network("
            ),
            r"(?<!class )\b(?:LinearSVC|PassiveAggressiveClassifier)\(": "network(",
            r"\bSelectFromModel\b": "pruner",
            r"\bestimator__C=": "estimator__alpha=",
            r"\.estimator_\.C\b": ".estimator_.alpha",
            r"^from sklearn\.feature_selection import .*?$": (
                "from stand_ins import network, pruner"
            ),
        },
    ),
}
