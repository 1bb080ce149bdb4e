"""Is a neuron's effect real or luck? Tests of single neurons, and control over all of them.

Arguments that are one number for each neuron come as arrays of shape (n_neurons,), and so do
results. NaN marks a neuron that was not analysed, and stays NaN.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy.stats import false_discovery_control, t

from skneuron.inspection._ablation._paired_tests import (
    POWER,
    bonett_price_interval,
    mcnemar_min_detectable,
    mcnemar_p_values,
    paired_t_interval,
    paired_t_min_detectable,
    paired_t_p,
)
from skneuron.surgery import address_columns
from skneuron.utils import (
    ArrayLike,
    Bunch,
    FloatArray,
    HtmlTableMixin,
    IntArray,
    NDArray,
    checked_int,
    data_frame,
    is_real,
)

if TYPE_CHECKING:
    import pandas as pd

METHODS = ("bh", "by", "none")


class NeuronVerdicts(HtmlTableMixin, Bunch):
    """A :term:`verdict` on each neuron; `NeuronAblation.verdicts` makes it.

    A `sklearn.utils.Bunch`: a dict whose keys are attributes as well. Arrays have one entry for
    each neuron.

    Attributes
    ----------
    layer, index : ndarray of shape (n_neurons,)
        The neuron's address: its hidden layer, from 0, and its position in that layer.
    verdict : ndarray of shape (n_neurons,), str
        "rotten", "useful" or "undecided".
    p_values, q_values : ndarray of shape (n_neurons,)
        Two-sided p-values, before and after the correction for the number of neurons.
    effects : ndarray of shape (n_neurons,)
        What was tested: the fall of accuracy without the neuron, the rise of the mean loss, or
        the fall of the score (the importance).
    confidence_intervals : ndarray of shape (n_neurons, 2)
        Interval of each neuron's effect alone (not corrected), at the level ``1 - alpha``. For
        accuracy it may differ from the test in close cases.
    min_detectable : ndarray of shape (n_neurons,)
        The smallest true effect, as an absolute value, that the test of this neuron alone (not
        corrected) would have found with probability 0.8. Smaller ones are easily missed.
    alpha : float
        The false-discovery rate that was allowed.
    method : {"bh", "by", "none"}
        The correction.
    test : {"mcnemar", "loss", "score"}
        The test.
    tested : str
        What was tested, and how, in words.

    See Also
    --------
    NeuronAblation.verdicts : Computes it.
    """

    layer: IntArray
    index: IntArray
    verdict: NDArray[np.str_]
    p_values: FloatArray
    q_values: FloatArray
    effects: FloatArray
    confidence_intervals: FloatArray
    min_detectable: FloatArray
    alpha: float
    method: str
    test: str
    tested: str

    def to_frame(self) -> "pd.DataFrame":
        """A table with one row for each neuron.

        Returns
        -------
        frame : pandas.DataFrame
            Columns layer, index and name of the neuron, verdict, effect, interval_low and
            interval_high, p_value, q_value and min_detectable.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        return data_frame(self._columns(), "NeuronVerdicts")

    def _columns(self) -> dict[str, NDArray[Any]]:
        # Those that an earlier version has saved do not know whose they are.
        whose = address_columns(self.layer, self.index) if "layer" in self else {}
        low, high = self.confidence_intervals.T
        return whose | {
            "verdict": self.verdict,
            "effect": self.effects,
            "interval_low": low,
            "interval_high": high,
            "p_value": self.p_values,
            "q_value": self.q_values,
            "min_detectable": self.min_detectable,
        }

    def _shown_columns(self) -> dict[str, NDArray[Any]]:
        """From the surest to the least sure."""
        order = np.argsort(self.p_values, kind="stable")
        return {name: values[order] for name, values in self._columns().items()}

    def __repr__(self) -> str:
        counts = (f"n_{v}={(self.verdict == v).sum()}" for v in ("rotten", "useful", "undecided"))
        return (
            f"NeuronVerdicts({', '.join(counts)}, alpha={self.alpha:g}, method={self.method!r}, "
            f"tested={self.tested!r})"
        )


