"""What pickle, joblib, skops and copies carry of a fitted object: its state, and who has saved it.

scikit-learn notes its version in what it saves of its own classes only, and warns where another
one loads it. Ours note both versions, and a format: the number that says whether this code can
read what that code has written.
"""

import sys
import warnings
from typing import Any

import sklearn
from sklearn.exceptions import InconsistentVersionWarning

# To be raised by one whenever what an earlier release has saved would not work any more.
STATE_FORMAT = 1

_MARK = "_saved_by"


def _mark() -> dict[str, Any]:
    # Not imported: the package stands above this, and has been imported before.
    version = sys.modules["skneuron"].__version__
    return {"format": STATE_FORMAT, "skneuron": version, "scikit-learn": sklearn.__version__}


def marked_state(state: dict[str, Any]) -> dict[str, Any]:
    """A copy of ``state`` that says who has saved it."""
    return state | {_MARK: _mark()}


def unmarked_state(loaded: Any, state: dict[str, Any]) -> dict[str, Any]:
    """A copy of ``state`` without the mark, of which ``loaded`` is to be made.

    What has no mark, because a subclass saves itself in its own way, is taken as it is.

    Raises
    ------
    ValueError
        If the state is of another format than this code reads.
    """
    state = dict(state)
    mark, own = state.pop(_MARK, None), _mark()
    if mark is None or mark["format"] == STATE_FORMAT:
        return state
    raise ValueError(
        f"This {type(loaded).__name__} was saved by skneuron {mark['skneuron']} in format "
        f"{mark['format']}, and skneuron {own['skneuron']} reads format {STATE_FORMAT}. Load it "
        f"with skneuron {mark['skneuron']} and scikit-learn {mark['scikit-learn']}, save what "
        "skneuron.to_sklearn makes of it, and load that here; or fit it again."
    )


class SavedStateMixin:
    """States with a mark, for estimators; among the bases it comes before scikit-learn's.

    Where another version of scikit-learn has saved what is loaded, it warns as scikit-learn
    does for its own classes.
    """

    def __getstate__(self) -> dict[str, Any]:
        return marked_state(super().__getstate__())  # type: ignore[arg-type]

    def __setstate__(self, state: dict[str, Any]) -> None:
        saved_with = state.get(_MARK, {}).get("scikit-learn", sklearn.__version__)
        state = unmarked_state(self, state)
        if saved_with != sklearn.__version__:
            warnings.warn(
                InconsistentVersionWarning(
                    estimator_name=type(self).__name__,
                    current_sklearn_version=sklearn.__version__,
                    original_sklearn_version=saved_with,
                ),
                stacklevel=2,
            )
        super().__setstate__(state)  # type: ignore[misc]
