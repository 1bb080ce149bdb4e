"""Is a neuron's effect real or luck? Tests of single neurons, and control over all of them.

Arguments that are one number a neuron come as arrays of shape (n_neurons,), and so do results.
NaN marks a neuron that was not analysed, and stays NaN.
"""

import math
from collections.abc import Callable
from numbers import Integral, Real
from typing import Any, NamedTuple

import numpy as np
from scipy.special import betaincinv
from scipy.stats import binom, false_discovery_control, norm, t
from sklearn.utils import Bunch

METHODS = ("bh", "by", "none")
# What "could have been seen" means: with this probability.
POWER = 0.8


class Findings(NamedTuple):
    """What a test says about every neuron alone."""

    effects: np.ndarray
    p_values: np.ndarray
    confidence_intervals: np.ndarray
    min_detectable: np.ndarray


def mcnemar_mid_p(n_fixed: Any, n_broken: Any) -> np.ndarray:
    """Two-sided mid-p-value of McNemar's test: as likely to be fixed as to be broken?

    Not quite guaranteed to keep its level, but found to do so in all of 9595 scenarios, while the
    exact conditional test is needlessly conservative [1]_. It is 1 where no row has changed.

    References
    ----------
    .. [1] Fagerland, Lydersen and Laake, "The McNemar test for binary matched-pairs data: mid-p
       and asymptotic are better than exact conditional", BMC Medical Research Methodology 13:91,
       2013, doi:10.1186/1471-2288-13-91.
    """
    total = np.add(n_fixed, n_broken)
    fewer = np.minimum(n_fixed, n_broken)
    # Twice (the less likely outcomes of one side + half of that seen), without a difference.
    p_values = binom.cdf(fewer, total, 0.5) + binom.cdf(fewer - 1, total, 0.5)
    # The middle has no other side to double for.
    p_values = np.where(2 * fewer == total, 1 - binom.pmf(fewer, total, 0.5) / 2, p_values)
    return np.where(total == 0, 1.0, p_values)


