"""Sentences with the numbers in them."""

from dataclasses import replace

import numpy as np
import pytest
from helpers.report import ACCURACY, R2, comparison, network, with_verdicts

from skneuron.report._tables import comparison_rows
from skneuron.report._trivial import TrivialAnswer
from skneuron.report._words import (
    counted,
    heading,
    interaction_sentences,
    layer_in_words,
    learning_sentence,
    listed,
    network_in_words,
    neurons_in_words,
    predicted_sentence,
    pruning_sentence,
    rotten_sentence,
    span,
    verdict_sentences,
)


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ((100,), "one hidden layer of 100 neurons"),
        ((1,), "one hidden layer of 1 neuron"),
        ((1200,), "one hidden layer of 1,200 neurons"),
        ((100, 50), "two hidden layers of 100 and 50 neurons"),
        ((10, 10), "two hidden layers of 10 neurons each"),
        ((3, 2, 1), "three hidden layers of 3, 2 and 1 neurons"),
        ((1,) * 12, "12 hidden layers of 1 neuron each"),
    ],
)
def test_networks(sizes, words):
    assert network_in_words(sizes) == words


def test_headings():
    assert heading(network()) == "One hidden layer of 6 neurons"
    assert heading(network(seed=3)) == "One hidden layer of 6 neurons, seed 3"


def test_layers():
    assert layer_in_words(0, 1) == "hidden layer"
    assert layer_in_words(1, 3) == "second hidden layer"
    assert layer_in_words(7, 9) == "layer 8"


def test_counts_and_lists():
    assert [counted(1, "row"), counted(2000, "row")] == ["1 row", "2,000 rows"]
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert [span([9.2, 22.4]), span([1, 1.2])] == ["9 to 22", "1"]


def test_a_small_price():
    chosen = comparison(-0.004, 0.005, 60, score=0.946)
    assert pruning_sentence(network((100, 50), chosen=chosen)) == (
        "60 of 150 neurons can go, and test accuracy is lower by 0.4 points (95 % interval of the "
        "change −0.9 to 0.1): 94.6 % instead of 95.0 %."
    )


def test_a_high_price_is_no_bargain():
    sentence = pruning_sentence(network((100,), chosen=comparison(-0.218, 0.03, 90, score=0.732)))
    assert sentence == (
        "Without 90 of 100 neurons, test accuracy is lower by 21.8 points (95 % interval of the "
        "change −24.8 to −18.8): 73.2 % instead of 95.0 %."
    )


def test_a_gain():
    sentence = pruning_sentence(network((100,), chosen=comparison(0.004, 0.005, 9, score=0.954)))
    assert sentence == (
        "9 of 100 neurons can go, and test accuracy is higher by 0.4 points (95 % interval of the "
        "change −0.1 to 0.9): 95.4 % instead of 95.0 %."
    )


def test_no_change():
    sentence = pruning_sentence(network((100,), chosen=comparison(0.0002, 0.005, 9, score=0.95)))
    assert sentence == (
        "9 of 100 neurons can go, and test accuracy stays at 95.0 % (95 % interval of the change "
        "−0.5 to 0.5)."
    )


def test_nothing_removed():
    sentence = pruning_sentence(network(chosen=comparison(0, 0.01, 0)))
    assert sentence.startswith("None of the 6 neurons was removed")
    assert "validation images" in sentence
    assert pruning_sentence(network()) == ""


def test_no_interval():
    chosen = comparison(-0.004, n_removed=3, low=np.nan, high=np.nan)
    assert "(no interval is known)" in pruning_sentence(network(chosen=chosen))


def test_regression():
    sentence = pruning_sentence(
        network(score_words=R2, test_score=0.9, chosen=comparison(-0.002, 0.004, 3, score=0.898))
    )
    assert sentence == (
        "3 of 6 neurons can go, and test R² is lower by 0.002 (95 % interval of the change −0.006 "
        "to 0.002): 0.898 instead of 0.900."
    )


