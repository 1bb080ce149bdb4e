"""Contents of pages without a network, and pages taken apart."""

from dataclasses import replace
from html.parser import HTMLParser

import numpy as np

from skneuron.inspection import NeuronAblation
from skneuron.report._contents import Comparison, NetworkContents, NeuronContents, ReportContents
from skneuron.report._score import ScoreWords

ACCURACY = ScoreWords("accuracy", 1)
R2 = ScoreWords("R²", 1)


class PageParser(HTMLParser):
    """Collects tags and text, and checks that tags are closed in order."""

    VOID = frozenset({"meta", "img", "link", "br", "wbr"})

    def __init__(self, html):
        super().__init__()
        self.open, self.tags, self.texts = [], [], []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] not in (["script"], ["style"]):
            self.texts.append(data)

    @property
    def text(self):
        """All text that is to be read, in one line."""
        return " ".join("".join(self.texts).split())

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


def comparison(change=0.002, half=0.01, n_removed=10, **more):
    known = {
        "name": "pruned", "n_removed": n_removed, "score": 0.95 + change, "change": change,
        "low": change - half, "high": change + half, "n_fixed": 5, "n_broken": 3, "p_value": 0.7,
    }  # fmt: skip
    return Comparison(**known | more)


def neuron(index, effect=0.0, layer=0, **more):
    known = {
        "name": f"hidden{layer}_neuron{index}", "layer": layer, "effect": effect,
        "low": effect - 0.01, "high": effect + 0.01, "verdict": "undecided", "q_value": 0.5,
        "n_fixed": 1, "n_broken": 2,
    }  # fmt: skip
    return NeuronContents(**known | more)


def ablation(n=6, n_samples=200, sizes=None):
    """Of a classifier of three classes; every neuron a little more useful than the one before."""
    rng = np.random.default_rng(0)
    sizes = (n,) if sizes is None else sizes
    n = sum(sizes)
    fixed, broken = rng.integers(0, 5, n), np.arange(n) % 60
    importances = (broken - fixed) / n_samples
    return NeuronAblation(
        layer=np.repeat(np.arange(len(sizes)), sizes),
        index=np.concatenate([np.arange(size) for size in sizes]),
        baseline_score=0.95,
        scores=0.95 - importances,
        importances=importances,
        n_fixed=fixed,
        n_broken=broken,
        class_importances=rng.normal(scale=0.01, size=(n, 3)),
        classes=np.array(["a", "b", "c"]),
        n_samples=n_samples,
        default_test="mcnemar",
    )


def network(sizes=(6,), **more):
    found = ablation(sizes=sizes)
    neurons = [
        neuron(index, float(effect), layer=int(layer))
        for layer, index, effect in zip(found.layer, found.index, found.importances, strict=True)
    ]
    known = {
        "sizes": sizes, "score_words": ACCURACY, "n_test": 200, "unit": "images",
        "test_score": 0.95, "ablation": found, "neurons": neurons,
        "class_names": ["a", "b", "c"], "chosen_on": "validation images", "chosen_on_score": 0.97,
    }  # fmt: skip
    return NetworkContents(**known | more)


def report(*networks, **more):
    known = {
        "title": "A title", "about": ["What was done."], "networks": networks or [network()],
        "facts": [("Data", "some")], "command": "skneuron study digits",
    }  # fmt: skip
    return ReportContents(**known | more)


def with_verdicts(contents, **verdicts):
    """The contents with verdicts for some neurons, by their number."""
    neurons = list(contents.neurons)
    for name, numbers in verdicts.items():
        for number in numbers:
            neurons[number] = replace(neurons[number], verdict=name)
    return replace(contents, neurons=neurons)
