"""What makes pages of the site and looks at them, which lies beside them in docs/_site."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "docs" / "_site"))

import benchmark_pages
import check_in_chromium
import page_texts
import search_words

__all__ = ["benchmark_pages", "check_in_chromium", "page_texts", "search_words"]
