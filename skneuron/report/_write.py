"""`write_report`: a page about anything fitted."""

from collections.abc import Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from skneuron.inspection import NeuronAblation, NeuronPruningPath
from skneuron.report._contents import NetworkContents, ReportContents
from skneuron.report._fitted import subject_of
from skneuron.report._network import ablation_contents, network_contents
from skneuron.report._neurons import can_be_tested
from skneuron.report._page import check_extras, render
from skneuron.report._statement import made_with
from skneuron.report._target_transform import own_targets
from skneuron.report._trivial import usual_advice
from skneuron.report._words import network_in_words, neurons_in_words
from skneuron.utils import (
    ArrayLike,
    Estimator,
    MatrixLike,
    Scoring,
    check_writable,
    checked_flag,
    checked_text,
    is_int,
    missing_folders,
    remove_empty,
    write_files,
)

SAME_SAMPLES = (
    "nothing was removed from this network before, so neurons were both chosen and judged on the "
    "samples given. What the pruned network seems to gain is too good to be true; for an honest "
    "figure, prune with RottenNeuronPruner on training data and report that."
)

UNTESTED = (
    "this ablation is a copy, or was saved and loaded, and no longer has the samples: of its "
    "score it cannot be said which effects are beyond chance."
)


# Of a regressor that is worse than the mean of the targets.
NOT_AS_TRAINED = (
    "Or the targets were transformed for training: then pass the TransformedTargetRegressor itself"
)
TRANSFORMED = "as the network predicts them, and all scores are of these: transformed by"


