"""Results are Bunches whose classes say which attributes they have."""

import re


def documented_attributes(cls):
    """The names in the section "Attributes" of a class's docstring."""
    section = cls.__doc__.split("Attributes\n    ----------\n")[1].split("\n\n    See Also")[0]
    lines = re.findall(r"^    (\w[\w, ]*) : ", section, re.MULTILINE)
    return [name for line in lines for name in line.split(", ")]


def assert_declared(result):
    """Every entry is declared, with a type, and documented; it is an attribute and a key."""
    cls = type(result)
    assert sorted(documented_attributes(cls)) == sorted(cls.__annotations__)
    assert {name for name in result if not name.startswith("_")} <= set(cls.__annotations__)
    methods = {name for name in vars(cls) if name not in cls.__annotations__}
    for name in (*result, *methods):  # what an editor completes
        assert (name in dir(result)) is not (name.startswith("_") and name in result)
    for name in result:
        assert getattr(result, name) is result[name]
