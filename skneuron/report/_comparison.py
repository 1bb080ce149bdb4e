"""Networks compared on test samples, every sample with itself: differences with intervals."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.base import is_classifier

from skneuron.inspection._ablation import verdicts
from skneuron.report._contents import Comparison
from skneuron.report._score import ScoreWords
from skneuron.report._trivial import TrivialAnswer, trivial_answer
from skneuron.surgery import Network, rows_for, unwrap, with_network
from skneuron.utils import FloatArray, NDArray, lazy_property

ALPHA = 0.05


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Samples that networks are judged by.

    Attributes
    ----------
    estimator : estimator
        The whole network.
    X, y : array-like
        As it takes them.
    """

    estimator: Any
    X: Any
    y: Any

    @lazy_property
    def mlp(self) -> Any:
        """The whole network itself; it takes arrays, whatever it was fitted to."""
        mlp = copy(unwrap(self.estimator)[0])
        vars(mlp).pop("feature_names_in_", None)
        return mlp

    @lazy_property
    def rows(self) -> Any:
        """The samples as they reach it."""
        return rows_for(*unwrap(self.estimator), self.X)

    @lazy_property
    def targets(self) -> NDArray[Any]:
        """True labels or numbers, as an array."""
        return np.asarray(self.y.toarray() if sparse.issparse(self.y) else self.y)

    @property
    def is_classification(self) -> bool:
        return bool(is_classifier(self.mlp))

    @property
    def counted(self) -> Any:
        """Which samples are right or wrong: all of them."""
        return slice(None)

    def __len__(self) -> int:
        return int(self.rows.shape[0])

    def predictions(self, network: Network) -> NDArray[Any]:
        """What a smaller network says."""
        return with_network(self.mlp, network).predict(self.rows)

    def errors(self, predicted: NDArray[Any]) -> FloatArray:
        """Of each sample: 1 if it is wrong, else 0; or its share of 1 - R2, times their number."""
        if self.is_classification:
            wrong = predicted != self.targets.reshape(predicted.shape)
            return wrong.reshape(len(wrong), -1).any(axis=1).astype(np.float64)
        true = self.targets.reshape(predicted.shape)
        squares = (predicted - true).reshape(len(true), -1) ** 2
        return (squares / self.variances).mean(axis=1)

    def predicted_by(self, what: Any) -> NDArray[Any]:
        """By a smaller network, or by an estimator that has one."""
        is_network = isinstance(what, Network)
        return self.predictions(what) if is_network else np.asarray(what.predict(self.X))

    @lazy_property
    def variances(self) -> FloatArray:
        """Of each output's targets; 1 where they are all the same."""
        variances = self.targets.reshape(len(self.targets), -1).var(axis=0)
        return np.where(variances > 0, variances, 1.0)

    @property
    def is_mean_of_samples(self) -> bool:
        """Whether each sample has its share of the score: not of R2 if an output never varies."""
        columns = self.targets.reshape(len(self.targets), -1)
        return self.is_classification or bool((columns.var(axis=0) > 0).all())

    @lazy_property
    def whole_errors(self) -> FloatArray:
        """Those of the whole network."""
        return self.errors(self.mlp.predict(self.rows))

    def score(self, errors: FloatArray) -> float:
        """Accuracy, or R2."""
        return float(1.0 - errors.mean())

    @property
    def words(self) -> ScoreWords:
        """How the score is written."""
        return ScoreWords.of(self.is_classification, len(self))

    def trivial(self, class_names: dict[Any, str]) -> TrivialAnswer | None:
        """What one gets without a network; None if nobody knows."""
        return trivial_answer(self.targets, self.is_classification, class_names)

    @property
    def test(self) -> str:
        """What stands behind p-values: "mcnemar" or "squares"."""
        return "mcnemar" if self.is_classification else "squares"

    @property
    def whole_score(self) -> float:
        """That of the whole network."""
        return self.score(self.whole_errors)

    def scores_of(self, networks: Sequence[Network]) -> FloatArray:
        """Of smaller networks."""
        return np.array([self.score(self.errors(self.predictions(one))) for one in networks])

    def along(self, networks: Sequence[Network]) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Scores of smaller networks, and (low, high) of their differences from the whole one."""
        errors = np.array([self.errors(self.predictions(one)) for one in networks])
        change, low, high, _ = self.differences(errors)
        return self.whole_score + change, low, high

    def judged(self, name: str, what: Any, **more: Any) -> Comparison:
        """A smaller network, or an estimator that has one, against the whole network."""
        return self.compared(name, self.predicted_by(what), **more)

    def compared(self, name: str, predicted: NDArray[Any], **more: Any) -> Comparison:
        """A network's predictions against the whole network's."""
        errors = self.errors(predicted)
        change, low, high, p_value = self.differences(errors[None])
        counts: dict[str, Any] = dict.fromkeys(("n_fixed", "n_broken"))
        if self.is_classification:
            fixed, broken = self._changes(errors[None])
            counts = {"n_fixed": int(fixed[0]), "n_broken": int(broken[0])}
        return Comparison(
            name=name, score=self.score(errors), change=float(change[0]), low=float(low[0]),
            high=float(high[0]), p_value=float(p_value[0]), **counts, **more,
        )  # fmt: skip

    def differences(
        self, errors: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Scores of several networks minus the whole one's, (low, high) of 95 %, and p-values.

        Parameters
        ----------
        errors : ndarray of shape (n_networks, n_samples)
        """
        columns: dict[str, Any]
        if self.is_classification:
            fixed, broken = self._changes(errors)
            columns = {"test": "mcnemar", "n_fixed": fixed, "n_broken": broken}
        else:
            rises = errors - self.whole_errors
            columns = {
                "test": "loss",
                "loss_importances": rises.mean(axis=1),
                "loss_std": rises.std(axis=1),
            }
        found = verdicts(n_samples=len(self), alpha=ALPHA, method="none", **columns)
        # Effects are what a score loses.
        low, high = -found.confidence_intervals[:, 1], -found.confidence_intervals[:, 0]
        return -found.effects, low, high, found.p_values

    def _changes(self, errors: FloatArray) -> tuple[NDArray[Any], NDArray[Any]]:
        before, errors = self.whole_errors[self.counted], errors[:, self.counted]
        return (errors < before).sum(axis=1), (before < errors).sum(axis=1)
