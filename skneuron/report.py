"""The study's report, under the name it has always had."""

from skneuron.study import MissingExtraError, report_html

__all__ = ["MissingExtraError", "report_html"]
