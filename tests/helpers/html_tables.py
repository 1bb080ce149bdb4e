"""Tables of notebook pages, read as a browser reads them."""

import re
from html.parser import HTMLParser


class Table(HTMLParser):
    """Texts of a page's cells, row by row, and the widths of its bars."""

    def __init__(self, page):
        super().__init__()
        self.rows, self.widths, self.open, self.code = [], [], [], ""
        self.feed(page)
        assert self.open == [], "tags that are not closed"

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
        elif tag == "span":
            width = re.search(r"width:(\d+)px", dict(attrs)["style"])
            self.widths.append(int(width.group(1)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in ("td", "th"):
            self.rows[-1][-1] += data
        elif "code" in self.open:
            self.code += data
