"""The experiment as a whole: every network, the same numbers for the same seed, interruptions."""

import json
import math

import joblib
import numpy as np
import pytest
from helpers.study import shares, silenced_score, trained_again

from skneuron import PrunableMLPClassifier
from skneuron.study import InvalidStudyError, run_study
from skneuron.study._results_json import results_json
from skneuron.utils import has_processes


def test_same_seed_same_numbers():
    first, second = (
        results_json(run_study("digits", hidden=[(8,)], seeds=[5], max_iter=5)) for _ in range(2)
    )
    assert first == second


def test_every_seed_and_configuration_is_studied():
    networks = run_study("digits", hidden=[(5,), (4, 3)], seeds=[1, 2], max_iter=2).networks
    assert [(n.seed, n.hidden) for n in networks] == [
        (1, (5,)), (1, (4, 3)), (2, (5,)), (2, (4, 3)),
    ]  # fmt: skip
    assert not np.array_equal(networks[0].mlp.coefs_[0], networks[2].mlp.coefs_[0])


def test_interrupted_training_ends_the_study():
    def interrupt(work, phase):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_study("digits", hidden=[(5,)], max_iter=3, on_progress=interrupt)


@pytest.mark.parametrize(
    ("seeds", "phases"),
    [
        ([3], ["training (4,)", "pruning (4,)", "evaluating (4,)"]),
        (
            [3, 4],
            [
                "training (4,), seed 3",
                "pruning (4,), seed 3",
                "evaluating (4,), seed 3",
                "training (4,), seed 4",
                "pruning (4,), seed 4",
                "evaluating (4,), seed 4",
            ],
        ),
    ],
)
def test_phases_have_different_names(seeds, phases):
    """In the order of the work; with the seed only where it tells phases apart."""
    told = []
    run_study(
        "digits", hidden=[(4,)], seeds=seeds, max_iter=2,
        on_progress=lambda work, phase: told.append(phase),
    )  # fmt: skip
    assert list(dict.fromkeys(told)) == phases


def test_other_warnings_are_not_taken_for_ctrl_c(monkeypatch):
    def fit(self, X, y):
        raise UserWarning("something else")

    monkeypatch.setattr(PrunableMLPClassifier, "fit", fit)
    with pytest.raises(UserWarning, match="something else"):
        run_study("digits", hidden=[(5,)], max_iter=3)


def test_without_noise_the_network_is_that_of_the_data_and_nothing_is_added(images):
    result = run_study("digits", hidden=[(8,)], max_iter=5, label_noise=0.0)
    network = result.networks[0]
    fit, _ = shares(images)
    expected = trained_again(network.mlp, (images.X_train[fit], images.y_train[fit]))
    np.testing.assert_array_equal(network.mlp.coefs_[0], expected.coefs_[0])
    assert list(network.removals) == ["one_shot", "greedy"]
    assert network.controls == {}
    assert not {"label_noise", "controls"} & {*json.loads(results_json(result))}


def test_same_seed_same_wrong_labels():
    options = {"hidden": [(5,)], "max_iter": 3, "n_train": 300}
    first, again, other, less = (
        results_json(run_study("digits", seeds=[seed], label_noise=noise, **options))
        for seed, noise in [(5, 0.4), (5, 0.4), (6, 0.4), (5, 0.2)]
    )
    assert first == again
    assert first not in (other, less)


@pytest.mark.parametrize("label_noise", [-0.1, 1, 1.5, math.nan, "0.4", None])
def test_label_noise_out_of_range_is_named(label_noise):
    with pytest.raises(InvalidStudyError, match=rf"label_noise={label_noise!r} must be a number"):
        run_study("digits", label_noise=label_noise)


def test_too_few_rows_to_choose_automatically_are_named():
    with pytest.raises(InvalidStudyError, match=r"label_noise=0\.4 needs at least 40 .* are 39"):
        run_study("digits", n_train=234, label_noise=0.4)
    run_study("digits", n_train=235, label_noise=0.4, hidden=[(3,)], max_iter=1)


@pytest.mark.parametrize("n_epochs", [1, 4, 12])
def test_interrupted_controls_end_the_study(n_epochs):
    phases = []

    def interrupt(work, phase):
        phases.append(phase)
        if phases.count("training (5,) otherwise") == n_epochs:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_study("digits", hidden=[(5,)], max_iter=3, label_noise=0.3, on_progress=interrupt)
    assert phases.count("training (5,) otherwise") == n_epochs


@pytest.mark.parametrize("name", ["mnist", "svhn", "fashion_mnist"])
@pytest.mark.filterwarnings("ignore:The data home .* holds only:UserWarning")
def test_real_images_against_brute_force(compiled, data_home, name):
    result = run_study(name, hidden=[(16, 8)], max_iter=2, n_train=3000, data_home=data_home)
    network = result.networks[0]
    assert network.mlp.n_features_in_ == np.prod(result.data.image_shape)
    assert network.baseline_score > 0.15
    _, validation = shares(result.data, n_train=3000)
    X, y = result.data.X_train[validation], result.data.y_train[validation]
    for position in (0, 7, 15, 16, 23):
        layer, index = network.ablation.layer[position], network.ablation.index[position]
        expected = silenced_score(network.mlp, layer, index, X, y)
        assert network.ablation.scores[position] == expected


def results_of(study):
    return [
        (one.hidden, one.seed, one.path.test_score.tolist(), one.mlp.coefs_[0].tobytes())
        for one in study.networks
    ]


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_workers_find_the_same(compiled, backend, monkeypatch):
    monkeypatch.setattr("skneuron.study._distant_progress.SECONDS", 0.001)
    options = {"hidden": [(6,), (4, 3)], "seeds": [1, 0], "max_iter": 60, "n_train": 400}
    told, totals = [], []
    expected = results_of(run_study("digits", **options))
    with joblib.parallel_config(backend):
        found = run_study(
            "digits",
            **options,
            n_jobs=2,
            on_start=totals.append,
            on_progress=lambda work, phase: told.append((work, phase)),
        )
    assert results_of(found) == expected
    assert sum(work for work, _ in told) == pytest.approx(totals[0])
    if backend == "loky" and has_processes(2, 4):
        # Not only when a network is done: of the first one something is told before that.
        assert len(told) > 4
        assert set(totals) == {totals[0]}
        kinds = {phase.partition(" (")[0].partition(": ")[0] for _, phase in told}
        assert kinds <= {"training", "pruning", "evaluating", "2 networks at once", "network"}
        assert all(", seed " in phase or "at once" in phase for _, phase in told)
