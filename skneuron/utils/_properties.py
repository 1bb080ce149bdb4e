"""`lazy_property`: what an object computes when it is first asked for it."""

from collections.abc import Callable
from contextlib import nullcontext
from functools import cached_property
from typing import Any, TypeVar

T = TypeVar("T")


class lazy_property(cached_property[T]):
    """A `functools.cached_property` without a lock; of two threads, both may compute it.

    Before Python 3.12, all objects of a class share one lock: their threads wait for each other,
    and in a child that is forked meanwhile nobody would ever release it.
    """

    def __init__(self, function: Callable[[Any], T]) -> None:
        super().__init__(function)
        self.lock = nullcontext()