def bonett_price_interval(n_fixed: Any, n_broken: Any, n_samples: int, alpha: float) -> np.ndarray:
    """Confidence interval of (share of rows broken - share fixed), by an adjusted Wald method.

    Each of the two counts has one pseudo-row added [1]_, so that the interval has a width even
    where no row has changed; its middle is the effect drawn towards 0 by n / (n + 2).
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
    return np.clip(np.stack([middle - half, middle + half], axis=-1), -1, 1)


def mcnemar_min_detectable(
    n_fixed: Any, n_broken: Any, n_samples: int, alpha: float, power: float = POWER
) -> np.ndarray:
    """The smallest true |share broken - share fixed| that `mcnemar_mid_p` <= alpha would find.

    The larger of two, each of which it takes to be found with probability ``power`` (>= 0.5):

    - given as many changed rows (fixed or broken) as were seen, exactly [1]_;
    - if all changed rows went one way, whatever their number: the best case, below which nothing
      can be found. It is what is left to say of neurons that changed few rows or none. Five
      changed rows are significant at alpha = 0.05, for which it takes 6.7 in the mean.

    Infinite if there are too few rows to find anything.

    References
    ----------
    .. [1] Miettinen, "The Matched Pairs Design in the Case of All-or-None Responses", Biometrics
       24, 1968.
    """
    total = np.atleast_1d(np.add(n_fixed, n_broken))
    fewest = max(math.ceil(-math.log2(alpha)), 1)
    fewest += int(mcnemar_mid_p(0, fewest) > alpha)  # by a rounding error, at powers of 2
    if fewest > n_samples:
        return np.where(np.isnan(total), np.nan, np.inf)
    # P(at least m of n) is a regularised incomplete beta function of the probability of one.
    best_case = betaincinv(fewest, n_samples - fewest + 1, power)
    enough = np.maximum(total, fewest)
    minority = _largest_significant_minority(enough, alpha)
    majority_share = betaincinv(enough - minority, minority + 1, power)
    given_total = enough * (2 * majority_share - 1) / n_samples
    return np.maximum(best_case, np.where(total < fewest, 0.0, given_total))


def _largest_significant_minority(total: np.ndarray, alpha: float) -> np.ndarray:
    """How many changed rows may go the other way, if ``total`` is enough for significance."""
    # The quantile is the answer up to the half that mid-p counts of it, and to rounding errors.
    minority = binom.ppf(alpha / 2, total, 0.5) + np.array([[1], [0], [-1], [-2]])
    possible = (minority >= 0) & (2 * minority < total)
    significant = possible & (mcnemar_mid_p(minority, total - minority) <= alpha)
    return np.where(significant, minority, 0).max(axis=0)


def paired_t_p(mean: Any, std: Any, n_samples: int) -> np.ndarray:
    """Two-sided p-value of the paired t-test [1]_: is the mean of the rows' changes 0?

    ``std`` is their standard deviation with ``ddof=0``. If it is 0, the p-value is 0, or 1 if
    the mean is 0 as well. One row is no evidence: 1.

    References
    ----------
    .. [1] Student, "The Probable Error of a Mean", Biometrika 6, 1908.
    """
    mean, std = np.asarray(mean, dtype=np.float64), np.asarray(std, dtype=np.float64)
    if n_samples < 2:
        return np.where(np.isnan(mean), np.nan, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        p_values = 2 * t.sf(np.abs(mean) / _standard_error(std, n_samples), n_samples - 1)
    return np.where((mean == 0) & (std == 0), 1.0, p_values)


def paired_t_interval(mean: Any, std: Any, n_samples: int, alpha: float) -> np.ndarray:
    """Confidence interval of the mean change that belongs to `paired_t_p`.

    From -inf to inf if there is only one row.
    """
    mean = np.asarray(mean, dtype=np.float64)
    half = np.full_like(mean, np.inf)
    if n_samples > 1:
        half = t.isf(alpha / 2, n_samples - 1) * _standard_error(std, n_samples)
    with np.errstate(invalid="ignore"):  # infinite losses
        return np.stack([mean - half, mean + half], axis=-1)


def paired_t_min_detectable(
    std: Any, n_samples: int, alpha: float, power: float = POWER
) -> np.ndarray:
    """The smallest true |mean change| that `paired_t_p` <= alpha would find, by Bloom [1]_.

    The multiple of the standard error that is found with probability ``power`` (>= 0.5).
    Infinite if there is only one row. 0 if all rows change alike: what rows unlike those seen
    would do cannot be told from them.

    References
    ----------
    .. [1] Bloom, "Minimum Detectable Effects: A Simple Way to Report the Statistical Power of
       Experimental Designs", Evaluation Review 19, 1995.
    """
    std = np.asarray(std, dtype=np.float64)
    if n_samples < 2:
        return np.where(np.isnan(std), np.nan, np.inf)
    quantiles = t.isf(alpha / 2, n_samples - 1) + t.ppf(power, n_samples - 1)
    return quantiles * _standard_error(std, n_samples)


def _standard_error(std: Any, n_samples: int) -> np.ndarray:
    """Of a mean, from a standard deviation with ``ddof=0``."""
    return np.asarray(std, dtype=np.float64) / np.sqrt(n_samples - 1)


def adjusted_p_values(p_values: Any, method: str) -> np.ndarray:
    """p-values to compare with a false-discovery rate. NaN are not counted as tests."""
    q_values = np.array(p_values, dtype=np.float64)
    known = ~np.isnan(q_values)
    if method != "none" and known.any():
        q_values[known] = false_discovery_control(q_values[known], method=method)
    return q_values


def _mcnemar(n_samples: int, alpha: float, n_fixed: Any, n_broken: Any) -> Findings:
    return Findings(
        effects=np.subtract(n_broken, n_fixed) / n_samples,
        p_values=mcnemar_mid_p(n_fixed, n_broken),
        confidence_intervals=bonett_price_interval(n_fixed, n_broken, n_samples, alpha),
        min_detectable=mcnemar_min_detectable(n_fixed, n_broken, n_samples, alpha),
    )


def _loss(n_samples: int, alpha: float, loss_importances: Any, loss_std: Any) -> Findings:
    return Findings(
        effects=loss_importances.copy(),
        p_values=paired_t_p(loss_importances, loss_std, n_samples),
        confidence_intervals=paired_t_interval(loss_importances, loss_std, n_samples, alpha),
        min_detectable=paired_t_min_detectable(loss_std, n_samples, alpha),
    )


_TESTS: dict[str, Callable[..., Findings]] = {"mcnemar": _mcnemar, "loss": _loss}


def verdicts(
    *, n_samples: int, alpha: float = 0.05, method: str | None = "bh", test: str = "mcnemar",
    n_fixed: Any = None, n_broken: Any = None, loss_importances: Any = None, loss_std: Any = None,
) -> Bunch:  # fmt: skip
    """Which neurons are rotten or useful beyond chance.

    Valid on rows drawn independently of each other, which neither the network was trained on nor
    neurons were chosen on.

    Parameters
    ----------
    n_samples : int
        Rows that the neurons were removed on.
    alpha : float, default=0.05
        The false-discovery rate that is allowed; without adjustment, the level of each test.
    method : {"bh", "by", "none"} or None, default="bh"
        How p-values are adjusted for the number of neurons: Benjamini-Hochberg [1]_, for
        independent or positively dependent tests; Benjamini-Yekutieli [2]_, for any, at the price
        of power; or not: then chance makes rotten or useful a share of ``alpha`` of all neurons.
    test : {"mcnemar", "loss"}, default="mcnemar"
        `mcnemar_mid_p`, about right and wrong predictions, or `paired_t_p`, about the loss, which
        keeps its level if rows are enough for the mean change to be about normal.
    n_fixed, n_broken : array-like of shape (n_neurons,)
        Rows whose prediction becomes right, or wrong, without the neuron; for "mcnemar".
    loss_importances, loss_std : array-like of shape (n_neurons,)
        Mean and standard deviation (``ddof=0``) of the rows' increase in loss; for "loss".

    Returns
    -------
    verdicts : Bunch
        verdict : ndarray of str, shape (n_neurons,)
            "rotten", "useful" or "undecided".
        p_values, q_values : ndarray of shape (n_neurons,)
            Two-sided; before and after adjustment.
        effects : ndarray of shape (n_neurons,)
            What is tested: ``(n_broken - n_fixed) / n_samples``, or ``loss_importances``.
        confidence_intervals : ndarray of shape (n_neurons, 2)
            Of the effects, at level 1 - ``alpha`` for each neuron alone (not adjusted). By
            `bonett_price_interval`, which may differ from the test in close cases, or
            `paired_t_interval`.
        min_detectable : ndarray of shape (n_neurons,)
            The smallest true effect, as an absolute value, that the test of this neuron alone
            (not adjusted) would have found with probability 0.8. Smaller ones are easily missed.
            See `mcnemar_min_detectable` and `paired_t_min_detectable`.
        alpha, method, test
            As given.

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
    if not isinstance(n_samples, Integral) or n_samples < 1:
        raise ValueError(f"n_samples={n_samples!r} must be an int of at least 1.")
    if not isinstance(alpha, Real) or not 0 < float(alpha) < 1:
        raise ValueError(f"alpha={alpha!r} must be a number between 0 and 1, both excluded.")
    method = "none" if method is None else method
    if not isinstance(method, str) or method not in METHODS:
        raise ValueError(f"method={method!r} is unknown; use one of {sorted(METHODS)} or None.")
    if not isinstance(test, str) or test not in _TESTS:
        raise ValueError(f"test={test!r} is unknown; use one of {sorted(_TESTS)}.")
    if test == "mcnemar":
        columns = _columns(test, n_fixed=n_fixed, n_broken=n_broken)
    else:
        columns = _columns(test, loss_importances=loss_importances, loss_std=loss_std)
    findings = _TESTS[test](int(n_samples), float(alpha), **columns)
    q_values = adjusted_p_values(findings.p_values, method)
    verdict = np.full(len(q_values), "undecided")
    verdict[(q_values <= alpha) & (findings.effects < 0)] = "rotten"
    verdict[(q_values <= alpha) & (findings.effects > 0)] = "useful"
    chosen = {"alpha": alpha, "method": method, "test": test}
    return Bunch(verdict=verdict, q_values=q_values, **findings._asdict(), **chosen)


def _columns(test: str, **given: Any) -> dict[str, np.ndarray]:
    if missing := [name for name, column in given.items() if column is None]:
        raise ValueError(f"test={test!r} needs {' and '.join(given)}; missing: {missing}.")
    columns = {name: np.asarray(column, dtype=np.float64) for name, column in given.items()}
    shapes = {name: column.shape for name, column in columns.items()}
    if len(set(shapes.values())) > 1 or any(len(shape) != 1 for shape in shapes.values()):
        raise ValueError(f"Columns must have one number for each neuron; got shapes {shapes}.")
    return columns
