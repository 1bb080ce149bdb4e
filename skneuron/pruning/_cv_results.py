"""`CVResults`: scores and sizes of the candidates of a `RottenNeuronPrunerCV`."""

from typing import TYPE_CHECKING, Any

import numpy as np

from skneuron.utils import Bunch, HtmlTableMixin, data_frame

if TYPE_CHECKING:
    import pandas as pd


class CVResults(HtmlTableMixin, Bunch):
    """What `RottenNeuronPrunerCV` has found out about its candidates, as ``cv_results_``.

    A dict of arrays with one entry for each candidate, as `GridSearchCV` has it; a
    `sklearn.utils.Bunch`: its keys are attributes as well.
    """

    params: list[dict[str, Any]]

    def to_frame(self) -> "pd.DataFrame":
        """A table with one row for each candidate.

        Returns
        -------
        frame : pandas.DataFrame
            A column for every entry, as ``pandas.DataFrame(cv_results_)`` has them.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        return data_frame(dict(self), "CVResults")

    def _columns(self) -> dict[str, Any]:
        """What readers look at: the candidates, their scores and sizes."""
        (name,) = self.params[0]
        columns = (f"param_{name}", "mean_test_score", "std_test_score", "mean_n_neurons")
        return {column: np.asarray(self[column]) for column in (*columns, "rank_test_score")}

    def __repr__(self) -> str:
        (name,) = self.params[0]
        scores = self["mean_test_score"]
        best = int(np.argmin(self["rank_test_score"]))
        return (
            f"CVResults({len(scores)} candidates for {name}, highest mean_test_score="
            f"{scores[best]:.4g} with {name}={self.params[best][name]!r})"
        )
