"""Comparisons to the last bit."""


def assert_same_bits(actual, expected):
    for name, a, e in zip(type(actual)._fields, actual, expected, strict=True):
        assert a.tobytes() == e.tobytes(), name