class Findings(NamedTuple):
    """What a test says about every neuron alone; see `NeuronVerdicts`."""

    effects: FloatArray
    p_values: FloatArray
    confidence_intervals: FloatArray
    min_detectable: FloatArray


def _score(
    n_samples: int,
    alpha: float,
    effects: FloatArray,
    standard_errors: FloatArray,
    degrees_of_freedom: FloatArray,
) -> Findings:
    """Student's t-test of effects of which standard errors are known."""
    none = (effects == 0) & (standard_errors == 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        p_values = 2 * t.sf(np.abs(effects) / standard_errors, degrees_of_freedom)
    half = t.isf(alpha / 2, degrees_of_freedom) * standard_errors
    quantiles = t.isf(alpha / 2, degrees_of_freedom) + t.ppf(POWER, degrees_of_freedom)
    return Findings(
        effects=effects.copy(),
        p_values=np.where(none, 1.0, p_values),
        confidence_intervals=np.stack([effects - half, effects + half], axis=-1),
        min_detectable=quantiles * standard_errors,
    )


def adjusted_p_values(p_values: ArrayLike, method: str) -> FloatArray:
    """p-values to compare with a false-discovery rate. NaN are not counted as tests."""
    q_values = np.array(p_values, dtype=np.float64)
    known = ~np.isnan(q_values)
    if method != "none" and known.any():
        q_values[known] = false_discovery_control(q_values[known], method=method)
    return q_values


def _mcnemar(n_samples: int, alpha: float, n_fixed: FloatArray, n_broken: FloatArray) -> Findings:
    return Findings(
        effects=np.subtract(n_broken, n_fixed) / n_samples,
        p_values=mcnemar_p_values(n_fixed, n_broken),
        confidence_intervals=bonett_price_interval(n_fixed, n_broken, n_samples, alpha),
        min_detectable=mcnemar_min_detectable(n_fixed, n_broken, n_samples, alpha),
    )


def _loss(
    n_samples: int, alpha: float, loss_importances: FloatArray, loss_std: FloatArray
) -> Findings:
    return Findings(
        effects=loss_importances.copy(),
        p_values=paired_t_p(loss_importances, loss_std, n_samples),
        confidence_intervals=paired_t_interval(loss_importances, loss_std, n_samples, alpha),
        min_detectable=paired_t_min_detectable(loss_std, n_samples, alpha),
    )


_TESTS: dict[str, Callable[..., Findings]] = {
    "mcnemar": _mcnemar,
    "loss": _loss,
    "score": _score,
}
_IN_WORDS = {
    "mcnemar": "accuracy, McNemar's test (mid-p)",
    "loss": "mean loss, paired t-test of the samples' changes",
    "score": "score, t-test with given standard errors",
}


def verdicts(
    *,
    n_samples: int,
    alpha: float = 0.05,
    method: str | None = "bh",
    test: str = "mcnemar",
    n_fixed: ArrayLike | None = None,
    n_broken: ArrayLike | None = None,
    loss_importances: ArrayLike | None = None,
    loss_std: ArrayLike | None = None,
    effects: ArrayLike | None = None,
    standard_errors: ArrayLike | None = None,
    degrees_of_freedom: ArrayLike | None = None,
    tested: str | None = None,
) -> NeuronVerdicts:
    """Which neurons are rotten or useful beyond chance.

    Valid on samples drawn independently of each other, which neither the network was trained on
    nor neurons were chosen by.

    Parameters
    ----------
    n_samples : int
        Number of samples that the neurons were removed on.
    alpha : float, default=0.05
        The false-discovery rate that is allowed; without adjustment, the level of each test.
    method : {"bh", "by", "none"} or None, default="bh"
        How p-values are adjusted for the number of neurons: Benjamini-Hochberg [1]_, for
        independent or positively dependent tests; Benjamini-Yekutieli [2]_, for any, at the price
        of power; or not: then chance makes rotten or useful a share of ``alpha`` of all neurons.
    test : {"mcnemar", "loss", "score"}, default="mcnemar"
        `mcnemar_p_values`, about right and wrong predictions; `paired_t_p`, about the loss,
        which keeps its level if samples are enough for the mean change to be about normal; or
        Student's t-test of any effects with their standard errors.
    n_fixed, n_broken : array-like of shape (n_neurons,)
        Number of samples whose prediction becomes right, or wrong, without the neuron; for
        "mcnemar".
    loss_importances, loss_std : array-like of shape (n_neurons,)
        Mean and standard deviation (``ddof=0``) of the samples' increase in loss; for "loss".
    effects, standard_errors, degrees_of_freedom : array-like of shape (n_neurons,)
        For "score". Where they are NaN, so are the p-values, and the verdict is "undecided".
    tested : str, default=None
        What is tested, in words, for the result; None: what is known of the test alone.

    Returns
    -------
    verdicts : NeuronVerdicts
        ``effects`` are ``(n_broken - n_fixed) / n_samples`` or ``loss_importances``;
        ``confidence_intervals`` come from `bonett_price_interval` or `paired_t_interval`,
        ``min_detectable`` from `mcnemar_min_detectable` or `paired_t_min_detectable`.

    Raises
    ------
    ValueError
        If a parameter is not one of those allowed, or the test's columns are missing or differ
        in shape.

    References
    ----------
    .. [1] Benjamini and Hochberg, "Controlling the False Discovery Rate: A Practical and Powerful
       Approach to Multiple Testing", Journal of the Royal Statistical Society B 57, 1995,
       doi:10.1111/j.2517-6161.1995.tb02031.x.
    .. [2] Benjamini and Yekutieli, "The Control of the False Discovery Rate in Multiple Testing
       under Dependency", Annals of Statistics 29, 2001, doi:10.1214/aos/1013699998.

    Examples
    --------
    >>> from skneuron.inspection._ablation._significance import verdicts
    >>> verdicts(n_samples=1000, n_fixed=[30, 40, 0], n_broken=[18, 10, 0]).verdict
    array(['undecided', 'rotten', 'undecided'], dtype='<U9')
    """
    n_samples = checked_int("n_samples", n_samples, 1)
    if not is_real(alpha) or not 0 < float(alpha) < 1:
        raise ValueError(f"alpha={alpha!r} must be a number between 0 and 1, both excluded.")
    method = "none" if method is None else method
    if not isinstance(method, str) or method not in METHODS:
        raise ValueError(f"method={method!r} is unknown; use one of {sorted(METHODS)} or None.")
    if not isinstance(test, str) or test not in _TESTS:
        raise ValueError(f"test={test!r} is unknown; use one of {sorted(_TESTS)}.")
    if test == "mcnemar":
        columns = _columns(test, n_fixed=n_fixed, n_broken=n_broken)
    elif test == "loss":
        columns = _columns(test, loss_importances=loss_importances, loss_std=loss_std)
    else:
        columns = _columns(
            test, effects=effects, standard_errors=standard_errors,
            degrees_of_freedom=degrees_of_freedom,
        )  # fmt: skip
    findings = _TESTS[test](n_samples, float(alpha), **columns)
    q_values = adjusted_p_values(findings.p_values, method)
    verdict = np.full(len(q_values), "undecided")
    verdict[(q_values <= alpha) & (findings.effects < 0)] = "rotten"
    verdict[(q_values <= alpha) & (findings.effects > 0)] = "useful"
    chosen = {"alpha": alpha, "method": method, "test": test, "tested": tested or _IN_WORDS[test]}
    return NeuronVerdicts(verdict=verdict, q_values=q_values, **findings._asdict(), **chosen)


def _columns(test: str, **given: ArrayLike | None) -> dict[str, FloatArray]:
    if missing := [name for name, column in given.items() if column is None]:
        raise ValueError(f"test={test!r} needs {' and '.join(given)}; missing: {missing}.")
    columns: dict[str, FloatArray] = {
        name: np.asarray(column, dtype=np.float64) for name, column in given.items()
    }
    shapes = {name: column.shape for name, column in columns.items()}
    if len(set(shapes.values())) > 1 or any(len(shape) != 1 for shape in shapes.values()):
        raise ValueError(f"Columns must have one number for each neuron; got shapes {shapes}.")
    return columns
