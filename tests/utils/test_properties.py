"""Properties that are computed once, in any number of threads at a time."""

import threading
from concurrent.futures import ThreadPoolExecutor

from skneuron.utils._properties import lazy_property


class Slow:
    def __init__(self, number, may_end):
        self.number, self.may_end, self.has_begun, self.n = number, may_end, threading.Event(), 0

    @lazy_property
    def square(self):
        """Of the number."""
        self.n += 1
        self.has_begun.set()
        assert self.may_end.wait(60)
        return self.number**2


def event(is_set):
    found = threading.Event()
    if is_set:
        found.set()
    return found


def test_it_is_computed_once():
    slow = Slow(3, event(True))
    assert [slow.square, slow.square, slow.n] == [9, 9, 1]
    assert vars(slow)["square"] == 9
    assert Slow.square.__doc__ == "Of the number."


def test_one_object_does_not_wait_for_another():
    first, second = Slow(3, event(False)), Slow(4, event(True))
    with ThreadPoolExecutor(2) as executor:
        waiting = executor.submit(lambda: first.square)
        assert first.has_begun.wait(60)
        try:
            assert executor.submit(lambda: second.square).result(timeout=20) == 16
        finally:
            first.may_end.set()
        assert waiting.result(timeout=60) == 9
