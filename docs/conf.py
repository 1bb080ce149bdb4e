"""Sphinx's configuration: `make docs` builds the site, offline, with warnings as errors."""

import sys
from pathlib import Path

DOCS = Path(__file__).parent
ROOT = DOCS.parent
sys.path.insert(0, str(DOCS / "_site"))

import benchmark_pages  # noqa: E402 (of docs/_site)
import page_texts  # noqa: E402
from sphinx.pycode import ModuleAnalyzer  # noqa: E402
from sphinx.util import logging  # noqa: E402
from sphinx_gallery.sorting import ExplicitOrder  # noqa: E402

import skneuron  # noqa: E402

project = "skneuron"
author = "The skneuron developers"
copyright = "The skneuron developers, BSD-3-Clause"
release = version = skneuron.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
]
# No network: there is no intersphinx, and names of other projects stay names.
default_role = "py:obj"
exclude_patterns = ["_build", "_templates", "_site"]
templates_path = ["_templates"]
root_doc = "index"

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
suppress_warnings = ["config.cache"]  # sphinx-gallery's settings have functions in them

autodoc_typehints = "none"
autodoc_default_options = {"members": True, "inherited-members": True, "member-order": "bysource"}
toc_object_entries_show_parents = "hide"
numpydoc_show_class_members = False

# An order to learn in. An example that is not here is an error.
EXAMPLES = [
    "plot_neuron_ablation.py",
    "plot_what_a_neuron_sees.py",
    "plot_prune_in_pipeline.py",
    "plot_is_the_gain_real.py",
    "plot_thresholds_three_ways.py",
    "plot_redundancy_and_synergy.py",
    "plot_repair_without_labels.py",
    "plot_criteria_against_ablation.py",
    "plot_regression.py",
    "plot_text.py",
    "plot_ship_as_onnx.py",
    "plot_paper_experiment.py",
]
sphinx_gallery_conf = {
    "examples_dirs": [str(ROOT / "examples")],
    "gallery_dirs": ["auto_examples"],
    "within_subsection_order": ExplicitOrder(EXAMPLES),
    "filename_pattern": r"plot_",
    "download_all_examples": False,
    "show_memory": False,
    "write_computation_times": False,
    "show_signature": False,
    "abort_on_example_error": True,
    "doc_module": ("skneuron",),
    "backreferences_dir": "generated/backreferences",
    "reference_url": {"skneuron": None},
}

html_theme = "pydata_sphinx_theme"
html_title = "skneuron"
html_static_path = ["_static"]
html_favicon = "_static/favicon.svg"
html_context = {"default_mode": "auto"}
html_css_files = ["skneuron.css"]
html_show_sourcelink = False
html_sidebars = {"reference": [], "glossary": [], "coming_from": []}
html_theme_options = {
    "show_prev_next": False,
    "navigation_with_keys": False,
    "header_links_before_dropdown": 5,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}


def is_of_others(app, what, name, obj, skip, options):
    """For "autodoc-skip-member": whether a member of a class is scikit-learn's, or Python's."""
    made = getattr(obj, "fget", None) or getattr(obj, "func", None) or obj  # of properties
    module = getattr(made, "__module__", None) or ""
    is_skipped = skip or not module.startswith("skneuron") or name.endswith("_request")
    return True if is_skipped else None  # None: as if nobody had been asked; False would be "show"


def comment_of_constant(app, what, name, obj, options, lines):
    """For "autodoc-process-docstring": its comment "#:", wherever the constant is made.

    Without one, Python's text about tuples would stand there.
    """
    if what != "data":
        return
    own = ("", name.rpartition(".")[2])
    modules = [module for module in sys.modules if module.startswith("skneuron.")]
    comments = [ModuleAnalyzer.for_module(m).find_attr_docs().get(own) for m in sorted(modules)]
    found = next(filter(None, comments), None)
    if found is None:
        logging.getLogger(__name__).warning("%s has no comment #: where it is made", name)
    lines[:] = found or []


def setup(app):
    """Pages that are made of files elsewhere in the repository."""
    benchmark_pages.write(ROOT / "benchmarks" / "results", DOCS / "benchmarks")
    app.connect("autodoc-skip-member", is_of_others)
    app.connect("autodoc-process-docstring", comment_of_constant, priority=400)  # before numpydoc
    app.connect("source-read", page_texts.rewrite)
    app.connect("include-read", page_texts.rewrite_included)
