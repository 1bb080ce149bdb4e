"""The table of the ten-minute tour is what its script draws."""

import runpy
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"


@pytest.fixture(scope="module")
def script():
    pytest.importorskip("pandas", reason="the table is drawn as a pandas DataFrame")
    return runpy.run_path(str(DOCS / "make_customers.py"))


def test_the_script_draws_the_table_in_the_repository(script, tmp_path):
    script["write_customers"](tmp_path / "customers.csv")
    drawn = (tmp_path / "customers.csv").read_bytes()
    assert drawn == (DOCS / "customers.csv").read_bytes()


def test_the_table_has_what_the_tour_speaks_of(script):
    frame = script["draw_customers"]()
    assert frame["customer_id"].is_unique
    assert set(frame["churned"]) == {"yes", "no"}
    assert frame.columns[frame.isna().any()].tolist() == ["logins", "region"]
    assert 0.2 < (frame["churned"] == "yes").mean() < 0.5


def test_another_seed_draws_another_table(script):
    frame, other = (script["draw_customers"](seed) for seed in (0, 1))
    assert not frame.equals(other)
