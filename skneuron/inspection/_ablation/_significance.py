"""Is a neuron's effect real or luck? Tests of single neurons, and control over all of them.

Arguments that are one number for each neuron come as arrays of shape (n_neurons,), and so do
results. NaN marks a neuron that was not analysed, and stays NaN.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import betaincinv
from scipy.stats import binom, false_discovery_control, norm, t

from skneuron.utils import ArrayLike, Bunch, FloatArray, NDArray, checked_int, is_real

METHODS = ("bh", "by", "none")
# What "could have been seen" means: with this probability.
POWER = 0.8


class NeuronVerdicts(Bunch):
    """Which neurons are rotten or useful beyond chance; `NeuronAblation.verdicts` makes it.

    A `sklearn.utils.Bunch`: a dict whose keys are attributes as well. Arrays have one entry for
    each neuron.

    Attributes
    ----------
    verdict : ndarray of shape (n_neurons,), str
        "rotten", "useful" or "undecided".
    p_values, q_values : ndarray of shape (n_neurons,)
        Two-sided; before and after the correction for the number of neurons.
    effects : ndarray of shape (n_neurons,)
        What was tested: the fall of accuracy without the neuron, the rise of the mean loss, or
        the fall of the score (the importance).
    confidence_intervals : ndarray of shape (n_neurons, 2)
        Of each neuron's effect alone (not corrected), at the level ``1 - alpha``. That of the
        accuracy may differ from the test in close cases.
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


class Findings(NamedTuple):
    """What a test says about every neuron alone; see `NeuronVerdicts`."""

    effects: FloatArray
    p_values: FloatArray
    confidence_intervals: FloatArray
    min_detectable: FloatArray


def mcnemar_p_values(n_fixed: ArrayLike, n_broken: ArrayLike) -> FloatArray:
    """Two-sided mid-p-values of McNemar's test, for numbers or arrays of numbers of samples.

    The hypothesis is that a sample is as likely to be fixed (to become right) as to be broken
    (to become wrong). Mid-p-values are not quite guaranteed to keep the test's level, but were
    found to do so in all of 9595 scenarios, while the exact conditional test is needlessly
    conservative [1]_. They are 1 where no sample has changed.

    References
    ----------
    .. [1] Fagerland, Lydersen and Laake, "The McNemar test for binary matched-pairs data: mid-p
       and asymptotic are better than exact conditional", BMC Medical Research Methodology 13:91,
       2013, doi:10.1186/1471-2288-13-91.
    """
    total = np.add(n_fixed, n_broken)
    fewer = np.minimum(n_fixed, n_broken)
    # Twice the sum of the less likely outcomes of one side and half of the one seen; this way
    # no digits are lost in a difference.
    p_values: FloatArray = binom.cdf(fewer, total, 0.5) + binom.cdf(fewer - 1, total, 0.5)
    # The middle has no other side to double for.
    p_values = np.where(2 * fewer == total, 1 - binom.pmf(fewer, total, 0.5) / 2, p_values)
    return np.asarray(np.where(total == 0, 1.0, p_values))


def bonett_price_interval(
    n_fixed: ArrayLike, n_broken: ArrayLike, n_samples: int, alpha: float
) -> FloatArray:
    """Confidence interval of (share of samples broken - share fixed), by an adjusted Wald method.

    Each of the two counts has one pseudo-sample added [1]_, so that the interval has a width even
    where no sample has changed; its middle is the effect drawn towards 0 by n / (n + 2).
    Recommended in [2]_.

    References
    ----------
    .. [1] Bonett and Price, "Adjusted Wald Confidence Interval for a Difference of Binomial
       Proportions Based on Paired Data", Journal of Educational and Behavioral Statistics 37,
       2012.
    .. [2] Fagerland, Lydersen and Laake, "Recommended tests and confidence intervals for paired
       binomial proportions", Statistics in Medicine 33, 2014, doi:10.1002/sim.6148.
    """
    fixed = np.add(n_fixed, 1) / (n_samples + 2)
    broken = np.add(n_broken, 1) / (n_samples + 2)
    middle = broken - fixed
    half = norm.isf(alpha / 2) * np.sqrt((broken + fixed - middle**2) / (n_samples + 2))
    interval: FloatArray = np.stack([middle - half, middle + half], axis=-1)
    return np.clip(interval, -1, 1)


