"""A page about networks and their neurons: one file that needs no other, to show to people.

- `_write`: `write_report`, for anything fitted; `_fitted`, `_removals`: what is to be told of it;
  `_chosen_by`, `_settings`: by which score it was chosen, and how it was pruned
- `_contents`: what is to be said, as numbers: filled by `_network` (with `_comparison`,
  `_scored`, `_neurons`, `_features` and `_examples`) from a network and its test samples
- `_score`, `_words`: the numbers and sentences that a reader sees; `_tables`, `_neuron_rows`: rows
- `_trivial`: what a network must be better than; `_target_transform`: a TransformedTargetRegressor
- `_pictures`, `_thumbnails`: large pictures and small ones
- `_page` (with ``page.html.jinja``, ``page.css``, ``page.js``): the page; `_room`: what is left
  out where it would be too large; `_statement`: versions and date
- `_studies`: `report_html`, for a study, which says itself what its page has
"""

# For a study, which makes the contents of its page of these.
from skneuron.report._contents import ReportContents, Subject, Table  # noqa: F401
from skneuron.report._network import (  # noqa: F401
    MOST_LOST,
    network_contents,
    random_in_words,
)
from skneuron.report._page import MissingExtraError
from skneuron.report._removals import N_DRAWS  # noqa: F401
from skneuron.report._score import ScoreWords
from skneuron.report._statement import made_with  # noqa: F401
from skneuron.report._studies import report_contents, report_html  # noqa: F401
from skneuron.report._tables import p_value_text  # noqa: F401
from skneuron.report._trivial import trivial_answer  # noqa: F401
from skneuron.report._words import counted, network_in_words, nothing_learnt  # noqa: F401
from skneuron.report._write import write_report

score_words = ScoreWords.of

__all__ = ["MissingExtraError", "report_html", "write_report"]
