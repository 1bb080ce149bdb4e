"""What makes pages of the site, which lies beside them in docs/_site."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "docs" / "_site"))

import benchmark_pages
import page_texts

__all__ = ["benchmark_pages", "page_texts"]
