"""What is to be said of a network, and of all of them: numbers and names, no words yet.

A study and `write_report` both fill these, so both give the same page.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from skneuron.inspection import NeuronAblation
from skneuron.report._score import ScoreWords
from skneuron.report._trivial import TrivialAnswer
from skneuron.utils import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class Comparison:
    """A smaller or other network against the whole one, on test samples.

    Attributes
    ----------
    name : str
        In words.
    n_removed : int or None
        Hidden neurons that it lacks; None where that is beside the point.
    score : float
        Its own.
    change, low, high : float
        Its score minus the whole network's, with a 95 % interval; NaN where there is none.
    n_fixed, n_broken : int or None
        Samples that become right or wrong; None for a regression.
    p_value : float
        Of the paired test.
    chosen_on_score : float
        On the samples that chose it; NaN if it is not known.
    note : str
        More about it, as "as many at random: ..."; may be empty.
    """

    name: str
    n_removed: int | None
    score: float
    change: float
    low: float
    high: float
    n_fixed: int | None
    n_broken: int | None
    p_value: float
    chosen_on_score: float = float("nan")
    note: str = ""


@dataclass(frozen=True, eq=False)
class Curve:
    """Size against score, of networks that lose one neuron after the other.

    Attributes
    ----------
    n_neurons : ndarray of shape (n_sizes,)
        The whole network first.
    chosen_on : ndarray of shape (n_sizes,)
        Scores on the samples that chose the neurons; NaN where another score than the page's
        chose.
    test, low, high : ndarray of shape (n_sizes,)
        Scores on test samples, and how far the difference from the whole network is known: the
        whole network's score plus the 95 % interval of the difference.
    n_selected : int
        Neurons of the network that was chosen.
    """

    n_neurons: IntArray
    chosen_on: FloatArray
    test: FloatArray
    low: FloatArray
    high: FloatArray
    n_selected: int


@dataclass(frozen=True)
class Example:
    """A test sample that is right or wrong because of a neuron.

    Attributes
    ----------
    text : str
        In words: what it is, and what it was taken for with and without the neuron.
    image : bytes or None
        A PNG file, if samples are images.
    """

    text: str
    image: bytes | None = None


@dataclass(frozen=True, eq=False)
class NeuronContents:
    """What is to be said of a neuron.

    Attributes
    ----------
    name : str
    layer : int
    effect, low, high : float
        What the score loses without it on test samples, with a 95 % interval.
    verdict : {"rotten", "useful", "undecided"}
    q_value : float
    is_removed : bool
        Whether it is among those that were removed.
    helped, hurt : list of (str, float)
        Classes whose recall falls, or rises, without it, by how much; the largest first.
    n_helped, n_hurt : int
        How many classes there are of either kind.
    features : list of (str, float)
        The features that it weighs most, and their weights.
    image : bytes or None
        What it weighs, as a PNG file, if samples are images.
    n_fixed, n_broken : int or None
        Test samples that become right or wrong without it.
    fixed, broken : list of Example
        Some of them, for some neurons.
    """

    name: str
    layer: int
    effect: float
    low: float
    high: float
    verdict: str
    q_value: float
    is_removed: bool = False
    helped: Sequence[tuple[str, float]] = ()
    hurt: Sequence[tuple[str, float]] = ()
    n_helped: int = 0
    n_hurt: int = 0
    features: Sequence[tuple[str, float]] = ()
    image: bytes | None = None
    n_fixed: int | None = None
    n_broken: int | None = None
    fixed: Sequence[Example] = ()
    broken: Sequence[Example] = ()


@dataclass(frozen=True)
class Table:
    """A further table: a heading, the head and rows of cells, and a note."""

    title: str
    rows: Sequence[Sequence[str]]
    note: str = ""


@dataclass(frozen=True, eq=False)
class NetworkContents:
    """What is to be said of a network.

    Attributes
    ----------
    sizes : tuple of int
        Of its hidden layers; or, if ``is_whole`` is False, how many neurons of each were ablated.
    score_words : ScoreWords
    n_test : int
    unit : str
        What samples are: "images", "rows", "samples".
    test_score : float
        Of the whole network.
    ablation : NeuronAblation
        On test samples.
    neurons : list of NeuronContents
        All that were ablated.
    class_names : sequence of str
        In the order of the ablation's classes.
    chosen : Comparison or None
        The network that was chosen to remain; None if nothing was removed from anything.
    headline : Comparison or None
        The one of ``others`` to speak of first; None means the chosen one.
    smallest : Comparison or None
        The smallest network on the path that loses next to nothing on the samples that chose, if
        it is smaller than the chosen one.
    others : list of Comparison
        Further networks.
    together : Comparison or None
        All neurons that are rotten one by one, removed at once.
    curve : Curve or None
    chosen_on : str
        What chose the neurons, in words, as "validation images".
    chosen_on_score : float
        Of the whole network there; NaN if it is not known.
    seed : int or None
    facts : list of (str, str)
        Of this network alone, as its epochs.
    tables : list of Table
    same_samples : bool
        Whether the test samples are those that chose the neurons.
    n_not_listed : int
        Neurons for which the page had no room.
    trivial : TrivialAnswer or None
        What one gets without a network; None if nobody knows.
    test : str
        What stands behind p-values and intervals of networks: "mcnemar", "squares" or
        "jackknife".
    advice : str
        What to try if the network is no better; empty for what is tried as a rule.
    is_whole : bool
        Whether all hidden neurons are here. An ablation alone may be of some layers, and does not
        tell how many the network has.
    """

    sizes: tuple[int, ...]
    score_words: ScoreWords
    n_test: int
    unit: str
    test_score: float
    ablation: NeuronAblation
    neurons: Sequence[NeuronContents]
    class_names: Sequence[str] = ()
    chosen: Comparison | None = None
    headline: Comparison | None = None
    smallest: Comparison | None = None
    others: Sequence[Comparison] = ()
    together: Comparison | None = None
    curve: Curve | None = None
    chosen_on: str = ""
    chosen_on_score: float = float("nan")
    seed: int | None = None
    facts: Sequence[tuple[str, str]] = ()
    tables: Sequence[Table] = ()
    same_samples: bool = False
    n_not_listed: int = 0
    trivial: TrivialAnswer | None = None
    test: str = "mcnemar"
    advice: str = ""
    is_whole: bool = True

    @property
    def best(self) -> Comparison | None:
        """The network to speak of first."""
        return self.headline or self.chosen

    @property
    def n_neurons(self) -> int:
        """Hidden neurons of the whole network, or those of an ablation alone."""
        return sum(self.sizes)

    @property
    def n_layers(self) -> int | None:
        """Hidden layers of the network; None if nobody knows."""
        return len(self.sizes) if self.is_whole else None

    @property
    def has_learnt_nothing(self) -> bool:
        """Whether the whole network is no better than the trivial answer."""
        return self.trivial is not None and self.trivial.is_as_good_as(self.test_score)

    def count(self, verdict: str) -> int:
        """Neurons with this verdict."""
        return sum(neuron.verdict == verdict for neuron in self.neurons)


@dataclass(frozen=True, eq=False)
class ReportContents:
    """What is to be said on a page.

    Attributes
    ----------
    title : str
    about : list of str
        Paragraphs: what was done.
    networks : list of NetworkContents
    facts : list of (str, str)
        Data, splits, seeds, versions, date.
    command : str
        What makes the page again.
    warnings : list of str
        What a reader must know before anything else.
    source : str
        More about the data, where it is from.
    target : str
        What is predicted, by its name; empty if it has none.
    """

    title: str
    about: Sequence[str]
    networks: Sequence[NetworkContents]
    facts: Sequence[tuple[str, str]]
    command: str
    warnings: Sequence[str] = field(default_factory=list)
    source: str = ""
    target: str = ""


@dataclass(frozen=True, eq=False)
class Subject:
    """A network to be told about, the samples to judge it by, and what was removed from it.

    Attributes
    ----------
    estimator : estimator
        The whole network, in a Pipeline if it needs one.
    X, y : array-like
        Test samples, as ``estimator`` takes them.
    unit : str
        What samples are: "images", "rows", "samples".
    removed : ndarray of shape (n_hidden,), bool
        True for neurons that were removed.
    chosen : object with predict, or None
        The network without them, which takes ``X``; None if none were to be.
    path : sequence of (n_neurons, chosen-on score, callable that gives the `Network`)
        Networks that lose one neuron after the other, the whole one first; may be empty. The
        score is NaN where another one than the page's chose.
    others : dict of str to object with predict
        Further networks to compare with.
    headline : str
        The one of ``others`` to speak of first; empty for the chosen one.
    together : object with predict, or None
        All neurons that are rotten one by one on the samples that chose, removed at once.
    random : sequence of Network
        Networks that lost as many neurons of every layer at random; may be empty.
    scores_chosen_on : dict of str to float
        On those samples: of "whole", "chosen", "together".
    notes : dict of str to str
        For the comparison of "chosen", and of ``others`` by their names.
    n_removed : dict of str to int
        Of ``others``, and of "together".
    chosen_on : str
        What chose the neurons, in words, as "validation images"; empty if nothing did.
    replacement : str
        What takes a removed neuron's place.
    class_names : sequence of str, default=None
        In the order of the classes; None means the labels themselves.
    feature_names : sequence of str, default=None
        Of what reaches the network.
    image_shape : tuple of int, default=None
        If samples are images.
    frame : DataFrame, default=None
        The samples as a reader knows them; None means ``X``.
    scoring, sample_weight
        What to judge by, as `neuron_ablation` takes it; None means accuracy or R2.
    examples : bool
        Whether single samples may be shown.
    seed, facts, tables, same_samples, advice
        As in `NetworkContents`.
    """

    estimator: Any
    X: Any
    y: Any
    unit: str
    removed: BoolArray
    chosen: Any = None
    path: Sequence[tuple[int, float, Any]] = ()
    others: dict[str, Any] = field(default_factory=dict)
    headline: str = ""
    together: Any = None
    random: Sequence[Any] = ()
    scores_chosen_on: dict[str, float] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    n_removed: dict[str, int] = field(default_factory=dict)
    chosen_on: str = ""
    replacement: str = "zero"
    class_names: Sequence[str] | None = None
    feature_names: Sequence[str] | None = None
    image_shape: tuple[int, ...] | None = None
    frame: Any = None
    seed: int | None = None
    facts: Sequence[tuple[str, str]] = ()
    tables: Sequence[Table] = ()
    same_samples: bool = False
    advice: str = ""
    scoring: Any = None
    sample_weight: Any = None
    examples: bool = True
