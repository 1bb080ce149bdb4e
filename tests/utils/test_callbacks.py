"""What scikit-learn's callbacks see of a fit."""

import numpy as np
import pytest
import sklearn
from helpers.networks import small
from numpy.testing import assert_array_equal
from sklearn.base import clone, is_regressor
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.fixes import parse_version

from skneuron import (
    PrunableMLPClassifier,
    PrunableMLPRegressor,
    RottenNeuronPruner,
    RottenNeuronPrunerCV,
)

both_kinds = pytest.mark.parametrize("cls", [PrunableMLPClassifier, PrunableMLPRegressor])
unconverged = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


has_callbacks = pytest.mark.skipif(
    parse_version(sklearn.__version__) < parse_version("1.9"),
    reason=f"scikit-learn {sklearn.__version__} has no callbacks",
)


@has_callbacks
@unconverged
@pytest.mark.parametrize("solver", ["adam", "sgd"])
@both_kinds
def test_scores_of_every_epoch(data, cls, solver):
    from sklearn.callback import ScoringMonitor

    monitor = ScoringMonitor(scoring="neg_mean_squared_error")
    mlp = small(cls, solver=solver).set_callbacks(monitor).fit(*data)
    log = monitor.get_logs().data
    epochs = [row for row in log if row["task_name"] == "epoch"]
    assert [row["task_id"] for row in epochs] == list(range(6))
    if is_regressor(mlp):
        assert len({row["neg_mean_squared_error"] for row in epochs}) == 6
    last = -np.mean((mlp.predict(data[0]) - data[1]) ** 2)
    assert epochs[-1]["neg_mean_squared_error"] == pytest.approx(last)
    assert [row["task_name"] for row in log].count("fit") == 1
    assert not hasattr(mlp, "_callback_fit_ctx")
    assert not hasattr(mlp, "_fit_tasks")


@has_callbacks
@unconverged
def test_callbacks_change_nothing_and_stay_with_the_estimator(data):
    from sklearn.callback import ScoringMonitor

    watched = small().set_callbacks(ScoringMonitor(scoring="accuracy")).fit(*data)
    assert_array_equal(watched.coefs_[0], small().fit(*data).coefs_[0])
    assert clone(watched)._skl_callbacks
    assert not hasattr(watched.to_sklearn(), "_skl_callbacks")


@has_callbacks
@unconverged
def test_estimators_given_to_callbacks_do_not_hold_the_data(data):
    class Keep:
        def setup(self, estimator, context): ...
        def teardown(self, estimator, context): ...
        def on_fit_task_begin(self, estimator, context): ...
        def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
            self.kept = fitted_estimator

    keep = Keep()
    mlp = small().set_callbacks(keep).fit(*data, X_val=data[0], y_val=data[1])
    assert keep.kept._fit_tasks is None
    assert keep.kept._given_validation is None
    assert_array_equal(keep.kept.predict(data[0]), mlp.predict(data[0]))
    assert keep.kept.coefs_[0] is not mlp.coefs_[0]


@has_callbacks
@unconverged
def test_lbfgs_is_one_task(data):
    from sklearn.callback import ScoringMonitor

    monitor = ScoringMonitor(scoring="accuracy")
    mlp = small(solver="lbfgs").set_callbacks(monitor).fit(*data)
    (row,) = monitor.get_logs().data
    assert row["accuracy"] == mlp.score(*data)


@has_callbacks
@unconverged
def test_a_callback_stops_training(data):
    class Stop:
        def setup(self, estimator, context): ...
        def teardown(self, estimator, context): ...
        def on_fit_task_begin(self, estimator, context): ...
        def on_fit_task_end(self, estimator, context):
            return context.task_name == "epoch" and context.task_id == 2

    mlp = small(max_iter=50).set_callbacks(Stop()).fit(*data)
    assert mlp.n_iter_ == 3


@has_callbacks
@unconverged
def test_progress_bar_in_a_search_over_a_pipeline(data, capfd):
    from sklearn.callback import ProgressBar

    pipeline = make_pipeline(StandardScaler(), small())
    search = GridSearchCV(pipeline, {"prunablemlpclassifier__alpha": [0.1, 1.0]}, cv=2)
    search.set_callbacks(ProgressBar(max_propagation_depth=None)).fit(*data)
    out = capfd.readouterr().out
    assert "PrunableMLPClassifier - fit" in out
    assert search.best_estimator_[-1].n_iter_ == 6


