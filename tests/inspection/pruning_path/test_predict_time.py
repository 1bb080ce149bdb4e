"""How long estimators take to predict: medians of runs that take turns, within a bound."""

import numpy as np
import pytest

from skneuron.inspection._pruning_path import _predict_time
from skneuron.inspection._pruning_path._predict_time import MAX_RUNS, SECONDS, predict_seconds

X = np.zeros((3, 2))


class Clock:
    def __init__(self):
        self.now = 0.0

    def perf_counter(self):
        return self.now


class Slow:
    """Predicts in so many seconds, one after the other; the last one from then on."""

    def __init__(self, clock, log, *seconds):
        self.clock, self.log, self.seconds = clock, log, list(seconds)

    def predict(self, X):
        self.log.append(self)
        self.clock.now += self.seconds.pop(0) if len(self.seconds) > 1 else self.seconds[0]


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(_predict_time, "time", clock)
    return clock


def test_medians_without_the_first_run(clock):
    log = []
    one = Slow(clock, log, 5.0, 0.002, 0.009, 0.001)
    other = Slow(clock, log, 5.0, 0.004)
    found = predict_seconds([one, other], X)
    assert found == [pytest.approx(0.001), pytest.approx(0.004)]
    # By turns: what slows the machine down slows both.
    assert log == [one, other] * (len(log) // 2)
    assert clock.now - 10.0 <= SECONDS + 0.005


def test_of_a_slow_one_there_is_one_run(clock):
    log = []
    assert predict_seconds([Slow(clock, log, 3.0), Slow(clock, log, 2.0)], X) == [3.0, 2.0]
    assert len(log) == 4


def test_of_a_fast_one_there_are_not_too_many(clock):
    log = []
    assert predict_seconds([Slow(clock, log, 0.0)], X) == [0.0]
    assert len(log) == MAX_RUNS + 1
