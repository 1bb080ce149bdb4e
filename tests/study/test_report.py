"""What a study's page says: numbers of the study, in the words of the page."""

import shlex
from dataclasses import replace

import numpy as np
import pytest
from helpers.report import PageParser

from skneuron._command_line import _options
from skneuron.report import MissingExtraError, report_html
from skneuron.report._score import signed
from skneuron.study import _report as report
from skneuron.study import report_html as from_the_study
from skneuron.study._repair import RepairedNetwork


@pytest.fixture(scope="module")
def contents(digits_study):
    return report.study_contents(digits_study)


@pytest.fixture(scope="module")
def html(digits_study):
    return report_html(digits_study)


@pytest.fixture(scope="module")
def page(html):
    return PageParser(html)


def test_it_has_two_doors():
    assert from_the_study is report_html
    assert report.MissingExtraError is MissingExtraError


def test_scores_are_those_of_the_study(contents, digits_study):
    assert len(contents.networks) == len(digits_study.networks)
    for found, network in zip(contents.networks, digits_study.networks, strict=True):
        assert (found.sizes, found.seed) == (network.hidden, network.seed)
        assert found.test_score == pytest.approx(network.baseline_score)
        assert found.chosen_on_score == network.ablation.baseline_score
        np.testing.assert_allclose(found.ablation.importances, network.test_importances)
        for comparison, name in [(found.chosen, "greedy"), (found.together, "one_shot")]:
            removal = network.removals[name]
            if not removal.n_removed and name == "one_shot":
                assert comparison is None
                continue
            assert comparison.n_removed == removal.n_removed
            assert comparison.score == pytest.approx(removal.test_score)
            assert (comparison.n_fixed, comparison.n_broken) == (
                removal.n_fixed, removal.n_broken,
            )  # fmt: skip
            assert comparison.p_value == pytest.approx(removal.p_value)
            assert comparison.chosen_on_score == removal.validation_score


def test_the_curve_is_the_greedy_path(contents, digits_study):
    for found, network in zip(contents.networks, digits_study.networks, strict=True):
        path = network.path
        assert found.curve.n_neurons.tolist() == path.n_neurons.tolist()
        np.testing.assert_allclose(found.curve.test, path.test_score)
        np.testing.assert_allclose(found.curve.chosen_on, path.validation_score)
        assert found.curve.n_selected == found.n_neurons - network.removals["greedy"].n_removed


def test_removed_neurons_are_those_of_the_greedy_path(contents, digits_study):
    for found, network in zip(contents.networks, digits_study.networks, strict=True):
        removed = {neuron.name for neuron in found.neurons if neuron.is_removed}
        n = network.removals["greedy"].n_removed
        assert removed == {
            f"hidden{layer}_neuron{index}"
            for layer, index in zip(network.path.layer[:n], network.path.index[:n], strict=True)
        }


def test_the_page_says_where_it_is_from(page, digits_study):
    assert "What single neurons do: digits" in page.text
    for network in digits_study.networks:
        assert f"on test images: {100 * network.baseline_score:.1f}\u00a0%" in "".join(page.texts)
    assert f"{digits_study.n_validation:,} to choose neurons by (validation)" in page.text
    assert "Two hidden layers of 10 and 6 neurons, seed 0" in page.text
    assert " ".join(digits_study.data.DESCR.split())[:60] in page.text
    assert "Label noise" not in page.text
    assert "instead" not in page.text


def test_the_command_makes_the_same_networks(digits_study, noisy_study, contents):
    for study in (digits_study, noisy_study):
        words = shlex.split(report.study_command(study))
        assert words[0] == "skneuron"
        arguments = _options.parser().parse_args(words[1:])
        assert arguments.names == ["digits"]
        assert arguments.hidden == [network.hidden for network in study.networks]
        assert arguments.seeds == (study.networks[0].seed,)
        assert arguments.max_iter == study.max_iter
        assert arguments.label_noise == study.label_noise
    assert contents.command == report.study_command(digits_study)


def test_noise_and_controls_are_told(noisy_study):
    page = PageParser(report_html(noisy_study))
    text = page.text.replace("\u00a0", " ")
    assert "Label noise40 % of the training and validation labels" in text
    assert text.count("What would help instead?") == len(noisy_study.networks)
    for network in noisy_study.networks:
        for control in network.controls.values():
            assert control.choice in text
        automatic = network.removals["automatic"]
        change = signed(100 * (automatic.test_score - network.baseline_score), 1)
        assert f"automatic, honest size{change}" in text


def test_names_of_classes_are_those_of_the_images(contents, digits_study):
    assert contents.networks[0].class_names == digits_study.data.class_names
    names = [f"the {name}" for name in digits_study.data.class_names]
    data = replace(digits_study.data, class_names=names)
    renamed = report.study_contents(replace(digits_study, data=data))
    assert renamed.networks[0].class_names == names


def test_a_repaired_network_is_spoken_of_first(digits_study):
    network = digits_study.networks[1]
    masks = [np.arange(10) < 4, np.arange(6) < 3]
    repaired = replace(network.pruned["one_shot"], masks=masks)
    removal = replace(network.removals["one_shot"], n_removed=9)
    changed = replace(
        network, pruned=network.pruned | {"repaired": repaired},
        removals=network.removals | {"repaired": removal},
    )  # fmt: skip
    (found,) = report.study_contents(replace(digits_study, networks=[changed])).networks
    assert found.headline is found.others[0]
    assert (found.headline.name, found.headline.n_removed) == ("most neurons, repaired", 9)


def test_text_is_escaped(digits_study):
    data = replace(digits_study.data, name="<b>", DESCR="<script>alert(1)</script>")
    html = report_html(replace(digits_study, data=data, networks=digits_study.networks[:1]))
    assert "<script>alert" not in html
    assert "&lt;script&gt;" in html
    assert "<title>What single neurons do: &lt;b&gt;</title>" in html


def test_the_same_study_gives_the_same_page(digits_study, html):
    assert report_html(digits_study) == html


def test_networks_that_were_repaired_have_a_table(digits_study):
    network = digits_study.networks[1]
    repairs = [
        RepairedNetwork((5, 3), 400, 0.9, network.baseline_score - 0.01, 0.5),
        RepairedNetwork((4, 2), 300, 0.9, network.baseline_score - 0.02, 0.4, is_chosen=True),
    ]
    changed = replace(digits_study, networks=[replace(network, repairs=repairs)])
    (table,) = report.study_contents(changed).networks[0].tables
    assert table.rows[0] == [
        "neurons that stay", "change, points", "accuracy", "before the repair",
        "weights and biases",
    ]  # fmt: skip
    whole = network.baseline_score
    assert table.rows[1:] == [
        ["5 + 3", "−1.0", f"{100 * whole - 1:.1f} %", "50.0 %", "400"],
        ["4 + 2 (chosen)", "−2.0", f"{100 * whole - 2:.1f} %", "40.0 %", "300"],
    ]


def test_the_whole_network_is_named_beside_the_saved_one(contents, digits_study):
    saved = dict(contents.facts)["Saved network"]
    assert saved.endswith(" on test samples (model.joblib; before its removals: whole.joblib)")
    once = replace(digits_study, max_iter=1, n_test=1)
    said = report.study_contents(once)
    assert dict(said.facts)["Training"] == "at most 1 epoch"
    assert "found on 1 test image that nothing" in said.about[0]
