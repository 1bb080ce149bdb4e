"""What the commands of `skneuron.__main__` do, and how they end whatever happens around them.

- `_options`: what can be said on the command line
- `_study`, `_warmup`: one command each; `_workers`: who does the work
- `_interrupts`: Ctrl-C and SIGTERM; `_streams`: standard output and error that are closed or full
"""

from skneuron._command_line._interrupts import Interrupts, interrupts_handled
from skneuron._command_line._options import CANNOT_WRITE, parser
from skneuron._command_line._streams import standard_streams
from skneuron._command_line._study import study_command
from skneuron._command_line._warmup import warmup_command

__all__ = [
    "CANNOT_WRITE",
    "Interrupts",
    "interrupts_handled",
    "parser",
    "standard_streams",
    "study_command",
    "warmup_command",
]
