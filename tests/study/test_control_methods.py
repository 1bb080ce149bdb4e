"""Controls against training one by one: what they choose, by which rows, from which networks."""

import numpy as np
import pytest
from helpers.networks import small
from sklearn.base import clone
from sklearn.datasets import load_digits

from skneuron import refit_outputs
from skneuron.study._control_methods import (
    ALPHAS,
    CONTROLS,
    DROPOUTS,
    N_TRAININGS,
    ControlTask,
    early_stopped,
    refitted_outputs,
    small_from_scratch,
    some_dropout,
    stronger_alpha,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def rows():
    X, y = load_digits(return_X_y=True)
    return (X[:300] / 16, y[:300]), (X[300:] / 16, y[300:])


def a_task(smaller_sizes=(3,), on_epochs=lambda n: None, validation_y=None, **parameters):
    train, validation = rows()
    full = small(**{"hidden_layer_sizes": (8,), "learning_rate_init": 0.02} | parameters)
    full.fit(*train)
    if validation_y is not None:
        validation = validation[0], validation_y
    return ControlTask(full, train, validation, smaller_sizes, on_epochs)


def same(first, second):
    arrays = zip(first.coefs_ + first.intercepts_, second.coefs_ + second.intercepts_, strict=True)
    return all(np.array_equal(a, b) for a, b in arrays)


@pytest.mark.parametrize("right", [1, 3, 6])
def test_early_stopping_takes_the_epoch_that_the_validation_rows_choose(right):
    task = a_task()
    networks = []
    for n_epochs in range(1, task.full.max_iter + 1):
        network = clone(task.full)
        for _ in range(n_epochs):
            network.partial_fit(*task.train, classes=range(10))
        networks.append(network)
    labels = networks[right - 1].predict(task.validation[0])
    scores = [network.score(task.validation[0], labels) for network in networks]
    assert scores.count(1.0) == 1

    chosen = early_stopped(a_task(validation_y=labels))
    assert chosen.choice == f"epoch {right}"
    assert same(chosen.network, networks[right - 1])


def test_early_stopping_takes_the_first_of_equal_epochs():
    # No network says 99.
    chosen = early_stopped(a_task(validation_y=np.full(1497, 99)))
    assert chosen.choice == "epoch 1"


@pytest.mark.parametrize(
    ("control", "parameter", "value"),
    [(stronger_alpha, "alpha", value) for value in (0.0001, *ALPHAS)]
    + [(some_dropout, "dropout", value) for value in (0.0, *DROPOUTS)],
)
def test_values_are_chosen_by_the_validation_rows(control, parameter, value):
    # In six epochs, a penalty of 0.01 makes no difference.
    task = a_task(max_iter=40)
    wanted = clone(task.full).set_params(**{parameter: value}).fit(*task.train)
    chosen = control(a_task(validation_y=wanted.predict(task.validation[0]), max_iter=40))
    assert chosen.choice == f"{parameter} {value:g}"
    assert same(chosen.network, wanted)
    assert same(chosen.network, task.full) == (value in (0.0001, 0.0))


@pytest.mark.parametrize("control", [stronger_alpha, some_dropout])
def test_the_whole_network_stays_unless_another_is_better(control):
    task = a_task(validation_y=np.full(1497, 99))
    assert control(task).network is task.full


def test_outputs_are_refitted_to_the_validation_rows():
    task = a_task()
    chosen = refitted_outputs(task)
    assert same(chosen.network, refit_outputs(task.full, *task.validation, random_state=0))
    assert not same(chosen.network, task.full)
    np.testing.assert_array_equal(chosen.network.coefs_[0], task.full.coefs_[0])
    assert chosen.choice.startswith("penalty ")
    assert 0.0001 <= float(chosen.choice.removeprefix("penalty ")) <= 1000
    before, after = (one.score(*task.validation) for one in (task.full, chosen.network))
    assert after > before + 0.1


def test_outputs_stay_that_the_validation_rows_find_right():
    task = a_task(max_iter=60)
    labels = task.full.predict(task.validation[0])
    assert len(np.unique(labels)) == 10
    task = a_task(max_iter=60, validation_y=labels)
    assert refitted_outputs(task) == (task.full, "no change")
    assert refitted_outputs(task).network is task.full


def test_outputs_stay_where_wrong_labels_leave_a_class_without_rows():
    _, (_, y) = rows()
    task = a_task(validation_y=np.where(y == 3, 5, y))
    assert refitted_outputs(task).network is task.full


@pytest.mark.parametrize("sizes", [(3,), (4, 2)])
def test_small_network_is_trained_on_the_same_rows_with_the_same_seed(sizes):
    task = a_task(smaller_sizes=sizes)
    chosen = small_from_scratch(task)
    expected = clone(task.full).set_params(hidden_layer_sizes=sizes).fit(*task.train)
    assert chosen.network.hidden_layer_sizes_ == sizes
    assert chosen.choice == f"hidden {sizes}"
    assert same(chosen.network, expected)


def test_a_network_as_large_as_the_whole_is_the_whole():
    task = a_task(smaller_sizes=(8,))
    assert same(clone(task.full).fit(*task.train), task.full)
    assert small_from_scratch(task).network is task.full


@pytest.mark.parametrize("smaller_sizes", [(3,), (8,)])
@pytest.mark.parametrize("tol", [1e-4, 1e3])
def test_epochs_add_up_even_if_training_ends_early(smaller_sizes, tol):
    done = []
    task = a_task(smaller_sizes, done.append, tol=tol, n_iter_no_change=2)
    assert (task.full.n_iter_ < 6) == (tol == 1e3)
    for control in CONTROLS.values():
        control(task)
    assert sum(done) == 6 * N_TRAININGS
    assert len(done) > N_TRAININGS


@pytest.mark.parametrize("name", CONTROLS)
def test_controls_change_neither_the_whole_network_nor_the_rows(name):
    task = a_task()
    CONTROLS[name](task)
    assert same(task.full, a_task().full)
    for now, before in zip((task.train, task.validation), rows(), strict=True):
        np.testing.assert_array_equal(now[0], before[0])
        np.testing.assert_array_equal(now[1], before[1])
