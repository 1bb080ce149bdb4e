"""The HTML report: self-contained, escaped, and with every picture."""

import base64
import re
import sys
from html.parser import HTMLParser

import pytest
from sklearn.utils import Bunch

from skneuron.report import MissingExtraError, report_html
from skneuron.study import _report as report


class Page(HTMLParser):
    """Collects tags, and checks that they are closed in order."""

    VOID = frozenset({"meta", "img", "link", "br"})

    def __init__(self, html):
        super().__init__()
        self.open, self.tags, self.text = [], [], []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)

    def images(self):
        return [attrs for tag, attrs in self.tags if tag == "img"]


@pytest.fixture(scope="module")
def html(digits_study):
    return report_html(digits_study)


@pytest.fixture(scope="module")
def page(html):
    return Page(html)


def test_pictures_are_png_files_with_descriptions(page, digits_study):
    pictures = page.images()
    # Two per network are of receptive fields, one of which is absent where nothing is rotten.
    n_rotten = sum((n.ablation.importances < 0).any() for n in digits_study.networks)
    assert len(pictures) == 4 * len(digits_study.networks) + n_rotten
    for picture in pictures:
        kind, _, content = picture["src"].partition(",")
        assert kind == "data:image/png;base64"
        assert base64.b64decode(content, validate=True).startswith(b"\x89PNG")
        assert len(picture["alt"]) > 20


def test_page_refers_to_nothing_outside(html, page):
    assert not re.search(r"(src|href)=[\"'](?!data:)", html)
    assert "@import" not in html
    assert "<script" not in html
    assert all(tag != "link" for tag, _ in page.tags)


def test_every_network_has_its_section(page, digits_study):
    headings = [text for text in page.text if text.startswith("Hidden layers")]
    assert headings == [f"Hidden layers {n.hidden}, seed 0" for n in digits_study.networks]


def test_numbers_are_those_of_the_study(html, digits_study):
    for network in digits_study.networks:
        assert f"test accuracy {100 * network.baseline_accuracy:.2f} %" in " ".join(html.split())
        assert f"<td>{100 * network.removals['greedy'].test_accuracy:.2f} %</td>" in html


def test_text_is_escaped(digits_study):
    images = Bunch(**digits_study.images)
    images.DESCR = "<script>alert(1)</script>"
    study = type(digits_study)(**(vars(digits_study) | {"images": images}))
    html = report_html(study)
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_same_study_same_bytes(html, digits_study):
    assert report_html(digits_study) == html


def test_style_of_the_caller_is_neither_used_nor_changed(html, digits_study):
    import matplotlib as mpl

    with mpl.rc_context({"font.size": 31.0, "axes.facecolor": "black"}):
        assert report_html(digits_study) == html
        assert mpl.rcParams["font.size"] == 31.0


def test_no_figure_is_left_open(digits_study):
    import matplotlib.pyplot as plt

    plt.close("all")
    report_html(digits_study)
    assert plt.get_fignums() == []


@pytest.mark.parametrize("module", ["jinja2", "matplotlib"])
def test_missing_library_is_explained(monkeypatch, digits_study, module):
    for name in [name for name in sys.modules if name.split(".")[0] == module]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=r"pip install 'skneuron\[plot\]'"):
        report_html(digits_study)


def test_images_with_a_channel_axis_are_drawn(digits_study):
    network = digits_study.networks[0]
    images = Bunch(**digits_study.images)
    study = Bunch(images=images)
    images.image_shape = (8, 8, 1)
    rotten, useful = report.extreme_neurons(network)
    pictures = report._pictures(study, network, rotten, useful)
    assert {"path", "distribution", "classes", "useful"} <= set(pictures)


def test_noise_and_controls_are_in_the_report(noisy_study, html):
    noisy = report_html(noisy_study)
    text = " ".join(" ".join(Page(noisy).text).split())
    assert "Label noise: 40 % of the training and validation labels" in text
    assert text.count("What would help instead?") == len(noisy_study.networks)
    for network in noisy_study.networks:
        for control in network.controls.values():
            assert f"<td>{control.choice}</td><td>{100 * control.test_accuracy:.2f} %" in noisy
        automatic = network.removals["automatic"]
        cells = f"<td>{automatic.n_removed}</td><td>{100 * automatic.test_accuracy:.2f} %</td>"
        assert f"<td>automatic, honest size</td>{cells}" in noisy
    assert "Label noise" not in html
    assert "instead" not in html
    assert "Automatic" not in html
