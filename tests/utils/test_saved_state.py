"""States with a mark: who has saved them, and whether this version reads them."""

import copy
import pickle
import warnings

import pytest
import sklearn
from sklearn.base import BaseEstimator
from sklearn.exceptions import InconsistentVersionWarning

import skneuron
from skneuron.utils import Bunch, SavedStateMixin, _saved_state, marked_state, unmarked_state


class Fitted(SavedStateMixin, BaseEstimator):
    """An estimator with one parameter."""

    def __init__(self, size=1):
        self.size = size


class SavesItself(Fitted):
    """As users write it: nothing says who has saved it."""

    def __getstate__(self):
        return dict(vars(self))


class Result(Bunch):
    """A dict whose keys are attributes."""


def test_the_mark_goes_on_and_off():
    state = {"size": 3}
    marked = marked_state(state)
    assert state == {"size": 3}
    assert marked["_saved_by"] == {
        "format": _saved_state.STATE_FORMAT,
        "skneuron": skneuron.__version__,
        "scikit-learn": sklearn.__version__,
    }
    assert unmarked_state(None, marked) == state
    assert "_saved_by" in marked


@pytest.mark.parametrize(
    "passed_on", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))]
)
@pytest.mark.parametrize("fitted", [Fitted(2), SavesItself(2), Result(size=2)], ids=repr)
def test_copies_have_no_mark(fitted, passed_on):
    passed = passed_on(fitted)
    assert type(passed) is type(fitted)
    assert "_saved_by" not in {*vars(passed), *dir(passed)}
    assert passed.size == fitted.size == 2


def saved_by(monkeypatch, fitted, version, number):
    """A pickle of it, as another version with another format would write it."""
    with monkeypatch.context() as patch:
        patch.setattr(skneuron, "__version__", version)
        patch.setattr(_saved_state, "STATE_FORMAT", number)
        return pickle.dumps(fitted)


@pytest.mark.parametrize("fitted", [Fitted(2), Result(size=2)], ids=repr)
@pytest.mark.parametrize("number", [0, 99])
def test_other_formats_are_refused_with_both_versions(monkeypatch, fitted, number):
    saved = saved_by(monkeypatch, fitted, "0.7.5", number)
    with pytest.raises(ValueError, match="was saved by") as error:
        pickle.loads(saved)
    message = str(error.value)
    assert message.startswith(
        f"This {type(fitted).__name__} was saved by skneuron 0.7.5 in format {number}, and "
        f"skneuron {skneuron.__version__} reads format {_saved_state.STATE_FORMAT}."
    )
    assert f"skneuron 0.7.5 and scikit-learn {sklearn.__version__}, save" in message
    assert "skneuron.to_sklearn" in message


@pytest.mark.parametrize("fitted", [Fitted(2), Result(size=2)], ids=repr)
def test_other_versions_of_the_same_format_are_read(monkeypatch, fitted):
    saved = saved_by(monkeypatch, fitted, "0.7.5", _saved_state.STATE_FORMAT)
    assert pickle.loads(saved).size == 2


def test_another_scikit_learn_gives_its_own_warning(monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(sklearn, "__version__", "1.7.0.post9")
        saved = pickle.dumps(Fitted(2))
    with pytest.warns(InconsistentVersionWarning, match="Fitted from version 1.7.0.post9") as seen:
        assert pickle.loads(saved).size == 2
    assert seen[0].message.current_sklearn_version == sklearn.__version__


def test_the_same_scikit_learn_gives_none():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert pickle.loads(pickle.dumps(Fitted(2))).size == 2
