"""What is said of the machine and of what is installed."""

from importlib.metadata import version

import numpy as np

import skneuron
from skneuron.utils._versions import REQUIRED, installed


def test_versions_are_those_of_the_distributions():
    found = installed((*REQUIRED, "no-such-distribution"))
    assert found["numpy"] == np.__version__
    assert found["scikit-learn"] == version("scikit-learn")
    assert found["no-such-distribution"] is None
    assert all(found[name] for name in REQUIRED)


def test_everything_that_matters_is_printed(capsys, monkeypatch):
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    skneuron.show_versions()
    text = capsys.readouterr().out
    assert f"numpy: {np.__version__}\n" in text
    assert "OPENBLAS_CORETYPE: Haswell\n" in text
    assert "MKL_NUM_THREADS" not in text
    assert "numba threads: " in text
    assert "linear algebra: " in text
    assert text.startswith("System:\n")


def test_what_is_missing_is_said(capsys, monkeypatch):
    monkeypatch.setattr("skneuron.utils._versions.installed", lambda names: dict.fromkeys(names))
    skneuron.show_versions()
    assert "pandas: not installed\n" in capsys.readouterr().out