@pytest.mark.parametrize("words", [ACCURACY, R2])
@pytest.mark.parametrize("change", [-0.3, -0.032, -0.004, 0.0001, 0.004, 0.05])
def test_sentence_and_table_have_the_same_signs(words, change):
    contents = network(score_words=words, chosen=comparison(change, 0.01))
    _, _, (_, in_table, interval, *_) = comparison_rows(contents)
    sentence = pruning_sentence(contents)
    assert f"of the change {interval})" in sentence
    direction = {"−": "lower by", "+": "higher by"}.get(in_table[0], "stays at")
    assert f"{direction} {in_table.lstrip('−+')}" in sentence or direction == "stays at"


def test_a_headline_is_spoken_of_by_name():
    repaired = comparison(-0.001, 0.005, 5, name="most neurons, repaired")
    contents = network(chosen=comparison(), others=[repaired], headline=repaired)
    assert pruning_sentence(contents).startswith("5 of 6 neurons (most neurons, repaired) can go")


def test_rotten_neurons():
    contents = network()
    assert rotten_sentence(contents) == "None of 6 neurons is rotten or useful beyond chance."
    some = with_verdicts(contents, useful=[4, 5])
    assert rotten_sentence(some) == "No neuron is rotten beyond chance; 2 of 6 are useful."
    one = with_verdicts(some, rotten=[0])
    assert rotten_sentence(one) == "1 of 6 neurons is rotten beyond chance, and 2 useful."


TOGETHER = {"name": "all rotten ones at once", "n_removed": 40, "score": 0.76}


def test_interaction_is_said_to_be_no_luck():
    together = comparison(-0.19, 0.03, chosen_on_score=0.8, **TOGETHER)
    text = interaction_sentences(network((100,), together=together))
    assert "40 neurons that are rotten one by one on validation images" in text
    assert "take test accuracy from 95.0 % to 76.0 %" in text
    assert "and on validation images as well, from 97.0 % to 80.0 %" in text
    assert "interaction, not luck" in text
    assert "“greedy”" in text


def test_where_nobody_knows_the_other_score_luck_is_not_spoken_of():
    text = interaction_sentences(network(together=comparison(-0.19, 0.03, **TOGETHER)))
    assert "That is interaction: " in text
    assert "luck" not in text


@pytest.mark.parametrize(
    "together",
    [
        None,
        comparison(-0.01, 0.03, **TOGETHER),  # within chance
        comparison(0.02, 0.03, chosen_on_score=0.98, **TOGETHER),
        comparison(-0.19, 0.03, **TOGETHER | {"n_removed": 1}),
        # On test samples alone it may be luck: all that a choice gains there is lost.
        comparison(-0.19, 0.03, chosen_on_score=0.97, **TOGETHER),
        comparison(-0.19, 0.03, chosen_on_score=0.9695, **TOGETHER),  # 97.0 to 97.0 %
        comparison(0.001, 0.03, chosen_on_score=0.8, **TOGETHER),  # not so on test samples
    ],
)
def test_no_harm_no_sentence(together):
    assert interaction_sentences(network(together=together)) == ""


def test_the_verdict_on_one_network_is_two_sentences():
    contents = network(chosen=comparison())
    assert verdict_sentences([contents]) == [pruning_sentence(contents), rotten_sentence(contents)]


def test_the_verdict_on_several():
    networks = [
        network((10,), chosen=comparison(-0.004, 0.01, 1)),
        with_verdicts(network((50, 50), chosen=comparison(0.002, 0.001, 22)), rotten=[0, 1]),
    ]
    assert verdict_sentences(networks) == [
        "In 2 networks, 10 to 22 % of the neurons can go, and test accuracy changes by −0.4 to "
        "+0.2 points (−0.1 on average; beyond chance better in 1 of them).",
        "2 of 110 neurons are rotten beyond chance, in 1 of the 2 networks.",
    ]


def test_the_verdict_on_several_without_news():
    first, second = verdict_sentences([network(chosen=comparison(0.0, 0.01, 1))] * 2)
    assert "in none is it beyond chance" in first
    assert second == "No neuron of 12 is rotten beyond chance."
    assert len(verdict_sentences([network(), network()])) == 1


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ((0, 50), "50 neurons of the second hidden layer (hidden1)"),
        ((100,), "100 neurons of the first hidden layer (hidden0)"),
        (
            (16, 1),
            "16 neurons of the first hidden layer (hidden0) and 1 neuron of the second hidden "
            "layer (hidden1)",
        ),
    ],
)
def test_of_a_network_that_nobody_knows_only_its_neurons_are_spoken_of(sizes, words):
    contents = network(sizes, is_whole=False)
    assert neurons_in_words(contents) == words
    assert heading(contents) == words
    assert neurons_in_words(network((6,))) == "one hidden layer of 6 neurons"


