"""Streams that are closed, full or without a reader."""

import errno
import io
import os
import sys

import pytest

from skneuron._command_line._streams import SafeStream, standard_streams

needs_full = pytest.mark.skipif(
    not os.path.exists("/dev/full"), reason="no /dev/full on this system"
)


def closed():
    stream = io.StringIO()
    stream.close()
    return stream


def test_what_can_be_written_is():
    below = io.StringIO()
    stream = SafeStream(below)
    assert stream.write("one") == 3
    stream.writelines([" two", " three"])
    stream.flush()
    assert below.getvalue() == "one two three"
    assert stream.problem is None
    assert stream.getvalue() == below.getvalue()  # all else is as it was
    assert not stream.isatty()


@pytest.mark.parametrize("below", [None, closed()], ids=["none", "closed"])
def test_closed_streams_take_everything(below):
    stream = SafeStream(below)
    assert not stream.isatty()
    stream.flush()
    assert stream.write("lost") == 4
    problem = stream.problem
    assert "closed" in str(problem)
    stream.write("again")
    stream.flush()
    assert stream.problem is problem  # the first
    assert not stream.is_without_reader


def test_nothing_is_lost_if_nothing_is_said():
    stream = SafeStream(None)
    stream.flush()
    stream.writelines([])
    assert stream.problem is None


@needs_full
def test_full_devices_do_not_fail_again_when_the_stream_ends():
    with open("/dev/full", "w") as below:
        stream = SafeStream(below)
        stream.write("kept in memory")
        assert stream.problem is None
        stream.flush()
        assert stream.problem.errno == errno.ENOSPC
    # Closing it, which writes what is left, raised nothing.


@pytest.mark.skipif(os.name == "nt", reason="Windows has another error for it")
def test_pipes_without_a_reader_are_told_apart():
    read, write = os.pipe()
    os.close(read)
    with open(write, "w") as below:
        stream = SafeStream(below)
        stream.write("nobody reads")
        stream.flush()
    assert stream.is_without_reader


def test_other_errors_are_not_hidden():
    class Broken(io.StringIO):
        def write(self, text):
            raise TypeError("a bug")

    with pytest.raises(TypeError, match="a bug"):
        SafeStream(Broken()).write("text")


def test_standard_streams_are_safe_in_the_context_and_flushed(capsys):
    before = sys.stdout, sys.stderr
    with standard_streams() as stdout:
        assert sys.stdout is stdout
        print("out")
        print("err", file=sys.stderr)
    assert (sys.stdout, sys.stderr) == before
    assert capsys.readouterr() == ("out\n", "err\n")


def test_ascii_streams_replace_what_they_do_not_know(monkeypatch):
    below = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", below)
    with standard_streams():
        print("1 ± 2")
    assert below.buffer.getvalue().split() == [b"1", b"?", b"2"]
