"""Arguments of random types: TypeErrors and ValueErrors come out, and nothing has changed."""

import inspect
import warnings
from contextlib import suppress

import numpy as np
import pytest
from helpers import bad_input
from helpers.bad_input import X, Y, ablation, classifier, path, pruner, settings, small
from helpers.made_up_results import cv_results, pairs, shapley
from helpers.networks import deterministic
from hypothesis import given
from hypothesis import strategies as st

import skneuron
from skneuron import plotting
from skneuron.metrics import expected_accuracy_score
from skneuron.pruning import RottenNeuronPruner, RottenNeuronPrunerCV
from skneuron.study._arguments import checked_arguments

# They start processes, write files, print, or call what is given.
LEFT_OUT = {"n_jobs", "memory", "verbose", "cls", "self"}
MODEL = {"estimator": classifier(), "X": X, "y": Y}


def fit_with(cls, **fixed):
    """A function with the parameters of a class, which fits it to good samples."""

    def call(**params):
        return cls(**fixed | params).fit(X, Y)

    call.__signature__ = inspect.signature(cls)
    return call


def fit_validated(X_val, y_val, sample_weight_val):
    return small(max_iter=2).fit(
        X, Y, X_val=X_val, y_val=y_val, sample_weight_val=sample_weight_val
    )


CALLS = {
    "ablation": (skneuron.neuron_ablation, MODEL),
    "path": (skneuron.neuron_pruning_path, MODEL),
    "shapley": (skneuron.neuron_shapley, MODEL | {"max_permutations": 2}),
    "pairs": (skneuron.pairwise_ablation, MODEL),
    "criterion": (skneuron.neuron_criterion, MODEL),
    "rank correlation": (skneuron.criterion_rank_correlation, {"scores": {"a": [1, 2]}}),
    "prune_neurons": (skneuron.prune_neurons, {"estimator": classifier(), "neurons": [(0, 1)]}),
    "redundant": (skneuron.remove_redundant_neurons, {"estimator": classifier()}),
    "refit_outputs": (skneuron.refit_outputs, MODEL | {"cv": 2}),
    "refit_pruned": (skneuron.refit_pruned,
                     {"pruned": classifier(), "full": classifier(), "X": X, "max_iter": 2}),
    "verdicts": (ablation().verdicts, {}),
    "prune_to": (path().prune_to, {"n_neurons": 4}),
    "n_removed_below": (path().n_removed_below, {"threshold": 0.0}),
    "predict": (classifier().predict, {"X": X}),
    "score": (pruner().score, {"X": X, "y": Y}),
    "transform": (pruner().transform, {"X": X}),
    "hidden_activations": (classifier().hidden_activations, {"X": X}),
    "expected accuracy": (expected_accuracy_score, {"y_true": [0, 1], "y_proba": np.eye(2)}),
    "network": (fit_with(skneuron.PrunableMLPClassifier, max_iter=2), {}),
    "validated": (fit_validated, {"X_val": X, "y_val": Y, "sample_weight_val": None}),
    "pruner": (fit_with(RottenNeuronPruner, estimator=small(), random_state=0), {}),
    "search": (fit_with(RottenNeuronPrunerCV, thresholds=[0.0], cv=2,
                        pruner=RottenNeuronPruner(small(), estimate_gain=False)), {}),
    "study": (checked_arguments, {"hidden": [(3,)], "seeds": [0]}),
    "ablation display": (plotting.NeuronAblationDisplay, {"ablation": ablation()}),
    "path display": (plotting.PruningPathDisplay, {"n_neurons": [4, 3], "scores": [0.5, 1.0]}),
    "field display": (plotting.ReceptiveFieldDisplay,
                      {"patterns": np.ones((2, 3)), "image_shape": (1, 3)}),
    "table display": (plotting.ReceptiveFieldDisplay, {"patterns": np.ones((2, 3))}),
    "verdict display": (plotting.VerdictDisplay,
                        {"verdicts": ablation().verdicts(), "layer": ablation().layer,
                         "index": ablation().index}),
    "shapley display": (plotting.ShapleyDisplay, {"shapley": shapley(5, 4)}),
    "pairs display": (plotting.PairwiseAblationDisplay, {"pairs": pairs(5, 4)[0]}),
    "results display": (plotting.CVResultsDisplay, {"cv_results": cv_results()}),
}  # fmt: skip

NUMBERS = st.one_of(st.integers(-3, 9), st.floats(-2, 2), st.sampled_from([np.nan, np.inf, 99]))
SIMPLE = st.one_of(st.none(), st.booleans(), NUMBERS, st.text(max_size=3), st.binary(max_size=2))
NAMES = st.sampled_from(
    ["mean", "linear", "auto", "swap", "one_shot", "obs", "random", "prefit", "f1", "span"]
)
TABLES = [bad_input.NO_SAMPLES, bad_input.NO_LABELS, bad_input.NO_NUMBERS, bad_input.NO_WEIGHTS]
ARRAYS = st.sampled_from([value for each in TABLES for value in each.values()])
NESTED = st.recursive(
    st.one_of(SIMPLE, NAMES),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.tuples(inner, inner),
        st.dictionaries(st.one_of(st.integers(0, 2), st.text(max_size=2)), inner, max_size=2),
    ),
    max_leaves=4,
)
VALUES = st.one_of(SIMPLE, NAMES, ARRAYS, NESTED, st.just(bad_input.Nothing()))


@pytest.mark.parametrize("name", CALLS)
def test_only_type_and_value_errors_come_out(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    call, good = CALLS[name]
    # Of `checked_arguments`, what `**callbacks` takes is no argument.
    names = [
        parameter.name
        for parameter in inspect.signature(call).parameters.values()
        if parameter.kind is not parameter.VAR_KEYWORD and parameter.name not in LEFT_OUT
    ]
    owner = getattr(call, "__self__", None)

    @deterministic(40)
    @given(st.dictionaries(st.sampled_from(names), VALUES, min_size=1, max_size=2))
    def check(bad):
        arguments = good | bad
        before, settings_before = bad_input.fingerprint(owner, arguments), settings()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with suppress(TypeError, ValueError):
                call(**arguments)
        assert bad_input.fingerprint(owner, arguments) == before
        assert settings() == settings_before

    check()