GUESS = TrivialAnswer("always answering “no”", 0.97)


def test_a_network_that_is_no_better_than_a_guess_is_told_so_first():
    contents = network(chosen=comparison(), trivial=GUESS)
    first, *others = verdict_sentences([contents])
    assert first == learning_sentence(contents)
    assert first.startswith(
        "The whole network is no better than a trivial answer: its test accuracy is 95.0 %, and "
        "always answering “no” would get 97.0 %. "
    )
    assert "try scaled inputs" in first
    assert others == verdict_sentences([network(chosen=comparison())])
    assert learning_sentence(replace(contents, advice="fewer cats")).endswith("try fewer cats.")


@pytest.mark.parametrize("score", [0.9499, np.nan])
def test_of_a_network_that_is_better_nothing_is_said(score):
    assert learning_sentence(network(trivial=TrivialAnswer("", score))) == ""
    assert learning_sentence(network()) == ""


def test_what_is_as_good_as_the_mean_is_no_better():
    contents = network(score_words=R2, test_score=0.0, trivial=TrivialAnswer("the mean", 0.0))
    assert "test R² is 0.000, and the mean would get 0.000." in learning_sentence(contents)


def test_several_networks_of_which_some_have_learnt_nothing():
    fine, idle = network(chosen=comparison()), network(chosen=comparison(), trivial=GUESS)
    worse = replace(idle, test_score=0.5)
    assert "trivial" not in "".join(verdict_sentences([fine, fine]))
    one, *_ = verdict_sentences([fine, worse])
    assert one.startswith(
        "1 of 2 networks is no better than a trivial answer: the test accuracy is 50.0 %, and"
    )
    both, *_ = verdict_sentences([worse, idle])
    assert both.startswith("Both networks are no better than a trivial answer: the test accuracy")
    all_three, *_ = verdict_sentences([worse, idle, idle])
    assert all_three.startswith("All 3 networks are no better than")
    two, *_ = verdict_sentences([fine, worse, idle])
    assert two.startswith(
        "2 of 3 networks are no better than a trivial answer: the test accuracy of the best of "
        "them is 95.0 %, and always answering “no” would get 97.0 %. What is said of their "
    )


def test_the_unit_of_several_regressions_is_not_said_twice():
    some = network((10,), score_words=R2, chosen=comparison(-0.004, 0.005, 1))
    said, _ = verdict_sentences([some, some])
    assert "test R² changes by −0.004 (−0.004 on average; " in said


def test_a_loss_of_one_digit_is_seen():
    together = comparison(0.0, 0.03, chosen_on_score=0.884, **TOGETHER)
    contents = network(score_words=R2, together=together, chosen_on_score=0.885)
    assert "as well, from 0.885 to 0.884." in interaction_sentences(contents)
    same = replace(contents, together=replace(together, chosen_on_score=0.8845))
    assert interaction_sentences(same) == ""


MEAN = TrivialAnswer("always answering with the mean", 0.0)


@pytest.mark.parametrize(
    ("more", "target", "sentence"),
    [
        (
            {"trivial": GUESS},
            "outcome",
            "Predicted is outcome (3 classes); always answering “no” would be right in 97.0 %.",
        ),
        (
            {"trivial": GUESS},
            "",
            "Predicted is one of 3 classes; always answering “no” would be right in 97.0 %.",
        ),
        ({}, "outcome", "Predicted is outcome (3 classes)."),
        (
            {"trivial": MEAN, "score_words": R2, "class_names": []},
            "price",
            "Predicted is price; always answering with the mean would have R² 0.",
        ),
        (
            {"trivial": MEAN, "score_words": R2, "class_names": []},
            "",
            "Always answering with the mean would have R² 0.",
        ),
        ({"class_names": []}, "", ""),
    ],
)
def test_what_is_predicted(more, target, sentence):
    assert predicted_sentence(network(**more), target) == sentence
