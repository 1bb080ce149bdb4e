"""What is said while kernels are compiled: once, on stderr, and never in the way."""

import io
import os
import sys
import time

import numba
import pytest
from helpers.child_python import run_python
from helpers.tiny_kernels import TESTS

from skneuron.kernels import Kernel, _notice, _parts, ablation, training
from skneuron.kernels._notice import SWITCH, Compilation, CompilationNotice

needs_jit = pytest.mark.skipif(
    bool(numba.config.DISABLE_JIT), reason="NUMBA_DISABLE_JIT=1: nothing is compiled"
)


@pytest.fixture(autouse=True)
def is_switched_on(monkeypatch):
    monkeypatch.delenv(SWITCH, raising=False)


def test_one_line_on_stderr_for_all_kernels(capsys):
    notice = CompilationNotice()
    for name in ("train", "ablate_each_neuron", "train"):
        notice.start(name)
        notice.stop(name)
    stdout, stderr = capsys.readouterr()
    assert stdout == ""
    assert stderr.count("\n") == 1
    assert f"{SWITCH}=0" in stderr  # how to have no such line
    assert "`skneuron warmup`" in stderr


@pytest.mark.parametrize("kernel", [*_notice.ABOUT, "another"])
def test_it_says_what_for_and_how_long(kernel, capsys):
    CompilationNotice().start(kernel)
    purpose, seconds = _notice.ABOUT.get(kernel, ("another", 2))
    assert f"compiling for {purpose}, about {seconds} s" in capsys.readouterr().err


def test_what_takes_no_time_is_not_worth_a_word(capsys):
    notice = CompilationNotice()
    for name in _notice.QUIET_KERNELS:
        notice.start(name)
    assert capsys.readouterr() == ("", "")
    notice.start("train")
    assert "training" in capsys.readouterr().err


def test_the_switch_silences_it(capsys, monkeypatch):
    monkeypatch.setenv(SWITCH, "0")
    CompilationNotice().start("train")
    assert capsys.readouterr() == ("", "")
    monkeypatch.setenv(SWITCH, "1")
    CompilationNotice().start("train")
    assert SWITCH in capsys.readouterr().err


def test_done_has_names_and_seconds_in_order():
    notice = CompilationNotice()
    with notice.told_to(str):
        notice.start("outer")
        notice.start("inner")
        time.sleep(0.02)
        notice.stop("inner")
        time.sleep(0.02)
        notice.stop("outer")
    inner, outer = notice.done
    assert (inner.kernel, outer.kernel) == ("inner", "outer")
    assert 0.015 < inner.seconds < outer.seconds < 60
    assert isinstance(inner, Compilation)


def test_a_kernel_that_was_not_announced_takes_no_time():
    notice = CompilationNotice()
    notice.stop("train")
    assert [(done.kernel, round(done.seconds, 2)) for done in notice.done] == [("train", 0)]


def test_a_listener_gets_names_instead(capsys):
    notice, heard, inner = CompilationNotice(), [], []
    with notice.told_to(heard.append):
        notice.start("train")
        with notice.told_to(inner.append):
            notice.start("ablate_each_neuron")
        notice.start("ablate_each_pair")
    assert heard == ["train", "ablate_each_pair"]
    assert inner == ["ablate_each_neuron"]
    assert capsys.readouterr() == ("", "")
    notice.start("train")
    assert heard == ["train", "ablate_each_pair"]
    assert capsys.readouterr().err.count("\n") == 1


def test_a_listener_hears_although_it_is_switched_off(monkeypatch):
    monkeypatch.setenv(SWITCH, "0")
    notice, heard = CompilationNotice(), []
    with notice.told_to(heard.append):
        notice.start("train")
    assert heard == ["train"]


def test_a_listener_is_forgotten_after_an_error(capsys):
    notice, heard = CompilationNotice(), []
    with pytest.raises(ZeroDivisionError), notice.told_to(heard.append):
        raise ZeroDivisionError
    notice.start("train")
    assert heard == []
    assert capsys.readouterr().err


class Full(io.StringIO):
    def write(self, text):
        raise OSError(28, "No space left on device")


class OfAscii(io.TextIOWrapper):
    def __init__(self):
        super().__init__(io.BytesIO(), encoding="ascii")


def closed():
    stream = io.StringIO()
    stream.close()
    return stream


@pytest.mark.parametrize("stream", [None, closed(), Full(), object()])
def test_no_stderr_is_no_error(stream, capsys, monkeypatch):
    """Nor is anything printed elsewhere: what reads stdout may take it for a result."""
    monkeypatch.setattr(sys, "stderr", stream)
    notice = CompilationNotice()
    notice.start("train")
    notice.stop("train")
    assert len(notice.done) == 1
    assert capsys.readouterr().out == ""


def test_streams_of_ascii_can_say_it(monkeypatch):
    stream = OfAscii()
    monkeypatch.setattr(sys, "stderr", stream)
    CompilationNotice().start("train")
    assert b"compiling for" in stream.buffer.getvalue()


def test_kernels_that_are_named_exist():
    """Or something else would be said of them, once they have another name."""
    names = {
        kernel.__name__
        for room in (training, ablation)
        for kernel in vars(room).values()
        if isinstance(kernel, Kernel)
    }
    assert set(_notice.ABOUT) - names == set()
    assert [name for name in _notice.QUIET_KERNELS if not hasattr(_parts, name)] == []


COMPILE = """
import json, os, sys
if os.environ.get("CLOSE_STDERR"):
    os.close(2)
import numpy as np
from helpers.tiny_kernels import halve, count_parts
from skneuron.kernels._notice import NOTICE
a = np.ones(3)
halve(a)
halve(np.ones(3, np.float32))
count_parts.serial(np.zeros(3, np.int64), 3)
assert a.tolist() == [1] * 3
print(json.dumps([[done.kernel, done.seconds] for done in NOTICE.done]))
"""


@needs_jit
def test_said_once_a_process_if_something_is_compiled(tmp_path):
    def run(**environment):
        variables = {"NUMBA_CACHE_DIR": str(tmp_path)} | environment
        done, stderr = run_python(COMPILE, path=TESTS, **variables)
        return done, stderr.count("compiling for")

    done, n_said = run()
    assert [kernel for kernel, _ in done] == ["halve", "halve", "count_parts"]
    assert all(0 < seconds < 60 for _, seconds in done)
    assert n_said == 1
    assert run() == ([], 0)  # the cache is warm
    assert run(NUMBA_CACHE_DIR=str(tmp_path / "other"))[1] == 1
    assert run(NUMBA_CACHE_DIR=str(tmp_path / "third"), **{SWITCH: "0"})[1] == 0


@needs_jit
@pytest.mark.skipif(os.name == "nt", reason="Windows has other descriptors")
def test_a_closed_stderr_ends_no_fit(tmp_path):
    done, stderr = run_python(COMPILE, path=TESTS, NUMBA_CACHE_DIR=str(tmp_path), CLOSE_STDERR="1")
    assert len(done) == 3
    assert stderr == ""
