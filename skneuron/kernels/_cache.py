"""Machine code on disk: found again by what it was made from, whatever went wrong with the file.

The key of a kernel's file is the source of all kernel modules that it imports, the types of its
arguments, the versions of Python, numba and LLVM, and the processor: no place and no time. So all
environments of a user share what is the same in them, and an edit makes only those kernels stale
that it concerns. numba's own cache knows a function by its path, and looks at its file alone.

A file that is damaged or cannot be read or written costs a compilation and a warning, once.
"""

import os
import pickle
import re
import sys
import warnings
from contextlib import suppress
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import uuid4

import llvmlite
import numba
from numba.core.compiler import CompileResult
from numba.core.serialize import dumps

from skneuron.kernels._notice import CompilationNotice

_IMPORTS = re.compile(r"^from (skneuron\.kernels[.\w]*) import", re.MULTILINE)
# What finds and announces machine code has no part in it.
_NOT_COMPILED = frozenset({__name__, "skneuron.kernels._notice"})
_CHECKSUM_BYTES = 16


def _source(module: str) -> str:
    spec = find_spec(module)
    get_source = getattr(spec and spec.loader, "get_source", None)  # also of modules in a zip
    return (get_source and get_source(module)) or ""


def sources(module: str) -> dict[str, str]:
    """Source text of a kernel module and of all kernel modules that it imports, by name."""
    found: dict[str, str] = {}
    pending = [module]
    while pending:
        name = pending.pop()
        if name not in found and name not in _NOT_COMPILED:
            found[name] = _source(name)
            pending += _IMPORTS.findall(found[name])
    return dict(sorted(found.items()))


def code_digest(module: str) -> str:
    """Fingerprint of all that the machine code of a module's kernels is made from.

    But for the processor, which numba knows when it compiles. Empty if a source cannot be read, as
    in some frozen applications: nobody would notice there that it has changed.
    """
    texts = sources(module)
    if not all(texts.values()):
        return ""
    config = numba.config
    of_numba = config.BOUNDSCHECK, config.OPT, config.DEBUGINFO_DEFAULT
    # What `_tile` and `_jit` look at.
    is_plain = os.environ.get("SKNEURON_LINKED_KERNELS") == "0"
    of_ours = config.CPU_NAME, config.CPU_FEATURES, is_plain
    versions = sys.version, numba.__version__, llvmlite.__version__
    parts = versions, of_numba, of_ours, texts
    return blake2b(repr(parts).encode(), digest_size=16).hexdigest()


def cache_folders() -> list[Path]:
    """Where machine code is looked for; the first one that can be written gets what is new."""
    if numba.config.CACHE_DIR:
        return [Path(numba.config.CACHE_DIR) / "skneuron"]
    return [*_folder_of_user(), Path(__file__).parent / "__pycache__"]


# By platform: the environment variable that names the cache folder, and where it is otherwise.
_OF_USER = {
    "win32": ("LOCALAPPDATA", "AppData/Local"),
    "darwin": ("", "Library/Caches"),
    "linux": ("XDG_CACHE_HOME", ".cache"),
}


def _folder_of_user() -> list[Path]:
    variable, below_home = _OF_USER.get(sys.platform, _OF_USER["linux"])
    given = os.environ.get(variable, "")
    if os.path.isabs(given):  # others are to be ignored, says the XDG specification
        return [Path(given) / "skneuron"]
    try:
        return [Path.home() / below_home / "skneuron"]
    except RuntimeError:  # a user without a home
        return []


class _Warning:
    """Tells users of the first problem with the cache."""

    def __init__(self) -> None:
        self.is_given = False

    def __call__(self, problem: str, path: Path, error: BaseException) -> None:
        if self.is_given:
            return
        self.is_given = True
        with suppress(RuntimeWarning):  # An error, for those who want it so: but it ends no fit.
            warnings.warn(
                f"skneuron's cache of compiled code cannot be {problem} ({path}: "
                f"{type(error).__name__}: {error}), so it is compiled again. The environment "
                "variable NUMBA_CACHE_DIR chooses another folder.",
                RuntimeWarning,
                stacklevel=2,
            )


_warn = _Warning()


def _write(path: Path, content: bytes) -> None:
    """Write a file that is there whole or not at all, whoever else is writing it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Not by tempfile, whose files nobody else may read: a folder may belong to several users.
    temporary = path.with_name(f"{path.name}.{uuid4().hex}")
    try:
        with open(temporary, "xb") as file:
            file.write(content)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


class KernelCache:
    """What a numba dispatcher takes for its cache: the machine code of one kernel.

    Parameters
    ----------
    name : str
        The kernel's, for people who look into the folder.
    module : str
        Where it is defined.
    notice : CompilationNotice
        Told when a kernel is not found, and so compiled, and when that is done.
    """

    def __init__(self, name: str, module: str, notice: CompilationNotice):
        self._name, self._digest, self._notice = name, code_digest(module), notice

    @property
    def cache_path(self) -> str:
        return str(cache_folders()[0])

    def _file_name(self, signature: Any, codegen: Any) -> str:
        key = repr((signature, codegen.magic_tuple(), self._digest)).encode()
        return f"{self._name}-{blake2b(key, digest_size=12).hexdigest()}.nbc"

    def load_overload(self, signature: Any, target_context: Any) -> Any:
        """The compiled kernel, or None if there is none."""
        target_context.refresh()
        name = self._file_name(signature, target_context.codegen())
        problem = None
        for path in (folder / name for folder in cache_folders() if self._digest):
            try:
                content = path.read_bytes()
                checksum, pickled = content[:_CHECKSUM_BYTES], content[_CHECKSUM_BYTES:]
                if blake2b(pickled, digest_size=_CHECKSUM_BYTES).digest() != checksum:
                    raise ValueError("the file is damaged")
                return CompileResult._rebuild(target_context, *pickle.loads(pickled))
            except (FileNotFoundError, NotADirectoryError):
                continue
            except Exception as error:  # noqa: BLE001 -- no file may end a fit
                problem = problem or (path, error)
        if problem is not None:
            _warn("read", *problem)
        self._notice.start(self._name)
        return None

    def save_overload(self, signature: Any, compiled: Any) -> None:
        """Keep a kernel that has just been compiled."""
        self._notice.stop(self._name)
        # Addresses of this process would end the next one: numba leaves some with NUMBA_OPT=0.
        if compiled.library.has_dynamic_globals or not self._digest:
            return
        name = self._file_name(signature, compiled.codegen)
        for folder in cache_folders():
            try:
                pickled = dumps(compiled._reduce())  # fails after Ctrl-C in numba's last steps
                content = blake2b(pickled, digest_size=_CHECKSUM_BYTES).digest() + pickled
                _write(folder / name, content)
                return
            except Exception as error:  # noqa: BLE001 -- no file may end a fit
                problem = folder, error
        _warn("written", *problem)

    def flush(self) -> None:
        """Nothing: what is in the cache never becomes wrong."""