def write_report(
    fitted: "Estimator | NeuronPruningPath | NeuronAblation",
    X_test: MatrixLike | None = None,
    y_test: ArrayLike | None = None,
    path: str | PathLike[str] = "report.html",
    *,
    title: str | None = None,
    feature_names: Sequence[str] | None = None,
    class_names: Sequence[str] | None = None,
    image_shape: tuple[int, ...] | None = None,
    n_neurons: int | float | Sequence[int] | None = None,
    scoring: Scoring = None,
    sample_weight: ArrayLike | None = None,
    examples: bool = True,
) -> Path:
    """Write a page about a network and its neurons: one file, to show to others.

    On top stands in two sentences what was found out; then size against score, and a table of
    all neurons: what the score loses without each, with an interval, whether that is beyond
    chance, which classes it helps and hurts, and test samples that it fixes and breaks.

    Parameters
    ----------
    fitted : estimator, NeuronPruningPath or NeuronAblation
        A fitted `RottenNeuronPruner` or `RottenNeuronPrunerCV`, or a Pipeline that ends in one;
        what `neuron_pruning_path` or `neuron_ablation` returns; or a fitted network that
        nothing was removed from: then its neurons are chosen and judged on the same samples, and
        the page says so. Of a TransformedTargetRegressor, the page is about the network in it,
        and about targets as they were transformed for it.
    X_test : {array-like, sparse matrix} of shape (n_samples, n_features), default=None
        Samples that neither trained the network nor chose neurons, as ``fitted`` takes them. A
        NeuronAblation has its own, and takes none.
    y_test : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
        Their true targets.
    path : path-like, default="report.html"
        Where to write the page. If it cannot be written, what was there before stays.
    title : str, default=None
        None means one that names the network.
    feature_names : sequence of str, default=None
        Names of the features that reach the network; None means those that a data frame or the
        Pipeline's other steps give them.
    class_names : sequence of str, default=None
        Names of the classes, in the order of ``classes_``; None means the labels.
    image_shape : tuple of int, default=None
        If samples are images, ``(height, width)`` or ``(height, width, channels)``: then neurons
        and samples are drawn.
    n_neurons : int, float or list of int, default=None
        Of a NeuronPruningPath, which of its networks to compare with the whole one, as
        `NeuronPruningPath.prune_to` takes it; None means the smallest that scores no lower than
        the whole one on the samples that chose. If there is none, it is the whole network; or the
        last one, if the score that chose is another than the page's, as with "fidelity".
    scoring : str or callable, default=None
        One scorer. None means that of the pruner, as for ``compare``, unless it is "fidelity" or
        "agreement", which need no targets; or else accuracy or R2.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the samples in the score.
    examples : bool, default=True
        Whether single samples are shown, as rows or thumbnails, where a neuron's removal fixes or
        breaks them. False where the page must not show anybody's data: then it says how many
        there are and no more. Names of classes and features stay, and a OneHotEncoder makes
        names of values.

    Returns
    -------
    path : pathlib.Path
        Where the page is.

    Raises
    ------
    TypeError
        If there is no multilayer perceptron in ``fitted``.
    ValueError
        If the samples are missing or do not fit, or another parameter is out of range.
    ImportError
        If matplotlib or jinja2 is not installed.
    OSError
        If the file cannot be written.

    See Also
    --------
    RottenNeuronPruner : Trains and prunes what the page is about.
    neuron_ablation : What the page's table is made of.

    Notes
    -----
    Where neurons were chosen by another score than that of the page, the page names it, and has
    no scores of the samples that chose. Intervals and p-values of accuracy are McNemar's and
    Bonett and Price's, those of R2 Student's; those of other scores, and with weights, are from a
    jackknife over 20 groups of the samples, as those of ``compare`` are.

    With ``replacement`` "mean" or "linear", the effects of single neurons are of a replacement
    that is found on ``X_test``, as the samples that chose are gone; the pruned network has its
    own.

    The page needs no internet. Of large networks it has pictures and samples for the extreme
    neurons only, and if need be rows, and says so: this keeps it below 3 MiB, unless what it has
    to say of the fewest neurons, as with very long names, already takes more.

    Examples
    --------
    >>> import tempfile
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.neural_network import MLPClassifier
    >>> from skneuron import RottenNeuronPruner, write_report
    >>> X, y = load_digits(return_X_y=True)
    >>> mlp = MLPClassifier((30,), early_stopping=True, random_state=0)
    >>> pruner = RottenNeuronPruner(mlp, random_state=0).fit(X[:1200], y[:1200])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     page = write_report(
    ...         pruner, X[1200:], y[1200:], f"{folder}/report.html", image_shape=(8, 8)
    ...     )
    ...     page.name
    'report.html'
    """
    checked_text("title", title)
    shows_samples = checked_flag("examples", examples)
    check_extras()
    target = _checked_path(path)
    options: dict[str, Any] = {
        "feature_names": feature_names,
        "class_names": class_names,
        "image_shape": checked_image_shape(image_shape),
        "scoring": scoring,
        "sample_weight": sample_weight,
        "examples": shows_samples,
    }
    made = missing_folders(target.parent)
    try:
        check_writable(target.parent)  # before the work
        own = own_targets(fitted, y_test)
        network = _network(own.fitted, X_test, own.y, n_neurons, options)
        if not own.transformed_by:
            network = _advised(network)
        contents = ReportContents(
            title=title or _title(network),
            about=[_about(network)],
            networks=[network],
            facts=[
                ("Network" if network.is_whole else "Neurons", neurons_in_words(network)),
                ("Test data", f"{network.n_test:,} {network.unit}"),
                *[("Targets", f"{TRANSFORMED} {own.transformed_by}")] * bool(own.transformed_by),
                ("Made from", f"a fitted {type(fitted).__name__}"),
                *[("Weights", "samples have weights in all scores")] * (sample_weight is not None),
                *made_with(),
            ],
            command=_call(type(fitted).__name__, target.name, image_shape, shows_samples),
            warnings=_warnings(network),
            target=target_name(y_test),
        )
        write_files(target.parent, {target.name: render(contents)})
    finally:
        remove_empty(made)
    return target


