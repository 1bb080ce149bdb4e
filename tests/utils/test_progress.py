"""Progress: bars on a terminal, with the time left, gone at the end; elsewhere lines."""

import io
import sys
import threading
import time

import pytest

from skneuron.kernels import compilation_notice
from skneuron.kernels._notice import Compilation
from skneuron.utils import _progress
from skneuron.utils._progress import ProgressReporter, _Lines, _Pace, _PlainBar, progress_bar


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture(autouse=True)
def ordinary_terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")


@pytest.fixture(autouse=True)
def done(monkeypatch):
    """What this process has compiled, which tests add to as they like."""
    monkeypatch.setattr(compilation_notice, "done", [Compilation("earlier", 1000.0)])
    return compilation_notice.done


@pytest.fixture
def without_rich(monkeypatch):
    monkeypatch.setattr(_progress, "find_spec", lambda name: None)


@pytest.fixture(params=["rich", "plain"])
def either_bar(request, monkeypatch):
    if request.param == "plain":
        monkeypatch.setattr(_progress, "find_spec", lambda name: None)


def test_reporter_tells_nobody_by_default():
    reporter = ProgressReporter()
    assert reporter.start(4.0) is None
    assert reporter.advance(1.0, "training") is None
    assert reporter.compiling("train") is None
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


def test_each_phase_is_a_line_where_there_is_no_terminal():
    stream = io.StringIO()
    with progress_bar(stream) as bar:
        bar.start(6.0)
        for phase in ("training", "pruning", "training"):
            bar.advance(1.0, phase)
            bar.advance(1.0, phase)
    assert stream.getvalue().splitlines() == ["training", "pruning", "training"]


def test_dumb_terminals_get_lines(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    assert advance_to_the_end(Terminal()) == "training\n"


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
        "[" + "#" * 15 + "-" * 15 + "]", "50%", "1:05", "1:05", "left", "pruning",
    ]  # fmt: skip


def test_work_that_starts_again_is_paced_from_there_but_time_goes_on():
    now = [0.0]
    stream = io.StringIO()
    bar = _PlainBar(stream, clock=lambda: now[0])
    bar.start(10.0)
    now[0] += 60
    bar.start(10.0)
    now[0] += 5
    bar.advance(5.0, "pruning")
    assert stream.getvalue().split("\r")[-1].split()[2:4] == ["1:05", "0:05"]


@pytest.mark.parametrize(("columns", "filled"), [(60, 7), (40, 0), (20, 0), (200, 15)])
def test_plain_bar_is_no_wider_than_its_terminal(columns, filled, monkeypatch):
    """Each of its lines stayed, as a carriage return comes back from the last one only."""
    monkeypatch.setenv("COLUMNS", str(columns))
    stream = io.StringIO()
    monkeypatch.setattr(stream, "isatty", lambda: True)
    bar = _PlainBar(stream, clock=lambda: 0.0)
    bar.start(10.0)
    bar.advance(5.0, "pruning (100, 50)")
    lines = stream.getvalue().split("\r")
    assert max(map(len, lines)) < columns
    assert lines[-1].count("#") == filled
    assert lines[-1].endswith("pruning (100, 50)") == (columns > 45)


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


# ---- kernels that are compiled on the way


class Compiler:
    """Compiles kernels that take as long as a test says, by a clock of its own."""

    def __init__(self, done):
        self.now, self.done = 100.0, done

    def clock(self):
        return self.now

    def compile(self, kernel, seconds):
        self.now += seconds
        self.done.append(Compilation(kernel, seconds))


def test_compiling_is_no_part_of_the_time_left(done):
    compiler = Compiler(done)
    pace = _Pace(compiler.clock)
    pace.start(8.0)
    assert pace.left == ""
    compiler.compile("train", 40.0)
    compiler.now += 6
    pace.advance(2.0)
    assert pace.left == "0:18 left"  # 6 of 8, at 2 in 6 seconds
    compiler.compile("ablate_each_neuron", 100.0)
    compiler.now += 6
    pace.advance(2.0)
    assert (pace.left, pace.share) == ("0:12 left", 0.5)
    assert pace.elapsed == 152.0


def test_compiling_in_two_threads_at_a_time_leaves_no_negative_time(done):
    compiler = Compiler(done)
    pace = _Pace(compiler.clock)
    pace.start(10.0)
    compiler.compile("train", 40.0)
    done.append(Compilation("train", 39.0))
    pace.advance(1.0)
    assert pace.left == "0:00 left"


def test_plain_bar_says_what_is_compiled_and_keeps_the_time_left(done):
    compiler, stream = Compiler(done), io.StringIO()
    bar = _PlainBar(stream, clock=compiler.clock)
    bar.start(10.0)
    compiler.now += 65
    bar.advance(5.0, "training")
    compiler.now += 3
    bar.compiling("ablate_each_neuron")
    line = stream.getvalue().split("\r")[-1]
    assert " 50% " in line
    assert line.endswith("1:08   1:05 left  compiling ablate each neuron (once)")


def test_bars_are_told_of_kernels_and_nothing_else_is_printed(either_bar, capsys):
    stream = Terminal()
    with progress_bar(stream) as bar:
        bar.start(2.0)
        compilation_notice.start("train")
        compilation_notice.stop("train")
        time.sleep(0.3)  # rich draws ten times a second
        assert "compiling train (once)" in stream.getvalue()
        bar.advance(1.0, "training")
    assert capsys.readouterr().err == ""


def test_lines_name_kernels_among_the_phases():
    stream = io.StringIO()
    with progress_bar(stream) as bar:
        bar.start(2.0)
        bar.advance(1.0, "training")
        for kernel in ("score_full_network", "_drive"):  # the latter takes no time
            compilation_notice.start(kernel)
        bar.advance(1.0, "training")
        bar.advance(1.0, "pruning")
    assert stream.getvalue().splitlines() == [
        "training",
        "compiling score full network (once)",
        "pruning",
    ]


def test_quiet_means_that_compiling_is_not_told_either(capsys):
    stream = Terminal()
    with progress_bar(stream, quiet=True):
        compilation_notice.start("train")
    assert (stream.getvalue(), capsys.readouterr().err) == ("", "")


def test_after_the_bar_others_are_told_again():
    told = []
    with compilation_notice.told_to(told.append):
        with progress_bar(io.StringIO(), quiet=True):
            compilation_notice.start("train")
        compilation_notice.start("ablate_each_pair")
    assert told == ["ablate_each_pair"]


def test_time_goes_on_while_nothing_is_reported(either_bar):
    """As while a kernel is compiled: the picture never stands still."""
    stream = Terminal()
    with progress_bar(stream) as bar:
        bar.start(2.0)
        compilation_notice.start("train")
        time.sleep(0.3)
        before = len(stream.getvalue())
        time.sleep(2.2)
        written = stream.getvalue()[before:]
    assert "0:01" in written or "0:02" in written


def test_nobody_draws_after_the_end(without_rich):
    n_before = threading.active_count()
    stream = Terminal()
    with progress_bar(stream) as bar:
        bar.start(2.0)
        assert threading.active_count() == n_before + 1
    assert threading.active_count() == n_before


def test_lines_are_there_at_once():
    class Pipe(io.StringIO):
        flushed = ""

        def flush(self):
            self.flushed = self.getvalue()

    pipe = Pipe()
    _Lines(pipe).advance(0.0, "training")
    assert pipe.flushed == "training\n"
