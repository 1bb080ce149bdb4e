"""`write_report`: one call from something fitted to a page."""

import copy
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers.report import PageParser

import skneuron
from skneuron import NeuronAblation, neuron_ablation, neuron_pruning_path, write_report
from skneuron.report._write import checked_image_shape, target_name


def page_of(path):
    return PageParser(Path(path).read_text(encoding="utf-8"))


def test_a_pruner(tmp_path, digits, digits_pruner):
    target = write_report(
        digits_pruner, *digits[2:], tmp_path / "page.html", image_shape=(8, 8), title="Digits"
    )
    assert target == tmp_path / "page.html"
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]
    page = page_of(target)
    assert page.text.startswith("Digits Digits 4 of 26 neurons can go")
    assert (
        "what was left was scored on the 400 images that were passed as test images; they must "
        "have had no part in training or choosing. What to prune was chosen on 180 other samples, "
        "before that."
    ) in page.text
    assert "neither trained" not in page.text
    assert "400 images" in page.text
    assert (
        "write_report(fitted, X_test, y_test, path='page.html', image_shape=(8, 8))" in page.text
    )
    assert f"skneuron {skneuron.__version__}" in page.text
    assert "Mind:" not in page.text
    assert "Rows are numbered" not in page.text
    assert target.stat().st_size < 3 * 2**20


def test_a_pipeline_of_a_table_with_odd_names(tmp_path, table, table_pipeline):
    frame, y = table
    page = page_of(write_report(table_pipeline, frame[250:], y[250:], str(tmp_path / "page.html")))
    assert len(page.all("script")) == 1
    assert "<script>alert(\"1\")</script> & 'q' 🙂" in page.text
    assert "<i>stays</i>, taken for goes" in page.text
    assert "weighs most" in page.text
    # Not within the file, where readers looked for them.
    assert "Rows are numbered within the test samples, from 0." in page.text
    assert "a fitted Pipeline" in page.text


def test_a_regression(tmp_path, regression):
    pruner, X, y = regression
    page = page_of(write_report(pruner, X, y, tmp_path / "page.html", feature_names=list("abcd")))
    assert "a regressor with one hidden layer of 8 neurons" in page.text
    assert "hundredths" not in page.text
    assert "Change: the score minus that of the whole network: below zero is worse." in page.text
    heads = [text.strip() for text in page.texts]
    assert not {"helps", "hurts", "fixes", "breaks", "fixed", "broken"} & set(heads)
    assert "squared errors" in page.text


def test_a_path(tmp_path, digits, digits_pruner):
    path = neuron_pruning_path(digits_pruner.pruning_path_.estimator, *digits[:2])
    page = page_of(write_report(path, *digits[2:], tmp_path / "p.html", n_neurons=20))
    assert "6 of 26 neurons" in page.text
    assert "Mind:" not in page.text


def test_a_network_that_nothing_was_removed_from(tmp_path, digits, digits_pruner):
    whole = digits_pruner.pruning_path_.estimator
    page = page_of(write_report(whole, *digits[2:], tmp_path / "p.html"))
    assert "Mind: nothing was removed from this network before" in page.text
    assert "both chosen and judged on the samples given" in page.text
    assert (
        "on the 400 samples that were passed as test samples and also chose the neurons to "
        "remove; they must have had no part in training."
    ) in page.text


def test_an_ablation(tmp_path, digits, digits_pruner):
    ablation = neuron_ablation(digits_pruner.pruning_path_.estimator, *digits[2:])
    page = page_of(write_report(ablation, path=tmp_path / "p.html"))
    assert (
        "on the 400 samples that the ablation was made on; they must have had no part in "
        "training. Nothing was removed for good."
    ) in page.text
    assert "write_report(fitted, path='p.html')" in page.text
    with pytest.raises(ValueError, match="must be None for a NeuronAblation"):
        write_report(ablation, *digits[2:], tmp_path / "q.html")


@pytest.mark.parametrize(("layer", "n", "ordinal"), [(0, 16, "first"), (1, 10, "second")])
def test_an_ablation_of_a_layer(tmp_path, layer, n, ordinal, digits, digits_pruner):
    ablation = neuron_ablation(
        digits_pruner.pruning_path_.estimator, *digits[2:], layers=[layer], losses=False
    )
    page = page_of(write_report(ablation, path=tmp_path / "p.html"))
    neurons = f"{n} neurons of the {ordinal} hidden layer (hidden{layer})"
    assert f"What single neurons do: {neurons} of a classifier" in page.text
    assert f"Neurons{neurons} Test data" in page.text
    assert "Each of these neurons was removed in turn" in page.text
    assert "one hidden layer" not in page.text.lower()
    assert "two hidden layers" not in page.text.lower()
    assert "All neurons" not in page.text


