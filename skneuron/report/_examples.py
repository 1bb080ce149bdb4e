"""Test samples that are right or wrong because of a neuron, as pictures or in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from skneuron.report._comparison import HeldOut
from skneuron.report._contents import Example
from skneuron.report._features import column_of, short_name
from skneuron.report._thumbnails import sample_image
from skneuron.surgery import Network, remove_neurons, split_by_layer
from skneuron.utils import FloatArray, IntArray, NDArray, lazy_property, safe_indexing

# Of each kind, of a neuron.
N_EXAMPLES = 4
# Values of a row that are shown with it.
N_VALUES = 3
# From here on four digits alone are not the number; below are years, which have no comma.
LONG_NUMBER, VERY_LONG_NUMBER = 9999.5, 1e12


@dataclass(frozen=True, eq=False)
class Examples:
    """Finds and describes them.

    Attributes
    ----------
    held_out : HeldOut
    class_names : dict
        From label to name.
    feature_names : sequence of str
        Of what reaches the network.
    image_shape : tuple of int or None
        If samples are images.
    frame : DataFrame or None
        The samples as a reader knows them.
    replacement : str
        What takes a removed neuron's place.
    """

    held_out: HeldOut
    class_names: dict[Any, str]
    feature_names: Sequence[str]
    image_shape: tuple[int, ...] | None
    frame: Any
    replacement: str = "zero"

    @lazy_property
    def _whole(self) -> NDArray[Any]:
        predicted: NDArray[Any] = self.held_out.mlp.predict(self.held_out.rows)
        return predicted

    @lazy_property
    def _range(self) -> tuple[float, float]:
        rows = self.held_out.rows
        values = rows.data if sparse.issparse(rows) else np.asarray(rows)
        low, high = np.percentile(values, [1, 99])
        return float(low), float(high)

    def of(self, position: int, weights: FloatArray) -> tuple[list[Example], list[Example]]:
        """Some samples that become right without a neuron, and some that become wrong.

        Parameters
        ----------
        position : int
            Of the neuron, in layer-major order.
        weights : ndarray of shape (n_features,)
            What it weighs; values of the features that it weighs most are shown.
        """
        network = Network.from_mlp(self.held_out.mlp, finite=False)
        stays = np.arange(sum(network.hidden_layer_sizes)) != position
        masks = split_by_layer(stays, network.hidden_layer_sizes)
        if not all(mask.any() for mask in masks):
            return [], []
        rows_ref = None if self.replacement == "zero" else self.held_out.rows
        smaller = remove_neurons(network, masks, self.replacement, rows_ref)
        without = self.held_out.predictions(smaller)
        change = self.held_out.errors(without) - self.held_out.whole_errors
        return (
            self._described(np.flatnonzero(change < 0), self._whole, "with it", weights),
            self._described(np.flatnonzero(change > 0), without, "without it", weights),
        )

    def _described(
        self, samples: IntArray, wrong: NDArray[Any], when: str, weights: FloatArray
    ) -> list[Example]:
        order = np.argsort(-np.abs(np.nan_to_num(weights)), kind="stable")
        return [self._example(int(at), wrong[at], when, order) for at in samples[:N_EXAMPLES]]

    def _example(self, at: int, wrong: Any, when: str, order: IntArray) -> Example:
        true = self._name(self.held_out.targets[at])
        said = f"{true}, taken for {self._name(wrong)} {when}"
        if self.image_shape is not None:
            return Example(
                f"image {at}: {said}",
                sample_image(self._row(at), self.image_shape, *self._range),
            )
        values = ", ".join(f"{name} {value}" for name, value in self._values(at, order))
        return Example(f"row {at}: {said}" + (f" ({values})" if values else ""))

    def _row(self, at: int) -> FloatArray:
        rows = self.held_out.rows[at : at + 1]
        dense: FloatArray = np.asarray(rows.toarray() if sparse.issparse(rows) else rows)[0]
        return dense

    def _name(self, label: Any) -> str:
        if np.ndim(label):
            return "/".join(str(one) for one in np.ravel(label))
        return self.class_names.get(label, str(label))

    def _values(self, at: int, order: IntArray) -> list[tuple[str, str]]:
        """Names and values of what the neuron weighs most, as the reader's table has them."""
        columns = [str(column) for column in getattr(self.frame, "columns", [])]
        row = self._row(at)
        values: dict[str, str] = {}
        for feature in order:
            if len(values) == N_VALUES:
                break
            name = self.feature_names[feature]
            column = column_of(name, columns)
            if column is not None:
                raw = safe_indexing(self.frame, [at])
                cell = np.asarray(raw).reshape(-1)[columns.index(column)]
                values.setdefault(column, _value_text(cell))
            elif not columns:
                values.setdefault(short_name(name), _value_text(row[feature]))
        return list(values.items())


def _value_text(value: Any) -> str:
    """A cell of a table, short."""
    if _is_missing(value):
        return "missing"
    if isinstance(value, float | np.floating):
        is_long = LONG_NUMBER <= abs(float(value)) < VERY_LONG_NUMBER
        return f"{value:,.0f}" if is_long else f"{value:.4g}"
    text = str(value)
    return text if len(text) <= 24 else text[:23] + "…"


def _is_missing(value: Any) -> bool:
    if value is None or np.ndim(value):
        return value is None
    try:
        return bool(value != value)
    except TypeError:  # pandas.NA is neither equal to itself nor unequal
        return True
