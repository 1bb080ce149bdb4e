"""`NeuronAblation`: what `neuron_ablation` finds out, as a table, a text and a page."""

from typing import TYPE_CHECKING, Any

import numpy as np

from skneuron.inspection._ablation._html import ablation_html
from skneuron.inspection._ablation._significance import NeuronVerdicts, verdicts
from skneuron.inspection._scoring import RemovalScores
from skneuron.surgery import address_columns, flat_addresses
from skneuron.utils import (
    BoolArray,
    Bunch,
    FloatArray,
    IntArray,
    NDArray,
    data_frame,
    marked_state,
    unmarked_state,
)

if TYPE_CHECKING:
    import pandas as pd

# What `NeuronVerdicts.tested` says of p-values that are NaN.
UNDEFINED = "; no verdict where the score is undefined without one of the groups"


class NeuronAblation(Bunch):
    """What the removal of each hidden neuron does to a network; `neuron_ablation` makes it.

    A `sklearn.utils.Bunch`: a dict whose keys are attributes as well. Arrays have one entry for
    each neuron, in :term:`layer-major order`. Attributes that do not apply are left out.

    Attributes
    ----------
    layer, index : ndarray of shape (n_neurons,)
        The neuron's :term:`address`: its hidden layer, from 0, and its position in that layer.
    baseline_score : float
        The :term:`baseline score`: that of the whole network.
    scores : ndarray of shape (n_neurons,)
        Score without the neuron.
    importances : ndarray of shape (n_neurons,)
        ``baseline_score - scores``: positive if the neuron is useful, negative if it is rotten.
    n_fixed, n_broken : ndarray of shape (n_neurons,)
        Number of samples whose prediction becomes right, or wrong, without the neuron (see
        :term:`fixed and broken samples`). Only for classifiers; the prediction of several labels
        is right if all of them are.
    class_importances : ndarray of shape (n_neurons, n_classes)
        By how much the recall of each class falls without the neuron; NaN for a class without
        samples. Only for classifiers that give a sample one label, like the next three.
    classes : ndarray of shape (n_classes,)
        The labels, in the order of these columns.
    confusion_matrices : ndarray of shape (n_neurons, n_classes, n_classes)
        Number of samples, or their weight, by true class (second axis) and by class predicted
        without the neuron (third axis). Left out if they would take more than 64 MiB.
    confusion_matrix : ndarray of shape (n_classes, n_classes)
        The same for the whole network.
    loss_importances : ndarray of shape (n_neurons,)
        By how much the mean loss rises without the neuron. For classifiers the loss is the
        log-loss, with probabilities kept from 0 and 1 as in `sklearn.metrics.log_loss`, summed
        over the labels if a sample has several. For regressors it is the squared error or the
        Poisson deviance, averaged over the outputs. Only with ``losses``, like the next two.
    loss_std : ndarray of shape (n_neurons,)
        Standard deviation of these changes over the samples: ``loss_std / sqrt(n_samples)`` is
        the standard error of ``loss_importances``, also with ``sample_weight``.
    baseline_loss : float
        Mean loss of the whole network.
    n_samples : int
        Number of samples that were scored, without those of weight 0.
    default_test : {"mcnemar", "loss", "score"}
        What ``verdicts(test="auto")`` will test.
    importances_std : ndarray of shape (n_neurons,)
        Standard deviation of the importances over the draws. Only for
        ``replacement="resample"``, like the next two.
    repeats : ndarray of shape (n_neurons, n_repeats)
        The importances in every draw.
    n_repeats : int
        Number of draws.

    See Also
    --------
    neuron_ablation : Computes it.
    skneuron.plotting.NeuronAblationDisplay : Draws it.
    prune_neurons : Removes the neurons that it shows to do harm.

    Notes
    -----
    With ``scoring="fidelity"`` or "agreement", the whole network's predictions count as the right
    ones, not the true targets. So ``n_fixed`` is 0, ``n_broken`` are the samples whose prediction
    changes, and ``class_importances`` refer to the predicted classes. The loss is the divergence
    from the whole network's outputs, of which "fidelity" is minus the mean.

    `verdicts` on any score needs the network and the samples. So they stay in memory as long as
    the result of `neuron_ablation` does. Copies and pickles leave them out.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.neural_network import MLPClassifier
    >>> from skneuron import neuron_ablation
    >>> X, y = load_digits(return_X_y=True)
    >>> mlp = MLPClassifier((20,), early_stopping=True, random_state=0).fit(X[:900], y[:900])
    >>> ablation = neuron_ablation(mlp, X[900:], y[900:])
    >>> share_lost = (ablation.n_broken - ablation.n_fixed) / ablation.n_samples
    >>> bool(abs(ablation.importances - share_lost).max() < 1e-9)
    True
    """

    layer: IntArray
    index: IntArray
    baseline_score: float
    scores: FloatArray
    importances: FloatArray
    n_fixed: NDArray[Any]
    n_broken: NDArray[Any]
    class_importances: FloatArray
    classes: NDArray[Any]
    confusion_matrices: NDArray[Any]
    confusion_matrix: NDArray[Any]
    loss_importances: FloatArray
    loss_std: FloatArray
    baseline_loss: float
    n_samples: int
    default_test: str
    importances_std: FloatArray
    repeats: FloatArray
    n_repeats: int

    def verdicts(
        self, alpha: float = 0.05, method: str | None = "bh", test: str = "auto"
    ) -> NeuronVerdicts:
        """Tell which neurons are :term:`rotten` or :term:`useful` beyond chance.

        Each neuron's removal is tested on the samples of the ablation: every sample is compared
        with itself, predicted with and without the neuron. What cannot be told from chance is
        :term:`undecided`. The samples have to be new: if the network was trained on them, or
        neurons were chosen by them, verdicts mean nothing.

        Parameters
        ----------
        alpha : float, default=0.05
            False-discovery rate: on average over data sets, at most this share of all "rotten"
            and "useful" verdicts is wrong. With ``method="none"``, the level of each test.
        method : {"bh", "by", "none"} or None, default="bh"
            Correction for the number of neurons. "bh" is Benjamini and Hochberg's [1]_, for tests
            that are independent or depend on each other positively. "by" is Benjamini and
            Yekutieli's [2]_, for any dependence: it finds less. "none", or None, corrects nothing.
        test : {"auto", "mcnemar", "loss", "score"}, default="auto"
            "mcnemar" compares the number of samples that become right with the number of those
            that become wrong, by the mid-p-value of McNemar's test [3]_; every sample counts as
            one, whatever its weight. "loss" is a paired t-test of the samples' changes of loss
            (see ``loss_importances``). "score" tests the importances themselves, whatever the
            score: by Student's t-test with standard errors from a delete-group jackknife [4]_.
            Samples are put into 40 groups (fewer samples: one each), the same in every call and
            with every class spread evenly over them. Each group is left out in turn, and the
            importances are computed again. This holds for scores that depend on many samples. The
            largest error, which depends on a single one, cannot be tested.

            "auto" tests what the ablation was scored by: accuracy by "mcnemar", the negative loss
            by "loss". R2 and the root mean squared error of a single output are tested by "loss"
            too, as they change exactly when the squared error does. All else is tested by
            "score", also weighted accuracy and accuracy with resampling. "agreement" is tested as
            accuracy is, and "fidelity" by the divergences of the samples: "useful" then says that
            a neuron has any effect, and none is "rotten".

        Returns
        -------
        verdicts : NeuronVerdicts
            A Bunch. Of each neuron it has the address (``layer``, ``index``), the ``verdict``
            ("rotten", "useful" or "undecided"), ``p_values``, ``q_values`` (see :term:`q-value`),
            ``effects``, ``confidence_intervals`` and ``min_detectable``, the smallest effect that
            would have been found with probability 0.8. ``alpha``, ``method`` and ``test`` are as
            used, and ``tested`` says in words what was tested. Its method ``to_frame()`` returns
            a table. With "score", a neuron's p-value is NaN, and its verdict "undecided", if the
            score is undefined without one of the groups: ROC AUC of two classes is, for example,
            if one of them has a single sample.

        Raises
        ------
        ValueError
            If a parameter is out of range, or the ablation lacks what is to be tested. "score"
            needs the samples and the network. Copies and pickles of an ablation do not have them,
            but if they are made after a first test they keep its standard errors.

        Notes
        -----
        "score" takes time, once for an ablation. Accuracy, balanced accuracy, the loss,
        "expected_accuracy" and squared errors take about as long as the ablation again, as their
        sums over the samples are known group by group. For other functions of the confusion
        matrix (F1, kappa, ...) scikit-learn's function is called 41 times for every neuron, on
        one number for each cell of the matrix: some seconds for 100 neurons. All other scorers
        are called 41 times for every neuron on nearly all samples, and take 41 times as long as
        the ablation: half a minute or more for ROC AUC of 10 classes, 900 samples, 100 neurons.

        References
        ----------
        .. [1] Benjamini and Hochberg, "Controlling the False Discovery Rate: A Practical and
           Powerful Approach to Multiple Testing", Journal of the Royal Statistical Society B 57,
           1995, doi:10.1111/j.2517-6161.1995.tb02031.x.
        .. [2] Benjamini and Yekutieli, "The Control of the False Discovery Rate in Multiple
           Testing under Dependency", Annals of Statistics 29, 2001, doi:10.1214/aos/1013699998.
        .. [3] Fagerland, Lydersen and Laake, "The McNemar test for binary matched-pairs data:
           mid-p and asymptotic are better than exact conditional", BMC Medical Research
           Methodology 13:91, 2013, doi:10.1186/1471-2288-13-91.
        .. [4] Shao and Tu, "The Jackknife and Bootstrap", Springer, 1995,
           doi:10.1007/978-1-4612-0795-5.
        """
        if not isinstance(test, str):
            raise ValueError(f"test={test!r} is no name of a test.")
        test = self.default_test if test == "auto" else test
        if test == "mcnemar" and "n_repeats" in self:
            raise ValueError(
                "test='mcnemar' needs removals that happen or do not; with "
                "replacement='resample' use test='loss' or test='score'."
            )
        if test == "loss" and "loss_std" not in self:
            raise ValueError(
                "test='loss' needs the changes of the loss, which this ablation left out; call "
                "neuron_ablation with losses=True, or use test='score'."
            )
        found = self._tested(test, alpha, method)
        found.update(layer=self.layer, index=self.index)
        return found

    def _tested(self, test: str, alpha: float, method: str | None) -> NeuronVerdicts:
        if test == "score":
            return self._verdicts_on_scores(alpha, method)
        names = ("n_fixed", "n_broken", "loss_importances", "loss_std")
        columns = {name: self[name] for name in names if name in self}
        tested = None
        if test == "loss" and "in_words" in vars(self):
            tested = f"{vars(self)['in_words']['loss']}, paired t-test of the samples' changes"
        return verdicts(
            n_samples=self.n_samples, alpha=alpha, method=method, test=test, tested=tested,
            **columns,
        )  # fmt: skip

    def _verdicts_on_scores(self, alpha: float, method: str | None) -> NeuronVerdicts:
        hidden = vars(self)
        if "errors" not in hidden:
            if "jackknife" not in hidden:
                raise ValueError(
                    "test='score' needs the network and the samples, which copies and pickles of "
                    "an ablation do not have. Call verdicts before you copy or pickle it, or use "
                    "test='loss' or test='mcnemar', which test the loss or accuracy instead."
                )
            hidden["errors"] = hidden["jackknife"]()
        errors = hidden["errors"]
        tested = f"{hidden['in_words']['score']}, delete-group jackknife, {errors.n_groups} groups"
        tested += ", stratified by class" * errors.is_stratified
        tested += UNDEFINED * bool(np.isnan(errors.standard_errors).any())
        return verdicts(
            n_samples=self.n_samples, alpha=alpha, method=method, test="score",
            effects=errors.effects, standard_errors=errors.standard_errors,
            degrees_of_freedom=errors.degrees_of_freedom,
            tested=tested,
        )  # fmt: skip

    def __getstate__(self) -> dict[str, Any]:
        # Neither the samples nor the network are copied and pickled.
        kept = {k: v for k, v in vars(self).items() if k in ("errors", "in_words")}
        return marked_state(kept)

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(unmarked_state(self, state))

    def to_frame(self) -> "pd.DataFrame":
        """A table with one row for each neuron.

        Returns
        -------
        frame : pandas.DataFrame
            Columns layer, index, name, score and importance; with resampling importance_std; for
            classifiers n_fixed, n_broken and importance_CLASS for every class; and loss_importance
            and loss_std, if the ablation has them. Where a class's column would have the name of
            another column, "_class" is added to it.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        return data_frame(self._columns(), "NeuronAblation")

    def _columns(self) -> dict[str, NDArray[Any]]:
        """The columns of `to_frame` by name, without pandas."""
        columns: dict[str, NDArray[Any]] = address_columns(self.layer, self.index)
        columns |= {"score": self.scores, "importance": self.importances}
        if "importances_std" in self:
            columns["importance_std"] = self.importances_std
        for name in ("n_fixed", "n_broken"):
            if name in self:
                columns[name] = self[name]
        if "class_importances" in self:
            for label, column in zip(self.classes, self.class_importances.T, strict=True):
                name = f"importance_{label}"
                while name in columns:
                    name += "_class"
                columns[name] = column
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
    removal_scores: RemovalScores,
    sizes: tuple[int, ...],
    ablated: BoolArray,
    classes: NDArray[Any] | None,
) -> NeuronAblation:
    """The result for the user, with one entry for each ablated neuron.

    Parameters
    ----------
    removal_scores : RemovalScores
    sizes : tuple of int
        Sizes of the network's hidden layers.
    ablated : ndarray of shape (n_hidden,), bool
        Which neurons have been removed in turn.
    classes : ndarray of shape (n_classes,), or None
        The network's labels; None for regressors.
    """
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
    if removal_scores.jackknife is not None:
        # Not entries: they hold the network and the samples.
        vars(result).update(jackknife=removal_scores.jackknife, in_words=removal_scores.in_words)
    return result