@pytest.mark.parametrize("scoring", ["neg_log_loss", "fidelity"])
def test_another_score_is_not_written_as_accuracy(scoring, tmp_path, digits, digits_pruner):
    whole = digits_pruner.pruning_path_.estimator
    path = neuron_pruning_path(
        whole, digits[0][:300], digits[1][:300], scoring=scoring, n_neurons_to_select=20
    )
    page = page_of(write_report(path, *digits[2:], tmp_path / "p.html"))
    name = scoring.removeprefix("neg_").replace("_", " ")
    assert f"chosen by: {name}" in page.text
    assert f"was chosen on 300 other samples by {name}, before that." in page.text
    assert "None of the 26 neurons was removed" not in page.text
    assert "smallest at no more than" not in page.text
    assert "honest one" not in page.text


def test_an_ablation_that_lost_its_samples(tmp_path, digits, digits_pruner):
    whole = digits_pruner.pruning_path_.estimator
    ablation = copy.copy(neuron_ablation(whole, *digits[2:], scoring="balanced_accuracy"))
    page = page_of(write_report(ablation, path=tmp_path / "p.html"))
    assert "Mind: this ablation is a copy" in page.text


def test_names_of_classes(tmp_path, digits, digits_pruner):
    names = [f"digit {label}" for label in range(10)]
    page = page_of(
        write_report(digits_pruner, *digits[2:], tmp_path / "p.html", class_names=names)
    )
    assert "digit 3 (" in page.text


