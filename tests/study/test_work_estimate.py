"""Progress: pieces of work add up to what was announced."""

import pytest

from skneuron.study import run_study
from skneuron.study._repair import SHARES


def test_progress_adds_up():
    totals, done = [], []
    run_study(
        "digits",
        hidden=[(5,), (4, 3)],
        max_iter=3,
        on_start=totals.append,
        on_progress=lambda work, phase: done.append((work, phase)),
    )
    assert sum(work for work, _ in done) == pytest.approx(totals[0])
    assert {phase for _, phase in done} == {
        f"{verb} {sizes}"
        for verb in ("training", "pruning", "evaluating")
        for sizes in [(5,), (4, 3)]
    }


def test_progress_of_a_noisy_study_adds_up():
    totals, done = [], []
    run_study(
        "digits",
        hidden=[(5,), (4, 3)],
        max_iter=3,
        label_noise=0.3,
        on_start=totals.append,
        on_progress=lambda work, phase: done.append((work, phase)),
    )
    assert sum(work for work, _ in done) == pytest.approx(totals[0])
    phases = {phase for _, phase in done}
    assert "training (4, 3) otherwise" in phases
    assert len(phases) == 8


def test_progress_of_repairs_adds_up():
    totals, done = [], []
    run_study(
        "digits",
        hidden=[(20,)],
        max_iter=3,
        refit="outputs",
        on_start=totals.append,
        on_progress=lambda work, phase: done.append((work, phase)),
    )
    assert sum(work for work, _ in done) == pytest.approx(totals[0])
    assert [phase for _, phase in done].count("repairing (20,)") == len(SHARES)
