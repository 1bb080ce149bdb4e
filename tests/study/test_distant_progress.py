"""What other processes have done is told as they do it, each piece once."""

import os
import threading
import time

import pytest

from skneuron.study import _distant_progress
from skneuron.study._distant_progress import DistantProgress, distant_progress, reporter_into
from skneuron.utils import ProgressReporter


class Told:
    def __init__(self):
        self.totals, self.pieces = [], []
        self.reporter = ProgressReporter(
            self.totals.append, lambda work, phase: self.pieces.append((work, phase))
        )

    @property
    def done(self):
        return sum(work for work, _ in self.pieces)


@pytest.fixture
def told():
    return Told()


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """Workers write every piece, and the thread looks at once."""
    monkeypatch.setattr(_distant_progress, "SECONDS", 0.0)


def test_pieces_of_two_workers(told, tmp_path):
    watched = DistantProgress(str(tmp_path), [10.0, 20.0], told.reporter)
    watched.look()
    assert (told.totals, told.pieces) == ([30.0], [])
    first, second = (reporter_into(str(tmp_path), number) for number in (0, 1))
    first.advance(3.0, "training (4,)")
    # From now on time counts; until now processes have started.
    watched.look()
    assert (told.totals, told.pieces) == ([30.0, 30.0], [(0.0, "training (4,)")])
    second.advance(5.0, "pruning (6,)")
    watched.look()
    watched.look()
    phase = "2 networks at once: pruning, training"
    assert told.pieces[1:] == [(3.0, phase), (5.0, phase)]
    watched.ended(0, "network (4,)")
    assert told.done == 15.0
    second.advance(50.0, "evaluating (6,)")
    watched.look()
    assert told.pieces[-1] == (15.0, "evaluating (6,)")
    watched.ended(1, "network (6,)")
    assert told.done == 30.0


def test_what_is_done_is_told_though_its_result_waits_for_others(told, tmp_path):
    watched = DistantProgress(str(tmp_path), [10.0, 20.0], told.reporter)
    first, second = (reporter_into(str(tmp_path), number) for number in (0, 1))
    for reporter in (first, second):
        reporter.advance(1.0, "training (6,)")
    watched.look()
    second.close()
    watched.look()
    assert told.pieces[-1] == (20.0, "training (6,)")
    assert told.done == 21.0
    watched.ended(0, "network (4,)")
    watched.ended(1, "network (6,)")
    assert told.done == 30.0


def test_where_workers_have_no_such_folder_networks_are_told(told, tmp_path):
    watched = DistantProgress(str(tmp_path), [10.0, 20.0], told.reporter)
    elsewhere = reporter_into(str(tmp_path / "not there"), 0)
    elsewhere.advance(3.0, "training")
    watched.look()
    watched.ended(0, "network (4,), seed 0")
    watched.ended(1, "network (6,), seed 0")
    assert told.totals == [30.0]
    assert told.pieces == [(10.0, "network (4,), seed 0"), (20.0, "network (6,), seed 0")]


def test_not_every_piece_is_written(monkeypatch, tmp_path):
    monkeypatch.setattr(_distant_progress, "SECONDS", 1000.0)
    reporter = reporter_into(str(tmp_path), 7)
    reporter.advance(1.0, "training")
    reporter.advance(2.0, "training")
    assert (tmp_path / "7").read_text() == "1.0\ntraining"
    reporter.advance(0.0, "pruning")  # a phase begins
    assert (tmp_path / "7").read_text() == "3.0\npruning"


def test_what_cannot_be_written_or_read_is_no_error(told, tmp_path):
    watched = DistantProgress(str(tmp_path), [10.0], told.reporter)
    reporter = reporter_into(str(tmp_path), 0)
    (tmp_path / "0").mkdir()
    (tmp_path / "0" / "full").write_text("")
    reporter.advance(1.0, "training")
    watched.look()
    (tmp_path / "0" / "full").unlink()
    (tmp_path / "0").rmdir()
    (tmp_path / "0").write_text("half a num")
    watched.look()
    assert told.pieces == []


def test_a_thread_looks_and_leaves_nothing_behind(told):
    before = set(threading.enumerate())
    with distant_progress([4.0], told.reporter) as (folder, _):
        reporter = reporter_into(folder, 0)
        until = time.monotonic() + 30
        while told.done < 2.0 and time.monotonic() < until:
            reporter.advance(1.0, "training")
            time.sleep(0.01)
        assert told.done >= 2.0
    # Others, of earlier tests, may have ended meanwhile.
    assert set(threading.enumerate()) <= before
    assert not os.path.exists(folder)


def test_an_error_of_who_is_told_ends_the_work(told):
    def refuse(work, phase):
        raise RuntimeError("no more")

    reporter = ProgressReporter(advance=refuse)
    with distant_progress([4.0], reporter) as (folder, watched):
        reporter_into(folder, 0).advance(1.0, "training")
        until = time.monotonic() + 30
        while watched.error is None and time.monotonic() < until:
            time.sleep(0.01)
        with pytest.raises(RuntimeError, match="no more"):
            watched.ended(0, "network")
