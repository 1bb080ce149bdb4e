"""Accuracy against size: how many points pruning to a smaller network costs, by method.

    python benchmarks/bench_quality.py --data-home FOLDER

The same shares of every hidden layer are removed from the very same trained networks
(`quality_cases.py`), five seeds each: images, tables of ordinary data, and a regression, whose
points are hundredths of R2. Methods look at 30,000 training samples, or all if there are fewer,
and know nothing of the test part by which all are compared. First neurons are chosen, then what
is left is repaired (`quality_methods.py`):

- chosen by us: "greedy", ranked again by exact log-loss after every four removals, over all
  layers; the same with exchanges at the end ("swap"); both with labels; "obs" without; a removed
  neuron is replaced by its least-squares prediction from the others;
- repaired by us, without labels: not at all; `refit_pruned` with "outputs", "behind" and "span";
  "span" with as many mixed samples, and on all training samples where there are more than 30,000;
- what others do (`rival_pruners.py`): neuron merging, interpolative decomposition, the smallest
  norms, least squares to the whole network's pre-activations, the importances of Torch-Pruning, if
  it is installed; random neurons; fine-tuning with labels for as much CPU time as "span" took; and
  a network of the small size, trained from scratch as long as the large one.

CPU seconds are of one thread, of choosing (from the whole network down to the size) and of the
repair. Intervals are of the mean over seeds, 95 %, by Student's t.

Neuron merging is written again from its paper. In the case "fashion_mnist_sgd" the network is
trained as the paper's, and the table "check" says how near the points lost are to the published
ones. With 50, 60 and 70 % removed, these are within our intervals (1.2 ± 1.0, 2.7 ± 2.3 and
10.2 ± 9.1; published 1.11, 2.88 and 7.05); with 80 %, ours loses more (27.2 ± 5.7; 9.78), but so
does removal without merging (33.9 ± 8.2; 23.04). So published figures stand beside ours.

What is saved already is not computed again but with `--again`: the script can be stopped at any
time, and run for one data set or method after the other. Two at a time may save to the same file,
if their data sets differ; CPU seconds tell something only if nothing else runs.
"""

import argparse
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Memory
from quality_cases import CASES, N_CHOOSING, QUICK, Case
from quality_methods import METHODS, REPAIRS, SCRATCH, STEP
from quality_rows import KEY, Row, Seed, key_of
from scipy import stats
from timing import machine, save, saved_rows, show, use_threads

# Points lost on average, at most, after "obs" and one of these repairs: the same for all data.
WANTED = {
    ("fashion_mnist", 0.5): 0.1,
    ("fashion_mnist", 0.6): 0.2,
    ("fashion_mnist", 0.7): 0.4,
    ("fashion_mnist", 0.8): 0.9,
    ("mnist", 0.75): 0.3,
    ("mnist", 0.9): 0.9,
    ("svhn", 0.8): 1.0,
}
WANTED_OF = ("span", "span+mixed", "span, all samples")
# Published for Fashion-MNIST 784-300-100-10, base 89.80: W. Kim, S. Kim, M. Park and G. Jeon,
# "Neuron Merging: Compensating for Pruned Neurons", NeurIPS 2020, smallest L1 norms.
PUBLISHED_BASE = 89.80
PUBLISHED = {
    "magnitude": dict(zip((0.5, 0.6, 0.7, 0.8), (1.40, 4.63, 18.54, 23.04), strict=True)),
    "neuron merging": dict(zip((0.5, 0.6, 0.7, 0.8), (1.11, 2.88, 7.05, 9.78), strict=True)),
}
# The case whose network is trained as the published one, and the others on the same images.
AS_PUBLISHED = "fashion_mnist_sgd"
SAME_IMAGES = ("fashion_mnist", AS_PUBLISHED)


