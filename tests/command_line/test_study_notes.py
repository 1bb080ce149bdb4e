"""What the command `study` says below its table."""

import sys

from skneuron.__main__ import main
from skneuron._command_line import _study


def test_a_loss_beyond_chance_is_the_last_thing_said(quick_study, monkeypatch, capsys, tmp_path):
    """A network that is worse was saved without a word."""
    monkeypatch.setattr(_study, "loss_text", lambda study: "model.joblib is worse")
    monkeypatch.setattr(_study, "files_that_need_more", lambda: {"model.onnx": "skl2onnx"})
    assert main(["study", "digits", "--out", str(tmp_path)]) == 0
    *_, written, loss = capsys.readouterr().err.splitlines()
    assert written.endswith(f"model.joblib to {tmp_path} (no model.onnx: needs skl2onnx)")
    assert loss == "model.joblib is worse"


def test_notes_are_no_wider_than_the_terminal(quick_study, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(_study, "loss_text", lambda study: "worse by 5.00 % " * 12)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "50")
    monkeypatch.chdir(tmp_path)
    assert main(["study", "digits", "--out", "results", "--quiet"]) == 0
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) > 5
    assert max(map(len, lines)) <= 50
    assert not any(line.startswith("  %") for line in lines)


def test_hints_come_after_the_results(quick_study, capfd):
    """As a terminal shows both."""
    main(["study", "digits"])
    captured = capfd.readouterr()
    assert captured.out == "table"
    assert captured.err.splitlines()[-1].startswith("for the page")
