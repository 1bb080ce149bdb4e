"""The page: self-contained, escaped, and with everything that is to be said."""

import re
import sys
from dataclasses import replace
from functools import partial

import pytest
from helpers.report import PageParser, comparison, network, neuron, report, with_verdicts

from skneuron.report import _page
from skneuron.report._contents import Example, Table
from skneuron.report._page import MissingExtraError, check_extras, render, unbroken
from skneuron.report._room import rendered_in_room
from skneuron.report._trivial import TrivialAnswer

HOSTILE = '<script>alert("1")</script> & \'quoted\' "> 🙂 ' + "x" * 300


def hostile_report():
    names = [HOSTILE, HOSTILE + "2", "c"]
    odd = neuron(
        0, -0.1, helped=[(HOSTILE, 0.1)], n_helped=1, features=[(HOSTILE, 1.0)],
        fixed=[Example(HOSTILE)], broken=[Example(HOSTILE, b"png")], n_fixed=1, n_broken=1,
    )  # fmt: skip
    contents = network(
        class_names=names, chosen=comparison(name=HOSTILE, note=HOSTILE), chosen_on=HOSTILE,
        unit=HOSTILE, facts=[(HOSTILE, HOSTILE)],
        tables=[Table(HOSTILE, [[HOSTILE, "b"], [HOSTILE, "d"]], HOSTILE)],
    )  # fmt: skip
    return report(
        replace(contents, neurons=[odd, *contents.neurons[1:]]), title=HOSTILE, about=[HOSTILE],
        facts=[(HOSTILE, HOSTILE)], command=HOSTILE, warnings=[HOSTILE], source=HOSTILE,
    )  # fmt: skip


@pytest.fixture(scope="module")
def contents():
    first = with_verdicts(network((6,), seed=0, chosen=comparison()), rotten=[0], useful=[5])
    second = network((4, 2), seed=0, chosen=comparison(-0.004, 0.01, 2))
    return report(first, second, warnings=["Beware."], source="From somewhere.")


@pytest.fixture(scope="module")
def html(contents):
    return render(contents)


@pytest.fixture(scope="module")
def page(html):
    return PageParser(html)


def test_it_refers_to_nothing_outside(html, page):
    assert not re.search(r"(src|href)=[\"'](?!data:|#)", html)
    assert not re.search(r"@import|url\(|https?:", re.sub(r"base64,[^\"]*", "", html))
    assert page.all("link") == []
    assert len(page.all("script")) == 1


def test_the_verdict_comes_first(page):
    after_title = page.text.split("A title", 2)[2].strip()
    assert after_title.startswith("In 2 networks, 33 to 167 % of the neurons can go")
    assert after_title.index("rotten beyond chance") < after_title.index("Beware.")


def test_every_network_has_its_section_and_a_link_to_it(page):
    sections = [a["id"] for a in page.all("section") if "id" in a]
    assert sections == ["network-1", "network-2"]
    assert [a["href"] for a in page.all("a")] == ["#network-1", "#network-2"]
    for title in ("One hidden layer of 6 neurons, seed 0", "Two hidden layers of 4 and 2 neurons"):
        assert title in page.text


def test_every_neuron_has_a_row(html, page):
    verdicts = [a["class"] for a in page.all("tr") if a.get("class", "more") != "more"]
    assert len(verdicts) == 12
    assert verdicts.count("rotten") == verdicts.count("useful") == 1
    assert html.count("hidden0_<wbr>neuron5") == 1


def test_a_network_alone_needs_neither_summary_nor_links():
    page = PageParser(render(report(network(chosen=comparison()))))
    assert "All networks" not in page.text
    assert page.all("a") == []
    # The sentences are on top, and not again.
    assert page.text.count("rotten or useful beyond chance") == 1


def test_facts_and_command(page):
    assert "How it was made Datasome From somewhere." in page.text
    assert "From somewhere." in page.text
    assert page.text.count("skneuron study digits") == 1
    assert "What these numbers show, and what they do not" in page.text


def test_pictures_have_texts_with_numbers(page):
    pictures = page.all("img")
    assert len(pictures) == 4  # effects and classes of each network
    for picture in pictures:
        assert re.search(r"\d", picture["alt"])


def test_names_cannot_be_markup():
    html = render(hostile_report())
    page = PageParser(html)
    assert len(page.all("script")) == 1
    assert "<script>alert" not in html
    assert page.text.count("alert") > 15
    assert all("alert" not in value for _, attributes in page.tags
               for name, value in attributes.items() if name.startswith("on"))  # fmt: skip


def test_the_same_contents_give_the_same_page(contents, html):
    assert render(contents) == html


def test_no_line_ends_between_a_number_and_its_unit(html):
    assert "95\u00a0%" in html
    assert unbroken("9 % of") == "9\u00a0% of"
    assert unbroken(3) == 3


def test_a_large_page_has_less_in_it():
    picture = bytes(range(256)) * 20
    some = [Example("some", picture)] * 4
    large = [
        neuron(i, i / 800, image=picture, n_fixed=4, n_broken=4, fixed=some, broken=some)
        for i in range(800)
    ]
    html = render(report(replace(network((800,)), neurons=large)))
    assert len(html.encode()) < 3 * 2**20
    page = PageParser(html)
    assert "Pictures are there of the extreme 120; samples" in page.text
    assert len([a for a in page.all("tr") if "data-layer" in a]) == 800


def test_what_is_said_of_all_neurons_does_not_depend_on_how_many_are_listed(monkeypatch):
    sizes = (60, 30)
    some = with_verdicts(network(sizes, chosen=comparison()), rotten=[5, 6], useful=[50, 80])
    contents = report(some, replace(some, seed=1))
    whole = PageParser(render(contents)).text
    monkeypatch.setattr(_page, "rendered_in_room", partial(rendered_in_room, most=1))
    page = PageParser(render(contents))
    assert len([a for a in page.all("tr") if "data-layer" in a]) == 80
    assert "Of 90 neurons the extreme 40 are listed" in page.text
    assert "4 of 180 neurons are rotten beyond chance" in page.text
    assert "2 of 90 neurons are rotten beyond chance, and 2 useful." in page.text
    # Verdict, summary, sentences, and the table of layers.
    assert whole.split("All neurons")[0] == page.text.split("Neurons Effect:")[0]


@pytest.mark.parametrize("module", ["jinja2", "matplotlib"])
def test_missing_libraries_are_explained(monkeypatch, module):
    for name in [name for name in sys.modules if name.split(".")[0] == module]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=r"pip install 'skneuron\[plot\]'"):
        check_extras()


def test_the_first_paragraph_says_what_is_predicted():
    guess = TrivialAnswer("always answering “a”", 0.48)
    contents = report(network(trivial=guess), about=["What was done.", "And more."])
    for target, words in (("outcome", "outcome (3 classes)"), ("", "one of 3 classes")):
        page = PageParser(render(replace(contents, target=target)))
        assert (
            f"Predicted is {words}; always answering “a” would be right in 48.0 %. "
            "What was done. And more."
        ) in page.text
        assert page.text.count("Predicted is") == 1


def test_of_many_examples_in_words_two_are_seen_and_the_others_unfold():
    some = [Example(f"row {i}: some") for i in range(5)]
    html = render(report(replace(network((1,)), neurons=[neuron(0, fixed=some, broken=some[:2])])))
    page = PageParser(html)
    assert [tag for tag, _ in page.tags if tag in ("details", "summary")] == ["details", "summary"]
    assert "row 0: some row 1: some 3 more" in page.text.replace("some3", "some 3").replace(
        "somerow", "some row"
    )
    for example in some:
        assert example.text in page.text
