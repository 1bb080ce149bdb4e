"""The command line: ``python -m skneuron``, also installed as ``skneuron``."""

import sys
import warnings

from skneuron._command_line import (
    CANNOT_WRITE,
    Interrupts,
    interrupts_handled,
    parser,
    standard_streams,
    study_command,
    warmup_command,
)

COMMANDS = {"study": study_command, "warmup": warmup_command}


def _show_warning(message: Warning | str, *where: object, **more: object) -> None:
    sys.stderr.write(f"warning: {message}\n")


def _run(argv: list[str] | None, interrupts: Interrupts) -> int:
    options = parser()
    try:
        arguments = options.parse_args(argv)
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning
            status = COMMANDS[arguments.command](arguments, options.error, interrupts)
    except SystemExit as asked:  # by argparse
        if asked.code:
            raise
        return 0
    return status


def main(argv: list[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : list of str, default=None
        Arguments; None means those of the process.

    Returns
    -------
    status : int
        0; 74 if something could not be written or printed; 130 after Ctrl-C, 143 after SIGTERM,
        129 after SIGHUP. Bad input ends the process with status 2.
    """
    with (
        standard_streams() as stdout,
        interrupts_handled(until_exit=argv is None) as interrupts,
    ):
        try:
            status = _run(argv, interrupts)
            stdout.flush()
        except BaseException as error:
            # Some code makes other errors of an interrupt, as classes do while they are made.
            if interrupts.received is None and not isinstance(error, KeyboardInterrupt):
                raise
            status, sentence = interrupts.ends()
            sys.stderr.write(f"{sentence}\n")
            # ``python -m`` ends by SIGINT, whatever the status, if the last source that was run (a
            # dataclass runs some) was interrupted.
            exec("")
        finally:
            interrupts.ignore()
        if status == 0 and stdout.problem is not None and not stdout.is_without_reader:
            reason = getattr(stdout.problem, "strerror", None) or stdout.problem
            sys.stderr.write(f"skneuron: error: cannot write to standard output: {reason}\n")
            status = CANNOT_WRITE
    return status


if __name__ == "__main__":
    sys.exit(main())
