"""The study's HTML report: one self-contained file with its pictures inside."""

import base64
import io
from importlib.resources import files
from typing import Any

import skneuron
from skneuron.study._accuracy_tables import control_rows, removal_rows
from skneuron.study._experiment import Study
from skneuron.study._held_out_evaluation import N_RANDOM_DRAWS
from skneuron.study._network_study import NetworkStudy
from skneuron.study._neuron_tables import (
    N_SHOWN,
    extreme_neurons,
    layer_rows,
    neuron_rows,
    still_rotten,
)
from skneuron.study._text import label_noise_text
from skneuron.utils import IntArray

PICTURE_WIDTH = 7.6  # inches
PICTURE_DPI = 110


class MissingExtraError(ImportError):
    """The report's libraries are not installed."""


def report_html(study: Study) -> str:
    """Render the report.

    Parameters
    ----------
    study : Study
        From `skneuron.study.run_study`.

    Returns
    -------
    html : str
        A whole page that refers to no other file and to no network address.

    Raises
    ------
    MissingExtraError
        If matplotlib or jinja2 is not installed.
    TypeError
        If ``study`` is something else.
    """
    if not isinstance(study, Study):
        raise TypeError(f"study={study!r} is not what run_study returns.")
    try:
        import jinja2
        import matplotlib.style
    except ImportError as error:
        raise MissingExtraError(
            "no report.html without its pictures: python -m pip install 'skneuron[plot]'"
        ) from error
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    template = environment.from_string(
        files("skneuron.study").joinpath("report.html.jinja").read_text(encoding="utf-8")
    )
    with matplotlib.style.context("default"):
        networks = [_network_section(study, network) for network in study.networks]
    return template.render(
        study=study,
        networks=networks,
        label_noise=label_noise_text(study),
        n_draws=N_RANDOM_DRAWS,
        version=skneuron.__version__,
    )


def _network_section(study: Study, network: NetworkStudy) -> dict[str, Any]:
    rotten, useful = extreme_neurons(network)
    n_rotten, n_still_rotten = still_rotten(network)
    tables = {
        "layers": layer_rows(network),
        "removals": removal_rows(network),
        "useful": neuron_rows(network, useful, "most useful"),
    }
    if network.controls:
        tables["controls"] = control_rows(network)
    if len(rotten):
        tables["rotten"] = neuron_rows(network, rotten, "most rotten")
    return {
        "title": f"Hidden layers {network.hidden}, seed {network.seed}",
        "network": network,
        "tables": tables,
        "n_rotten": n_rotten,
        "n_still_rotten": n_still_rotten,
        "pictures": _pictures(study, network, rotten, useful),
    }


def _pictures(
    study: Study, network: NetworkStudy, rotten: IntArray, useful: IntArray
) -> dict[str, str]:
    """PNG files, base64, by the names that the template knows."""
    from skneuron.plotting import NeuronAblationDisplay, PruningPathDisplay

    ablation, path, n_layers = network.ablation, network.path, len(network.hidden)
    pictures = {}
    for kind, height in [("distribution", 2.3), ("classes", 2.8)]:
        figure = _figure(height * n_layers)
        axes = list(figure.subplots(n_layers, squeeze=False).flat)
        NeuronAblationDisplay.from_ablation(ablation, kind=kind, score_name="accuracy", ax=axes)
        pictures[kind] = _png(figure)

    figure = _figure(3.2)
    greedy = network.removals["greedy"]
    display = PruningPathDisplay(
        path.n_neurons,
        path.validation_accuracy,
        further_scores={"test": path.test_accuracy},
        n_neurons_selected=int(path.n_neurons[greedy.n_removed]),
        name="validation (chosen on)",
        score_name="accuracy",
    )
    display.plot(ax=figure.subplots())
    pictures["path"] = _png(figure)

    for name, positions in [("rotten", rotten), ("useful", useful)]:
        if len(positions):
            pictures[name] = _receptive_fields(study, network, positions)
    return pictures


def _receptive_fields(study: Study, network: NetworkStudy, positions: IntArray) -> str:
    from skneuron.plotting import ReceptiveFieldDisplay

    ablation = network.ablation
    figure = _figure(1.9)
    ReceptiveFieldDisplay.from_estimator(
        network.mlp,
        [(ablation.layer[i], ablation.index[i]) for i in positions],
        image_shape=study.images.image_shape,
        titles=[
            f"hidden{ablation.layer[i]}\nneuron{ablation.index[i]}\n"
            f"{100 * ablation.importances[i]:+.2f}"
            for i in positions
        ],
        # As many places as for the longest list, so that all patterns have the same size.
        ax=list(figure.subplots(1, N_SHOWN))[: len(positions)],
    )
    for unused in figure.axes[len(positions) :]:
        unused.remove()
    return _png(figure)


def _figure(height: float) -> Any:
    # Not through pyplot, which would need a backend and keep the figure.
    from matplotlib.figure import Figure

    return Figure(figsize=(PICTURE_WIDTH, height), dpi=PICTURE_DPI, layout="constrained")


def _png(figure: Any) -> str:
    buffer = io.BytesIO()
    # Without a Software entry, the same study gives the same bytes on every matplotlib.
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return base64.b64encode(buffer.getvalue()).decode("ascii")
