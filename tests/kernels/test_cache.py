"""Machine code on disk: whatever happened to a file or folder, kernels work, and say so once."""

import errno
import os
import stat
import sys
import warnings
from pathlib import Path

import numba
import numpy as np
import pytest
from helpers import tiny_kernels
from helpers.child_python import finish, run_python, start_python
from helpers.tiny_kernels import TESTS

from skneuron.kernels import _cache, _jit
from skneuron.kernels._notice import CompilationNotice

needs_jit = pytest.mark.skipif(
    bool(numba.config.DISABLE_JIT), reason="NUMBA_DISABLE_JIT=1: nothing is compiled"
)


class Cached:
    """A kernel whose code is kept in ``folder``, as new processes would find it."""

    def __init__(self, folder, monkeypatch):
        self.folder = folder / "skneuron"
        self.notice = CompilationNotice()
        monkeypatch.setattr(numba.config, "CACHE_DIR", str(folder))
        monkeypatch.setattr(_jit, "NOTICE", self.notice)

    def run(self, kernel=tiny_kernels.halve):
        """Call a fresh kernel; the names of what was compiled, and the warnings' texts."""
        fresh = _jit.kernel(kernel.py_func)
        a = np.array([1.0, 3.0])
        del self.notice.done[:]
        _cache._warn.is_given = False
        with warnings.catch_warnings(record=True) as caught, self.notice.told_to(str):
            warnings.simplefilter("always")
            fresh(a)
            fresh(np.array([1.0, 3.0], np.float32))  # a second kernel in the same trouble
        assert a.tolist() == [1, 2]
        assert all(warning.category is RuntimeWarning for warning in caught)
        return [done.kernel for done in self.notice.done], [str(w.message) for w in caught]

    def files(self):
        return sorted(self.folder.iterdir()) if self.folder.is_dir() else []


TWICE = ["halve", "halve"]


@pytest.fixture
def cached(tmp_path, monkeypatch):
    return Cached(tmp_path, monkeypatch)


@needs_jit
def test_found_again(cached):
    assert cached.run() == (TWICE, [])
    names = [path.name for path in cached.files()]
    assert len(names) == 2
    assert all(name.startswith("halve-") and name.endswith(".nbc") for name in names)
    assert cached.run() == ([], [])
    assert [path.name for path in cached.files()] == names


RUN = """
import json, numpy as np
from helpers.tiny_kernels import count_parts, halve
from skneuron.kernels._notice import NOTICE
a, visits = np.array([1.0, 3.0]), np.zeros(5, np.int64)
halve(a)
count_parts.parallel(visits, 5)
print(json.dumps([a.tolist(), visits.tolist(), sorted(done.kernel for done in NOTICE.done)]))
"""
RIGHT = [[1, 2], [1] * 5]


@needs_jit
def test_found_again_by_another_process_in_numbas_folder(tmp_path):
    results = [run_python(RUN, path=TESTS, NUMBA_CACHE_DIR=str(tmp_path)).result for _ in range(2)]
    assert results == [[*RIGHT, ["_drive", "count_parts", "halve"]], [*RIGHT, []]]
    kept = sorted(path.name.split("-")[0] for path in (tmp_path / "skneuron").iterdir())
    assert kept == ["_drive", "count_parts", "halve"]


@needs_jit
def test_two_processes_at_once(tmp_path):
    both = [start_python(RUN, path=TESTS, NUMBA_CACHE_DIR=str(tmp_path)) for _ in range(2)]
    children = [finish(process) for process in both]
    assert [child.result[:2] for child in children] == [RIGHT, RIGHT]
    assert "Warning" not in children[0].stderr + children[1].stderr
    assert {path.suffix for path in (tmp_path / "skneuron").iterdir()} == {".nbc"}
    after = run_python(RUN, path=TESTS, NUMBA_CACHE_DIR=str(tmp_path))
    assert after.result == [*RIGHT, []]


