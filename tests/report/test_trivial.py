"""What one gets without looking at a sample."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.datasets import load_diabetes, load_iris
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.neural_network import MLPClassifier, MLPRegressor

from skneuron import RottenNeuronPruner, neuron_ablation, write_report
from skneuron.report._trivial import trivial_answer, usual_advice
from skneuron.utils import training_in_full


@pytest.mark.parametrize(
    ("y", "name"),
    [
        (["b", "a", "b"], "always answering “b”"),
        (np.array(["b", "a", "b"], dtype=object), "always answering “b”"),
        ([True, False, True, True], "always answering “True”"),
        (np.array([[1], [2], [2]]), "always answering “2”"),
        ([[0, 1], [1, 1], [0, 1]], "always answering with the most frequent labels"),
    ],
)
def test_the_most_frequent_class_of_the_samples_themselves(y, name):
    dummy = DummyClassifier().fit(np.zeros((len(y), 1)), y)
    found = trivial_answer(y, is_classification=True)
    assert found.name == name
    assert found.score == pytest.approx(dummy.score(np.zeros((len(y), 1)), y))


def test_classes_have_the_names_that_readers_know():
    assert trivial_answer([1, 1, 0], True, {1: "cat"}).name == "always answering “cat”"


@pytest.mark.parametrize("y", [[1.0, 2.0, 4.0], [[1.0, 2.0], [0.0, 5.0]]])
def test_the_mean(y):
    X = np.zeros((len(y), 1))
    assert trivial_answer(y, is_classification=False).score == pytest.approx(
        DummyRegressor().fit(X, y).score(X, y)
    )


def test_only_of_a_regression_the_target_can_be_scaled():
    assert "target" not in usual_advice(is_classification=True)
    assert "a scaled target" in usual_advice(is_classification=False)


@pytest.mark.parametrize("y", [["b", "b"], np.ones((3, 2)), csr_matrix(np.ones((3, 2)))])
@pytest.mark.parametrize("is_classification", [True, False])
def test_there_is_none_where_all_targets_are_the_same(y, is_classification):
    assert trivial_answer(y, is_classification) is None


def test_one_class_in_the_test_part_is_no_sign_of_a_bad_network(tmp_path):
    X, y = load_iris(return_X_y=True)
    with training_in_full():
        mlp = MLPClassifier((10,), max_iter=1000, random_state=0).fit(X, y)
    is_first = y == 0
    assert mlp.score(X[is_first], y[is_first]) == 1
    page = write_report(mlp, X[is_first], y[is_first], tmp_path / "page.html")
    assert "trivial answer" not in page.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def diabetes():
    return load_diabetes(return_X_y=True)


@pytest.fixture(scope="module")
def idle(diabetes):
    """Targets of 25 to 346 are too large for so few epochs."""
    X, y = diabetes
    mlp = MLPRegressor(hidden_layer_sizes=(10,), max_iter=5, random_state=0)
    with training_in_full():
        return mlp.fit(X[:300], y[:300])


def test_a_page_says_first_that_nothing_was_learnt(diabetes, idle, tmp_path):
    X, y = diabetes
    score = idle.score(X[300:], y[300:])
    assert score < -1
    pruner = RottenNeuronPruner(FrozenEstimator(idle)).fit(X[:300], y[:300])
    ablation = neuron_ablation(idle, X[300:], y[300:])
    pages = [
        write_report(pruner, X[300:], y[300:], tmp_path / "pruner.html"),
        write_report(ablation, path=tmp_path / "ablation.html"),
    ]
    for page in pages:
        verdict = page.read_text(encoding="utf-8").partition('<p class="verdict">')[2]
        assert verdict.startswith("The whole network is no better than a trivial answer: its test")
        figure = f"R² is −{-score:.3f}, and always answering with the mean would get 0.000."
        assert figure in verdict[:200]
    assert "try the whole Pipeline, if this was the last step of one" in pages[0].read_text(
        "utf-8"
    )
    for page in pages:
        assert (
            "more epochs or other hidden layers. Or the targets were transformed for training: "
            "then pass the TransformedTargetRegressor itself."
        ) in page.read_text("utf-8")


def test_of_other_scores_nothing_is_said(diabetes, idle, tmp_path):
    X, y = diabetes
    found = neuron_ablation(idle, X[300:], y[300:], scoring="neg_median_absolute_error")
    page = write_report(found, path=tmp_path / "p.html")
    weighted = neuron_ablation(idle, X[300:], y[300:], sample_weight=np.arange(142.0))
    other = write_report(weighted, path=tmp_path / "q.html")
    assert "trivial" not in page.read_text("utf-8") + other.read_text("utf-8")


def test_a_network_that_has_learnt_says_nothing_of_it(digits, tmp_path):
    X, y, X_test, y_test = digits
    mlp = MLPClassifier((8,), max_iter=30, learning_rate_init=0.02, random_state=0)
    with training_in_full():
        mlp.fit(X, y)
    page = write_report(neuron_ablation(mlp, X_test, y_test), path=tmp_path / "p.html")
    assert "trivial" not in page.read_text("utf-8")
