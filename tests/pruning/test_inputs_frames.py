"""Data frames of any library whose column names scikit-learn reads."""

import numpy as np
import pandas as pd
import pytest
from helpers import networks
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneuron import RottenNeuronPruner, RottenNeuronPrunerCV

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.default_rng(0)
NAMES = ["a", "b", "c", "d"]
X = rng.normal(size=(120, 4))
y = (X[:, 0] + X[:, 1] > 0).astype(int)


def polars_frame(columns):
    reason = "polars is not installed: its frames are not tested"
    polars = pytest.importorskip("polars", reason=reason)
    return polars.DataFrame(columns)


def pyarrow_table(columns):
    reason = "pyarrow is not installed: its tables are not tested"
    pyarrow = pytest.importorskip("pyarrow", reason=reason)
    return pyarrow.table(columns)


each_library = pytest.mark.parametrize("frame", [pd.DataFrame, polars_frame, pyarrow_table])


def pruner(wrap=lambda mlp: mlp, **options):
    mlp = networks.small(MLPClassifier, hidden_layer_sizes=(6,), learning_rate_init=0.05)
    return RottenNeuronPruner(wrap(mlp), random_state=0, estimate_gain=False, **options)


def scaled(mlp):
    return make_pipeline(StandardScaler(), mlp)


def search():
    return RottenNeuronPrunerCV(pruner(), thresholds=[0.0, 0.01], cv=2)


makers = pytest.mark.parametrize(
    "make", [pruner, search, lambda: pruner(scaled)], ids=["pruner", "search", "pipeline"]
)


def columns(order=NAMES):
    return {name: X[:, NAMES.index(name)] for name in order}


@makers
@each_library
def test_names_are_kept_and_compared(frame, make):
    fitted = make().fit(frame(columns()), y)
    assert_array_equal(fitted.feature_names_in_, NAMES)
    inner = getattr(fitted, "pruner_", fitted).estimator_
    assert_array_equal(inner.feature_names_in_, NAMES)
    expected = make().fit(X, y)
    assert_array_equal(fitted.predict(frame(columns())), expected.predict(X))
    # The order of columns in memory changes the last bits of a scaler.
    assert_allclose(fitted.transform(frame(columns())), expected.transform(X), atol=1e-12)
    other_order = frame(columns(NAMES[::-1]))
    for method in (fitted.predict, fitted.transform, fitted.predict_proba):
        with pytest.raises(ValueError, match="feature names should match"):
            method(other_order)
    with pytest.raises(ValueError, match="feature names should match"):
        fitted.score(other_order, y)


@each_library
def test_prefit_networks(frame):
    mlp = pruner().estimator.fit(frame(columns()), y)
    fitted = pruner(lambda _: mlp, cv="prefit").fit(frame(columns()), y)
    assert_array_equal(fitted.feature_names_in_, NAMES)
    with pytest.raises(ValueError, match="feature names should match"):
        pruner(lambda _: mlp, cv="prefit").fit(frame(columns(NAMES[::-1])), y)


@pytest.mark.parametrize("make", [pruner, search])
def test_numbers_for_names_are_none(make):
    fitted = make().fit(pd.DataFrame(X), y)
    assert not hasattr(fitted, "feature_names_in_")
    assert_array_equal(fitted.predict_proba(X), make().fit(X, y).predict_proba(X))


def test_names_of_several_types():
    with pytest.raises(TypeError, match="Feature names are only supported"):
        pruner().fit(pd.DataFrame(X, columns=["a", "b", 3, 4]), y)


# ---- what `transform` returns


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_searches_decide_themselves_what_they_return(library):
    container = {"pandas": pd.DataFrame, "polars": None}[library]
    if container is None:
        reason = "polars is not installed: its frames are not tested"
        container = pytest.importorskip("polars", reason=reason).DataFrame
    fitted = search().fit(X, y)
    found = fitted.set_output(transform=library).transform(X)
    with config_context(transform_output=library):
        by_config = search().fit(X, y).transform(X)
    assert type(found) is type(by_config) is container
    assert list(found.columns) == list(by_config.columns) == list(fitted.get_feature_names_out())
    assert_array_equal(np.asarray(found), np.asarray(by_config))


def test_the_pruner_inside_does_not_overrule_the_search():
    inner = pruner().set_output(transform="pandas")
    fitted = RottenNeuronPrunerCV(inner, thresholds=[0.0], cv=2).fit(X, y)
    assert isinstance(fitted.transform(X), np.ndarray)
    with config_context(transform_output="pandas"):
        assert isinstance(fitted.set_output(transform="default").transform(X), np.ndarray)
