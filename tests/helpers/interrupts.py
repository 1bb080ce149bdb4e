"""Ctrl-C at every place where it can come, one after the other."""

import dis
import sys
from contextlib import contextmanager
from itertools import count

# Python looks for signals after these, and only there.
_SIGNALS_AFTER = ("CALL", "RESUME", "JUMP_BACKWARD", "CALL_FUNCTION_EX", "CALL_KW")


class Interrupted(BaseException):
    """As KeyboardInterrupt, which would end the test run where a test does not expect it."""


class _Places:
    """Counts places in some files: beginnings of lines, and where Python looks for signals.

    At one of them, an exception.
    """

    def __init__(self, files, at):
        self._files, self._at, self.n = files, at, 0
        self._names = {}

    def __call__(self, frame, event, arg):
        if frame.f_code.co_filename not in self._files:
            return None
        frame.f_trace_opcodes = True
        return self._inside

    def _inside(self, frame, event, arg):
        if event == "line" or (event == "opcode" and self._follows_a_call(frame)):
            self.n += 1
            if self.n - 1 == self._at:
                raise Interrupted
        return self._inside

    def _follows_a_call(self, frame):
        code = frame.f_code
        if code not in self._names:
            # The instruction before each offset; CACHE entries are part of the one before them.
            before, self._names[code] = None, {}
            for instruction in dis.get_instructions(code):
                self._names[code][instruction.offset] = before
                before = instruction.opname
        return self._names[code].get(frame.f_lasti) in _SIGNALS_AFTER


@contextmanager
def _traced(places):
    before = sys.gettrace()
    sys.settrace(places)
    try:
        yield
    finally:
        sys.settrace(before)


def interrupted_everywhere(function, modules, every=1):
    """Call ``function`` once for each place in the modules' code, where it is interrupted.

    Yields the number of the place after each of these calls; the last call goes through. With
    ``every``, one place in so many.
    """
    files = {module.__file__ for module in modules}
    for at in count(step=every):
        try:
            with _traced(_Places(files, at)):
                function()
        except Interrupted:
            yield at
        else:
            return