def flip(content):
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def of_other_code(content):
    """With a checksum that is right, but of something else than a kernel."""
    pickled = b"cos\ngetcwd\n(tR."
    return _cache.blake2b(pickled, digest_size=_cache._CHECKSUM_BYTES).digest() + pickled


DAMAGES = {
    "empty": lambda content: b"",
    "cut": lambda content: content[:-1],
    "cut within the checksum": lambda content: content[:10],
    "longer": lambda content: content + b"\0",
    "one bit": flip,
    "zeros": lambda content: bytes(len(content)),
    "text": lambda content: b"<html>404</html>",
    "other": of_other_code,
}


@needs_jit
@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_files_are_replaced(cached, damage):
    cached.run()
    before = {path: path.read_bytes() for path in cached.files()}
    for path, content in before.items():
        path.write_bytes(DAMAGES[damage](content))
    compiled, texts = cached.run()
    assert compiled == TWICE
    assert len(texts) == 1
    assert "cache of compiled code cannot be read" in texts[0]
    assert any(str(path) in texts[0] for path in before)
    assert "NUMBA_CACHE_DIR" in texts[0]
    assert cached.files() == list(before)
    assert cached.run() == ([], [])


@needs_jit
def test_files_that_may_not_be_read(cached, monkeypatch):
    cached.run()
    files = cached.files()

    def forbidden(path):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", forbidden)
        compiled, texts = cached.run()
    assert compiled == TWICE
    assert len(texts) == 1
    assert "cannot be read" in texts[0]
    assert "PermissionError" in texts[0]
    assert cached.files() == files
    assert cached.run() == ([], [])


@needs_jit
def test_folders_in_the_place_of_files(cached):
    cached.run()
    files = cached.files()
    for path in files:
        path.unlink()
        path.mkdir()
        (path / "note").write_text("not ours")
    compiled, texts = cached.run()
    assert compiled == TWICE
    assert len(texts) == 1
    assert cached.files() == files  # and nothing that was written in vain
    assert [(path / "note").read_text() for path in files] == ["not ours"] * 2


@needs_jit
def test_a_full_disk_at_the_end(cached, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        compiled, texts = cached.run()
    assert compiled == TWICE
    assert len(texts) == 1
    assert "cannot be written" in texts[0]
    assert "No space left" in texts[0]
    assert cached.files() == []
    assert cached.run() == (TWICE, [])
    assert len(cached.files()) == 2


@needs_jit
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limits of this kind")
def test_a_full_disk_while_writing(tmp_path):
    """A limit of a kilobyte a file, which a kernel's code does not fit into."""
    limited = (
        "import resource, signal\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1024, resource.RLIM_INFINITY))\n" + RUN
    )
    result, stderr = run_python(limited, path=TESTS, NUMBA_CACHE_DIR=str(tmp_path))
    assert result == [*RIGHT, ["_drive", "count_parts", "halve"]]
    assert stderr.count("RuntimeWarning") == 1
    assert "cannot be written" in stderr
    assert list((tmp_path / "skneuron").iterdir()) == []


@needs_jit
def test_a_file_in_the_place_of_the_folder(cached):
    cached.folder.write_text("not a folder")
    compiled, texts = cached.run()
    assert compiled == TWICE
    assert len(texts) == 1
    assert "cannot be written" in texts[0]
    assert cached.folder.read_text() == "not a folder"


@needs_jit
def test_a_folder_that_may_not_be_made(cached, monkeypatch):
    def forbidden(path, **_):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "mkdir", forbidden)
    compiled, texts = cached.run()
    assert compiled == TWICE
    assert len(texts) == 1
    assert "PermissionError" in texts[0]


@needs_jit
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_files_have_the_modes_that_the_user_wants(cached):
    """A folder may belong to several users, who all may read what the first one compiled."""
    before = os.umask(0o022)
    try:
        cached.run()
    finally:
        os.umask(before)
    assert {stat.S_IMODE(path.stat().st_mode) for path in cached.files()} == {0o644}


