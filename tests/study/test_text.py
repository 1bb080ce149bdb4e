"""What the command line prints."""

import json

import pytest
from sklearn.utils import Bunch

from skneuron.study._control_methods import CONTROLS
from skneuron.study._results_json import results_json
from skneuron.study._text import format_study, label_noise_text


def test_noise_is_in_the_head_and_controls_below_the_removals(noisy_study):
    text = format_study(noisy_study)
    assert text.splitlines()[1].startswith("label noise: 40 % of the training and validation ")
    for network, section in zip(noisy_study.networks, text.split("\nhidden (")[1:], strict=True):
        parts = ["on test images  ", "automatic, honest size", "instead of removal", "dropout"]
        places = [section.index(part) for part in parts]
        assert places == sorted(places)
        control = network.controls["early_stopping"]
        line = next(li for li in section.splitlines() if "early stopping" in li)
        assert control.choice in line
        assert f"{100 * control.test_accuracy:.2f} %" in line
    assert max(map(len, text.splitlines())) <= 110


def test_columns_of_controls_end_below_each_other(noisy_study):
    lines = format_study(noisy_study).splitlines()
    starts = [i for i, line in enumerate(lines) if "instead of removal" in line]
    assert len(starts) == 2
    for start in starts:
        head, *rows = lines[start : start + 1 + len(CONTROLS)]
        for row in rows:
            assert row.index(" %") + 2 == head.index("accuracy") + len("accuracy")
            assert len(row) == len(head)


def test_clean_study_says_nothing_of_noise(digits_study):
    assert label_noise_text(digits_study) == ""
    text = format_study(digits_study)
    assert not any(word in text for word in ("noise", "automatic", "instead of removal"))
    data = json.loads(results_json(digits_study))
    assert "label_noise" not in data
    assert "controls" not in data["networks"][0]


@pytest.mark.parametrize(("noise", "text"), [(0.4, "40 %"), (0.005, "0.5 %"), (0.123, "12.3 %")])
def test_label_noise_in_per_cent(noise, text):
    assert label_noise_text(Bunch(label_noise=noise)).startswith(f"{text} of the")


def test_text_says_what_was_scored_on_what(digits_study):
    text = format_study(digits_study)
    assert text.startswith("digits: 1,080 images to train on, 217 to score neurons on")
    assert "hidden (12,), seed 0, 40 epochs" in text
    assert "hidden (10, 6), seed 0, 40 epochs" in text
    assert "hidden layer 1" in text
    assert "all rotten at once" in text
    assert max(map(len, text.splitlines())) <= 110
