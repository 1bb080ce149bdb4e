"""`benchmarks/soak.py`: a short one finds nothing, and one of what is ill finds each illness."""

import os
import signal
import subprocess
import sys
import warnings
from collections import Counter
from contextlib import suppress
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from numpy.exceptions import ComplexWarning

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
MIB = 2**20

pytestmark = [
    pytest.mark.usefixtures("compiled"),
    pytest.mark.skipif(sys.platform != "linux", reason="it reads /proc"),
]


@pytest.fixture(scope="module")
def soak():
    """The script as a module, which imports its table of calls from its own folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        spec = spec_from_file_location("soak", BENCHMARKS / "soak.py")
        module = module_from_spec(spec)
        patch.setitem(sys.modules, "soak", module)  # where dataclasses look for it
        spec.loader.exec_module(module)
        yield module


@pytest.mark.long
def test_nothing_grows_or_changes_in_a_short_one(tmp_path):
    options = ["--minutes=0.25", "--interval=1.5", "--threads=2", "--processes=1"]
    child = subprocess.Popen(
        [sys.executable, BENCHMARKS / "soak.py", *options],
        cwd=tmp_path,
        env=os.environ | {"OMP_WAIT_POLICY": "passive"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        stdout, stderr = child.communicate(timeout=400)
    finally:
        with suppress(ProcessLookupError):  # all of them have ended
            os.killpg(child.pid, signal.SIGKILL)
        child.kill()
    assert child.returncode == 0, stdout + stderr
    assert "nothing grew or changed" in stdout
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("n_mib", "grows"),
    [
        ([400] * 40, False),
        ([400 + 40 * (n > 3) for n in range(40)], False),  # before the warm-up has ended
        ([400 + 2 * n for n in range(40)], True),
        ([400 + 2 * n - 60 * (n % 9 == 0) for n in range(40)], True),  # some odd rounds
        ([400 + 40 * (n % 9 == 0) for n in range(40)], False),
        ([400 + 40 * (n == 39) for n in range(40)], False),
        ([400 + 0.5 * n for n in range(40)], False),  # too little to be told from noise
        ([400, 500, 600], False),  # too few rounds to say
    ],
)
def test_memory_grows_if_the_second_half_says_so(soak, n_mib, grows):
    n_calls = [100 * n for n in range(len(n_mib))]
    found = soak.growth_of_memory([round(n * MIB) for n in n_mib], n_calls)
    assert (found > soak.BYTES_PER_CALL) == grows
    assert (found != 0) == grows


def test_growth_is_told_in_bytes_a_call(soak):
    n_calls = [100 * n for n in range(40)]
    n_bytes = [5_000_000 + 30_000 * n for n in n_calls]
    assert soak.growth_of_memory(n_bytes, n_calls) == pytest.approx(30_000)


def looks(soak, descriptors, settings=()):
    settings = settings or [{}] * len(descriptors)
    return [
        soak.Look(1, 0, Counter(pipe=n), 1, 0, found)
        for n, found in zip(descriptors, settings, strict=True)
    ]


def test_more_descriptors_are_found(soak):
    assert soak.more_descriptors(looks(soak, [9] * 8)) == []
    assert soak.more_descriptors(looks(soak, [1, 5, 5, 9, 9, 10, 8, 8, 8, 9, 19, 9])) == []
    (found,) = soak.more_descriptors(looks(soak, range(10, 26)))
    assert found.startswith("descriptors went from 15.5 to 23.5: {'pipe': ")


def test_descriptors_are_counted_by_kind(soak, tmp_path):
    before = soak.descriptors()
    with open(tmp_path / "a", "w"), open(tmp_path / "font.ttf", "w"):
        assert soak.descriptors() - before == Counter({str(tmp_path / "a"): 1})
    assert soak.descriptors() == before


def test_changed_settings_are_found_once(soak):
    settings = [{"folder": "/here", "umask": "18"} for _ in range(5)]
    assert soak.changes(looks(soak, [1] * 5, settings)) == []
    settings[3]["folder"] = settings[4]["folder"] = "/there"
    assert soak.changes(looks(soak, [1] * 5, settings)) == [
        "folder changed in round 3: /here -> /there"
    ]


@pytest.mark.parametrize(
    ("setting", "change"),
    [
        ("folder", lambda patch, path: patch.chdir(path)),
        ("environment", lambda patch, path: patch.setenv("SKNEURON_IS_ILL", "1")),
        ("recursion limit", lambda patch, path: patch.setattr(sys, "getrecursionlimit", int)),
        ("signals", lambda patch, path: patch.setattr(signal, "getsignal", id)),
        ("umask", lambda patch, path: patch.setattr(os, "umask", lambda mask: 1)),
    ],
)
def test_settings_are_looked_at(soak, tmp_path, setting, change):
    before = soak.settings()
    with pytest.MonkeyPatch.context() as patch:
        change(patch, tmp_path)
        now = soak.settings()
    assert [name for name in before if before[name] != now[name]] == [setting]
    assert soak.settings() == before


@pytest.mark.parametrize(
    ("message", "category", "is_seen"),
    [
        ("", UserWarning, True),
        ("anything", ComplexWarning, False),
    ],
)
def test_filters_of_warnings_are_looked_at_but_for_those_of_a_moment(
    soak, message, category, is_seen
):
    before = soak.settings()
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message, category)
        assert (soak.settings() != before) == is_seen


def test_other_bits_and_errors_are_complaints(soak, monkeypatch):
    results = iter(["a", "a", "b"])
    calls = {
        "calm": lambda i: ["same"],
        "moody": lambda i: [next(results)],
        "ill": lambda i: 1 / 0,
    }
    monkeypatch.setattr(soak, "CALLS", calls)
    monkeypatch.setattr(soak, "inputs", lambda dtype, seed: None)
    ill = soak.Soak(1, 0, 0)
    for _ in range(3):
        for name in calls:
            ill.done.call((name, "float32", 0))
    assert ill.done.n_calls == 9
    moody, error = ill.complaints()
    assert moody == "other bits than before: ('moody', 'float32', 0)"
    assert error.startswith("3 times ill: ZeroDivisionError at test_soak.py:")


@pytest.mark.filterwarnings("ignore")
def test_every_call_ends_well_and_gives_the_same_again(soak):
    """Those that start no processes, which the short one does."""
    done = soak.Done()
    for name in soak.CALLS:
        if "processes" not in name:
            for _ in range(2):
                done.call((name, "float64", 0))
    assert done.errors == Counter()
    assert {len(bits) for bits in done.bits.values()} == {1}