def test_nothing_is_written_and_nothing_lost_if_something_is_wrong(
    tmp_path, digits, digits_pruner
):
    target = tmp_path / "page.html"
    target.write_text("before")
    with pytest.raises(ValueError, match="feature_names has 1 names"):
        write_report(digits_pruner, *digits[2:], target, feature_names=["a"])
    assert target.read_text() == "before"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"X_test": None}, ValueError, "X_test=None: a page is made of test samples"),
        ({"y_test": None}, ValueError, "y_test=None: a page"),
        ({"path": 3}, TypeError, "path=3 is no path of a file"),
        ({"path": ""}, ValueError, "path='' is a folder"),
        ({"path": "."}, ValueError, "path='.' is a folder: name the file as well"),
        ({"title": 3}, ValueError, "title=3"),
        ({"examples": "no"}, ValueError, "examples='no' is neither True nor False"),
        ({"image_shape": (8,)}, ValueError, r"image_shape=\(8,\) must be None, \(height"),
        ({"image_shape": (8, 9)}, ValueError, "has 72 pixels, but 64 features"),
        ({"n_neurons": 3}, ValueError, "n_neurons=3 chooses a network on a NeuronPruningPath"),
        ({"class_names": ["a"]}, ValueError, "class_names has 1 names"),
        ({"fitted": "a"}, TypeError, "must be a fitted MLPClassifier"),
        ({"scoring": ["accuracy"]}, ValueError, "names several scorers; pass one at a time"),
        ({"scoring": "acc"}, ValueError, "acc"),
        ({"sample_weight": [1.0]}, ValueError, "sample_weight"),
    ],
)
def test_errors(wrong, error, message, digits, digits_pruner, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    known = {"fitted": digits_pruner, "X_test": digits[2], "y_test": digits[3]}
    with pytest.raises(error, match=message):
        write_report(**known | wrong)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("more", [{"scoring": "accuracy"}, {"sample_weight": [1.0]}])
def test_an_ablation_has_its_score_already(more, tmp_path, digits, digits_pruner):
    ablation = neuron_ablation(digits_pruner, *digits[2:])
    with pytest.raises(ValueError, match=r"must be None for a NeuronAblation.*neuron_ablation"):
        write_report(ablation, path=tmp_path / "p.html", **more)


def test_samples_that_have_not_been_through_the_steps_before(tmp_path, table, table_pipeline):
    """The error spoke of a string that is no float, and not of the way out."""
    frame, y = table
    last = table_pipeline[-1]
    raw, few = frame[250:].to_numpy(dtype=object), frame[250:].select_dtypes("number").to_numpy()
    for X in (raw, few):
        with pytest.raises(ValueError, match=r"^X_test.*pass the whole Pipeline"):
            write_report(last, X, y[250:], tmp_path / "p.html")
    with pytest.raises(ValueError, match="columns are missing") as caught:
        write_report(table_pipeline, frame[250:].drop(columns="age"), y[250:], tmp_path / "p.html")
    assert "Pipeline" not in str(caught.value)
    assert write_report(table_pipeline, frame[250:], y[250:], tmp_path / "p.html").exists()


def test_a_folder_that_is_not_there_is_made(tmp_path):
    ablation = NeuronAblation(
        layer=np.zeros(2, int), index=np.arange(2), baseline_score=0.9, n_samples=50,
        scores=np.array([0.9, 0.8]), importances=np.array([0.0, 0.1]), n_fixed=np.array([0, 1]),
        n_broken=np.array([0, 6]), default_test="mcnemar",
    )  # fmt: skip
    target = tmp_path / "a" / "b" / "p.html"
    with pytest.raises(ValueError, match="must be None"):
        write_report(ablation, [[1.0]], path=target)
    assert list(tmp_path.iterdir()) == []  # and does not stay for nothing
    assert write_report(ablation, path=target).exists()


@pytest.mark.parametrize("shape", ["ab", 3, (0, 3), (2, 2, 2, 2), (2.5, 2)])
def test_image_shapes(shape):
    with pytest.raises(ValueError, match="image_shape"):
        checked_image_shape(shape)
    assert checked_image_shape(np.array([2, 3])) == (2, 3)
    assert checked_image_shape(None) is None


def test_a_page_need_not_show_anybodys_data(tmp_path, table, table_pipeline):
    frame, y = table
    pages = [
        write_report(
            table_pipeline, frame[250:], y[250:], tmp_path / f"{shown}.html", examples=shown
        )
        for shown in (True, False)
    ]
    with_rows, without = map(page_of, pages)
    assert "taken for" in with_rows.text
    assert re.search(r"\brow \d", with_rows.text)
    assert not re.search(r"\brow \d", without.text)
    for words in ("taken for", "Rows are numbered", "2 more", "are shown for"):
        assert words not in without.text
    assert "examples=False)" in without.text
    assert "examples" not in with_rows.text

    def counts(page):
        return [a.get("data-v") for a in page.all("td") if "data-v" in a]

    # How many there are stays.
    assert counts(with_rows) == counts(without)
    assert {"fixes", "breaks"} <= {text.strip() for text in without.texts}


def test_nor_anybodys_picture(tmp_path, digits, digits_pruner):
    def pictures(**how):
        target = tmp_path / "p.html"
        write_report(digits_pruner, *digits[2:], target, image_shape=(8, 8), **how)
        return [a.get("class") for a in page_of(target).all("img")]

    both, weights_alone = pictures(), pictures(examples=False)
    assert both.count("t") > 20
    assert weights_alone.count("t") == 0
    assert both.count("w") == weights_alone.count("w") == 26


def test_what_is_predicted_comes_first(tmp_path, table, table_pipeline):
    frame, y = table
    targets = pd.Series(y[250:], name="outcome")
    share = 100 * targets.value_counts(normalize=True).max()
    most = targets.mode()[0]
    page = page_of(write_report(table_pipeline, frame[250:], targets, tmp_path / "p.html"))
    assert (
        f"Predicted is outcome (2 classes); always answering “{most}” would be right in "
        f"{share:.1f} %. Every neuron was removed in turn"
    ) in page.text
    nameless = page_of(write_report(table_pipeline, frame[250:], y[250:], tmp_path / "q.html"))
    assert "Predicted is one of 2 classes; always answering" in nameless.text


@pytest.mark.parametrize(
    ("y", "name"),
    [
        (pd.Series([1], name="price"), "price"),
        (pd.Series([1]), ""),
        (pd.Series([1], name=0), ""),
        (pd.DataFrame({"price": [1]}), "price"),
        (pd.DataFrame({"price": [1], "size": [2]}), ""),
        ([1], ""),
        (None, ""),
    ],
)
def test_names_of_targets(y, name):
    assert target_name(y) == name