@has_callbacks
def test_callbacks_are_told_of_errors(data):
    calls = []

    class Log:
        def setup(self, estimator, context):
            calls.append("setup")

        def teardown(self, estimator, context):
            calls.append("teardown")

        def on_fit_task_begin(self, estimator, context): ...
        def on_fit_task_end(self, estimator, context): ...

    mlp = small().set_callbacks(Log())
    with pytest.raises(ValueError, match="NaN"):
        mlp.fit(data[0] * np.nan, data[1])
    assert calls == ["setup", "teardown"]
    assert not hasattr(mlp, "_callback_fit_ctx")


# ---- of the pruner


class Recorder:
    """Also of what is inside: every task's estimator and name, when it begins and ends."""

    max_propagation_depth = None

    def __init__(self):
        self.events, self.fitted = [], None

    def setup(self, estimator, context):
        self.events.append("setup")

    def teardown(self, estimator, context):
        self.events.append("teardown")

    def on_fit_task_begin(self, estimator, context):
        self.events.append(f"{type(estimator).__name__} {context.task_name}")

    def on_fit_task_end(self, estimator, context, *, metadata=None, fitted_estimator=None):
        self.events.append(f"end of {context.task_name}")
        self.fitted = fitted_estimator or self.fitted
        self.metadata = metadata


def pruner(estimator=None, **options):
    mlp = small(max_iter=2) if estimator is None else estimator
    return RottenNeuronPruner(mlp, random_state=0, **options)


EPOCHS = ["PrunableMLPClassifier epoch", "end of epoch"] * 2
TRAINING = ["PrunableMLPClassifier fit", *EPOCHS, "end of fit"]
PRUNING = ["RottenNeuronPruner prune", "end of prune"]


@has_callbacks
@unconverged
def test_stages_of_the_pruner(data):
    recorder = Recorder()
    fitted = pruner().set_callbacks(recorder).fit(*data)
    assert recorder.events == [
        "setup", "RottenNeuronPruner fit", *TRAINING, *PRUNING, "end of fit", "teardown",
    ]  # fmt: skip
    assert_array_equal(recorder.fitted.predict(data[0]), fitted.predict(data[0]))
    assert not hasattr(fitted, "_callback_fit_ctx")
    for left in (fitted.estimator, fitted.estimator_):
        assert not hasattr(left, "_skl_callbacks")
        assert not hasattr(left, "_parent_callback_ctx")


@has_callbacks
@unconverged
def test_a_fitted_network_is_not_trained(data):
    recorder = Recorder()
    pruner(small(max_iter=2).fit(*data), cv="prefit").set_callbacks(recorder).fit(*data)
    assert recorder.events == [
        "setup", "RottenNeuronPruner fit", *PRUNING, "end of fit", "teardown",
    ]  # fmt: skip


@has_callbacks
@unconverged
def test_callbacks_do_not_change_what_is_pruned(data):
    watched = pruner().set_callbacks(Recorder()).fit(*data)
    plain = pruner().fit(*data)
    assert_array_equal(watched.ranking_, plain.ranking_)
    assert_array_equal(watched.estimator_.coefs_[0], plain.estimator_.coefs_[0])
    assert clone(watched)._skl_callbacks


@has_callbacks
@unconverged
def test_networks_from_memory_are_not_trained_again(data, tmp_path):
    first, second = Recorder(), Recorder()
    for recorder in (first, second):
        pruner(memory=str(tmp_path)).set_callbacks(recorder).fit(*data)
    assert "end of epoch" in first.events
    assert "end of epoch" not in second.events
    assert second.events[-4:] == [*PRUNING, "end of fit", "teardown"]


@has_callbacks
@unconverged
def test_callbacks_get_the_weights(data):
    recorder, weight = Recorder(), np.arange(1, len(data[1]) + 1)
    pruner().set_callbacks(recorder).fit(*data, sample_weight=weight)
    assert_array_equal(recorder.metadata["sample_weight"], weight)


@has_callbacks
@unconverged
def test_a_callback_of_the_pruner_hears_of_errors(data):
    recorder = Recorder()
    with pytest.raises(ValueError, match="auto"):
        pruner(threshold="auto").set_callbacks(recorder).fit(data[0][:60], data[1][:60])
    assert recorder.events[-1] == "teardown"
    assert "end of prune" not in recorder.events


@has_callbacks
@unconverged
def test_progress_bar_of_a_pruner_around_a_plain_network(data, capfd):
    from sklearn.callback import ProgressBar

    plain = pruner(MLPClassifier((5,), max_iter=2, random_state=0))
    with pytest.warns(UserWarning, match="MLPClassifier does not support callbacks"):
        plain.set_callbacks(ProgressBar()).fit(*data)
    assert "RottenNeuronPruner - fit" in capfd.readouterr().out