def wanted_rows(
    data: str, case: Case, seed: int, method: str, shares: Sequence[float] | None,
    there: set[tuple[Any, ...]],
) -> dict[float, list[str]]:  # fmt: skip
    """The repairs of every share that are asked for and not ``there``."""
    repairs = ("none",) if method == SCRATCH else METHODS[method].repairs
    wanted = {
        share: [refit for refit in repairs if (data, seed, method, refit, share) not in there]
        for share in case.shares
        if shares is None or share in shares
    }
    return {share: missing for share, missing in wanted.items() if missing}


def together(rows: Iterable[Row], newer: Iterable[Row]) -> list[Row]:
    """All rows, in a fixed order; newer ones in place of older ones for the same."""
    found = {key_of(row): row for row in [*rows, *newer]}
    orders = [list(CASES), None, [SCRATCH, *METHODS], [*REPAIRS], None]

    def place(key: tuple[Any, ...]) -> list[Any]:
        return [
            (order.index(part) if part in order else len(order), str(part)) if order else part
            for part, order in zip(key, orders, strict=True)
        ]

    return [found[key] for key in sorted(found, key=place)]


def summary(rows: list[Row]) -> list[Row]:
    """Means over the seeds, and half the width of their intervals."""
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault((row["data"], row["method"], row["refit"], row["share"]), []).append(row)
    table = []
    for (data, method, refit, share), some in groups.items():
        lost = np.array([row["lost"] for row in some])
        n = len(lost)
        means = ("cpu_select", "cpu_refit", "n_parameters")
        table.append(
            {
                "data": data, "method": method, "refit": refit, "share": share,
                "lost": float(lost.mean()),
                "interval": float(stats.t.ppf(0.975, n - 1) * stats.sem(lost)) if n > 1 else None,
                "n_seeds": n,
                **{name: float(np.mean([row[name] for row in some])) for name in means},
            }
        )  # fmt: skip
    return table


def check(table: list[Row], rows: list[Row]) -> list[Row]:
    """How near the reimplementation comes to what its paper has published."""
    bases = {
        row["seed"]: row["score"] + row["lost"] for row in rows if row["data"] == AS_PUBLISHED
    }
    return [
        {
            "method": line["method"], "share": line["share"],
            "published": PUBLISHED[line["method"]][line["share"]], "lost": line["lost"],
            "interval": line["interval"], "n_seeds": line["n_seeds"],
            "published_base": PUBLISHED_BASE, "base": float(np.mean(list(bases.values()))),
        }
        for line in table
        if (line["data"], line["refit"]) == (AS_PUBLISHED, "none")
        and line["share"] in PUBLISHED.get(line["method"], ())
    ]  # fmt: skip


def _cell(line: Row | None) -> str:
    if line is None:
        return ""
    alone = line["interval"] is None
    return f"{line['lost']:.2f}" + ("" if alone else f" ± {line['interval']:.2f}")


def print_table(table: list[Row], data: str) -> None:
    """Of one data set; the CPU seconds are those of the smallest network."""
    some = [line for line in table if line["data"] == data]
    shares = sorted({line["share"] for line in some})
    n_seeds = sorted({line["n_seeds"] for line in some})
    print(
        f"\n{data}: points lost, mean of {'-'.join(map(str, n_seeds))} seeds ± 95 % interval; "
        "CPU seconds of choosing and repair, smallest network"
    )
    print(f"{'removed of each layer':40}" + "".join(f"{share:>15.0%}" for share in shares))
    found = {(line["method"], line["refit"], line["share"]): line for line in some}
    for method, refit in dict.fromkeys((line["method"], line["refit"]) for line in some):
        name = method if refit == "none" else f"{method} | {refit}"
        lines = [found.get((method, refit, share)) for share in shares]
        cells = map(_cell, lines)
        last = next(line for line in reversed(lines) if line)
        seconds = f"{last['cpu_select']:>9.1f}{last['cpu_refit']:>7.1f}"
        print(f"{name:40}" + "".join(f"{cell:>15}" for cell in cells) + seconds)
    if data in SAME_IMAGES:
        for method, lost in PUBLISHED.items():
            cells = (f"{lost[share]:.2f}" if share in lost else "" for share in shares)
            print(f"{'published: ' + method:40}" + "".join(f"{cell:>15}" for cell in cells))


