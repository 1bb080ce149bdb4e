"""Look at the built site as people see it: `python docs/_site/check_in_chromium.py FOLDER`.

On a telephone and, in dark, on a screen: no page scrolls sideways, every picture is there, nothing
is asked of other addresses, and the console has no errors or warnings; and what people search for
leads to the page that answers.
"""

import http.server
import sys
import tempfile
import threading
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from helpers.chromium import NAMES, Browser, chromium

TELEPHONE, SCREEN = 400, 1280  # pixels
LOOKS = ((TELEPHONE, False), (SCREEN, True))  # width, and whether it is dark
# What people search for -> pages that answer, one of which has to be among the first results.
SEARCHES = {
    "feature importance": {"coming_from"},
    "prune": {"any_network", "tour", "thresholds"},
    "slow first": {"speed"},
    "GridSearchCV": {"thresholds"},
    "ONNX": {"persistence"},
    "wrong labels": {"wrong_labels"},
    "class_weight": {"training"},
}
FIRST = 3
# Results come in turn: they are all there when the summary no longer changes.
IS_SEARCHED = "/\\d/.test(document.querySelector('.search-summary')?.textContent ?? '')"
RESULTS = "[...document.querySelectorAll('ul.search li > a')].map(a => a.getAttribute('href'))"
TOO_WIDE = "document.documentElement.scrollWidth - window.innerWidth"
MISSING = "[...document.images].filter(i => i.complete && !i.naturalWidth).map(i => i.src)"


# Of messages of the console; others are information.
BAD = {"error", "warning", "assert"}


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A server that does not tell of every request."""

    def log_message(self, *args):
        """Say nothing."""


def message(complaint):
    """What the console says, if it is an error or a warning: see `Page.complaints`."""
    if "exceptionDetails" in complaint:
        details = complaint["exceptionDetails"]
        return details.get("exception", details).get("description", details["text"])
    if entry := complaint.get("entry"):  # of the browser's own
        return f"{entry['text']} {entry.get('url', '')}" if entry["level"] in BAD else None
    words = (str(each.get("value", each.get("description"))) for each in complaint["args"])
    return " ".join(words) if complaint["type"] in BAD else None


def faults_of_page(browser, address, name):
    """What is wrong with a page."""
    for width, dark in LOOKS:
        page = browser.open(f"{address}/{name}", width=width, dark=dark)
        where = f"{name} ({width} pixels, {'dark' if dark else 'light'})"
        if (wide := page.value(TOO_WIDE)) > 0:
            yield f"{where}: {wide} pixels too wide"
        yield from (f"{where}: no picture {source}" for source in page.value(MISSING))
        for complaint in page.complaints():
            if isinstance(complaint, dict):
                if said := message(complaint):
                    yield f"{where}: {said}"
            elif not complaint.startswith(address):
                yield f"{where}: asks for {complaint}"
        page.close()


def faults_of_search(browser, address):
    """What people search for and do not find."""
    for words, expected in SEARCHES.items():
        query = words.replace(" ", "+")
        page = browser.open(f"{address}/search.html?q={query}", width=SCREEN)
        page.wait(IS_SEARCHED)
        found = [href.partition(".html")[0].rpartition("/")[2] for href in page.value(RESULTS)]
        found = list(dict.fromkeys(found))  # once for each page
        if expected.isdisjoint(found[:FIRST]):
            yield f"a search for {words!r} finds {found[:FIRST]}, and none of {expected}"
        page.close()


def main(site):
    """Print what is wrong; 1 if anything is."""
    if chromium() is None:
        print(f"the site is not looked at: no browser is installed, none of {', '.join(NAMES)}")
        return 0
    handler = partial(Quiet, directory=str(site))
    pages = sorted(str(path.relative_to(site)) for path in site.rglob("*.html"))
    pages = [name for name in pages if not name.startswith("_")]
    with (
        http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server,
        tempfile.TemporaryDirectory() as profile,
        Browser(profile) as browser,
    ):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        faults = [fault for name in pages for fault in faults_of_page(browser, address, name)]
        faults += faults_of_search(browser, address)
        server.shutdown()
    print(*faults, f"{len(pages)} pages looked at, {len(faults)} faults", sep="\n")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
