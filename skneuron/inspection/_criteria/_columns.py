"""`NeuronCriteria`: columns of several criteria, and whose they are."""

from typing import TYPE_CHECKING, Any

from skneuron.surgery import address_columns
from skneuron.utils import (
    Bunch,
    FloatArray,
    HtmlTableMixin,
    IntArray,
    data_frame,
    marked_state,
    unmarked_state,
)

if TYPE_CHECKING:
    import pandas as pd


class NeuronCriteria(HtmlTableMixin, Bunch):
    """Importances of hidden neurons by several criteria; `neuron_criterion` makes it.

    A `sklearn.utils.Bunch`: a dict from the names of the criteria, which are attributes as well,
    to arrays of shape (n_neurons,).
    """

    @classmethod
    def of(
        cls, columns: dict[str, FloatArray], layer: IntArray, index: IntArray
    ) -> "NeuronCriteria":
        """Of the neurons with these addresses, which are no entries: only criteria are."""
        result = cls(**columns)
        vars(result).update(layer=layer, index=index)
        return result

    def to_frame(self) -> "pd.DataFrame":
        """A table with one row for each neuron.

        Returns
        -------
        frame : pandas.DataFrame
            Columns layer, index and name, and one for every criterion.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        return data_frame(self._columns(), "NeuronCriteria")

    def _columns(self) -> dict[str, Any]:
        return self._addresses() | dict(self)

    def _addresses(self) -> dict[str, Any]:
        # skops saves entries only.
        kept = self._kept()
        return address_columns(**kept) if kept else {}

    def _kept(self) -> dict[str, Any]:
        return {name: vars(self)[name] for name in ("layer", "index") if name in vars(self)}

    def __repr__(self) -> str:
        n_neurons = len(next(iter(self.values())))
        return f"NeuronCriteria(n_neurons={n_neurons}, criteria={list(self)})"

    def __getstate__(self) -> dict[str, Any]:
        return marked_state(self._kept())

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(unmarked_state(self, state))