def print_wanted(table: list[Row]) -> None:
    for line in table:
        most = WANTED.get((line["data"], line["share"]))
        if most is not None and line["method"] == "obs" and line["refit"] in WANTED_OF:
            print(
                f"{line['data']}, {line['share']:.0%}, obs | {line['refit']}: {_cell(line)} lost, "
                f"at most {most} wanted"
            )


def saved(out: str) -> list[Row]:
    """Rows of the same form in the file, which may be of before `quality_rows.py`."""
    return [row for row in saved_rows(out) if set(KEY) <= set(row)]


def quick_rows(methods: Sequence[str]) -> list[Row]:
    case = QUICK["digits"]
    seed = Seed("digits", case, case.load(None, 0), 0, Memory(None))
    rows: list[Row] = []
    for method in methods:
        rows += seed.rows(method, wanted_rows("digits", case, 0, method, None, set()), rows)
    return rows


def run(arguments: argparse.Namespace, out: str, packages: Sequence[str]) -> None:
    """Compute what is missing, and save it method by method."""
    done = set() if arguments.again else {key_of(row) for row in saved(out)}
    memory = Memory(arguments.memory, verbose=0)
    for data in arguments.data:
        case = CASES[data]
        for number in arguments.seeds:
            wanted = {
                method: wanted_rows(data, case, number, method, arguments.shares, done)
                for method in arguments.methods
            }
            if not any(wanted.values()):
                continue
            seed = Seed(data, case, case.load(arguments.data_home, number), number, memory)
            show({"data": data, "seed": number, "base": seed.base, "cpu": seed.cpu_seconds})
            for method in filter(wanted.get, arguments.methods):
                new = seed.rows(method, wanted[method], saved(out))
                # Hours of work are not to be lost with the last minute.
                rows = together(saved(out), new)
                table = summary(rows)
                save(
                    out, rows, tables={"summary": table, "check": check(table, rows)},
                    packages=packages, step=STEP, n_choosing=N_CHOOSING,
                    cases={n: CASES[n].about() for n in dict.fromkeys(r["data"] for r in rows)},
                    threads=arguments.threads,
                )  # fmt: skip
                show({"data": data, "seed": number, "method": method, "rows": len(new)})


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-home", help="scikit-learn's data home")
    parser.add_argument("--data", nargs="+", choices=list(CASES), default=list(CASES))
    parser.add_argument(
        "--methods", nargs="+", metavar="NAME", choices=[SCRATCH, *METHODS],
        default=[SCRATCH, *METHODS],
    )  # fmt: skip
    parser.add_argument("--shares", nargs="+", type=float, help="of every hidden layer removed")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2, 3, 4], metavar="SEED")
    parser.add_argument("--again", action="store_true", help="also compute what is saved already")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--memory", metavar="FOLDER", help="keep trained and pruned networks here")
    parser.add_argument("--out", metavar="FILE.json", help="default: results/quality.json")
    parser.add_argument("--quick", action="store_true", help="digits; nothing is saved")
    arguments = parser.parse_args()
    use_threads(arguments.threads)
    packages = ("torch-pruning", "torch") if find_spec("torch_pruning") else ()
    show(machine(*packages))
    if not packages:
        print("torch-pruning is not installed: its importances are left out")
    # First calls compile kernels: they say nothing about CPU seconds.
    table = summary(quick_rows(arguments.methods))
    if not arguments.quick:
        # A full path, without the ending, is as good as the name of a result.
        out = str(Path(arguments.out).resolve().with_suffix("")) if arguments.out else "quality"
        run(arguments, out, packages)
        rows = saved(out)
        table = summary(rows)
        for line in check(table, rows):
            show(line)
    for data in dict.fromkeys(line["data"] for line in table):
        print_table(table, data)
    print_wanted(table)


if __name__ == "__main__":
    main()
