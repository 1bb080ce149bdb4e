"""What an object holds, and copies of all of it."""

from collections.abc import Iterator
from copy import deepcopy
from functools import partial
from types import FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np


def parts_of(
    found: Any, path: str = "", seen: set[int] | None = None
) -> Iterator[tuple[str, Any]]:
    """An object, and those that it holds in attributes and containers, with their places.

    Parameters
    ----------
    found : object
    path : str, default=""
        Its own place.
    seen : set of int, default=None
        Identities of objects that are left out, to which it adds those that it finds.

    Yields
    ------
    path : str
        As one would write it behind the name of the object: ``.steps[0][1]``.
    part : object
    """
    seen = set() if seen is None else seen
    if id(found) in seen or isinstance(found, str | bytes):
        return
    seen.add(id(found))
    yield path, found
    if isinstance(found, dict):
        held = [(f"{path}[{key!r}]", value) for key, value in found.items()]
    elif isinstance(found, list | tuple | set | frozenset):
        held = [(f"{path}[{i}]", value) for i, value in enumerate(found)]
    elif isinstance(found, np.ndarray):
        objects = found.ravel() if found.dtype.hasobject else ()
        held = [(f"{path}[{i}]", value) for i, value in enumerate(objects)]
    elif isinstance(found, MethodType):
        held = [(f"{path}.__self__", found.__self__)]
    elif isinstance(found, partial):
        held = [(f"{path}.{name}", getattr(found, name)) for name in ("func", "args", "keywords")]
    elif isinstance(found, type | FunctionType | ModuleType) or not hasattr(found, "__dict__"):
        return
    else:
        held = [(f"{path}.{key}", value) for key, value in vars(found).items()]
    for place, value in held:
        yield from parts_of(value, place, seen)


def copied_to_memory(value: Any) -> Any:
    """A deep copy that has arrays where ``value`` may have memory maps of files."""
    maps = [part for _, part in parts_of(value) if isinstance(part, np.memmap)]
    return deepcopy(value, {id(part): np.array(part) for part in maps})
