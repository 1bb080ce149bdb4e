"""TransformedTargetRegressor: what the network in it predicts."""

import numpy as np
import pytest
from sklearn.compose import TransformedTargetRegressor
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PowerTransformer, StandardScaler

from skneuron import PrunableMLPRegressor, RottenNeuronPruner, write_report
from skneuron.report._score import plain
from skneuron.report._target_transform import own_targets
from skneuron.utils import training_in_full


@pytest.fixture(scope="module")
def prices():
    rng = np.random.default_rng(0)
    X = 100 * rng.normal(size=(300, 3))
    y = 1000 * np.exp(1 + X[:, 0] / 100) + 500
    return X[:200], y[:200], X[200:], y[200:]


def fitted(model, prices):
    with training_in_full():
        return model.fit(*prices[:2])


def small(**more):
    return MLPRegressor(hidden_layer_sizes=(6,), max_iter=60, learning_rate_init=0.02,
                        random_state=0, **more)  # fmt: skip


MODELS = {
    "pruner in it": lambda: TransformedTargetRegressor(
        make_pipeline(
            StandardScaler(),
            RottenNeuronPruner(
                PrunableMLPRegressor(hidden_layer_sizes=(6,), max_iter=60, random_state=0),
                random_state=0,
            ),
        ),
        transformer=StandardScaler(),
    ),
    "Pipeline in it": lambda: TransformedTargetRegressor(
        make_pipeline(StandardScaler(), small()), func=np.log1p, inverse_func=np.expm1
    ),
    "in a Pipeline": lambda: make_pipeline(
        StandardScaler(), TransformedTargetRegressor(small(), transformer=PowerTransformer())
    ),
    "in another": lambda: TransformedTargetRegressor(
        TransformedTargetRegressor(
            make_pipeline(StandardScaler(), small()), transformer=StandardScaler()
        ),
        func=np.log1p,
        inverse_func=np.expm1,
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_the_network_is_judged_by_what_it_was_trained_on(name, prices):
    model = fitted(MODELS[name](), prices)
    for whole in (model, FrozenEstimator(model)):
        found = own_targets(whole, prices[3])
        assert found.transformed_by
        assert found.y.shape == prices[3].shape
        # What comes out of the network, transformed back, is what the whole model predicts.
        own = found.fitted.predict(prices[2])
        np.testing.assert_allclose(
            own_targets(model, model.predict(prices[2])).y, own, rtol=1e-4, atol=1e-4
        )


@pytest.mark.parametrize("name", MODELS)
def test_a_page(name, prices, tmp_path):
    """It was refused, as if there were no network in it."""
    model = fitted(MODELS[name](), prices)
    X, y = prices[2:]
    page = write_report(model, X, y, tmp_path / "page.html").read_text("utf-8")
    own = own_targets(model, y)
    assert "<dt>Targets</dt><dd>as the network predicts them" in page
    assert f"transformed by {own.transformed_by[:10]}" in page
    assert f"a fitted {type(model).__name__}" in page
    whole = getattr(own.fitted, "steps", [("", own.fitted)])[-1][1]
    if not isinstance(whole, RottenNeuronPruner):
        assert f"<td>{plain(own.fitted.score(X, own.y), 3)}</td>" in page


def test_what_has_none_stays_as_it_is(prices, digits_pruner):
    y = prices[3]
    for whole in (digits_pruner, make_pipeline(digits_pruner), FrozenEstimator(digits_pruner)):
        found = own_targets(whole, y)
        assert found.fitted is whole
        assert found.y is y
        assert found.transformed_by == ""


def test_errors_name_the_targets(prices, tmp_path):
    model = fitted(MODELS["pruner in it"](), prices)
    with pytest.raises(ValueError, match="y_test: could not convert"):
        write_report(model, prices[2], ["a"] * 100, tmp_path / "p.html")
    with pytest.raises(ValueError, match="y_test=None"):
        write_report(model, prices[2], path=tmp_path / "p.html")
    with pytest.raises(NotFittedError):
        write_report(MODELS["in another"](), *prices[2:], tmp_path / "p.html")
    assert list(tmp_path.iterdir()) == []


HINT = "Or the targets were transformed for training: then pass the TransformedTargetRegressor"


def test_targets_that_were_forgotten_to_transform(prices, tmp_path):
    """The advice was to scale inputs and targets, which they were, or to train for longer."""
    model = fitted(MODELS["pruner in it"](), prices)
    X, y = prices[2:]
    whole = write_report(model, X, y, tmp_path / "whole.html").read_text("utf-8")
    inner = write_report(model.regressor_, X, y, tmp_path / "inner.html").read_text("utf-8")
    assert HINT in inner
    assert HINT not in whole
    assert "Predicted" not in inner
    assert "Always answering with the mean would have R² 0. Every neuron" in inner


def test_what_is_bad_although_its_targets_were_transformed_gets_no_such_advice(prices, tmp_path):
    X, y = prices[2:]
    model = TransformedTargetRegressor(
        MLPRegressor(hidden_layer_sizes=(6,), max_iter=2, random_state=0),
        transformer=StandardScaler(with_std=False),
    )
    page = write_report(fitted(model, prices), X, -y, tmp_path / "p.html").read_text("utf-8")
    assert "no better than a trivial answer" in page
    assert HINT not in page
