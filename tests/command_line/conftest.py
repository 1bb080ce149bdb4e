"""Fixtures of the command line's tests."""

import pytest

from skneuron._command_line import _study


@pytest.fixture
def quick_study(monkeypatch):
    """A study that takes no time."""
    monkeypatch.setattr(_study, "run_study", lambda *args, **options: "study")
    made_of = {
        "results_json": "{}", "neurons_csv": "csv", "report_html": "html", "loss_text": "",
    }  # fmt: skip
    for name, text in (made_of | {"format_study": "table"}).items():
        monkeypatch.setattr(_study, name, lambda *args, text=text: text)
    monkeypatch.setattr(_study, "model_files", lambda study: {"model.joblib": b"model"})
