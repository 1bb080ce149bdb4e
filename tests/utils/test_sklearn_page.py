"""Pages that notebooks show of estimators: a headline, and links to the documentation."""

import re

import pytest
from helpers.site import page_texts
from sklearn import config_context
from sklearn.base import BaseEstimator

import skneuron
from skneuron.utils import _sklearn
from skneuron.utils._sklearn import NotebookPageMixin


class Estimator(NotebookPageMixin, BaseEstimator):
    def __init__(self, size=3):
        self.size = size

    def fit(self, X=None, y=None):
        self.size_ = self.size - 1
        return self

    def _headline(self):
        return f"{self.size} -> {self.size_} <neurons>"


Estimator.__module__ = "skneuron.somewhere._private"


def links(page):
    return re.findall(r'href="([^"]+)"', page)


def test_a_headline_is_for_those_that_are_fitted():
    headline = "<p><strong>3 -&gt; 2 &lt;neurons&gt;</strong></p><style>"
    assert Estimator()._repr_html_().startswith("<style>")
    fitted = Estimator().fit()
    assert fitted._repr_html_().startswith(headline)
    assert fitted._repr_mimebundle_()["text/html"].startswith(headline)
    with config_context(display="text"):
        assert list(fitted._repr_mimebundle_()) == ["text/plain"]
        assert not hasattr(fitted, "_repr_html_")


def test_nothing_is_said_where_there_is_nothing_to_say():
    class Silent(Estimator):
        def _headline(self):
            return ""

    assert Silent().fit()._repr_html_().startswith("<style>")


def with_site(monkeypatch, address):
    monkeypatch.setattr(_sklearn, "documentation_address", lambda: address)


def test_without_a_site_there_are_no_links(monkeypatch):
    with_site(monkeypatch, "")
    assert links(Estimator().fit()._repr_html_()) == []


@pytest.mark.parametrize("cls", [Estimator, type("Other", (Estimator,), {})])
def test_links_to_a_site(monkeypatch, cls):
    with_site(monkeypatch, "https://docs.example/stable")
    expected = "https://docs.example/stable/generated/skneuron.Estimator.html"
    # Somebody else's subclasses are documented elsewhere.
    assert cls.__module__ != Estimator.__module__ or expected in links(cls()._repr_html_())
    assert (expected in links(cls()._repr_html_())) == (cls is Estimator)


@pytest.mark.parametrize(
    "name",
    [
        "PrunableMLPClassifier",
        "PrunableMLPRegressor",
        "RottenNeuronPruner",
        "RottenNeuronPrunerCV",
    ],
)
def test_links_lead_to_pages_of_the_reference(monkeypatch, name):
    with_site(monkeypatch, "https://docs.example")
    page = getattr(skneuron, name)()._repr_html_()
    [link] = {link for link in links(page) if f"{name}.html" in link and "#" not in link}
    assert link.removeprefix("https://docs.example/generated/") in {
        f"{listed}.html" for listed in page_texts.listed_names()
    }
