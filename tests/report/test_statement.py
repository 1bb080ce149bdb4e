"""When and with what a page was made."""

import platform
from datetime import date

import numpy as np
import sklearn

import skneuron
from skneuron.report._statement import made_with, today, versions


def test_versions():
    expected = {
        f"skneuron {skneuron.__version__}", f"scikit-learn {sklearn.__version__}",
        f"NumPy {np.__version__}", f"Python {platform.python_version()}",
    }  # fmt: skip
    assert set(versions().split(", ")) == expected


def test_the_date():
    assert date.fromisoformat(today()) <= date.today()
    assert dict(made_with())["Date"] == today()
