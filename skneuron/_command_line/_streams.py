"""Standard output and error that may be closed, full, or without a reader: no error comes of it.

What is said on standard error is lost then. What was to be printed is the result of a command, and
whoever runs it has to be told that it is lost.
"""

import errno
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from typing import Any, TextIO, cast


class SafeStream:
    """A text stream that takes everything.

    Parameters
    ----------
    stream : text stream or None
        None stands for one that was closed when the process started.

    Attributes
    ----------
    problem : OSError or ValueError or None
        Why something could not be written.
    """

    def __init__(self, stream: TextIO | None):
        self._stream = stream
        self.problem: OSError | ValueError | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """As that of any text stream."""
        self._try(lambda stream: stream.write(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """As that of any text stream."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """As that of any text stream, but where there is nothing."""
        if self._stream is not None:
            self._try(lambda stream: stream.flush())

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        with suppress(OSError, ValueError):
            return self._stream is not None and self._stream.isatty()
        return False

    @property
    def is_without_reader(self) -> bool:
        """Whether it is a pipe that is read no more, as ``head`` leaves it."""
        return isinstance(self.problem, BrokenPipeError)

    def _try(self, action: Callable[[TextIO], object]) -> None:
        if self.problem is not None:
            return
        try:
            if self._stream is None:
                raise OSError(errno.EBADF, "it is closed")
            action(self._stream)
        except (OSError, ValueError) as error:
            self.problem = error
            self._discard()

    def _discard(self) -> None:
        """Python tries again to write what is left when it ends, and must not fail."""
        with suppress(OSError, ValueError, AttributeError):
            own = self.fileno()
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, own)
            os.close(nowhere)
            self._stream.flush()  # type: ignore[union-attr]  # None has no fileno, either


def _open_what_is_closed() -> None:
    """Give closed descriptors to the null device, or the next file that is opened gets one.

    Then other code's complaints would land in it.
    """
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest that is free


@contextmanager
def standard_streams() -> Iterator[SafeStream]:
    """Make `sys.stdout` and `sys.stderr` safe in this context; gives the first."""
    _open_what_is_closed()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # "±" must not end a study on an ASCII terminal.
            stream.reconfigure(errors="replace")
    stdout, stderr = SafeStream(sys.stdout), SafeStream(sys.stderr)
    with redirect_stdout(cast(TextIO, stdout)), redirect_stderr(cast(TextIO, stderr)):
        try:
            yield stdout
        finally:
            stdout.flush()
            stderr.flush()
