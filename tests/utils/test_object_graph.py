"""What an object holds is found with its place, and copied."""

from functools import partial

import joblib
import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneuron.utils import copied_to_memory, parts_of


class Holder:
    """With any attributes."""

    def __init__(self, **attributes):
        vars(self).update(attributes)

    def method(self):
        """Nothing."""


MARK = Holder()


@pytest.mark.parametrize(
    ("holder", "path"),
    [
        (MARK, ""),
        (Holder(a=MARK), ".a"),
        ([0, (1, {"b": MARK})], "[1][1]['b']"),
        (Holder(a=[Holder(b=MARK)]), ".a[0].b"),
        (np.array([None, MARK]), "[1]"),
        ({MARK}, "[0]"),
        (make_pipeline(StandardScaler(), MARK), ".steps[1][1]"),
        (MARK.method, ".__self__"),
        (partial(MARK.method), ".func.__self__"),
        (partial(print, MARK), ".args[0]"),
        (partial(print, end=[MARK]), ".keywords['end'][0]"),
    ],
    ids=range(11),
)
def test_places_of_what_is_held(holder, path):
    assert [place for place, part in parts_of(holder) if part is MARK] == [path]


@pytest.mark.parametrize(
    "holder",
    ["text", b"bytes", Holder, np.zeros(3), 3, None, len, np, lambda: MARK],
    ids=range(9),
)
def test_what_holds_nothing(holder):
    assert len(list(parts_of(holder))) == (not isinstance(holder, str | bytes))


def test_everything_is_found_once():
    holder = Holder(a=MARK, b=[MARK])
    holder.itself = holder
    assert sum(part is MARK for _, part in parts_of(holder)) == 1
    assert sum(part is holder for _, part in parts_of(holder)) == 1


def test_copies_share_nothing_and_lie_in_memory(tmp_path):
    array = np.arange(6.0).reshape(2, 3)
    joblib.dump(Holder(a=[array], b={"c": array[0].copy()}, n=3), tmp_path / "saved")
    mapped = joblib.load(tmp_path / "saved", mmap_mode="r")
    assert isinstance(mapped.a[0], np.memmap)
    copied = copied_to_memory(mapped)
    for found, expected in ((copied.a[0], array), (copied.b["c"], array[0])):
        assert type(found) is np.ndarray
        assert found.flags.writeable
        np.testing.assert_array_equal(found, expected)
    assert copied.n == 3
    copied.a[0][:] = 9
    np.testing.assert_array_equal(mapped.a[0], array)


def test_what_is_shared_stays_shared():
    array = np.zeros(3)
    copied = copied_to_memory(Holder(a=array, b=array))
    assert copied.a is copied.b is not array
