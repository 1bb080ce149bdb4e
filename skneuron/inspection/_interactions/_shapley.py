"""`neuron_shapley`: a fair share of the score for each hidden neuron, over all sets of them."""

from typing import TYPE_CHECKING, Any

import numpy as np

from skneuron.inspection._interactions._coalitions import (
    N_PER_PASS,
    Game,
    game_for,
    marginals,
    permutations_of,
)
from skneuron.inspection._scoring import AblationProblem
from skneuron.surgery import address_columns
from skneuron.utils import (
    ArrayLike,
    Bunch,
    Estimator,
    FloatArray,
    HtmlTableMixin,
    IntArray,
    Layers,
    MatrixLike,
    RandomState,
    Scoring,
    checked_int,
    checked_random_state,
    data_frame,
    is_real,
)

if TYPE_CHECKING:
    import pandas as pd

# Permutations between two looks at the standard errors. Fewer would be a poor estimate of these.
N_PER_LOOK = N_PER_PASS


class NeuronShapley(HtmlTableMixin, Bunch):
    """Shapley values of hidden neurons; `neuron_shapley` makes it.

    A `sklearn.utils.Bunch`: a dict whose keys are attributes as well. Arrays have one entry for
    each neuron of the selected layers, in :term:`layer-major order`.

    Attributes
    ----------
    layer, index : ndarray of shape (n_neurons,)
        The neuron's address: its hidden layer, from 0, and its position in that layer.
    shapley_values : ndarray of shape (n_neurons,)
        The neuron's :term:`Shapley value`, in units of the score: positive if it is useful. They
        add up to ``baseline_score - empty_score``.
    standard_errors : ndarray of shape (n_neurons,)
        Standard errors of these values, from the spread over the permutations, or over their
        pairs. NaN if there is only one.
    baseline_score : float
        Score of the whole network.
    empty_score : float
        Score once all neurons of the selected layers are replaced.
    n_permutations : int
        How many permutations (orders of removal) have been walked along.
    converged : bool
        Whether no standard error is larger than ``tol``.

    See Also
    --------
    neuron_shapley : Computes it.
    skneuron.plotting.ShapleyDisplay : Draws it.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.neural_network import MLPClassifier
    >>> from skneuron import neuron_shapley
    >>> X, y = load_digits(return_X_y=True)
    >>> mlp = MLPClassifier((20,), early_stopping=True, random_state=0).fit(X[:900], y[:900])
    >>> shapley = neuron_shapley(mlp, X[900:], y[900:], tol=0.01, random_state=0)
    >>> shapley.converged == bool((shapley.standard_errors <= 0.01).all())
    True
    """

    layer: IntArray
    index: IntArray
    shapley_values: FloatArray
    standard_errors: FloatArray
    baseline_score: float
    empty_score: float
    n_permutations: int
    converged: bool

    def to_frame(self) -> "pd.DataFrame":
        """A table with one row for each neuron.

        Returns
        -------
        frame : pandas.DataFrame
            Columns layer, index, name, shapley_value and standard_error.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        return data_frame(self._columns(), "NeuronShapley")

    def _columns(self) -> dict[str, np.ndarray]:
        columns = address_columns(self.layer, self.index)
        return columns | {
            "shapley_value": self.shapley_values,
            "standard_error": self.standard_errors,
        }

    def _shown_columns(self) -> dict[str, np.ndarray]:
        """From the least useful neuron to the most useful one."""
        order = np.argsort(self.shapley_values, kind="stable")
        return {name: values[order] for name, values in self._columns().items()}

    def __repr__(self) -> str:
        return (
            f"NeuronShapley(n_neurons={len(self.index)}, "
            f"baseline_score={self.baseline_score:.4g}, empty_score={self.empty_score:.4g}, "
            f"n_permutations={self.n_permutations}, "
            f"largest_standard_error={np.max(self.standard_errors):.2g}, "
            f"n_negative={int((self.shapley_values < 0).sum())})"
        )


def neuron_shapley(
    estimator: Estimator,
    X: MatrixLike,
    y: ArrayLike | None = None,
    *,
    scoring: Scoring = None,
    replacement: str = "zero",
    X_ref: MatrixLike | None = None,
    layers: Layers = None,
    sample_weight: ArrayLike | None = None,
    max_permutations: int = 256,
    tol: float | None = None,
    truncation: float | None = None,
    antithetic: bool = True,
    random_state: RandomState = None,
    n_jobs: int | None = None,
) -> NeuronShapley:
    """Share out a network's score among its hidden neurons, by Shapley values.

    `neuron_ablation` removes one neuron from the whole network, where others may stand in for it.
    Here neurons are removed one after the other, in random order, until none is left. What the
    score loses when it is a neuron's turn, on average over all orders, is its
    :term:`Shapley value`. These shares are fair: they add up to all that is lost, neurons without
    effect get nothing, and neurons with the same effect get the same. They are estimated from a
    sample of orders [1]_, as has been done for the neurons of image classifiers [2]_.

    Parameters
    ----------
    estimator : estimator
        As for `neuron_ablation`. Not changed.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Samples to score on.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
        True targets. Not needed, and not looked at, for "fidelity" and "agreement".
    scoring : str or callable, default=None
        One scorer. None means accuracy for classifiers and R2 for regressors. Some scores walk
        along many orders in one pass over the samples: accuracy, log-loss, squared errors, what
        follows from confusion matrices, and "fidelity" and "agreement", which need no ``y`` (see
        `neuron_ablation`). Other scorers are called for each neuron in each order, and plain
        callables cost a whole prediction each time.
    replacement : {"zero", "mean"}, default="zero"
        What takes the place of removed neurons: nothing, or their mean activation on ``X_ref`` in
        the whole network.
    X_ref : array-like of shape (n_samples_ref, n_features), default=None
        Reference samples for ``replacement="mean"``: the training samples, for example.
    layers : int or list of int, default=None
        Hidden layers whose neurons are removed; None means all. Other layers stay whole.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the samples in the score.
    max_permutations : int, default=256
        How many orders to walk along at most. With ``antithetic`` they come in pairs: of an odd
        number, the last one is left out.
    tol : float, default=None
        Stop once no standard error is larger than this, in units of the score. The standard
        errors are looked at every 32 permutations. None means to use all permutations.
    truncation : float, default=None
        Once the score along an order is this close to ``empty_score``, in units of the score,
        treat the rest as noise: the neurons that are left share the rest of the score equally.
        This makes estimates less variable but biased. It saves time only with scorers that are
        called for each neuron. None or 0 means never, which is the default because networks lose
        most of their accuracy with the last neurons.
    antithetic : bool, default=True
        Use the reverse of every permutation as well. A neuron that came early then comes late,
        and errors of chance often cancel [3]_.
    random_state : int, RandomState instance or None, default=None
        Draws the permutations. The first ones are the same for any ``max_permutations``.
    n_jobs : int, default=None
        Workers of joblib for scorers that are called for each neuron.

    Returns
    -------
    shapley : NeuronShapley
        A Bunch with the entries ``layer``, ``index``, ``shapley_values``, ``standard_errors``
        and more; see `NeuronShapley`.

    Raises
    ------
    TypeError
        If there is no multilayer perceptron in ``estimator``.
    NotFittedError
        If it is not fitted.
    ValueError
        As for `neuron_ablation`, or if ``scoring`` names several scorers, ``replacement`` is
        neither "zero" nor "mean", or another parameter is out of range.

    See Also
    --------
    neuron_ablation : Remove single neurons from the whole network.
    pairwise_ablation : Remove pairs of them.

    References
    ----------
    .. [1] Castro, Gomez and Tejada, "Polynomial calculation of the Shapley value based on
       sampling", Computers & Operations Research 36, 2009, doi:10.1016/j.cor.2008.04.004.
    .. [2] Ghorbani and Zou, "Neuron Shapley: Discovering the Responsible Neurons", NeurIPS 2020,
       arXiv:2002.09815.
    .. [3] Mitchell, Cooper, Frank and Holmes, "Sampling permutations for Shapley value
       estimation", Journal of Machine Learning Research 23, 2022, arXiv:2104.12199, section 4.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.neural_network import MLPClassifier
    >>> from skneuron import neuron_shapley
    >>> X, y = load_digits(return_X_y=True)
    >>> mlp = MLPClassifier((20,), early_stopping=True, random_state=0).fit(X / 16, y)
    >>> shapley = neuron_shapley(mlp, X / 16, y, random_state=0)
    >>> shapley.shapley_values.shape, shapley.n_permutations
    ((20,), 256)
    >>> gap = shapley.baseline_score - shapley.empty_score
    >>> bool(abs(shapley.shapley_values.sum() - gap) < 1e-9)
    True
    """
    n_samples = _n_samples(max_permutations, antithetic)
    tol = _not_negative("tol", tol)
    truncation = _not_negative("truncation", truncation) or 0.0
    _check_replacement(replacement)
    rng = checked_random_state(random_state)
    problem = AblationProblem.of(
        estimator, X, y, scoring=scoring, sample_weight=sample_weight, layers=layers,
        replacement=replacement, X_ref=X_ref, n_jobs=n_jobs,
    )  # fmt: skip
    game = game_for(problem)
    entropy = rng.randint(2**31 - 1, size=4).tolist()
    estimate = _Estimate(int(problem.ablated.sum()))
    while estimate.n_samples < n_samples and not estimate.is_within(tol):
        stop = min(n_samples, estimate.n_samples + N_PER_LOOK // (1 + antithetic))
        numbers = range(estimate.n_samples, stop)
        permutations = permutations_of(estimate.n_players, numbers, entropy, antithetic)
        found = marginals_along(game, permutations, truncation)
        for sample in found.reshape(len(numbers), 1 + antithetic, -1).mean(axis=1):
            estimate.add(sample)
    layer, index = problem.addresses()
    return NeuronShapley(
        layer=layer,
        index=index,
        shapley_values=estimate.means,
        standard_errors=estimate.standard_errors,
        baseline_score=game.baseline_score,
        empty_score=game.empty_score,
        n_permutations=estimate.n_samples * (1 + antithetic),
        converged=estimate.is_within(tol),
    )


def marginals_along(game: Game, permutations: np.ndarray, truncation: float = 0.0) -> np.ndarray:
    """What each player adds to those that are removed after it, (permutations, players)."""
    paths = game.paths(permutations, truncation)
    return marginals(paths, permutations, game.empty_score, truncation)


class _Estimate:
    """Means of independent estimates, and their standard errors, by Welford's running sums."""

    def __init__(self, n_players: int):
        self.n_players = n_players
        self.n_samples = 0
        self.means = np.zeros(n_players)
        self._squares = np.zeros(n_players)

    def add(self, sample: np.ndarray) -> None:
        self.n_samples += 1
        difference = sample - self.means
        self.means = self.means + difference / self.n_samples
        self._squares += difference * (sample - self.means)

    @property
    def standard_errors(self) -> np.ndarray:
        if self.n_samples < 2:
            return np.full(self.n_players, np.nan)
        return np.sqrt(self._squares / (self.n_samples - 1) / self.n_samples)

    def is_within(self, tol: float | None) -> bool:
        return tol is not None and bool((self.standard_errors <= tol).all())


def _n_samples(max_permutations: Any, antithetic: Any) -> int:
    """The number of independent estimates: permutations, or pairs of them."""
    if not isinstance(antithetic, bool | np.bool_):
        raise ValueError(f"antithetic={antithetic!r} is neither True nor False.")
    least, why = (2, "a pair of permutations") if antithetic else (1, None)
    return checked_int("max_permutations", max_permutations, least, why=why) // least


def _not_negative(name: str, value: Any) -> float | None:
    if value is None:
        return None
    if not is_real(value) or value < 0:
        raise ValueError(f"{name}={value!r} must be None or a number that is not negative.")
    return float(value)


def _check_replacement(replacement: Any) -> None:
    if isinstance(replacement, str) and replacement in ("linear", "resample"):
        raise ValueError(
            f"replacement={replacement!r} is not for Shapley values: what takes a neuron's place "
            "must not depend on which others are there; use 'zero' or 'mean'."
        )
    if not isinstance(replacement, str) or replacement not in ("zero", "mean"):
        raise ValueError(f"replacement={replacement!r} is unknown; use one of ['mean', 'zero'].")
