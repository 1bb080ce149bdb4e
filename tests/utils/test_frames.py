"""Tests of the data frames that results turn into."""

import sys

import pandas as pd
import pytest

from skneuron.utils._frames import data_frame


def test_data_frame_is_pandas_own():
    frame = data_frame([[1, 2]], "Thing", index=["a"], columns=["b", "c"])
    pd.testing.assert_frame_equal(frame, pd.DataFrame({"b": [1], "c": [2]}, index=["a"]))


def test_without_pandas_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    message = r"Thing\.to_frame needs pandas: pip install 'skneuron\[plot\]'\."
    with pytest.raises(ImportError, match=message):
        data_frame({}, "Thing")
