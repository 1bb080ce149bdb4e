"""`NeuronAblation`: what `neuron_ablation` finds out, as a table, a text and a page."""

from typing import Any

import numpy as np
from sklearn.utils import Bunch

from skneuron.inspection._ablation._html import ablation_html
from skneuron.inspection._ablation._significance import verdicts
from skneuron.inspection._scoring import RemovalScores
from skneuron.surgery import flat_addresses
from skneuron.utils import data_frame


class NeuronAblation(Bunch):
    """What the removal of each hidden neuron does; see `neuron_ablation` for the fields."""

    def verdicts(self, alpha: float = 0.05, method: Any = "bh", test: str = "auto") -> Bunch:
        """Which neurons are rotten or useful beyond chance, with corrections for their number.

        Each neuron's removal is tested on the rows that the ablation was done on, row by row
        with and without the neuron. The rows must be new to the network: what was chosen on
        some data is not judged on the same data.

        Parameters
        ----------
        alpha : float, default=0.05
            False-discovery rate: the share of wrong ones among all "rotten" and "useful"
            verdicts, on average over data sets, stays below it.
        method : {"bh", "by", "none"} or None, default="bh"
            Benjamini-Hochberg, which is calibrated if tests depend on each other positively,
            Benjamini-Yekutieli for any dependence, or no correction.
        test : {"auto", "mcnemar", "loss"}, default="auto"
            "mcnemar" compares the rows that become right with those that become wrong, by the
            mid-p-value of McNemar's test; it counts rows, whatever their weights. "loss" is a
            paired t-test of the rows' changes of loss (see ``loss_importances``). "auto" takes
            "mcnemar" if the ablation was scored by accuracy, without weights and not by
            resampling, else "loss".

        Returns
        -------
        verdicts : Bunch
            With one entry a neuron:

            verdict : ndarray of str
                "rotten", "useful" or "undecided".
            p_values, q_values : ndarray of float
                As they are, and corrected.
            effects : ndarray of float
                What was tested: loss of accuracy without the neuron, or rise of the loss.
            confidence_intervals : ndarray of shape (n_neurons, 2)
                Of each neuron's effect alone, at the level ``1 - alpha``.
            min_detectable : ndarray of float
                The smallest effect that could have been seen.

            and ``test``, ``method`` and ``alpha``, as used.

        Raises
        ------
        ValueError
            If a parameter is out of range, or there is nothing to count for the test.
        """
        test = self.default_test if test == "auto" else test
        if test == "mcnemar" and "n_repeats" in self:
            raise ValueError(
                "test='mcnemar' needs removals that happen or do not; with "
                "replacement='resample' use test='loss'."
            )
        if test == "loss" and "loss_std" not in self:
            raise ValueError(
                "test='loss' needs the changes of the loss, which this ablation left out; call "
                "neuron_ablation with losses=True."
            )
        names = ("n_fixed", "n_broken", "loss_importances", "loss_std")
        columns = {name: self[name] for name in names if name in self}
        return verdicts(n_samples=self.n_samples, alpha=alpha, method=method, test=test, **columns)

    def to_frame(self):
        """One row a neuron.

        Returns
        -------
        frame : pandas.DataFrame
            Columns layer, index, score, importance, with resampling importance_std, for
            classifiers n_fixed, n_broken and importance_CLASS for every class, and, if the
            ablation has them, loss_importance and loss_std.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        return data_frame(self._columns(), "NeuronAblation")

    def _columns(self) -> dict[str, np.ndarray]:
        """The columns of `to_frame` by name, without pandas."""
        columns = {
            "layer": self.layer,
            "index": self.index,
            "score": self.scores,
            "importance": self.importances,
        }
        if "importances_std" in self:
            columns["importance_std"] = self.importances_std
        for name in ("n_fixed", "n_broken"):
            if name in self:
                columns[name] = self[name]
        if "class_importances" in self:
            per_class = zip(self.classes, self.class_importances.T, strict=True)
            columns |= {f"importance_{name}": column for name, column in per_class}
        if "loss_std" in self:
            columns |= {"loss_importance": self.loss_importances, "loss_std": self.loss_std}
        return columns

    def __repr__(self) -> str:
        signs = np.sign(self.importances)
        return (
            f"NeuronAblation(n_neurons={len(self.index)}, "
            f"baseline_score={self.baseline_score:.4g}, n_rotten={(signs < 0).sum()}, "
            f"n_neutral={(signs == 0).sum()}, n_useful={(signs > 0).sum()})"
        )

    def _repr_html_(self) -> str:
        """The summary, and the most rotten and the most useful neurons, for notebooks."""
        return ablation_html(self)


def as_ablation(
    removal_scores: RemovalScores, sizes: tuple[int, ...], ablated: np.ndarray, classes: Any
) -> NeuronAblation:
    """`RemovalScores` on a network with hidden layers of these sizes, for its swept neurons."""
    layer, index = flat_addresses(sizes)
    result = NeuronAblation(
        layer=layer[ablated],
        index=index[ablated],
        baseline_score=removal_scores.baseline_score,
        scores=removal_scores.scores[ablated],
        importances=removal_scores.importances[ablated],
        **removal_scores.columns,
        **removal_scores.facts,
    )
    if "class_importances" in result:
        result["classes"] = classes
    return result
