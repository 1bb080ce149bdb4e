"""`render`: the page, one file with all that it needs inside."""

from importlib.resources import files
from typing import Any

from skneuron.report._contents import NetworkContents, ReportContents
from skneuron.report._neuron_rows import Columns, effect_head, neuron_rows
from skneuron.report._pictures import Picture, pictures_of
from skneuron.report._room import rendered_in_room, room_note
from skneuron.report._tables import comparison_rows, layer_rows, summary_rows
from skneuron.report._words import (
    heading,
    interaction_sentences,
    predicted_sentence,
    sentences_about,
    verdict_sentences,
)


class MissingExtraError(ImportError):
    """The report's libraries are not installed.

    See Also
    --------
    report_html : Raises it.
    """


def render(contents: ReportContents) -> str:
    """The page as HTML, which refers to no other file and to no network address.

    Raises
    ------
    MissingExtraError
        If matplotlib or jinja2 is not installed.
    """
    check_extras()
    import jinja2

    environment = jinja2.Environment(
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        finalize=unbroken,
    )
    template = environment.from_string(_text("page.html.jinja"))
    constant = {"style": _text("page.css"), "script": _text("page.js")}
    # Drawn once, however much is left out after that.
    pictures = [pictures_of(network) for network in contents.networks]

    # Of all neurons as well, also where only some are listed.
    whole = [_section(*of) for of in zip(contents.networks, pictures, strict=True)]
    verdict, summary = verdict_sentences(contents.networks), summary_rows(contents.networks)
    # All networks of a page are judged by the same samples.
    predicted = predicted_sentence(contents.networks[0], contents.target)

    def page(shown: ReportContents) -> str:
        sections = [
            section | _listed(network)
            for section, network in zip(whole, shown.networks, strict=True)
        ]
        return template.render(
            page=contents,
            verdict=verdict,
            predicted=predicted,
            summary=summary,
            sections=sections,
            **constant,
        )

    return rendered_in_room(contents, page)


def unbroken(value: Any) -> Any:
    """Text in which no line ends between a number and its unit."""
    return value.replace(" %", "\u00a0%") if type(value) is str else value


def check_extras() -> None:
    """Raise MissingExtraError now rather than after the computation."""
    try:
        import jinja2  # noqa: F401
        import matplotlib.style  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(
            "no report.html without its pictures: python -m pip install 'skneuron[plot]'"
        ) from error


def _text(name: str) -> str:
    return files("skneuron.report").joinpath(name).read_text(encoding="utf-8")


def _section(network: NetworkContents, pictures: dict[str, Picture]) -> dict[str, Any]:
    """What the template needs of a network, but its list of neurons."""
    return {
        "title": heading(network),
        "network": network,
        "words": network.score_words,
        "sentences": sentences_about(network),
        "interaction": interaction_sentences(network),
        "pictures": pictures,
        "comparisons": comparison_rows(network),
        "layers": layer_rows(network),
        "effect_head": effect_head(network.score_words),
    }


def _listed(network: NetworkContents) -> dict[str, Any]:
    """What it needs of the neurons for which there is room."""
    return {
        "columns": Columns.of(network),
        "neurons": neuron_rows(network),
        "are_all": not network.n_not_listed,
        "room": room_note(network),
    }
