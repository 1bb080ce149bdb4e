"""Types of what users pass and get: scikit-learn and SciPy bring none of their own."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "AnyEstimator",
    "ArrayLike",
    "BoolArray",
    "Bunch",
    "Criterion",
    "Estimator",
    "FloatArray",
    "IntArray",
    "Layers",
    "MatrixLike",
    "NDArray",
    "Neurons",
    "RandomState",
    "Scorer",
    "Scoring",
    "SeveralScorings",
]

# Of functions that return what they are given, changed: a Pipeline for a Pipeline.
AnyEstimator = TypeVar("AnyEstimator")

if TYPE_CHECKING:

    class Bunch(dict[str, Any]):
        """`sklearn.utils.Bunch`, for subclasses that declare which attributes they have."""

        def __init__(self, **entries: Any) -> None: ...

else:
    from sklearn.utils import Bunch as _Bunch

    from skneuron.utils._saved_state import marked_state, unmarked_state

    class Bunch(_Bunch):
        """scikit-learn's, whose methods complete in an editor as its entries do."""

        def __dir__(self) -> list[str]:
            return sorted({*object.__dir__(self), *(key for key in self if key[:1] != "_")})

        # Entries are saved by themselves, and nothing that is kept beside them.
        def __getstate__(self) -> dict[str, Any]:
            return marked_state({})

        def __setstate__(self, state: dict[str, Any]) -> None:
            unmarked_state(self, state)


BoolArray: TypeAlias = NDArray[np.bool_]
# Of float32 or float64.
FloatArray: TypeAlias = NDArray[np.floating[Any]]
IntArray: TypeAlias = NDArray[np.integer[Any]]


class SparseMatrix(Protocol):
    """A matrix or array of scipy.sparse."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    def toarray(self) -> Any: ...


class DataFrame(Protocol):
    """A table with names for its columns, of pandas, polars or pyarrow."""

    @property
    def shape(self) -> tuple[int, int]: ...

    @property
    def columns(self) -> Any: ...


# Samples and their features, in any form that scikit-learn takes.
MatrixLike: TypeAlias = ArrayLike | SparseMatrix | DataFrame


class Estimator(Protocol):
    """An estimator of scikit-learn's kind."""

    def get_params(self, deep: bool = True) -> dict[str, Any]: ...

    def set_params(self, **params: Any) -> Any: ...


class Scorer(Protocol):
    """What `sklearn.metrics.make_scorer` makes, or a function like it."""

    def __call__(self, estimator: Any, X: Any, y: Any, /) -> float: ...


Scoring: TypeAlias = str | Scorer | Callable[..., float] | None
# Names of scorers, or scorers by name.
SeveralScorings: TypeAlias = list[str] | tuple[str, ...] | set[str] | dict[str, Any]
# Hidden layers by number, counted from 0, or from the end if negative.
Layers: TypeAlias = int | Iterable[int] | None
Criterion: TypeAlias = str | Callable[..., ArrayLike]
RandomState: TypeAlias = int | np.random.RandomState | None
# Neurons by address, (layer, index), by name, or by number; or keep-masks, flat or one a layer.
Neurons: TypeAlias = Iterable[Any]
