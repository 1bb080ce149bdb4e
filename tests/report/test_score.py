"""Scores in figures that a reader knows."""

import numpy as np
import pytest

from skneuron.report._score import NO_NUMBER, ScoreWords, plain, signed

ACCURACY, R2 = ScoreWords.of(True, 100), ScoreWords.of(False, 100)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.25, "+0.2"), (-0.25, "−0.2"), (0.0, "0.0"), (-0.04, "0.0"), (np.nan, NO_NUMBER)],
)
def test_signed(value, text):
    assert signed(value, 1) == text


def test_plain_has_only_a_minus():
    assert [plain(value, 1) for value in (1.5, -1.5)] == ["1.5", "−1.5"]


def test_values():
    assert ACCURACY.value(0.97222) == "97.2 %"
    assert R2.value(0.8765) == "0.876"
    assert R2.value(-0.5) == "−0.500"
    assert ACCURACY.value(np.nan) == NO_NUMBER


def test_changes_are_in_points_or_in_the_unit_of_the_score():
    assert (ACCURACY.change(0.003), R2.change(0.003)) == ("+0.3", "+0.003")
    assert (ACCURACY.unit, R2.unit) == ("points", "R²")
    assert (ACCURACY.scale, R2.scale) == (100, 1)


def test_intervals():
    assert ACCURACY.interval(-0.001, 0.0089) == "−0.1 to 0.9"
    assert R2.interval(-0.001, 0.0089) == "−0.001 to 0.009"
    assert ACCURACY.interval(np.nan, 0.1) == ""
    assert ACCURACY.interval(-np.inf, np.inf) == ""


def test_amounts():
    assert ACCURACY.amount(-0.004) == "0.4 points"
    assert ACCURACY.amount(0.01) == "1.0 point"
    assert R2.amount(-0.02) == "0.020"


def test_more_samples_more_digits():
    assert ScoreWords.of(True, 2000).value(0.97222) == "97.22 %"


def test_scores_with_other_names_are_no_shares():
    words = ScoreWords.named("ROC AUC", 50)
    assert words.value(0.9) == "0.900"
    assert words.unit == "ROC AUC"


@pytest.mark.parametrize(
    ("words", "before", "after", "is_seen"),
    [
        (R2, 0.886, 0.885, True),
        (R2, 0.8853, 0.8847, False),  # 0.885 to 0.885
        (R2, 0.885, 0.886, False),
        (ACCURACY, 0.886, 0.885, True),
        (ACCURACY, 0.886, 0.8855, False),
        (ScoreWords("accuracy", 2), 0.886, 0.8859, True),
        (R2, np.nan, 0.5, False),
    ],
)
def test_a_fall_that_a_reader_sees(words, before, after, is_seen):
    assert words.falls(before, after) is is_seen
    assert not is_seen or words.value(before) != words.value(after)
