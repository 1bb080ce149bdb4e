"""The whole experiment on a data set of images, its tables and its report.

- `_experiment`: `run_study`; `_network_study`: one network trained, ablated, pruned, evaluated
- `_arguments`: what `run_study` is given, checked
- `_data_split`: images to train on and to choose by, wrong labels; `_work_estimate`: for progress
- `_automatic_choice`, `_control_methods`: what is done, and what else one could do, about wrong
  labels; `_held_out_evaluation`: networks compared on test images
- `_neuron_tables`, `_accuracy_tables`: rows of text, made of `_cells`
- `_text`: for the terminal; `_neurons_csv`, `_results_json`, `_report` (with
  ``report.html.jinja``): the files
"""

from skneuron.study._data_split import InvalidStudyError
from skneuron.study._experiment import DEFAULT_HIDDEN, Study, run_study
from skneuron.study._network_study import NetworkStudy

# For the command line, and for `skneuron.report`.
from skneuron.study._neurons_csv import neurons_csv  # noqa: F401
from skneuron.study._report import MissingExtraError, report_html  # noqa: F401
from skneuron.study._results_json import results_json  # noqa: F401
from skneuron.study._text import format_study  # noqa: F401

__all__ = ["DEFAULT_HIDDEN", "InvalidStudyError", "NetworkStudy", "Study", "run_study"]
