"""The whole experiment on images or a table, its tables and its report.

- `_experiment`: `run_study`; `_network_study`: one network trained, ablated, pruned, evaluated
- `_arguments`: what `run_study` is given, checked
- `_study_data`: images, or what `_own_table` makes of a CSV file, which `_csv_file` reads and
  `_table_features` makes numbers of; `_table_notes`: what to know of it
- `_data_split`: samples to train on and to choose by, wrong labels
- `_work_estimate`, `_distant_progress`: how far it is, also where other processes do the work
- `_repair`: most neurons removed, and what is left repaired
- `_automatic_choice`, `_control_methods`: what is done, and what else one could do, about wrong
  labels; `_held_out_evaluation`: networks compared on test samples
- `_neuron_tables`, `_score_tables`: rows of text, made of `_cells`
- `_text`: for the terminal; `_neurons_csv`, `_results_json`, `_saved_model`, `_report`: the files
"""

# For the command line: what it may say.
from skneuron.study._arguments import TASKS  # noqa: F401
from skneuron.study._cells import wrapped  # noqa: F401
from skneuron.study._csv_file import MissingPandasError  # noqa: F401
from skneuron.study._data_split import InvalidStudyError
from skneuron.study._experiment import DEFAULT_HIDDEN, Study, run_study
from skneuron.study._network_study import NetworkStudy

# For the command line, and for `skneuron.report`.
from skneuron.study._neurons_csv import neurons_csv  # noqa: F401
from skneuron.study._report import MissingExtraError, report_html  # noqa: F401
from skneuron.study._results_json import results_json  # noqa: F401
from skneuron.study._saved_model import (  # noqa: F401
    files_that_need_more,
    loss_text,
    model_files,
)
from skneuron.study._text import format_study  # noqa: F401

__all__ = ["DEFAULT_HIDDEN", "InvalidStudyError", "NetworkStudy", "Study", "run_study"]
