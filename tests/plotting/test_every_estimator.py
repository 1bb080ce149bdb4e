"""Every display takes whatever a fitted network, a pruner or a search is wrapped in."""

import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.frozen import FrozenEstimator
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from skneuron import RottenNeuronPruner, RottenNeuronPrunerCV
from skneuron import plotting as p
from skneuron.surgery import earlier_network, unwrap, whole_names

pytestmark = pytest.mark.usefixtures("plt")

X, Y = (array[:300] for array in load_digits(return_X_y=True))
MLP = MLPClassifier((6, 4), early_stopping=True, random_state=0)
PRUNER = RottenNeuronPruner(make_pipeline(MinMaxScaler(), MLP), random_state=0, threshold=0.01)
SEARCH = RottenNeuronPrunerCV(PRUNER, thresholds=[0.0, 0.01], cv=2)
ESTIMATORS = {
    "network": MLP,
    "Pipeline": make_pipeline(MinMaxScaler(), MLP),
    "pruner": PRUNER,
    "search": SEARCH,
    "pruner in a Pipeline": make_pipeline(MinMaxScaler(), PRUNER),
    "search in a Pipeline": make_pipeline(MinMaxScaler(), SEARCH),
}


def last_names(estimator):
    """Of the last neuron of each layer, as the whole network has it: no other one is called so."""
    mlp, _ = unwrap(estimator)
    sizes = [len(biases) for biases in mlp.intercepts_[:-1]]
    addresses = [(layer, size - 1) for layer, size in enumerate(sizes)]
    return whole_names(addresses, sizes, earlier_network(estimator))


OF_NETWORKS = {
    "ablation": p.NeuronAblationDisplay.from_estimator,
    "verdicts": p.VerdictDisplay.from_estimator,
    "pairs": p.PairwiseAblationDisplay.from_estimator,
    "shapley": lambda e, X, y: p.ShapleyDisplay.from_estimator(e, X, y, max_permutations=2),
    "images": lambda e, X, y: p.ReceptiveFieldDisplay.from_estimator(
        e, last_names(e), image_shape=(8, 8)
    ),
    "bars": lambda e, X, y: p.ReceptiveFieldDisplay.from_estimator(e, [(0, 0), (1, 0)]),
}
OF_PRUNERS = {"path": p.PruningPathDisplay.from_estimator}
OF_SEARCHES = {"results": lambda e, X, y: p.CVResultsDisplay.from_estimator(e)}


@pytest.fixture(scope="module")
def fitted():
    return {name: clone(estimator).fit(X, Y) for name, estimator in ESTIMATORS.items()}


@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize("name", ESTIMATORS)
def test_displays(fitted, name, frozen):
    estimator = FrozenEstimator(fitted[name]) if frozen else fitted[name]
    has_path = "pruner" in name or "search" in name
    for draw in OF_NETWORKS.values():
        assert draw(estimator, X, Y).figure_.axes
    for displays, fits in [(OF_PRUNERS, has_path), (OF_SEARCHES, "search" in name)]:
        for draw in displays.values():
            if fits:
                assert draw(estimator, X, Y).figure_.axes
            else:
                with pytest.raises(TypeError, match="estimator must be a fitted RottenNeuron"):
                    draw(estimator, X, Y)


def test_no_display_is_forgotten():
    drawn = {
        "ablation": "NeuronAblationDisplay", "verdicts": "VerdictDisplay",
        "pairs": "PairwiseAblationDisplay", "shapley": "ShapleyDisplay",
        "images": "ReceptiveFieldDisplay", "bars": "ReceptiveFieldDisplay",
        "path": "PruningPathDisplay", "results": "CVResultsDisplay",
    }  # fmt: skip
    assert drawn.keys() == {*OF_NETWORKS, *OF_PRUNERS, *OF_SEARCHES}
    assert set(drawn.values()) == set(p.__all__)
