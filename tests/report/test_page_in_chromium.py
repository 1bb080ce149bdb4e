"""The page as people see it: in a browser, on a telephone, at night, and on paper.

Where no Chromium is installed, these tests are skipped.
"""

import re
import unicodedata
from dataclasses import replace
from io import BytesIO

import matplotlib.image as plt_image
import pytest
from helpers.chromium import NAMES, PRINT_WIDTH, Browser, chromium
from helpers.report import comparison, network, neuron, report, with_verdicts

from skneuron.report._contents import Curve, Example, Table
from skneuron.report._page import render
from skneuron.report._thumbnails import sample_image

pytestmark = pytest.mark.skipif(
    chromium() is None, reason=f"no browser is installed: none of {', '.join(NAMES)}"
)

LONG = "a_column_with_a_very_long_name_" * 4
HEADS = ["neuron", "effect, points", "verdict", "weighs most", "helps", "hurts", "fixes",
         "breaks", "q"]  # fmt: skip
COMPARED = ["network", "change, points", "95 % interval", "accuracy", "neurons removed", "fixed",
            "broken", "p"]  # fmt: skip


def everything():
    """A page that has all there can be on one, with names as long as names can be."""
    import numpy as np

    picture = sample_image(np.arange(64.0), (8, 8), 0, 64)
    base = network((20, 12), seed=0, chosen=comparison(note="at random: " + "word " * 30))
    neurons = [
        neuron(
            i, (i - 9) / 500, layer=int(i >= 20), features=[(LONG, 1.0), ("b", -0.5)],
            helped=[("a", 0.03), (LONG, 0.01)], hurt=[("c", -0.02)], n_helped=5, n_hurt=1,
            fixed=[Example("row 1: " + LONG)], broken=[Example("image 1", picture)] * 4,
            image=picture, n_fixed=i, n_broken=4, is_removed=i < 3, q_value=(i + 1) / 40,
        )
        for i in range(32)
    ]  # fmt: skip
    sizes = np.arange(32, 0, -1)
    scores = np.linspace(0.95, 0.3, 32)
    curve = Curve(sizes, scores + 0.01, scores, scores - 0.02, scores + 0.02, 22)
    extra = Table("More", [["what", "change"], ["something", "+1.0"]], "A note.")
    first = replace(
        base, neurons=neurons, curve=curve, tables=[extra],
        together=comparison(-0.2, 0.05, 12, name="all rotten ones at once"),
    )  # fmt: skip
    first = with_verdicts(first, rotten=[0, 1], useful=[30, 31])
    second = network((6,), seed=1, chosen=comparison(-0.001, 0.01, 1))
    return report(
        first, second, title=f"Neurons of {LONG}", warnings=["Beware."], command=f"study {LONG}"
    )


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(render(everything()), encoding="utf-8")
    return path.as_uri()


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Browser(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.fixture
def view(browser, address):
    """Opens the page; closes it after the test."""
    pages = []

    def opened(**how):
        pages.append(browser.open(address, **how))
        return pages[-1]

    yield opened
    for page in pages:
        page.close()


LOOKS = {
    "wide": {"width": 1280},
    "narrow": {"width": 400},
    "wide and dark": {"width": 1280, "dark": True},
    "narrow and dark": {"width": 400, "dark": True},
    "on paper": {"width": PRINT_WIDTH, "media": "print"},
}


@pytest.mark.parametrize("look", LOOKS)
def test_nothing_complains_and_nothing_is_wider_than_the_screen(look, view):
    page = view(**LOOKS[look])
    assert page.value("innerWidth") == LOOKS[look]["width"]
    assert page.value("document.documentElement.scrollWidth") <= LOOKS[look]["width"]
    assert page.value("document.querySelectorAll('table.sortable tbody tr').length") == 38
    assert page.complaints() == []


def brightness(page, selector, what):
    script = f"getComputedStyle(document.querySelector({selector!r})).{what}"
    red, green, blue = map(int, re.findall(r"\d+", page.value(script))[:3])
    return 0.299 * red + 0.587 * green + 0.114 * blue


@pytest.mark.parametrize("dark", [False, True])
def test_text_stands_out_in_light_and_dark(dark, view):
    page = view(width=1280, dark=dark)
    paper = brightness(page, "body", "backgroundColor")
    assert (paper < 60) if dark else (paper > 200)
    for selector in ("body", ".note", ".verdict", "tr.rotten td:nth-child(3)", "a"):
        assert abs(brightness(page, selector, "color") - paper) > 90, selector
    # The first column stays where it is, over the others: so it must not be transparent.
    assert brightness(page, ".neurons tbody th", "backgroundColor") == paper


def columns(page, table, rows="thead th"):
    """(text, left, right) of the heads of a table."""
    return page.value(
        f"Array.from(document.querySelectorAll({table!r})[0].querySelectorAll({rows!r}),"
        "cell => { const box = cell.getBoundingClientRect();"
        " return [cell.textContent.replaceAll('\\u00a0', ' ').trim(), box.left, box.right]; })"
    )


TABLES = {"table.sortable": HEADS, "#network-1 table": COMPARED}


@pytest.mark.parametrize("table", TABLES)
def test_on_a_telephone_no_table_hides_its_main_figure(table, view):
    page = view(width=400)
    (_, _, first), (_, left, right) = columns(page, table)[:2]
    assert 0 < first <= left + 1
    assert right <= 400
    page.value(f"document.querySelector({table!r}).closest('.wide').scrollTo(9999, 0)")
    (name, left, right), *others = columns(page, table)
    assert (name, left >= 0, right < 250) == (TABLES[table][0], True, True)
    assert others[-1][2] <= 400


@pytest.mark.parametrize("table", TABLES)
def test_all_columns_are_on_paper(table, view):
    heads = columns(view(**LOOKS["on paper"]), table)
    assert [text for text, _, _ in heads] == TABLES[table]
    assert all(0 <= left < right <= PRINT_WIDTH for _, left, right in heads)


@pytest.fixture(scope="module")
def pdf(browser, address):
    pypdf = pytest.importorskip("pypdf", reason="pypdf is not installed: PDFs are not read")
    page = browser.open(address, width=1280)
    try:
        return pypdf.PdfReader(BytesIO(page.pdf())).pages
    finally:
        page.close()


def pieces(page):
    """Texts of a PDF's page, and where each begins, in points from the left."""
    found = []

    def visit(text, placed, in_text, font, size):
        left = placed[0] * in_text[4] + placed[2] * in_text[5] + placed[4]
        found.append((unicodedata.normalize("NFKC", text).strip(), left))

    page.extract_text(visitor_text=visit)
    return [(text, left) for text, left in found if text]


@pytest.mark.parametrize("heads", TABLES.values(), ids=TABLES)
def test_all_columns_are_in_the_pdf(heads, pdf):
    with_table = []
    for page in pdf:
        texts = [text for text, _ in pieces(page)]
        starts = [n for n in range(len(texts)) if texts[n : n + len(heads)] == heads]
        with_table += [(page, n) for n in starts]
    assert with_table
    for page, n in with_table:
        lefts = [left for _, left in pieces(page)[n : n + len(heads)]]
        assert lefts == sorted(lefts)
        assert lefts[0] > 0
        assert lefts[-1] < page.mediabox.right - 10  # where a letter has room


def test_the_pdf_has_a_few_pages_with_text(pdf):
    assert 3 <= len(pdf) <= 20
    counts = [len(pieces(page)) for page in pdf]
    assert min(counts) > 5
    assert sum(counts) > 500


def names_shown(page):
    return page.value(
        "Array.from(document.querySelectorAll('table.sortable')[0].tBodies[0].rows)"
        ".filter(row => !row.hidden).map(row => row.cells[0].textContent.split(' ')[0])"
    )


def click(page, number):
    page.value(
        "document.querySelectorAll('table.sortable')[0].tHead.rows[0]"
        f".cells[{number}].querySelector('[role=button]').click()"
    )


def test_the_table_sorts(view):
    page = view(width=1280)
    in_order = [f"hidden{int(i >= 20)}_neuron{i}" for i in range(32)]
    assert names_shown(page) == in_order  # by effect, the most rotten first
    click(page, 1)
    assert names_shown(page) == in_order[::-1]
    click(page, 0)
    assert names_shown(page) == in_order
    click(page, 2)
    assert names_shown(page)[:2] == in_order[:2]  # rotten, undecided, useful
    assert names_shown(page)[-2:] == in_order[-2:]
    click(page, HEADS.index("fixes"))
    assert names_shown(page) == in_order  # as numbers: 2 before 10
    sorted_by = page.value(
        "Array.from(document.querySelectorAll('table.sortable')[0].tHead.rows[0].cells)"
        ".map(cell => cell.getAttribute('aria-sort'))"
    )
    assert [at for at, order in enumerate(sorted_by) if order] == [HEADS.index("fixes")]
    assert page.complaints() == []


def test_the_keyboard_sorts_as_well(view):
    page = view(width=1280)
    before = names_shown(page)
    page.value("document.querySelectorAll('table.sortable [role=button]')[1].focus()")
    page.ask("Input.dispatchKeyEvent", type="keyDown", key="Enter", text="\r")
    assert names_shown(page) == before[::-1]


def put(page, number, value, what="value"):
    """Into one of the controls of the first table."""
    page.value(
        f"(() => {{ const control = document.querySelectorAll('.controls')[0]"
        f".querySelectorAll('input, select')[{number}]; control.{what} = {value};"
        "control.dispatchEvent(new Event('input')); })()"
    )


def test_the_table_filters(view):
    page = view(width=1280)
    count = "document.querySelector('.controls output').value"
    assert page.value(count) == "32 of 32 neurons"
    put(page, 1, "'rotten'")
    assert names_shown(page) == ["hidden0_neuron0", "hidden0_neuron1"]
    assert page.value(count) == "2 of 32 neurons"
    put(page, 1, "'all'")
    put(page, 2, "'second hidden layer'")
    assert len(names_shown(page)) == 12
    put(page, 0, "'NEURON31'")
    assert names_shown(page) == ["hidden1_neuron31"]
    put(page, 0, "''")
    put(page, 2, "'all'")
    put(page, 3, "true", "checked")
    assert names_shown(page) == [f"hidden0_neuron{i}" for i in range(3)]
    assert page.complaints() == []


def test_pictures_are_drawn_and_their_text_is_readable(view):
    page = view(width=400)
    sizes = page.value(
        "Array.from(document.querySelectorAll('figure img'),"
        "image => [image.complete && image.naturalWidth > 0, image.clientWidth])"
    )
    assert len(sizes) == 5
    for is_drawn, width in sizes:
        assert is_drawn
        # Drawn for 4.3 inches (413 pixels): there, letters of 8.5 points are 11 pixels high.
        assert width > 0.85 * 413


def test_without_scripts_all_rows_are_there(browser, address):
    page = browser.open("about:blank", width=1280)
    page.ask("Emulation.setScriptExecutionDisabled", value=True)
    page.ask("Page.navigate", url=address)
    page.wait("document.readyState === 'complete' && document.querySelector('table') !== null")
    assert page.value("document.querySelectorAll('.controls').length") == 0
    assert len(names_shown(page)) == 32
    page.close()


def brightness_at_the_right(page, table):
    """Of the table's right edge, below its head: the darkest of a column of pixels."""
    box = page.value(
        f"(() => {{ const wide = document.querySelector({table!r}).closest('.wide');"
        "wide.scrollIntoView(); const box = wide.getBoundingClientRect();"
        "const row = wide.querySelector('tbody tr').getBoundingClientRect();"
        "return [box.right, row.top, row.bottom]; })()"
    )
    right, top, bottom = map(int, box)
    picture = plt_image.imread(BytesIO(page.screenshot()))
    return float(picture[top + 4 : bottom - 4, right - 3, :3].mean())


@pytest.mark.parametrize("dark", [False, True])
def test_a_table_that_is_too_wide_says_so_until_its_end_is_seen(dark, view):
    page = view(width=400, dark=dark)
    table = "table.sortable"
    paper = brightness(page, "body", "backgroundColor") / 255
    before = brightness_at_the_right(page, table)
    assert abs(before - paper) > 0.15
    page.value(f"document.querySelector({table!r}).closest('.wide').scrollTo(9999, 0)")
    assert abs(brightness_at_the_right(page, table) - paper) < 0.05


def test_a_table_that_fits_does_not_say_so(view):
    page = view(width=1280)
    table = "#network-2 table"
    assert page.value(f"document.querySelector({table!r}).offsetWidth") < 1200
    paper = brightness(page, "body", "backgroundColor") / 255
    assert abs(brightness_at_the_right(page, table) - paper) < 0.05


def test_a_short_interval_is_wider_than_the_mark_on_it(browser, tmp_path):
    """It was a blob: the mark was a dot that hid nine intervals of ten of a regression."""
    neurons = [neuron(i, 0.01, low=0.005, high=0.015) for i in range(19)]
    neurons += [neuron(19, 0.125, low=0.1, high=0.175)]
    path = tmp_path / "p.html"
    path.write_text(render(report(replace(network((20,)), neurons=neurons))), encoding="utf-8")
    for width in (1280, 400):
        page = browser.open(path.as_uri(), width=width)
        interval, mark = page.value(
            "['::before', '::after'].map(part => parseFloat(getComputedStyle("
            "document.querySelector('.b'), part).width))"
        )
        assert interval >= 3 * mark
        page.close()


def test_rows_with_examples_in_words_are_not_high(browser, tmp_path):
    words = "returned, taken for sold with it (notes as new, price 363.4, km 15,210)"
    some = [Example(f"row {i}: {words}") for i in range(4)]
    full = [
        neuron(i, fixed=some, broken=some, features=[("notes: with a box", 0.5)] * 2,
               helped=[("returned", 0.1)], hurt=[("sold", -0.1)], n_helped=1, n_hurt=1)
        for i in range(3)
    ]  # fmt: skip
    path = tmp_path / "p.html"
    path.write_text(render(report(replace(network((3,)), neurons=full))), encoding="utf-8")
    height = "document.querySelector('table.sortable tbody tr').offsetHeight"
    for width, most in ((1280, 220), (400, 150)):
        page = browser.open(path.as_uri(), width=width)
        assert page.value(height) < most
        before = page.value(height)
        page.value("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        assert page.value(height) > before
        page.close()
