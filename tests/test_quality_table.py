"""The table of `bench_quality.py`: which rows are computed, kept and summed up, and how."""

import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from joblib import Memory
from numpy.testing import assert_allclose, assert_array_equal

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
MODULES = ("quality_cases", "quality_methods", "quality_rows", "bench_quality")
pytestmark = pytest.mark.usefixtures("compiled")


@pytest.fixture(scope="module")
def bench():
    """The modules of the benchmark, which are no package."""
    others = set(sys.modules)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(BENCHMARKS)
        yield SimpleNamespace(**{name: __import__(name) for name in MODULES})
    for path in BENCHMARKS.glob("*.py"):
        if path.stem not in others:
            sys.modules.pop(path.stem, None)


@pytest.fixture(scope="module")
def quick(bench):
    """A case with two sizes, its data, and the seed 0 of it."""
    case = bench.quality_cases.Case(bench.quality_cases.digits, (12, 8), 5, (0.5, 0.75))
    split = case.load(None, 0)
    return bench.quality_rows.Seed("digits", case, split, 0, Memory(None))


def a_row(**values):
    row = {"data": "digits", "seed": 0, "method": "greedy", "refit": "none", "share": 0.5}
    row |= {"score": 90.0, "lost": 2.0, "cpu_select": 1.0, "cpu_refit": 0.5, "n_parameters": 10}
    return row | values


@pytest.mark.parametrize("name", ["digits", "classes", "friedman"])
def test_tables_are_scaled_by_the_training_part_and_split_by_the_seed(bench, name):
    case = bench.quality_cases.CASES[name]
    split, other = case.load(None, 0), case.load(None, 1)
    assert len(split.X_train) == len(split.y_train)
    assert len(split.X_test) == len(split.y_test)
    assert split.X_train.dtype == split.X_test.dtype == np.float32
    varies = split.X_train.std(axis=0) > 0
    assert_allclose(split.X_train.mean(axis=0), 0, atol=1e-5)
    assert_allclose(split.X_train[:, varies].std(axis=0), 1, atol=1e-4)
    assert abs(split.X_test.mean(axis=0)).max() > 1e-4
    assert not np.array_equal(split.X_test, other.X_test)
    assert_array_equal(case.load(None, 0).X_test, split.X_test)
    assert case.about() == json.loads(json.dumps(case.about() | {"hidden": case.hidden})) | {
        "hidden": case.hidden, "shares": case.shares, "rates": case.rates,
    }  # fmt: skip


