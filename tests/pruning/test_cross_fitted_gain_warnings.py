"""Warnings of scorers about halves that the pruner has drawn: nobody could do anything."""

import warnings

import numpy as np
import pytest
from helpers import networks
from helpers.pruning_tasks import task_on

from skneuron.pruning._cross_fitted_gain import quiet_if_classes_lack


@pytest.mark.parametrize(
    ("kind", "rows", "is_quiet"),
    [
        ("multiclass", slice(None), False),
        ("multiclass", slice(1), True),
        ("multilabel", slice(None), False),
        ("multilabel", "no labels", True),
        ("regression", slice(1), False),
    ],
)
def test_warnings_of_parts_without_a_class_are_not_shown(kind, rows, is_quiet):
    task = task_on(networks.make(kind, (4, 3), n=60, activation="tanh"))
    positions = np.arange(len(task.y_eval))
    if rows == "no labels":
        positions = positions[task.y_eval[:, 0] == 0]
    else:
        positions = positions[rows]
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        before = list(warnings.filters)
        with quiet_if_classes_lack(task, positions):
            warnings.warn("no positive samples", stacklevel=1)
        assert warnings.filters == before
    assert len(shown) == (not is_quiet)
