"""The files of a folder, written all or not at all."""

import os
import shutil
import uuid
from contextlib import suppress
from pathlib import Path


def check_writable(folder: Path) -> None:
    """Raise OSError now rather than after the computation."""
    folder.mkdir(parents=True, exist_ok=True)
    probe = _beside(folder / "probe")
    try:
        probe.write_text("probe")  # A full disk still takes empty files.
    finally:
        probe.unlink(missing_ok=True)


def missing_folders(folder: Path) -> list[Path]:
    """What `check_writable` has to make: the folder and those around it, the outermost first."""
    return [path for path in (*reversed(folder.parents), folder) if not path.exists()]


def remove_empty(folders: list[Path]) -> None:
    """Remove those of the folders that nothing is in, the last ones first."""
    for folder in reversed(folders):
        with suppress(OSError):  # something is in it, or it was never made
            folder.rmdir()


def write_files(folder: Path, contents: dict[str, str | bytes]) -> None:
    """Write files so that none is ever seen half-written under its name.

    If one of them cannot be written, none is: then those of before are there.

    Parameters
    ----------
    folder : Path
    contents : dict of str to str or bytes
        Text, or what else is in it, by file name.

    Raises
    ------
    OSError
        If they cannot be written. If those of before could not be put back, its text says which
        are there instead, and where those of before are.
    """
    new = {folder / name: _beside(folder / name) for name in contents}
    old = {path: _beside(path) for path in new}
    try:
        for path, unfinished in new.items():
            content = contents[path.name]
            unfinished.write_bytes(content.encode() if isinstance(content, str) else content)
            _keep(path, old[path])
        _replace_all(new, old)
    finally:
        for path in (*new.values(), *old.values()):
            with suppress(OSError):  # it has its name, or was never made
                path.unlink()


def _beside(path: Path) -> Path:
    """A file that does not exist yet, for a short time."""
    return path.with_name(f".{path.name}.{uuid.uuid4().hex}")


def _keep(path: Path, kept: Path) -> None:
    """Give a file a second name, if it exists."""
    if not path.is_symlink():
        with suppress(OSError):  # there is none, or the file system knows no second names
            os.link(path, kept)
            return
    with suppress(FileNotFoundError):
        shutil.copy2(path, kept, follow_symlinks=False)


def _replace_all(new: dict[Path, Path], old: dict[Path, Path]) -> None:
    """Give new files their names; if that fails, those of ``old`` that are still needed go."""
    try:
        for path, unfinished in new.items():
            os.replace(unfinished, path)
    except BaseException as error:
        stuck = [path for path, unfinished in new.items() if not _put_back(path, unfinished, old)]
        if not stuck:
            raise
        names = ", ".join(
            f"{path.name} (before: {old.pop(path).name})" if old[path].exists() else path.name
            for path in stuck
        )
        raise OSError(
            getattr(error, "errno", None),
            f"{getattr(error, 'strerror', None) or error}; these are new nevertheless: {names}",
        ) from error


def _put_back(path: Path, unfinished: Path, old: dict[Path, Path]) -> bool:
    """Whether a file is, again or still, what it was before."""
    if unfinished.exists() or not path.exists():
        return True
    try:
        if old[path].exists() or old[path].is_symlink():
            os.replace(old[path], path)
        else:
            path.unlink()
    except OSError:
        return False
    return True
