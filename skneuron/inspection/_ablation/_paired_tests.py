"""Tests of paired samples: intervals, p-values, and what they would have been able to see.

Arguments that are one number for each neuron come as arrays of shape (n_neurons,), and so do
results. NaN marks a neuron that was not analysed, and stays NaN.
"""

import math

import numpy as np
from scipy.special import betaincinv
from scipy.stats import binom, norm, t

from skneuron.utils import ArrayLike, FloatArray

# What "could have been seen" means: with this probability.
POWER = 0.8


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


def _standard_error(std: ArrayLike, n_samples: int) -> FloatArray:
    """Of a mean, from a standard deviation with ``ddof=0``."""
    return np.asarray(std, dtype=np.float64) / math.sqrt(n_samples - 1)