def _network(
    fitted: Any, X: Any, y: Any, n_neurons: Any, options: dict[str, Any]
) -> NetworkContents:
    """What is to be said of the network in what was fitted."""
    if isinstance(fitted, NeuronAblation):
        if X is not None or y is not None:
            raise ValueError(
                "X_test and y_test must be None for a NeuronAblation, which has the samples that "
                "it was made on and no network to judge on others. Pass the network itself to "
                "have it judged on them."
            )
        for name in ("scoring", "sample_weight"):
            if options[name] is not None:
                raise ValueError(
                    f"{name}={options[name]!r} must be None for a NeuronAblation, which has its "
                    "scores already: pass it to neuron_ablation."
                )
        return ablation_contents(fitted)
    if X is None or y is None:
        raise ValueError(
            f"{'X_test' if X is None else 'y_test'}=None: a page is made of test samples and "
            "their targets; only a NeuronAblation has its own."
        )
    unit = "samples" if options["image_shape"] is None else "images"
    return network_contents(subject_of(fitted, X, y, n_neurons, unit=unit, **options))


def _advised(network: NetworkContents) -> NetworkContents:
    """With advice on targets that may not be those of the training."""
    if network.trivial is None or network.score_words.is_share or network.test_score >= 0:
        return network
    advice = network.advice or usual_advice(is_classification=False)
    return replace(network, advice=f"{advice}. {NOT_AS_TRAINED}")


def _warnings(network: NetworkContents) -> list[str]:
    warnings = [SAME_SAMPLES] if network.same_samples else []
    if not can_be_tested(network.ablation):
        warnings.append(UNTESTED)
    return warnings


def _checked_path(path: Any) -> Path:
    if not isinstance(path, str | PathLike):
        raise TypeError(f"path={path!r} is no path of a file.")
    target = Path(path)
    if not target.name or target.is_dir():
        raise ValueError(f"path={str(path)!r} is a folder: name the file as well.")
    return target


def checked_image_shape(shape: Any) -> tuple[int, ...] | None:
    """``(height, width)`` or ``(height, width, channels)``, or None.

    Raises
    ------
    ValueError
        If it is anything else.
    """
    if shape is None:
        return None
    sizes = tuple(shape) if np.iterable(shape) and not isinstance(shape, str) else ()
    if len(sizes) not in (2, 3) or not all(is_int(size) and size > 0 for size in sizes):
        raise ValueError(
            f"image_shape={shape!r} must be None, (height, width) or (height, width, channels)."
        )
    return tuple(int(size) for size in sizes)


def _title(network: NetworkContents) -> str:
    is_classifier = not {"n_fixed", "classes"}.isdisjoint(network.ablation)
    kind = "classifier" if is_classifier else "regressor"
    if not network.is_whole:
        return f"What single neurons do: {neurons_in_words(network)} of a {kind}"
    return f"What single neurons do: a {kind} with {network_in_words(network.sizes)}"


def _about(network: NetworkContents) -> str:
    each = "Every neuron" if network.is_whole else "Each of these neurons"
    who = (
        f"{each} was removed in turn, and what was left was scored on the {network.n_test:,} "
        f"{network.unit} "
    )
    if network.chosen is None:
        text = f"{who}that the ablation was made on; they must have had no part in training"
        return f"{text}. Nothing was removed for good."
    text = f"{who}that were passed as test {network.unit}"
    if network.same_samples:
        text = f"{text} and also chose the neurons to remove"
        return f"{text}; they must have had no part in training."
    n_samples, by = network.chosen_on.removeprefix("the ").split(" samples that chose")
    return (
        f"{text}; they must have had no part in training or choosing. What to prune was chosen "
        f"on {n_samples} other samples{by}, before that."
    )


def _call(kind: str, name: str, image_shape: Any, examples: bool) -> str:
    """The call, with the names that the documentation has for what it was given."""
    samples = "" if kind == "NeuronAblation" else ", X_test, y_test"
    shape = "" if image_shape is None else f", image_shape={tuple(image_shape)}"
    more = f"{shape}{'' if examples else ', examples=False'}"
    return (
        f"from skneuron import write_report\n\nwrite_report(fitted{samples}, path={name!r}{more})"
    )


def target_name(y: Any) -> str:
    """What is predicted, if it is one column that has a name; empty if not."""
    names = list(getattr(y, "columns", [getattr(y, "name", None)]))
    return names[0] if len(names) == 1 and isinstance(names[0], str) else ""
