"""The command `warmup`: kernels compiled beforehand."""

import argparse
import sys
import warnings
from collections.abc import Callable
from typing import NoReturn

from skneuron._command_line._interrupts import Interrupts, checking
from skneuron.utils import progress_bar
from skneuron.warmup import CacheWarning, warmup


def warmup_command(
    arguments: argparse.Namespace, fail: Callable[[str], NoReturn], interrupts: Interrupts
) -> int:
    """Compile; returns the exit status.

    Parameters
    ----------
    arguments : argparse.Namespace
        Those of `skneuron._command_line._options.WARMUP`.
    fail : callable
        Ends the process because of bad input, which it is told in a sentence.
    interrupts : Interrupts
        Told what an interrupt leaves behind.
    """
    interrupts.left_behind = "what has been compiled stays"
    try:
        with progress_bar(sys.stderr, quiet=arguments.quiet) as bar, warnings.catch_warnings():
            warnings.simplefilter("error", CacheWarning)

            def show(task: str, n_done: int, n_tasks: int) -> None:
                if n_done == 0:
                    bar.start(n_tasks)
                bar.advance(min(1, n_done), task)

            result = warmup(
                arguments.dtype,
                everything=arguments.all,
                n_jobs=arguments.jobs,
                progress=checking(interrupts, show),
            )
    except CacheWarning as problem:
        fail(str(problem))
    if not arguments.quiet:
        sys.stdout.write(f"{result}\n")
        sys.stdout.flush()
    return 0