def test_methods_may_look_at_training_samples_only(bench):
    """Fewer than there are, with their own groups."""
    X, y = np.arange(50_000)[:, np.newaxis], -np.arange(50_000)
    split = bench.quality_cases.Split(X, y, X, y, groups=X[:, 0] // 2)
    problem = bench.quality_cases.problem_of(None, split, seed=3)
    assert len(problem.X) == bench.quality_cases.N_CHOOSING == len(np.unique(problem.X))
    assert_array_equal(problem.y, -problem.X[:, 0])
    assert_array_equal(problem.groups, problem.X[:, 0] // 2)
    other = bench.quality_cases.problem_of(None, split, seed=4)
    assert not np.array_equal(other.X, problem.X)
    assert problem.has_more
    assert len(problem.more.X_train) == 50_000
    assert len(problem.more.X_test) == len(problem.more.y_test) == 0


def test_rows_say_what_was_lost_and_what_is_left(bench, quick):
    rows = quick.rows("magnitude", {0.5: ["none", "least squares"], 0.75: ["none"]}, [])
    keys = [bench.bench_quality.key_of(row) for row in rows]
    assert keys == [
        ("digits", 0, "magnitude", "none", 0.5),
        ("digits", 0, "magnitude", "least squares", 0.5),
        ("digits", 0, "magnitude", "none", 0.75),
    ]
    for row in rows:
        assert row["lost"] == pytest.approx(quick.base - row["score"])
        sizes = (64, 6, 4, 10) if row["share"] == 0.5 else (64, 3, 2, 10)
        assert row["n_parameters"] == sum(m * n + n for m, n in pairwise(sizes))
        assert row["cpu_select"] >= 0
        assert row["cpu_refit"] >= 0


def test_a_chained_method_goes_on_from_the_share_before(bench, quick, monkeypatch):
    """Also if only the last share is wanted; its CPU seconds are those from the whole network."""
    monkeypatch.setattr(bench.quality_rows, "cpu_timed", lambda run: (run(), 1.0))
    both = quick.rows("greedy", {0.5: ["none"], 0.75: ["none"]}, [])
    assert [(row["share"], row["cpu_select"]) for row in both] == [(0.5, 1.0), (0.75, 2.0)]
    (alone,) = quick.rows("greedy", {0.75: ["none"]}, [])
    assert alone == both[1]
    (other,) = quick.rows("swap", {0.75: ["none"]}, [])
    assert other["cpu_select"] == 1.0


@pytest.mark.parametrize("seconds", [0.0, 0.3])
def test_fine_tuning_gets_the_time_that_the_refit_has_taken(bench, quick, seconds):
    known = [a_row(refit=bench.quality_methods.AS_LONG_AS, cpu_refit=seconds)]
    (row,) = quick.rows("greedy", {0.5: [bench.quality_methods.FINE_TUNING]}, known)
    assert seconds <= row["cpu_refit"] < seconds + 1.0
    (before,) = quick.rows("greedy", {0.5: ["none"]}, [])
    assert row["score"] != before["score"]
    assert quick.rows("greedy", {0.5: ["none"]}, [])[0]["score"] == before["score"]


def test_a_network_of_the_small_size_is_trained_as_long(bench, quick):
    (row,) = quick.rows(bench.quality_methods.SCRATCH, {0.5: ["none"]}, [])
    assert row["n_parameters"] == 64 * 6 + 6 + 6 * 4 + 4 + 4 * 10 + 10
    assert row["cpu_select"] == 0
    assert row["cpu_refit"] > 0


def test_methods_for_classifiers_only_leave_a_regression_out(bench, monkeypatch):
    cases, methods = bench.quality_cases, bench.quality_methods
    case = cases.Case(cases.friedman, (6,), 15, (0.5,), network=cases.PrunableMLPRegressor)
    seed = bench.quality_rows.Seed("friedman", case, case.load(None, 0), 0, Memory(None))
    method = methods.Method(methods.merged, classifiers_only=True)
    monkeypatch.setitem(methods.METHODS, "for classes", method)
    assert seed.rows("for classes", {0.5: ["none"]}, []) == []
    (row,) = seed.rows("swap", {0.5: ["none"]}, [])
    assert row["lost"] > 0


def test_repairs_with_all_samples_are_for_data_that_has_more(bench, monkeypatch):
    wanted = {0.5: ["none", *bench.quality_methods.WITH_MORE]}
    case = bench.quality_cases.QUICK["digits"]

    def repaired():
        split = case.load(None, 0)
        seed = bench.quality_rows.Seed("digits", case, split, 0, Memory(None))
        return [row["refit"] for row in seed.rows("obs", wanted, [])]

    assert repaired() == ["none"]
    monkeypatch.setattr(bench.quality_cases, "N_CHOOSING", 500)
    seen = []
    monkeypatch.setattr(
        bench.quality_methods,
        "refit_pruned",
        lambda pruned, full, X, **options: seen.append(len(X)) or pruned,
    )
    assert repaired() == wanted[0.5]
    assert seen == [1197]


def test_networks_are_kept_where_there_is_a_memory(bench, tmp_path, monkeypatch):
    case = bench.quality_cases.QUICK["digits"]
    split = case.load(None, 0)

    def rows():
        seed = bench.quality_rows.Seed("digits", case, split, 0, Memory(tmp_path, verbose=0))
        return seed.rows("magnitude", {0.5: ["none"]}, [])

    first = rows()
    monkeypatch.setattr(bench.quality_rows, "trained", None)
    monkeypatch.setattr(bench.quality_rows, "METHODS", bench.quality_methods.METHODS | {
        "magnitude": bench.quality_methods.Method(None)
    })  # fmt: skip
    assert rows() == [first[0] | {"cpu_refit": pytest.approx(0, abs=0.1)}]


def test_only_what_is_missing_is_computed(bench):
    case = bench.quality_cases.QUICK["digits"]
    wanted = bench.bench_quality.wanted_rows
    done = {("digits", 0, "swap", refit, 0.5) for refit in ("none", "span")}
    assert wanted("digits", case, 0, "swap", None, done) == {
        0.5: ["outputs", "behind", "span+mixed"]
    }
    assert wanted("digits", case, 1, "neuron merging", [0.5, 0.6], done) == {0.5: ["none"]}
    assert wanted("digits", case, 0, "swap", [0.6], done) == {}
    assert wanted("digits", case, 0, "from scratch", None, {("digits", 0, "from scratch", "none",
                                                            0.5)}) == {}  # fmt: skip


def test_newer_rows_take_the_place_of_older_ones(bench):
    old = [a_row(seed=1), a_row(data="mnist"), a_row(method="from scratch"), a_row(refit="span")]
    newer = [a_row(seed=1, lost=7.0), a_row()]
    rows = bench.bench_quality.together(old, newer)
    assert rows == [
        a_row(data="mnist"), a_row(method="from scratch"), a_row(), a_row(refit="span"),
        a_row(seed=1, lost=7.0),
    ]  # fmt: skip
    assert bench.bench_quality.together(rows, []) == rows


def test_summary_has_the_mean_and_the_interval(bench):
    lost = [1.0, 2.0, 3.0, 4.0, 5.0]
    rows = [a_row(seed=seed, lost=value, cpu_refit=value) for seed, value in enumerate(lost)]
    several, alone = bench.bench_quality.summary([*rows, a_row(refit="span")])
    assert several["lost"] == 3
    assert several["n_seeds"] == 5
    assert several["cpu_refit"] == 3
    # Student's t with 4 degrees of freedom has 95 % within 2.776 standard errors.
    assert several["interval"] == pytest.approx(2.776 * np.sqrt(2.5 / 5), rel=1e-3)
    assert alone["interval"] is None
    assert alone["n_seeds"] == 1
    assert alone["refit"] == "span"


def test_check_compares_with_what_is_published(bench, capsys):
    rows = [
        a_row(data="fashion_mnist_sgd", seed=seed, method=method, share=0.6, lost=lost, score=85.0)
        for method, lost in (("neuron merging", 3.0), ("greedy", 1.0))
        for seed in (0, 1)
    ]
    table = bench.bench_quality.summary(rows)
    (line,) = bench.bench_quality.check(table, rows[:2])
    assert (line["method"], line["published"], line["lost"]) == ("neuron merging", 2.88, 3.0)
    assert line["published_base"] == 89.8
    assert line["base"] == 88.0
    bench.bench_quality.print_table(table, "fashion_mnist_sgd")
    printed = capsys.readouterr().out
    assert "published: neuron merging" in printed
    assert "2.88" in printed


def test_printed_cells(bench, capsys):
    """The mean and, for more than one seed, the interval; nothing where nothing was computed."""
    rows = [a_row(seed=seed, refit=refit) for seed in (0, 1) for refit in ("none", "span")]
    rows += [a_row(share=0.9, lost=3.0)]
    bench.bench_quality.print_table(bench.bench_quality.summary(rows), "digits")
    _, title, head, *lines = capsys.readouterr().out.splitlines()
    assert title.startswith("digits: points lost, mean of 1-2 seeds")
    assert head.split()[-2:] == ["50%", "90%"]
    assert [line.split() for line in lines] == [
        ["greedy", "2.00", "±", "0.00", "3.00", "1.0", "0.5"],
        ["greedy", "|", "span", "2.00", "±", "0.00", "1.0", "0.5"],
    ]


def test_what_is_wanted_is_printed_for_obs(bench, capsys):
    rows = [a_row(data="svhn", method="obs", refit=refit, share=0.8) for refit in ("span", "none")]
    bench.bench_quality.print_wanted(bench.bench_quality.summary(rows))
    assert capsys.readouterr().out == "svhn, 80%, obs | span: 2.00 lost, at most 1.0 wanted\n"


def test_runs_go_on_where_one_ended(bench, tmp_path):
    """Rows are saved, found again, and stay when other parts are computed."""
    out = tmp_path / "some.json"
    environment = {"OPENBLAS_CORETYPE", "MKL_ENABLE_INSTRUCTIONS", "BLIS_ARCH_TYPE"}

    def run(*arguments):
        return subprocess.run(
            [sys.executable, str(BENCHMARKS / "bench_quality.py"), "--out", str(out), "--data",
             "digits", "--seeds", "0", "--shares", "0.9", "--memory", str(tmp_path / "memory"),
             *arguments],
            env={k: v for k, v in os.environ.items() if k not in environment},
            capture_output=True, text=True, timeout=300, check=True,
        ).stdout  # fmt: skip

    run("--methods", "magnitude")
    first = json.loads(out.read_text())
    assert {row["refit"] for row in first["rows"]} == {"none", "least squares", "span"}
    printed = run("--methods", "magnitude", "neuron merging")
    rows = json.loads(out.read_text())["rows"]
    assert rows[:3] == first["rows"]
    assert rows[3]["method"] == "neuron merging"
    assert "method neuron merging, rows 1" in printed
    assert "method magnitude, rows" not in printed


def test_training_goes_through_its_rates_from_the_weights_that_it_is_given(bench):
    """PyTorch's first weights are smaller than scikit-learn's, and small rates leave them so."""
    cases = bench.quality_cases
    case = cases.Case(cases.digits, (30,), 2, (0.5,), rates=(1e-9, 1e-10), as_in_torch=True)
    split = case.load(None, 0)
    mlp = cases.trained(case, case.hidden, split, 0)
    for W, b in zip(mlp.coefs_, mlp.intercepts_, strict=True):
        assert abs(W).max() == pytest.approx(1 / np.sqrt(len(W)), rel=0.02)
        assert 0.5 / np.sqrt(len(W)) < abs(b).max() < 1.0001 / np.sqrt(len(W))
    assert mlp.learning_rate_init == 1e-10
    usual = cases.trained(cases.replace(case, as_in_torch=False), case.hidden, split, 0)
    assert abs(usual.coefs_[0]).max() > 1.5 / np.sqrt(64)
    # Which stays possible with samples of few classes.
    mlp.partial_fit(split.X_train[:2], split.y_train[:2])