def mcnemar_min_detectable(
    n_fixed: ArrayLike, n_broken: ArrayLike, n_samples: int, alpha: float, power: float = POWER
) -> FloatArray:
    """The smallest true |share broken - share fixed| that `mcnemar_p_values` <= alpha would find.

    The larger of two effects, each of which is found with probability ``power`` (>= 0.5):

    - the smallest one if as many samples change (are fixed or broken) as were seen to, computed
      exactly [1]_;
    - the smallest one if all samples that change are broken, or all are fixed, whatever their
      number: the best case, below which nothing can be found. It is what is left to say of
      neurons that changed few samples or none. Five changed samples are significant at
      alpha = 0.05, and to have five with probability 0.8 takes 6.7 in the mean.

    Infinite if there are too few samples to find anything.

    References
    ----------
    .. [1] Miettinen, "The Matched Pairs Design in the Case of All-or-None Responses", Biometrics
       24, 1968.
    """
    total: FloatArray = np.atleast_1d(np.add(n_fixed, n_broken))
    fewest = max(math.ceil(-math.log2(alpha)), 1)
    fewest += int(mcnemar_p_values(0, fewest) > alpha)  # by a rounding error, at powers of 2
    if fewest > n_samples:
        return np.where(np.isnan(total), np.nan, np.inf)
    # P(at least m of n) is a regularised incomplete beta function of the probability of one.
    best_case: float = betaincinv(fewest, n_samples - fewest + 1, power)
    enough = np.maximum(total, fewest)
    minority = _largest_significant_minority(enough, alpha)
    majority_share = betaincinv(enough - minority, minority + 1, power)
    given_total: FloatArray = enough * (2 * majority_share - 1) / n_samples
    return np.asarray(np.maximum(best_case, np.where(total < fewest, 0.0, given_total)))


def _largest_significant_minority(total: FloatArray, alpha: float) -> FloatArray:
    """The most samples that may change against the majority, of ``total``, at significance."""
    # The quantile is the answer up to the half that mid-p counts of it, and to rounding errors.
    minority = binom.ppf(alpha / 2, total, 0.5) + np.array([[1], [0], [-1], [-2]])
    possible = (minority >= 0) & (2 * minority < total)
    significant = possible & (mcnemar_p_values(minority, total - minority) <= alpha)
    return np.asarray(np.where(significant, minority, 0).max(axis=0))


def paired_t_p(mean: ArrayLike, std: ArrayLike, n_samples: int) -> FloatArray:
    """Two-sided p-value of the paired t-test [1]_: is the mean of the samples' changes 0?

    ``std`` is their standard deviation with ``ddof=0``. If it is 0, the p-value is 0, or 1 if
    the mean is 0 as well. One sample is no evidence: 1.

    References
    ----------
    .. [1] Student, "The Probable Error of a Mean", Biometrika 6, 1908.
    """
    mean, std = np.asarray(mean, dtype=np.float64), np.asarray(std, dtype=np.float64)
    if n_samples < 2:
        return np.where(np.isnan(mean), np.nan, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        p_values: FloatArray = 2 * t.sf(
            np.abs(mean) / _standard_error(std, n_samples), n_samples - 1
        )
    return np.where((mean == 0) & (std == 0), 1.0, p_values)


def paired_t_interval(mean: ArrayLike, std: ArrayLike, n_samples: int, alpha: float) -> FloatArray:
    """Confidence interval of the mean change that belongs to `paired_t_p`.

    From -inf to inf if there is only one sample.
    """
    mean = np.asarray(mean, dtype=np.float64)
    half: FloatArray = np.full_like(mean, np.inf)
    if n_samples > 1:
        half = t.isf(alpha / 2, n_samples - 1) * _standard_error(std, n_samples)
    with np.errstate(invalid="ignore"):  # infinite losses
        return np.stack([mean - half, mean + half], axis=-1)


def paired_t_min_detectable(
    std: ArrayLike, n_samples: int, alpha: float, power: float = POWER
) -> FloatArray:
    """The smallest true |mean change| that `paired_t_p` <= alpha would find, by Bloom [1]_.

    The multiple of the standard error that is found with probability ``power`` (>= 0.5).
    Infinite if there is only one sample. 0 if all samples change alike: what samples unlike
    those seen would do cannot be told from them.

    References
    ----------
    .. [1] Bloom, "Minimum Detectable Effects: A Simple Way to Report the Statistical Power of
       Experimental Designs", Evaluation Review 19, 1995.
    """
    std = np.asarray(std, dtype=np.float64)
    if n_samples < 2:
        return np.where(np.isnan(std), np.nan, np.inf)
    quantiles: float = t.isf(alpha / 2, n_samples - 1) + t.ppf(power, n_samples - 1)
    return quantiles * _standard_error(std, n_samples)


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


def _standard_error(std: ArrayLike, n_samples: int) -> FloatArray:
    """Of a mean, from a standard deviation with ``ddof=0``."""
    return np.asarray(std, dtype=np.float64) / math.sqrt(n_samples - 1)


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
    .. [1] Benjamini and Hochberg, "Controlling the False Discovery Rate", Journal of the Royal
       Statistical Society B 57, 1995.
    .. [2] Benjamini and Yekutieli, "The Control of the False Discovery Rate in Multiple Testing
       under Dependency", Annals of Statistics 29, 2001.

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
