"""Repairs inside of pruners hold out whole groups, and tell callbacks how far they are."""

import pickle
from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.datasets import load_digits
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GroupShuffleSplit

from skneuron import PrunableMLPClassifier, RottenNeuronPruner, RottenNeuronPrunerCV
from skneuron.surgery._refit import _refit_network
from skneuron.surgery._refit._hold_out import held_out
from skneuron.utils import training_in_full

X, y = load_digits(return_X_y=True)
X, y = X[:400] / 16, y[:400]
GROUPS = np.arange(400) // 8 + 100
SPLIT = GroupShuffleSplit(n_splits=1, test_size=0.25, random_state=0)
SMALL = {"n_neurons_to_select": 8, "step": 4, "refit": "outputs", "random_state": 0}


def network():
    return PrunableMLPClassifier((20,), max_iter=15, random_state=0)


@pytest.fixture(scope="module")
def trained():
    with training_in_full():
        return network().fit(X, y)


@pytest.fixture
def hold_outs(monkeypatch):
    """(groups, what is fitted to, what is held out) of every repair."""
    seen = []

    def spy(n_samples, groups, rng):
        parts = held_out(n_samples, groups, rng)
        seen.append((groups, *parts))
        return parts

    monkeypatch.setattr(_refit_network, "held_out", spy)
    return seen


def assert_whole_groups(hold_outs, n_repairs, n_groups):
    assert len(hold_outs) == n_repairs
    for groups, fit, held in hold_outs:
        assert len(np.unique(groups)) in n_groups
        assert not set(groups[fit]) & set(groups[held])


@pytest.mark.parametrize("is_routed", [False, True])
def test_groups_of_the_training_part(hold_outs, is_routed):
    with config_context(enable_metadata_routing=is_routed), training_in_full():
        split = SPLIT.set_split_request(groups=True) if is_routed else SPLIT
        RottenNeuronPruner(network(), cv=split, **SMALL).fit(X, y, groups=pd.Series(GROUPS))
    # The network itself, two halves, and five random removals for each.
    assert_whole_groups(hold_outs, 13, n_groups=[37])
    train, _ = next(SPLIT.split(X, y, GROUPS))
    np.testing.assert_array_equal(hold_outs[0][0], GROUPS[train])


def test_groups_of_a_fitted_network(trained, hold_outs):
    RottenNeuronPruner(trained, cv="prefit", **SMALL).fit(X, y, groups=list(GROUPS))
    np.testing.assert_array_equal(hold_outs[0][0], GROUPS)
    # Halves of the samples choose and judge; what repairs is the half that chooses.
    assert all(len(groups) == 200 for groups, *_ in hold_outs[1:])
    assert_whole_groups(hold_outs, 13, n_groups=range(40, 51))


def test_groups_in_a_search(hold_outs):
    pruner = RottenNeuronPruner(network(), cv=SPLIT, **SMALL | {"estimate_gain": False})
    search = RottenNeuronPrunerCV(pruner, n_neurons_to_select=[6, 10], cv=GroupShuffleSplit(2))
    with training_in_full():
        search.fit(X, y, groups=GROUPS)
    assert_whole_groups(hold_outs, 5, n_groups=range(25, 40))


def test_groups_in_a_search_over_a_fitted_network(trained, hold_outs):
    mlp = FrozenEstimator(trained)
    pruner = RottenNeuronPruner(mlp, cv="prefit", estimate_gain=False, **SMALL)
    search = RottenNeuronPrunerCV(pruner, n_neurons_to_select=[6, 10], cv=GroupShuffleSplit(2))
    search.fit(X, y, groups=GROUPS)
    assert_whole_groups(hold_outs, 5, n_groups=[40, 50])


def test_samples_of_ones_own_have_no_groups(trained, hold_outs):
    pruner = RottenNeuronPruner(network(), cv=SPLIT, estimate_gain=False, **SMALL)
    with training_in_full():
        pruner.fit(X, y, groups=GROUPS, X_refit=X[:100])
    assert [groups for groups, *_ in hold_outs] == [None]
    prefit = RottenNeuronPruner(trained, cv="prefit", **SMALL)
    with pytest.raises(ValueError, match="groups are those of X, but with cv='prefit' and X_ref"):
        prefit.fit(X, y, groups=GROUPS, X_refit=X[:100])


def test_without_a_repair_nothing_looks_at_groups(trained):
    pruner = RottenNeuronPruner(trained, cv="prefit")
    with pytest.raises(ValueError, match="groups were given, but cv='prefit' does not look"):
        pruner.fit(X, y, groups=GROUPS)


def test_without_groups_none_are_made_up(trained, hold_outs):
    RottenNeuronPruner(trained, cv="prefit", estimate_gain=False, **SMALL).fit(X, y)
    assert [groups for groups, *_ in hold_outs] == [None]


# ---- how far a repair is


class Recorder:
    """A callback: names of tasks that end, each with the number of pieces that it may have."""

    max_propagation_depth = None

    def __init__(self):
        self.ended = []

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context):
        self.ended.append((context.task_name, context.max_subtasks))


needs_callbacks = pytest.mark.skipif(
    find_spec("sklearn.callback") is None, reason="scikit-learn has callbacks from 1.9 on"
)


def ended(pruner):
    recorder = Recorder()
    fitted = pruner.set_callbacks(recorder).fit(X, y)
    return recorder.ended, fitted


@needs_callbacks
def test_callbacks_are_told_of_every_look(trained, monkeypatch):
    looks = []
    tell = _refit_network._tell
    monkeypatch.setattr(
        _refit_network, "_tell", lambda *args: (looks.append(args[1]), tell(*args))
    )
    options = SMALL | {"refit": "span", "estimate_gain": False}
    told, fitted = ended(RottenNeuronPruner(trained, cv="prefit", **options))
    assert {"behind", "span"} == set(looks)
    # How many there will be, nobody knows.
    pieces = [(f"repair {stage}", 0) for stage in looks]
    assert told == [*pieces, ("prune", None), ("fit", 1)]
    silent = RottenNeuronPruner(trained, cv="prefit", **options).fit(X, y)
    np.testing.assert_array_equal(fitted.estimator_.coefs_[0], silent.estimator_.coefs_[0])
    # Repairs for the gain are work as well.
    n_looks = len(looks)
    told, fitted = ended(RottenNeuronPruner(trained, cv="prefit", **SMALL))
    assert len(told) - 2 == len(looks) - n_looks > 13
    pickle.dumps(fitted.set_callbacks())


@needs_callbacks
def test_without_a_repair_the_stage_has_no_pieces(trained):
    told, _ = ended(RottenNeuronPruner(trained, cv="prefit", random_state=0))
    assert told == [("prune", 0), ("fit", 1)]


@needs_callbacks
def test_the_progress_bar_draws_a_stage_of_unknown_length(trained, capfd):
    from sklearn.callback import ProgressBar

    options = SMALL | {"estimate_gain": False}
    pruner = RottenNeuronPruner(trained, cv="prefit", **options).set_callbacks(ProgressBar())
    pruner.fit(X, y)
    assert "RottenNeuronPruner - prune" in capfd.readouterr().out
