"""What the command line prints."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from helpers.study import fake_network
from sklearn.utils import Bunch

from skneuron.inspection import NeuronAblation
from skneuron.report import report_contents
from skneuron.study import run_study
from skneuron.study._control_methods import CONTROLS
from skneuron.study._held_out_evaluation import RemovalResult
from skneuron.study._repair import RepairedNetwork
from skneuron.study._results_json import results_json
from skneuron.study._text import (
    choice_text,
    format_study,
    idle_repair_text,
    interaction_text,
    label_noise_text,
    learning_text,
    verdict_text,
)


def test_noise_is_in_the_head_and_controls_below_the_removals(noisy_study):
    text = format_study(noisy_study)
    assert text.splitlines()[1].startswith("label noise: 40 % of the training and validation ")
    for network, section in zip(
        noisy_study.networks, re.split(r"\n(?=\w+ hidden layer)", text)[1:], strict=True
    ):
        parts = ["on test samples  ", "automatic, honest size", "instead of removal", "dropout"]
        places = [section.index(part) for part in parts]
        assert places == sorted(places)
        control = network.controls["early_stopping"]
        line = next(li for li in section.splitlines() if "early stopping" in li)
        assert control.choice in line
        assert f"{100 * control.test_score:.2f} %" in line
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
    assert "one hidden layer of 12 neurons, seed 0, 40 epochs" in text
    assert "two hidden layers of 10 and 6 neurons, seed 0, 40 epochs" in text
    assert "hidden layer 1" in text
    assert "all rotten at once" in text
    assert max(map(len, text.splitlines())) <= 110


def all_at_once(validation, test, score_name="accuracy"):
    """A study of a network that has 0.978 there and 0.95 on test samples with all neurons."""
    network = fake_network([-0.1, 0.2], score_name=score_name)
    network.ablation.baseline_score = 0.978
    network.removals["one_shot"] = RemovalResult(
        9, [9], validation, test, 1, 30, 0.001, np.array([0.9, 0.9])
    )
    data = Bunch(is_classification=score_name == "accuracy")
    return Bunch(data=data, n_test=300), network


def test_interaction_is_said_where_all_rotten_neurons_together_do_harm():
    text = interaction_text(*all_at_once(0.76, 0.75))
    assert "Each of the 9 rotten neurons" in text
    assert "-21.80 points of accuracy on the very samples" in text
    assert "-20.00 on test samples" in text
    assert "interaction, not bad luck" in text
    assert '"greedy", the default' in text
    assert "-0.0020 R2 on the very samples" in interaction_text(*all_at_once(0.976, 0.9, "R2"))
    assert ", 0.00 on test samples" in interaction_text(*all_at_once(0.76, 0.95))


@pytest.mark.parametrize(
    ("validation", "test", "score_name"),
    [
        (0.98, 0.9, "accuracy"),
        (0.978, 0.9, "accuracy"),
        (0.978 - 4e-5, 0.9, "R2"),  # "-0.0000 R2 on the very samples that chose them"
        (0.978 - 4e-4, 0.9, "R2"),  # not seen on the page
        (0.76, 0.951, "accuracy"),  # a gain on test samples is no harm
    ],
)
def test_nothing_is_said_of_interaction_where_there_is_none(validation, test, score_name):
    assert interaction_text(*all_at_once(validation, test, score_name)) == ""


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_narrow_terminals(noisy_study, repaired_study, width):
    """Of "fixed" and "broken" one was left, and nothing said that others were missing."""
    for study in (noisy_study, repaired_study):
        text = format_study(study, width)
        longest = max(text.splitlines(), key=len)
        # The first column and the main figures stay.
        assert len(longest) <= width, longest
        for figure in (study.data.score_name, "change", "importance"):
            assert figure in text
        heads = [line.split() for line in text.splitlines() if "change" in line]
        assert all(("fixed" in head) == ("broken" in head) for head in heads)
        widest = 120 if study is noisy_study else 80
        assert text.count("(narrow terminal: columns left out)") == (width < widest)
    assert "left out" not in format_study(noisy_study)


@pytest.fixture(scope="module")
def repaired_study(tmp_path_factory):
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=200), "b": rng.normal(size=200)})
    path = tmp_path_factory.mktemp("table") / "t.csv"
    frame.assign(c=frame.a + frame.b).to_csv(path, index=False)
    return run_study(path, target="c", hidden=[(10,)], max_iter=20, refit="behind")


def test_a_table_and_its_repair(repaired_study):
    study = repaired_study
    text = format_study(study)
    assert text.startswith("t.csv: 125 rows to train on, 25 to score neurons on")
    assert "2 columns of numbers, 0 of texts; regression of 'c'" in text
    assert "importance: R2 lost without the neuron" in text
    assert "fixed" not in text
    assert "%" not in text.replace("25 %", "")  # R2 is no percentage
    assert "(refit='behind')" in text
    assert "not repaired   repaired" in text
    (network,) = study.networks
    assert f"{network.repairs[0].test_score:.4f}" in text
    # The same sentences on the page.
    note = report_contents(study).networks[0].tables[0].note
    said = [choice_text(study, network), idle_repair_text(study, network)]
    assert "'behind' changed nothing" in said[1]
    for sentence in said:
        assert sentence in " ".join(text.split())
        assert sentence in note


RULE = "the smallest size that, like every larger one, loses no more than"


def repaired(score_name, chosen, hidden=(50,), refit="behind", unrepaired=0.87):
    """A study of a network with two smaller sizes."""
    network = fake_network([-0.1, 0.2], hidden=hidden, score_name=score_name)
    network.update(
        seed=0,
        pruned={"greedy": Bunch(validation_score=0.9)},
        repairs=[
            RepairedNetwork(
                tuple(n // part for n in hidden), 99, 0.9, 0.87, unrepaired, at == chosen
            )
            for at, part in enumerate((2, 5))
        ],
    )
    return Bunch(networks=[network], data=Bunch(unit="rows"), refit=refit), network


def test_which_size_is_chosen_is_said_with_the_rule():
    """The smallest of all was promised, where the first that loses more ends the search."""
    assert choice_text(*repaired("accuracy", 1)) == (
        f"Chosen, 10: {RULE} 0.5 points of accuracy on validation rows."
    )
    assert choice_text(*repaired("R2", 0, hidden=(50, 20))) == (
        f"Chosen, 25 + 10: {RULE} 0.005 R2 on validation rows."
    )


def test_where_none_is_chosen_it_is_said_and_what_is_saved_instead():
    study, network = repaired("R2", None)
    assert choice_text(study, network) == (
        "None chosen: already 25 neurons lose more than 0.005 R2 on validation rows. Saved, "
        "with --out, is one hidden layer of 50 neurons, seed 0, without 2 of its 50 neurons "
        "(greedy), R2 0.9450 on test samples."
    )


@pytest.mark.parametrize("refit", ["behind", "outputs"])
def test_a_repair_that_could_change_nothing_says_so(refit):
    assert idle_repair_text(*repaired("R2", 0, refit=refit)) == (
        f"{refit!r} changed nothing: with one hidden layer it is the output layer alone, and the "
        "removal has adjusted that already. 'span' repairs all layers."
    )
    assert idle_repair_text(*repaired("R2", 0, refit=refit, unrepaired=0.86)) == ""
    assert idle_repair_text(*repaired("R2", 0, refit=refit, hidden=(50, 20))) == ""
    assert idle_repair_text(*repaired("R2", 0, refit="span")) == ""


def test_the_verdict_is_a_sentence():
    network = fake_network([-0.1, 0.2])
    assert verdict_text(network) == (
        "2 of 6 neurons were removed (greedy, ranked again each time): test accuracy 95.00 % -> "
        "94.50 %, -0.50 points of accuracy, no more than chance may do."
    )
    network.removals["greedy"] = replace(network.removals["greedy"], p_value=0.001)
    assert verdict_text(network).endswith(", beyond chance.")
    network.removals["greedy"] = replace(network.removals["greedy"], n_removed=1)
    assert verdict_text(network).startswith("1 of 6 neurons was removed (")
    network.removals["greedy"] = network.removals["one_shot"]
    assert verdict_text(network).startswith("None of 6 neurons was removed")


@pytest.mark.parametrize(
    ("target", "guess"),
    [("number", "always answering with the mean would get 0.000"), ("label", "“no” would get ")],
)
def test_a_network_that_is_no_better_than_a_guess_is_told_so_first(target, guess, tmp_path):
    """Pages and text went on about its neurons as if they were worth it."""
    pytest.importorskip("pandas", reason="pandas is not installed")
    rng = np.random.default_rng(0)
    labels = np.where(rng.random(200) < 0.9, "no", "yes")
    rows = [f"{x:.3f},{number:.3f}" for x, number in rng.normal(size=(200, 2))]
    lines = [f"{row},{label}" for row, label in zip(rows, labels, strict=True)]
    path = tmp_path / "noise.csv"
    path.write_text("\n".join(["x,number,label", *lines]))
    other = {"number": "label", "label": "number"}[target]
    study = run_study(path, target=target, drop=[other], hidden=[(3,)], max_iter=3)
    network = study.networks[0]
    said = learning_text(study, network)
    assert said.startswith("The whole network is no better than a trivial answer: its test ")
    assert guess in said
    assert said.endswith("or more epochs (--max-iter).")
    lines = format_study(study).splitlines()
    title = next(i for i, line in enumerate(lines) if line.startswith("one hidden layer"))
    assert lines[title + 1].strip() in said
    assert report_contents(study).networks[0].has_learnt_nothing
    better = replace(network, baseline_score=0.999)
    assert learning_text(study, better) == ""


def test_of_a_network_that_has_learnt_something_nothing_is_said(digits_study):
    assert "trivial" not in format_study(digits_study)
    assert [learning_text(digits_study, one) for one in digits_study.networks] == ["", ""]
    idle = replace(digits_study.networks[0], baseline_score=0.1)
    assert "always answering “" in learning_text(digits_study, idle)


def test_no_table_without_rows(digits_study):
    """A heading stood there, and nothing below it."""
    network = digits_study.networks[0]
    ablation = NeuronAblation(**network.ablation)
    ablation["importances"] = -np.abs(ablation.importances)
    study = replace(digits_study, networks=[replace(network, ablation=ablation)])
    assert "most useful" not in format_study(study)
    assert "most useful" in format_study(digits_study)
