"""Progress bars: on a terminal only, with the time left, gone at the end."""

import io
import sys

import pytest

from skneuron.utils import _progress
from skneuron.utils._progress import ProgressReporter, _PlainBar, progress_bar


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def without_rich(monkeypatch):
    monkeypatch.setattr(_progress, "find_spec", lambda name: None)


def test_reporter_tells_nobody_by_default():
    reporter = ProgressReporter()
    assert reporter.start(4.0) is None
    assert reporter.advance(1.0, "training") is None
    assert reporter.close() is None


def test_pieces_of_work_are_reported_one_by_one_or_several_together():
    told = []
    reporter = ProgressReporter(advance=lambda work, phase: told.append((work, phase)))
    report = reporter.pieces(2.5, "training")
    report()
    report(4)
    assert told == [(2.5, "training"), (10.0, "training")]


def advance_to_the_end(stream, **options):
    with progress_bar(stream, **options) as bar:
        bar.start(4.0)
        for _ in range(4):
            bar.advance(1.0, "training")
    return stream.getvalue()


def test_nothing_is_written_where_there_is_no_terminal():
    assert advance_to_the_end(io.StringIO()) == ""


def test_nothing_is_written_when_quiet():
    assert advance_to_the_end(Terminal(), quiet=True) == ""


def test_rich_draws_the_bar_where_it_is_installed():
    written = advance_to_the_end(Terminal())
    assert "training" in written
    assert "100%" in written


def test_plain_bar_needs_no_rich(without_rich, monkeypatch):
    monkeypatch.setitem(sys.modules, "rich", None)
    written = advance_to_the_end(Terminal())
    assert " 25%" in written
    assert "100%" in written


@pytest.mark.parametrize("error", [None, KeyboardInterrupt])
def test_plain_bar_is_gone_at_the_end(without_rich, error):
    stream = Terminal()
    try:
        with progress_bar(stream) as bar:
            bar.start(2.0)
            bar.advance(1.0, "training")
            if error:
                raise error
    except KeyboardInterrupt:
        pass
    last_line = stream.getvalue().split("\r")
    assert last_line[-1] == ""
    assert last_line[-2].strip() == ""


def test_plain_bar_tells_the_time_left():
    now = [100.0]
    stream = io.StringIO()
    bar = _PlainBar(stream, clock=lambda: now[0])
    bar.start(10.0)
    now[0] += 65
    bar.advance(5.0, "pruning")
    assert stream.getvalue().split("\r")[-1].split() == [
        "[" + "#" * 15 + "-" * 15 + "]", "50%", "1:05", "left", "pruning",
    ]  # fmt: skip


def test_plain_bar_writes_only_changes():
    now = [0.0]
    stream = io.StringIO()
    bar = _PlainBar(stream, clock=lambda: now[0])
    bar.start(1e6)
    bar.advance(0.0, "x")
    before = len(stream.getvalue())
    bar.advance(0.0, "x")
    assert len(stream.getvalue()) == before


def test_plain_bar_never_passes_the_end():
    stream = io.StringIO()
    bar = _PlainBar(stream)
    bar.start(1.0)
    bar.advance(5.0, "x")
    assert "100%" in stream.getvalue()
    assert "500%" not in stream.getvalue()
