"""`report_html`: the page of a study, which stands above this room and tells it what to say."""

from functools import singledispatch
from typing import Any

from skneuron.report._contents import ReportContents
from skneuron.report._page import check_extras, render


@singledispatch
def report_contents(study: Any) -> ReportContents:
    """What a page says about a study; `skneuron.study` registers how it is found."""
    raise TypeError(f"study={study!r} is not what run_study returns.")


def report_html(study: Any) -> str:
    """Render the report of a study.

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

    See Also
    --------
    write_report : The page of one network, as a file.
    skneuron.study.run_study : Makes the study.

    Examples
    --------
    >>> from skneuron.report import report_html
    >>> from skneuron.study import run_study
    >>> html = report_html(run_study("digits", hidden=[(5,)], max_iter=5))
    >>> html.startswith("<!doctype html>")
    True
    """
    contents = report_contents.dispatch(type(study))
    if contents is not report_contents.dispatch(object):
        check_extras()  # rather before the work than after it
    return render(contents(study))
