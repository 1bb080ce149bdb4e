"""What `neuron_ablation` is given and compared with in tests."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal


def assert_same(actual, expected, **tolerance):
    """Two ablations agree; bit for bit if no tolerance is given."""
    assert actual.keys() == expected.keys()
    for name in expected:
        if tolerance and np.asarray(expected[name]).dtype.kind == "f":
            assert_allclose(actual[name], expected[name], err_msg=name, **tolerance)
        else:
            assert_array_equal(actual[name], expected[name], err_msg=name)


def options_for(case, replacement):
    return {
        "replacement": replacement,
        "X_ref": None if replacement == "zero" else case.X_ref,
    }


def assert_is_the_oracles(ablation, expected):
    neurons = list(zip(ablation.layer.tolist(), ablation.index.tolist(), strict=True))
    assert neurons == expected.neurons
    assert ablation.n_fixed.tolist() == expected.n_fixed
    assert ablation.n_broken.tolist() == expected.n_broken
    assert_allclose(ablation.baseline_score, expected.baseline_score, rtol=1e-13)
    assert_allclose(ablation.scores, expected.scores, rtol=1e-13)
    importances = expected.baseline_score - np.array(expected.scores)
    assert_allclose(ablation.importances, importances, atol=1e-13)
    assert_allclose(ablation.class_importances, expected.class_importances, atol=1e-13)
    assert_allclose(ablation.confusion_matrix, expected.confusion_matrix, atol=1e-12)
    assert_allclose(ablation.confusion_matrices, expected.confusion_matrices, atol=1e-12)


each_replacement = pytest.mark.parametrize("replacement", ["zero", "mean", "linear"])