@needs_jit
def test_addresses_of_the_process_are_not_saved(cached):
    fresh = _jit.kernel(tiny_kernels.knows_its_process.py_func)
    a = np.zeros(1)
    with cached.notice.told_to(str):
        fresh(a)
    assert a[0] == numba.get_num_threads()
    assert cached.files() == []


@pytest.fixture
def no_cache_dir(tmp_path, monkeypatch):
    """The package seems to be in ``tmp_path / "package"``, and the user at home in "home"."""
    monkeypatch.setattr(numba.config, "CACHE_DIR", "")
    monkeypatch.setattr(_cache, "__file__", str(tmp_path / "package" / "_cache.py"))
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.mark.parametrize(
    ("platform", "folder"),
    [
        ("linux", "home/.cache/skneuron"),
        ("darwin", "home/Library/Caches/skneuron"),
        ("win32", "home/AppData/Local/skneuron"),
    ],
)
def test_folders_of_the_user_come_first(no_cache_dir, monkeypatch, platform, folder):
    monkeypatch.setattr(sys, "platform", platform)
    in_package = no_cache_dir / "package" / "__pycache__"
    assert _cache.cache_folders() == [no_cache_dir / folder, in_package]


@pytest.mark.parametrize(
    ("platform", "variable"), [("linux", "XDG_CACHE_HOME"), ("win32", "LOCALAPPDATA")]
)
def test_folders_that_the_system_names(no_cache_dir, monkeypatch, platform, variable):
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setenv(variable, str(no_cache_dir / "named"))
    assert _cache.cache_folders()[0] == no_cache_dir / "named" / "skneuron"


def test_numbas_folder_is_the_only_one(tmp_path, monkeypatch):
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    assert _cache.cache_folders() == [tmp_path / "skneuron"]


@needs_jit
def test_without_a_home_beside_the_package(cached, no_cache_dir, monkeypatch):
    def homeless():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", homeless)
    cached.folder = no_cache_dir / "package" / "__pycache__"
    assert _cache.cache_folders() == [cached.folder]
    assert cached.run() == (TWICE, [])
    assert len(cached.files()) == 2
    assert cached.run() == ([], [])


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="XDG is for Linux and the like")
@pytest.mark.usefixtures("no_cache_dir")
def test_xdg_names_the_folder_of_the_user(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.setattr(Path, "home", lambda: pytest.fail("nobody needs to know"))
    assert _cache.cache_folders()[0] == tmp_path / "xdg" / "skneuron"


@pytest.mark.usefixtures("no_cache_dir")
def test_relative_folders_are_ignored_as_xdg_says(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "xdg")
    assert "xdg" not in _cache.cache_folders()[0].parts


@needs_jit
def test_beside_the_package_if_home_is_read_only(cached, no_cache_dir):
    """No warning: it is kept. And read from there, as from a package that came with it."""
    (no_cache_dir / "home").write_text("no folder can be made in a file")
    cached.folder = no_cache_dir / "package" / "__pycache__"
    assert cached.run() == (TWICE, [])
    assert len(cached.files()) == 2
    assert cached.run() == ([], [])


@needs_jit
def test_numbas_statistics_say_where(cached):
    fresh = _jit.kernel(tiny_kernels.halve.py_func)
    with cached.notice.told_to(str):
        fresh(np.ones(1))
    assert fresh.stats.cache_path == str(cached.folder)
    assert sum(fresh.stats.cache_misses.values()) == 1


@needs_jit
def test_warnings_may_be_errors(cached):
    """No fit ends because of the cache, whatever becomes of warnings."""
    cached.folder.write_text("not a folder")
    _cache._warn.is_given = False
    fresh = _jit.kernel(tiny_kernels.halve.py_func)
    a = np.array([1.0, 3.0])
    with cached.notice.told_to(str), warnings.catch_warnings():
        warnings.simplefilter("error")
        fresh(a)
    assert a.tolist() == [1, 2]
