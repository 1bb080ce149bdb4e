"""The whole experiment on a data set of images, its tables and its report.

- `_experiment`: `run_study`: train, ablate, prune, evaluate on test images
- `_control_methods`: what a sceptic would do instead of pruning
- `_held_out_evaluation`: networks compared on test images
- `_tables`: text, JSON and CSV; `_report` with ``report.html.jinja``: a page
"""

from skneuron.study._experiment import (
    DEFAULT_HIDDEN,
    InvalidStudyError,
    NetworkStudy,
    Study,
    run_study,
)

# For the command line, and for `skneuron.report`.
from skneuron.study._report import MissingExtraError, report_html  # noqa: F401
from skneuron.study._tables import format_study, neurons_csv, results_json  # noqa: F401

__all__ = ["DEFAULT_HIDDEN", "InvalidStudyError", "NetworkStudy", "Study", "run_study"]
