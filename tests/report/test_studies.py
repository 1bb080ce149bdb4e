"""The page of a study, which says itself what its page has."""

import pytest

from skneuron.report import MissingExtraError, report_html
from skneuron.report._studies import report_contents


@pytest.mark.parametrize("what", [None, {}, "digits"])
def test_other_things_are_refused(what):
    with pytest.raises(TypeError, match=r"study=.* is not what run_study returns"):
        report_html(what)


def test_a_kind_of_study_can_be_registered(monkeypatch):
    from helpers.report import report

    class Mine:
        pass

    report_contents.register(Mine, lambda study: report(title="Mine & yours"))
    assert "<title>Mine &amp; yours</title>" in report_html(Mine())


def test_libraries_are_missed_before_the_work(monkeypatch):
    class Slow:
        pass

    def work(study):
        pytest.fail("worked in vain")

    report_contents.register(Slow, work)
    monkeypatch.setattr(
        "skneuron.report._studies.check_extras", lambda: (_ for _ in ()).throw(MissingExtraError())
    )
    with pytest.raises(MissingExtraError):
        report_html(Slow())
