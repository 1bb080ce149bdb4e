"""Files of ``--out``: all or none, whatever goes wrong when."""

import errno
import os
import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest

from skneuron.utils import _output_files
from skneuron.utils._output_files import check_writable, write_files

NEW = {"a.txt": "first", "b.txt": "second", "c.txt": "third"}
# What may be there before.
EARLIER = [{}, {"a.txt": "1", "b.txt": "2", "c.txt": "3"}, {"b.txt": "2", "other.txt": "4"}]


def texts(folder):
    """All files of a folder, hidden ones as well."""
    return {path.name: path.read_text() for path in folder.iterdir()}


def folder_with(tmp_path, contents):
    folder = tmp_path / "out"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, text in contents.items():
        (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize("earlier", EARLIER)
def test_all_are_written_and_nothing_else_changes(earlier, tmp_path):
    folder = folder_with(tmp_path, earlier)
    write_files(folder, NEW)
    assert texts(folder) == earlier | NEW


def test_interruption_while_writing_leaves_old_files_whole(monkeypatch, tmp_path):
    (tmp_path / "a.txt").write_text("old")
    write_bytes = Path.write_bytes

    def interrupted(path, content):
        write_bytes(path, content[:2])
        if content == b"second":
            raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_bytes", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_files(tmp_path, {"a.txt": "first", "b.txt": "second"})
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
    assert (tmp_path / "a.txt").read_text() == "old"


CALLS = [(os, "replace"), (os, "link"), (shutil, "copy2"), (Path, "write_bytes")]


@contextmanager
def failing(n, error, calls=CALLS, later=None):
    """In this context, the n-th call that changes a folder fails, and those after it may."""
    n_calls = 0

    def count(function):
        def counted(*args, **options):
            nonlocal n_calls
            n_calls += 1
            failure = error if n_calls == n else later if n_calls > n else None
            if failure is not None:
                raise failure
            return function(*args, **options)

        return counted

    with pytest.MonkeyPatch.context() as patch:
        for owner, name in calls:
            patch.setattr(owner, name, count(getattr(owner, name)))
        yield lambda: n_calls


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "no space"), KeyboardInterrupt()])
@pytest.mark.parametrize("earlier", EARLIER)
def test_all_or_none_wherever_it_fails(earlier, error, tmp_path):
    outcomes = []
    for n in range(1, 30):
        folder = folder_with(tmp_path, earlier)
        with failing(n, error) as n_calls:
            try:
                write_files(folder, NEW)
                outcomes.append("written")
            except type(error):
                outcomes.append("failed")
        assert texts(folder) == (earlier if outcomes[-1] == "failed" else earlier | NEW), n
        if n_calls() < n:
            break
    assert outcomes.count("failed") >= 6  # to write and to rename each of them
    assert outcomes[-1] == "written"


@pytest.mark.parametrize("earlier", EARLIER)
def test_file_systems_without_second_names(earlier, tmp_path, monkeypatch):
    def unknown(*args, **options):
        raise OSError(errno.EPERM, "no links")

    monkeypatch.setattr(os, "link", unknown)
    folder = folder_with(tmp_path, earlier)
    write_files(folder, NEW)
    assert texts(folder) == earlier | NEW
    folder = folder_with(tmp_path, earlier)
    with failing(2, OSError("no"), [(os, "replace")]), pytest.raises(OSError, match="no"):
        write_files(folder, NEW)
    assert texts(folder) == earlier


@pytest.mark.parametrize("error", [OSError(errno.EIO, "broken disk"), KeyboardInterrupt()])
def test_what_cannot_be_put_back_is_named(error, tmp_path):
    folder = folder_with(tmp_path, EARLIER[1])
    with (
        failing(3, error, [(os, "replace")], later=OSError(errno.EIO, "broken disk")),
        pytest.raises(OSError, match="these are new nevertheless") as caught,
    ):
        write_files(folder, NEW)
    found = texts(folder)
    before = {name: found.pop(name) for name in list(found) if name.startswith(".")}
    assert found == {"a.txt": "first", "b.txt": "second", "c.txt": "3"}
    assert sorted(before.values()) == ["1", "2"]
    assert all(name in caught.value.strerror for name in before)
    assert "c.txt" not in caught.value.strerror
    assert caught.value.errno == getattr(error, "errno", None)


def test_what_is_new_and_cannot_be_deleted_is_named(tmp_path, monkeypatch):
    folder = folder_with(tmp_path, {})
    unlink = Path.unlink

    def stuck(path, **options):
        if not path.name.startswith("."):
            raise PermissionError(errno.EACCES, "not yours")
        unlink(path, **options)

    monkeypatch.setattr(Path, "unlink", stuck)
    with (
        failing(2, OSError(errno.ENOSPC, "full"), [(os, "replace")]),
        pytest.raises(OSError, match=r"full; these are new nevertheless: a\.txt$"),
    ):
        write_files(folder, NEW)
    assert texts(folder) == {"a.txt": "first"}


def test_a_folder_in_place_of_a_file_changes_nothing(tmp_path):
    (tmp_path / "b.txt").mkdir()
    with pytest.raises(OSError, match=r"b\.txt"):
        write_files(tmp_path, NEW)
    assert [path.name for path in tmp_path.iterdir()] == ["b.txt"]


@pytest.mark.skipif(os.name == "nt", reason="links take rights that users of Windows lack")
def test_a_link_is_replaced_and_not_what_it_leads_to(tmp_path):
    folder = folder_with(tmp_path, {})
    (tmp_path / "elsewhere").write_text("kept")
    (folder / "a.txt").symlink_to(tmp_path / "elsewhere")
    with failing(2, OSError("no"), [(os, "replace")]), pytest.raises(OSError, match="no"):
        write_files(folder, NEW)
    assert (folder / "a.txt").is_symlink()
    write_files(folder, NEW)
    assert texts(folder) == NEW
    assert (tmp_path / "elsewhere").read_text() == "kept"


def test_a_folder_that_vanishes_meanwhile(tmp_path, monkeypatch):
    folder = folder_with(tmp_path, {})
    replace = os.replace

    def vanish(source, target):
        if target.name == "b.txt":
            shutil.rmtree(folder)
        replace(source, target)

    monkeypatch.setattr(os, "replace", vanish)
    with pytest.raises(FileNotFoundError):
        write_files(folder, NEW)
    assert not folder.exists()


@contextmanager
def small_disk():
    """No file may have more than 1,000 bytes: nor that which pytest prints into, after a test."""
    resource = pytest.importorskip("resource", reason="no limits of files on this system")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("earlier", EARLIER)
def test_a_file_that_is_too_large_changes_nothing(earlier, tmp_path):
    folder = folder_with(tmp_path, earlier)
    with small_disk(), pytest.raises(OSError, match="too large"):
        write_files(folder, NEW | {"c.txt": "x" * 5000})
    assert texts(folder) == earlier


def test_writable_folders_are_made_and_stay_empty(tmp_path):
    check_writable(tmp_path / "new" / "folder")
    assert texts(tmp_path / "new" / "folder") == {}


def test_a_full_disk_is_not_writable(tmp_path, monkeypatch):
    """It takes files as long as they are empty."""

    def full(path, text, **options):
        path.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="No space"):
        check_writable(tmp_path)
    assert texts(tmp_path) == {}


def test_temporary_names_are_hidden_and_all_different(tmp_path):
    names = {_output_files._beside(tmp_path / "a.txt").name for _ in range(20)}
    assert len(names) == 20
    assert all(name.startswith(".a.txt.") for name in names)
