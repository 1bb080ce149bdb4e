"""What tests of criteria share."""

from numpy.testing import assert_allclose

from skneuron.inspection._criteria._criteria import CRITERIA, neuron_criterion

WEIGHTS_ONLY = [name for name, criterion in CRITERIA.items() if not criterion.needs_X]
WITH_CLASSES = [name for name, criterion in CRITERIA.items() if criterion.needs_classes]
FOR_ANY = [name for name in CRITERIA if name not in WITH_CLASSES]


def all_criteria(case, X=None, y=None, **options):
    names = list(CRITERIA) if case.net.out_activation == "softmax" else FOR_ANY
    X, y = case.X if X is None else X, case.y if y is None else y
    return neuron_criterion(case.mlp, X, y, criterion=names, random_state=0, **options)


def assert_same(actual, expected, **tolerance):
    assert list(actual) == list(expected)
    for name, column in expected.items():
        assert_allclose(actual[name], column, err_msg=name, **tolerance)
