"""Ctrl-C while the command line is still being imported is one line as well."""

import sys
from pathlib import Path
from types import TracebackType


def is_command_line() -> bool:
    """Whether this process was started as ``python -m skneuron`` or ``skneuron``."""
    started = sys.orig_argv
    module = started[started.index("-m") + 1 :][:1] if "-m" in started else []
    return module == ["skneuron"] or Path(sys.argv[0]).stem == "skneuron"


def _say_in_one_line(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.stderr.write("interrupted: nothing was done\n")
    else:
        sys.__excepthook__(kind, error, trace)


def start_quietly() -> None:
    """Say nothing more of an interrupt, if this is the command line's process."""
    # `main` deals with those that come later.
    if is_command_line() and sys.excepthook is sys.__excepthook__:
        sys.excepthook = _say_in_one_line