@unconverged
def test_pruners_do_without_callbacks(data):
    """As they do where scikit-learn has none."""
    assert not hasattr(pruner().fit(*data), "_skl_callbacks")
    assert not hasattr(search().fit(*data), "_skl_callbacks")


# ---- of the search for its threshold


def search(**options):
    return RottenNeuronPrunerCV(pruner(), thresholds=[-np.inf, 0.0], cv=2, **options)


@has_callbacks
@unconverged
@pytest.mark.parametrize("n_jobs", [None, 2])
def test_stages_of_the_search(data, n_jobs):
    recorder = Recorder()
    fitted = search(n_jobs=n_jobs).set_callbacks(recorder).fit(*data)
    assert recorder.events == [
        "setup", "RottenNeuronPrunerCV fit",
        "RottenNeuronPrunerCV cross-validate", "end of cross-validate",
        "RottenNeuronPruner fit", *TRAINING, *PRUNING, "end of fit",
        "end of fit", "teardown",
    ]  # fmt: skip
    assert_array_equal(recorder.fitted.predict(data[0]), fitted.predict(data[0]))
    plain = search().fit(*data)
    assert_array_equal(plain.pruner_.ranking_, fitted.pruner_.ranking_)
    assert clone(fitted)._skl_callbacks
    for left in (fitted, fitted.pruner_, fitted.pruner_.estimator_):
        assert not hasattr(left, "_callback_fit_ctx")
        assert not hasattr(left, "_parent_callback_ctx")
    assert not hasattr(fitted.pruner_, "_skl_callbacks")


@has_callbacks
@unconverged
def test_a_callback_of_the_search_hears_of_errors(data):
    def fails(estimator, X, y):
        raise ValueError("no score today")

    recorder = Recorder()
    failing = search().set_params(pruner__scoring=fails).set_callbacks(recorder)
    with pytest.raises(ValueError, match="no score today"):
        failing.fit(*data)
    assert recorder.events[0] == "setup"
    assert recorder.events[-1] == "teardown"
    assert "end of cross-validate" not in recorder.events


class EpochCounter:
    """Is not handed on to what is inside, so it may be there."""

    def __init__(self):
        self.n_epochs = 0

    def setup(self, estimator, context): ...
    def teardown(self, estimator, context): ...
    def on_fit_task_begin(self, estimator, context): ...
    def on_fit_task_end(self, estimator, context):
        self.n_epochs += context.task_name == "epoch"


@has_callbacks
@pytest.mark.parametrize("inner", ["pruner", "network"])
def test_a_search_does_not_train_before_it_refuses_a_progress_bar_inside(data, inner):
    from sklearn.callback import ProgressBar

    counter = EpochCounter()
    mlp = small(max_iter=2).set_callbacks(counter)
    wrong = RottenNeuronPrunerCV(pruner(mlp), thresholds=[0.0], cv=2)
    holder = {"pruner": wrong.pruner, "network": mlp}[inner]
    holder.set_callbacks(*getattr(holder, "_skl_callbacks", []), ProgressBar())
    message = rf"{type(holder).__name__} has callbacks=\['ProgressBar'\].* of RottenNeuronPrunerCV"
    with pytest.raises(TypeError, match=message):
        wrong.fit(*data)
    assert counter.n_epochs == 0
    assert not hasattr(wrong, "pruner_")


@has_callbacks
@unconverged
def test_callbacks_inside_that_are_not_handed_on_are_no_obstacle(data):
    counter = EpochCounter()
    mlp = small(max_iter=2).set_callbacks(counter)
    RottenNeuronPrunerCV(pruner(mlp), thresholds=[0.0], cv=2).fit(*data)
    assert counter.n_epochs == 3 * 2


@has_callbacks
@unconverged
def test_a_fitted_network_is_not_handed_anything(data):
    from sklearn.callback import ProgressBar

    fitted = FrozenEstimator(small(max_iter=2).set_callbacks(ProgressBar()).fit(*data))
    prefit = RottenNeuronPrunerCV(pruner(fitted, cv="prefit"), thresholds=[0.0], cv=2)
    assert prefit.fit(*data).best_threshold_ == 0


@has_callbacks
@unconverged
def test_progress_bar_of_a_search(data, capfd):
    from sklearn.callback import ProgressBar

    search().set_callbacks(ProgressBar()).fit(*data)
    shown = capfd.readouterr().out
    assert "RottenNeuronPrunerCV - fit" in shown
    assert "RottenNeuronPruner - fit" in shown
